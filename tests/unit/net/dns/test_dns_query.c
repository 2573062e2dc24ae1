/* What becomes of the two halves of a look-up (RFC 8305, section 3), to the millisecond: name
 * servers are scripted, the clock is the simulated kernel's. Messages are RFC 1035's. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dns_query.h"
#include "kernel.h"
#include "needs_kernel.h"

#define NS_PER_MS   UINT64_C(1000000)
#define ANSWERS_MAX 8

/* What is said to a question, and when, in milliseconds from the start. */
enum kind { ADDRESS, NODATA, NXDOMAIN, SERVFAIL, TIMEOUT, GARBAGE, NEVER };
struct says {
    unsigned ms;
    enum kind kind;
};

struct question {
    struct hr_timer timer;
    enum kind kind;
    int family;
    ares_callback on_answer;
    void *user;
    bool open;
};

static hr_engine *engine;
static struct hr_reactor *reactor;
static struct hr_resolver_conf conf;
static uint64_t begun_ns;
static struct question questions[ANSWERS_MAX];
static unsigned question_count;
static char asked[512]; /* the names */
static const struct says (*script)[2];
static bool done;
static char told[512]; /* "10 ms: partial 192.0.2.1; 60 ms: …" */

static void step_until(const bool *flag) {
    while (!*flag) cr_assert_eq(sim_step(), SIM_RAN, "nothing can happen any more");
}

/* ---- Name servers. */

static size_t put(unsigned char *at, const void *bytes, size_t size) {
    memcpy(at, bytes, size);
    return size;
}

/* The question "a.", and one address for it. */
static int make_message(const struct question *question, unsigned char *message) {
    bool six = question->family == AF_INET6;
    unsigned char type = six ? 28 : 1;
    const unsigned char head[] = {0,    1, 0x81, 0x80, 0, 1,    0,           1, 0,           0,  0,
                                  0,    1, 'a',  0,    0, type, 0,           1, 0xc0,        12, 0,
                                  type, 0, 1,    0,    0, 0,    six ? 7 : 9, 0, six ? 16 : 4};
    static const unsigned char v4[] = {192, 0, 2, 1}, v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    size_t size = put(message, head, sizeof head);
    size += six ? put(message + size, v6, sizeof v6) : put(message + size, v4, sizeof v4);
    return (int)size;
}

static void answer(struct question *question) {
    static const int statuses[] = {ARES_SUCCESS,   ARES_ENODATA,  ARES_ENOTFOUND,
                                   ARES_ESERVFAIL, ARES_ETIMEOUT, ARES_SUCCESS};
    unsigned char message[128] = "not a DNS message";
    int size = 17;
    question->open = false;
    if (question->kind == ADDRESS) size = make_message(question, message);
    question->on_answer(question->user, statuses[question->kind], 0, message, size);
}

static void on_time(struct hr_timer *timer) {
    answer((struct question *)((char *)timer - offsetof(struct question, timer)));
}

static void ask(void *asker, const char *name, int family, ares_callback on_answer, void *user) {
    cr_assert_eq(asker, &conf);
    cr_assert_lt(question_count, ANSWERS_MAX);
    struct question *question = &questions[question_count];
    struct says says = script[question_count / 2][family == AF_INET6];
    if (question_count++ % 2 == 0)
        snprintf(asked + strlen(asked), sizeof asked - strlen(asked), "%s%s", *asked ? " " : "",
                 name);
    *question = (struct question){.timer = {.on_fire = on_time},
                                  .kind = says.kind,
                                  .family = family,
                                  .on_answer = on_answer,
                                  .user = user,
                                  .open = true};
    if (says.kind == NEVER) return;
    if (says.ms == 0)
        answer(question); /* from inside, as c-ares may */
    else
        hr__timer_start(reactor, &question->timer, begun_ns + says.ms * NS_PER_MS);
}

/* ---- The query. */

static void on_done(void *user, const char *name, const struct hr_dns_result *result) {
    cr_assert_eq(user, told);
    cr_assert_str_eq(name, "a");
    cr_assert(!done, "told after the end");
    size_t at = strlen(told);
    unsigned ms = (unsigned)((hr__reactor_now(reactor) - begun_ns) / NS_PER_MS);
    at += (size_t)snprintf(told + at, sizeof told - at, "%s%u ms:", at ? "; " : "", ms);
    if (result->partial) at += (size_t)snprintf(told + at, sizeof told - at, " partial");
    if (result->result)
        at += (size_t)snprintf(told + at, sizeof told - at, " %s", hr_error_name(result->result));
    /* Their order is for the routes of this host to say. */
    for (int six = 1; result->result == 0 && six >= 0; six--)
        for (unsigned i = 0; i < result->addresses->count; i++)
            if (result->addresses->list[i].any.sa_family == (six ? AF_INET6 : AF_INET))
                at += (size_t)snprintf(told + at, sizeof told - at, six ? " v6" : " v4");
    if (result->unsure) snprintf(told + at, sizeof told - at, " unsure");
    done = !result->partial;
}

