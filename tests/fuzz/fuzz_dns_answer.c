/* Name servers' messages through the whole resolver, on the simulated kernel's clock: c-ares'
 * parser, aliases, search list, both families into one list, what is kept and for how long. In
 * c-ares' place stands a channel that answers out of the input; it judges a message's head as
 * c-ares does before it hands one on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address_order.h"
#include "dns_answer.h"
#include "dns_channel.h"
#include "kernel.h"
#include "resolver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAME          "a.test"
#define NS_PER_MS     UINT64_C(1000000)
#define NS_PER_S      (1000 * NS_PER_MS)
#define MARGIN_NS     (5 * NS_PER_MS) /* what a timer may be late by */
#define MESSAGES_MAX  8
#define QUESTIONS_MAX 16
#define HEAD_SIZE     12 /* of a message */
#define ROUNDS        3
#define STEPS_MAX     10000

#define check(holds) check_at(holds, __LINE__)

static void check_at(bool holds, int line) {
    if (!holds) {
        fprintf(stderr, "line %d does not hold\n", line);
        abort();
    }
}

struct question {
    ares_callback on_answer;
    void *user;
    int family;
};

struct look_up {
    struct hr_lookup lookup;
    unsigned times;
    int result;
};

/* Of one input. */
static struct {
    struct hr_slice messages[MESSAGES_MAX];
    unsigned message_count, next_message;
    struct question questions[QUESTIONS_MAX];
    unsigned question_count, asked;
    uint32_t ttl_s; /* the least of the messages that gave addresses */
    bool unsure;    /* some answer was of no use */
    hr_engine *engine;
    struct hr_reactor *reactor;
    struct hr_resolver_settings *settings;
    struct hr_resolver *resolver;
    struct look_up first, second, later;
    struct hr_timer timer;
    uint64_t answered_ns;
    bool channel_open, fired, closed, engine_closed;
} run;

/* ---- c-ares' place. */

struct hr_dns_channel {
    int nothing;
};

int hr__dns_channel_new(const struct hr_resolver_conf *conf, struct hr_reactor *reactor,
                        struct hr_dns_channel **channel) {
    static struct hr_dns_channel only;
    (void)conf, (void)reactor;
    run.channel_open = true;
    *channel = &only;
    return 0;
}

void hr__dns_channel_close(struct hr_dns_channel *channel, void (*on_closed)(void *user),
                           void *user) {
    (void)channel;
    run.channel_open = false;
    while (run.question_count > 0) {
        struct question *question = &run.questions[--run.question_count];
        question->on_answer(question->user, ARES_EDESTRUCTION, 0, NULL, 0);
    }
    on_closed(user);
}

void hr__dns_channel_query(struct hr_dns_channel *channel, const char *name, int family,
                           ares_callback on_answer, void *user) {
    (void)channel;
    check(run.channel_open && strlen(name) <= HR_DNS_NAME_MAX + 1);
    check(run.question_count < QUESTIONS_MAX);
    run.questions[run.question_count++] = (struct question){on_answer, user, family};
    run.asked++;
}

static int status_of(struct hr_slice message) {
    static const int of_code[] = {ARES_SUCCESS,   ARES_EFORMERR, ARES_ESERVFAIL,
                                  ARES_ENOTFOUND, ARES_ENOTIMP,  ARES_EREFUSED};
    if (message.size < HEAD_SIZE) return ARES_EBADRESP;
    const uint8_t *bytes = (const uint8_t *)message.data;
    unsigned code = bytes[3] & 15u, answers = bytes[6] * 256u + bytes[7];
    if (code == 0 && answers == 0) return ARES_ENODATA;
    return code < sizeof of_code / sizeof of_code[0] ? of_code[code] : ARES_SUCCESS;
}

static void answer_one(void) {
    struct question question = run.questions[0];
    memmove(run.questions, run.questions + 1, --run.question_count * sizeof question);
    struct hr_slice message = run.messages[run.next_message++ % run.message_count];
    unsigned char *exact = malloc(message.size ? message.size : 1);
    if (!exact) abort();
    if (message.size > 0) memcpy(exact, message.data, message.size);
    int status = status_of(message);
    struct hr_addresses found = {.count = 0};
    int read = HR_ERR_NAME_UNRESOLVED;
    if (status == ARES_SUCCESS)
        read = hr__dns_answer_read(hr_slice_bytes((const char *)exact, message.size),
                                   question.family, &found, &run.ttl_s);
    else if (status != ARES_ENODATA && status != ARES_ENOTFOUND)
        read = HR_ERR_NAME_SERVERS;
    run.unsure |= read == HR_ERR_NAME_SERVERS;
    check(found.count == 0 || (exact[3] & 15) == 0);
    question.on_answer(question.user, status, 0, exact, (int)message.size);
    free(exact);
}