static int family;

static void run_query(struct hr_task *task) {
    (void)task;
    begun_ns = hr__reactor_now(reactor);
    struct hr_dns_wish wish = {.name = "a",
                               .family = family,
                               .on_done = on_done,
                               .user = told,
                               .reactor = reactor,
                               .conf = &conf,
                               .ask = ask,
                               .asker = &conf};
    cr_assert_eq(hr__dns_query(&wish), 0);
}

static bool ended;
static void run_end(struct hr_task *task) {
    (void)task;
    for (unsigned i = 0; i < question_count; i++) {
        struct question *question = &questions[i];
        if (!question->open) continue;
        hr__timer_stop(reactor, &question->timer);
        question->open = false;
        question->on_answer(question->user, ARES_EDESTRUCTION, 0, NULL, 0);
    }
    ended = true;
}

static void run(const struct says (*with)[2], const char *search, int of) {
    struct hr_task task = {.run = run_query}, end_task = {.run = run_end};
    hr__resolver_conf_init(&conf);
    struct hr_resolver_options options = {.search = search};
    cr_assert_eq(hr__resolver_conf_override(&conf, &options, NULL), 0);
    script = with;
    family = of;
    question_count = 0;
    asked[0] = told[0] = 0;
    done = ended = false;
    hr__reactor_post(reactor, &task);
    step_until(&done);
    hr__reactor_post(reactor, &end_task);
    step_until(&ended);
}

static bool engine_closed;
static void on_engine_closed(void *user) {
    (void)user;
    engine_closed = true;
}

static void open_all(void) {
    struct hr_error error = {0};
    if (kernel_is_simulated()) sim_close(); /* that of the runner, which is live */
    sim_open(&(struct sim_options){.seed = 3});
    struct hr_engine_options options = {.mode = HR_ENGINE_CALLER, .reactors = 1};
    cr_assert_eq(hr__engine_new(&options, sim_tuning(), &error, &engine), 0, "%s", error.message);
    sim_engine_add(engine);
    reactor = hr__engine_reactor(engine, 0);
}

static void close_all(void) {
    cr_assert_eq(hr_engine_close(engine, on_engine_closed, NULL), 0);
    step_until(&engine_closed);
    cr_assert_null(sim_complaint(), "%s", sim_complaint());
    sim_close();
}

#define A(ms)                                                                                      \
    { ms, ADDRESS }
#define LOST                                                                                       \
    { 7000, TIMEOUT }
#define NOTHING                                                                                    \
    { 0, NEVER }

/* A row: what is said about A and about AAAA of the name, and what is told of it when. */
Test(dns_query, halves) {
    static const struct {
        struct says says[2];
        int family;
        const char *told;
    } cases[] = {
        {{A(5), A(9)}, AF_UNSPEC, "9 ms: v6 v4"},
        {{A(9), A(5)}, AF_UNSPEC, "5 ms: partial v6; 9 ms: v6 v4"},
        {{A(0), A(0)}, AF_UNSPEC, "0 ms: v6 v4"},
        {{A(1), A(50)}, AF_UNSPEC, "50 ms: v6 v4"},
        {{A(1), A(52)}, AF_UNSPEC, "51 ms: partial v4; 52 ms: v6 v4"},
        {{A(1), LOST}, AF_UNSPEC, "51 ms: partial v4; 7000 ms: v4 unsure"},
        {{LOST, A(1)}, AF_UNSPEC, "1 ms: partial v6; 7000 ms: v6 unsure"},
        {{A(1), {9, SERVFAIL}}, AF_UNSPEC, "9 ms: v4 unsure"},
        {{{1, SERVFAIL}, A(9)}, AF_UNSPEC, "9 ms: v6 unsure"},
        {{A(9), {1, SERVFAIL}}, AF_UNSPEC, "9 ms: v4 unsure"},
        {{A(1), {90, GARBAGE}}, AF_UNSPEC, "51 ms: partial v4; 90 ms: v4 unsure"},
        {{A(1), {9, NODATA}}, AF_UNSPEC, "9 ms: v4"},
        {{A(1), {99, NODATA}}, AF_UNSPEC, "51 ms: partial v4; 99 ms: v4"},
        {{{1, NODATA}, A(900)}, AF_UNSPEC, "900 ms: v6"},
        {{A(900), {1, NODATA}}, AF_UNSPEC, "900 ms: v4"},
        /* Servers that deny the name for IPv6 alone (RFC 4074, section 4.2). */
        {{A(900), {1, NXDOMAIN}}, AF_UNSPEC, "900 ms: v4"},
        {{{1, NXDOMAIN}, A(9)}, AF_UNSPEC, "9 ms: v6"},
        {{{1, NXDOMAIN}, {2, NXDOMAIN}}, AF_UNSPEC, "2 ms: HR_ERR_NAME_UNRESOLVED"},
        {{{1, NODATA}, {2, NODATA}}, AF_UNSPEC, "2 ms: HR_ERR_NAME_UNRESOLVED"},
        {{{1, NXDOMAIN}, LOST}, AF_UNSPEC, "51 ms: HR_ERR_NAME_UNRESOLVED unsure"},
        {{LOST, {1, NXDOMAIN}}, AF_UNSPEC, "7000 ms: HR_ERR_NAME_UNRESOLVED unsure"},
        {{{1, NXDOMAIN}, {9, SERVFAIL}}, AF_UNSPEC, "9 ms: HR_ERR_NAME_UNRESOLVED unsure"},
        /* It may have an address of the family that nobody answered for. */
        {{{1, NODATA}, {9, SERVFAIL}}, AF_UNSPEC, "9 ms: HR_ERR_NAME_SERVERS unsure"},
        {{LOST, {9, NODATA}}, AF_UNSPEC, "7000 ms: HR_ERR_NAME_SERVERS unsure"},
        {{LOST, LOST}, AF_UNSPEC, "7000 ms: HR_ERR_NAME_SERVERS unsure"},
        {{A(5), NOTHING}, AF_INET, "5 ms: v4"},
        {{NOTHING, A(5)}, AF_INET6, "5 ms: v6"},
        {{{5, NODATA}, NOTHING}, AF_INET, "5 ms: HR_ERR_NAME_UNRESOLVED"},
        {{NOTHING, {0, SERVFAIL}}, AF_INET6, "0 ms: HR_ERR_NAME_SERVERS unsure"},
    };
    open_all();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run(&cases[i].says, "", cases[i].family);
        cr_expect_str_eq(told, cases[i].told, "case %zu: %s, expected %s", i, told, cases[i].told);
        cr_expect_eq(question_count, cases[i].family == AF_UNSPEC ? 2 : 1);
    }
    close_all();
}