/* ---- On the reactor. */

struct command {
    struct hr_task task;
    void (*run)(void);
    bool done;
};

static void run_command(struct hr_task *task) {
    struct command *command = (struct command *)task;
    command->run();
    command->done = true;
}

static void step_until(const bool *done) {
    unsigned steps = 0;
    while (!*done) check(sim_step() == SIM_RAN && ++steps < STEPS_MAX);
}

static void on_reactor(void (*function)(void)) {
    struct command command = {.task.run = run_command, .run = function};
    hr__reactor_post(run.reactor, &command.task);
    step_until(&command.done);
}

static void on_done(struct hr_lookup *lookup, int result, const char *reason) {
    struct look_up *look_up = (struct look_up *)lookup;
    check(reason || result == 0);
    look_up->times++;
    look_up->result = result;
}

static void begin(struct look_up *look_up) {
    memset(look_up, 0, sizeof *look_up);
    look_up->lookup.on_done = on_done;
    int err = hr__resolver_start(run.resolver, hr_slice_of(NAME), 443, &look_up->lookup);
    check(err == 0 && look_up->times == 0);
}

static void begin_two(void) {
    unsigned before = run.asked;
    begin(&run.first);
    check(run.asked > before);
    before = run.asked;
    begin(&run.second);
    check(run.asked == before); /* they share the question */
}

static void answer_all(void) {
    while (run.question_count > 0) answer_one();
    run.answered_ns = hr__reactor_now(run.reactor);
}

static void begin_later(void) {
    begin(&run.later);
}

static void do_nothing(void) {}

static void on_timer(struct hr_timer *timer) {
    (void)timer;
    run.fired = true;
}

static uint64_t wait_until_ns;

static void set_timer(void) {
    run.fired = false;
    run.timer.on_fire = on_timer;
    hr__timer_start(run.reactor, &run.timer, wait_until_ns);
}

static void wait_until(uint64_t at_ns) {
    wait_until_ns = at_ns;
    on_reactor(set_timer);
    step_until(&run.fired);
}

/* ---- What has to hold. */

static bool holds_same(const struct hr_addresses *a, const struct hr_addresses *b) {
    if (a->count != b->count) return false;
    for (unsigned i = 0; i < a->count; i++) {
        unsigned in_a = 0, in_b = 0;
        for (unsigned j = 0; j < a->count; j++) {
            in_a += memcmp(&a->list[i], &a->list[j], sizeof a->list[i]) == 0;
            in_b += memcmp(&a->list[i], &b->list[j], sizeof a->list[i]) == 0;
        }
        if (in_a != in_b) return false;
    }
    return true;
}

/* Families alternate as long as there are two. */
static void check_alternates(const struct hr_addresses *addresses) {
    unsigned four = 0, pairs;
    for (unsigned i = 0; i < addresses->count; i++)
        four += addresses->list[i].any.sa_family == AF_INET;
    pairs = four < addresses->count - four ? four : addresses->count - four;
    for (unsigned i = 1; i < 2 * pairs; i++)
        check(addresses->list[i].any.sa_family != addresses->list[i - 1].any.sa_family);
}

static void check_addresses(const struct look_up *look_up,
                            const struct hr_resolver_options *given) {
    const struct hr_addresses *addresses = &look_up->lookup.addresses;
    if (look_up->result) return;
    check(addresses->count > 0 && addresses->count <= HR_ADDRESSES_MAX);
    for (unsigned i = 0; i < addresses->count; i++) {
        int family = addresses->list[i].any.sa_family;
        check(family == AF_INET ? !given->ipv6_only : family == AF_INET6 && !given->ipv4_only);
        check(addresses->list[i].v4.sin_port == run.first.lookup.addresses.list[0].v4.sin_port);
    }
    check_alternates(addresses);
}