/* Each suffix of the search list by the same rules: a lost half holds up none of them. */
Test(dns_query, suffixes) {
    static const struct {
        struct says says[3][2];
        const char *asked, *told;
    } cases[] = {
        {{{{1, NXDOMAIN}, {2, NXDOMAIN}}, {A(5), A(6)}}, "a.x. a.y.", "6 ms: v6 v4"},
        {{{{1, NXDOMAIN}, LOST}, {A(60), A(61)}}, "a.x. a.y.", "61 ms: v6 v4 unsure"},
        {{{{1, NXDOMAIN}, LOST}, {A(60), LOST}},
         "a.x. a.y.",
         "110 ms: partial v4 unsure; 7000 ms: v4 unsure"},
        {{{{1, NXDOMAIN}, LOST}, {{60, NXDOMAIN}, LOST}, {A(120), A(121)}},
         "a.x. a.y. a.",
         "121 ms: v6 v4 unsure"},
        {{{{1, NODATA}, {2, NODATA}}, {{3, NXDOMAIN}, {3, NXDOMAIN}}, {A(5), {5, NODATA}}},
         "a.x. a.y. a.",
         "5 ms: v4"},
        /* A fault leads to no other host of that name. */
        {{{{1, SERVFAIL}, {2, NODATA}}}, "a.x.", "2 ms: HR_ERR_NAME_SERVERS unsure"},
        {{{LOST, LOST}}, "a.x.", "7000 ms: HR_ERR_NAME_SERVERS unsure"},
    };
    open_all();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run(cases[i].says, "x,y", AF_UNSPEC);
        cr_expect_str_eq(told, cases[i].told, "case %zu: %s, expected %s", i, told, cases[i].told);
        cr_expect_str_eq(asked, cases[i].asked, "case %zu: %s", i, asked);
    }
    close_all();
}

static bool stopped;
static void run_stop(struct hr_task *task) {
    run_query(task);
    run_end(task);
    stopped = true;
}

/* The channel closes at any moment: nothing is told any more, and nothing is left. */
Test(dns_query, the_channel_closes) {
    static const struct says open_says[1][2] = {{{900, ADDRESS}, {900, ADDRESS}}};
    static const struct says late[1][2] = {{{0, ADDRESS}, {900, ADDRESS}}};
    static const struct says denied[1][2] = {{{0, NXDOMAIN}, {900, ADDRESS}}};
    const struct says(*scripts[])[2] = {open_says, late, denied};
    open_all();
    for (unsigned i = 0; i < 3; i++) {
        struct hr_task task = {.run = run_stop};
        hr__resolver_conf_init(&conf);
        script = scripts[i];
        family = AF_UNSPEC;
        question_count = 0;
        asked[0] = told[0] = 0;
        done = ended = stopped = false;
        hr__reactor_post(reactor, &task);
        step_until(&stopped);
        cr_assert_str_eq(told, "");
    }
    close_all();
}