static uint64_t lifetime_ns(int result, const struct hr_resolver_options *given) {
    uint32_t ttl_s = run.ttl_s < given->ttl_min_s ? given->ttl_min_s : run.ttl_s;
    if (run.unsure) return HR_RESOLVER_FAILURE_MIN_NS; /* of one family, at least */
    if (result == HR_ERR_NAME_UNRESOLVED) return given->negative_ttl_s * NS_PER_S;
    return (ttl_s > given->ttl_max_s ? given->ttl_max_s : ttl_s) * NS_PER_S;
}

/* Asks, answers, and looks at what is kept: all of it until its time is over. */
static bool round_of(const struct hr_resolver_options *given) {
    run.ttl_s = UINT32_MAX;
    run.unsure = false;
    on_reactor(begin_two);
    on_reactor(answer_all);
    on_reactor(do_nothing);
    on_reactor(do_nothing);
    check(run.first.times == 1 && run.second.times == 1);
    check(run.first.result == run.second.result);
    check_addresses(&run.first, given);
    check_addresses(&run.second, given);
    int result = run.first.result;
    if (result == 0) check(holds_same(&run.first.lookup.addresses, &run.second.lookup.addresses));
    uint64_t until_ns = run.answered_ns + lifetime_ns(result, given);
    wait_until(until_ns - MARGIN_NS);
    unsigned before = run.asked;
    on_reactor(begin_later);
    on_reactor(do_nothing);
    on_reactor(do_nothing);
    check(run.asked == before && run.later.times == 1 && run.later.result == result);
    if (result == 0) check(holds_same(&run.first.lookup.addresses, &run.later.lookup.addresses));
    wait_until(until_ns + MARGIN_NS);
    return !run.unsure; /* the next failure is kept for longer */
}

/* ---- The run. */

static void on_closed(void *user) {
    *(bool *)user = true;
}

static void close_resolver(void) {
    hr__resolver_close(run.resolver, on_closed, &run.closed);
}

static void open_all(const struct hr_resolver_options *given) {
    const struct hr_engine_options options = {.mode = HR_ENGINE_CALLER,
                                              .reactors = 1,
                                              .ring_entries = 32,
                                              .buffer_count = 4,
                                              .buffer_size_bytes = 256};
    struct hr_error error;
    sim_open(&(struct sim_options){.seed = 1});
    if (hr__engine_new(&options, sim_tuning(), &error, &run.engine)) abort();
    sim_engine_add(run.engine);
    run.reactor = hr__engine_reactor(run.engine, 0);
    if (hr__resolver_settings_new(given, &error, &run.settings)) abort();
    if (hr__resolver_new(run.settings, run.reactor, &run.resolver)) abort();
}

/* The resolver closes with a question on its way. */
static void close_all(void) {
    on_reactor(begin_later);
    if (run.later.times == 0 && run.question_count > 0) on_reactor(answer_all);
    on_reactor(do_nothing);
    on_reactor(do_nothing);
    on_reactor(close_resolver);
    step_until(&run.closed);
    hr__resolver_settings_free(run.settings);
    check(hr_engine_close(run.engine, on_closed, &run.engine_closed) == 0);
    step_until(&run.engine_closed);
    check(!sim_complaint());
    sim_close();
}

/* Two bytes give the size of a message; the last one takes what is left. */
static void split(const uint8_t *data, size_t size) {
    while (size > 0 && run.message_count < MESSAGES_MAX) {
        size_t wanted = size >= 2 ? data[0] * 256u + data[1] : 0;
        size_t skip = size >= 2 ? 2 : size;
        data += skip;
        size -= skip;
        if (wanted > size || run.message_count == MESSAGES_MAX - 1) wanted = size;
        run.messages[run.message_count++] = hr_slice_bytes((const char *)data, wanted);
        data += wanted;
        size -= wanted;
    }
}

/* The first byte chooses the options. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || size > 20000) return 0;
    memset(&run, 0, sizeof run);
    struct hr_resolver_options given = {.hosts_file = "",
                                        .nameservers = "192.0.2.53",
                                        .search = data[0] & 4 ? "in.test,else.test" : "",
                                        .ttl_min_s = data[0] & 8 ? 30 : 1,
                                        .ttl_max_s = data[0] & 16 ? 60 : 3600,
                                        .negative_ttl_s = 5,
                                        .ipv4_only = (data[0] & 3) == 1,
                                        .ipv6_only = (data[0] & 3) == 2};
    split(data + 1, size - 1);
    open_all(&given);
    for (unsigned i = 0; i < ROUNDS && round_of(&given); i++) continue;
    close_all();
    return 0;
}
