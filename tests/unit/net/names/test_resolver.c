/* The resolver on the simulated kernel's virtual clock; what name servers would say is scripted. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"
#include "needs_kernel.h"
#include "resolver.h"
#include "resolver_cache.h"

static hr_engine *engine;
static struct hr_reactor *reactor;
static struct hr_resolver_settings *settings;
static struct hr_resolver *resolver;
static unsigned asked; /* questions to the source */
static char asked_name[256];

static void step_until(const bool *done) {
    while (!*done) cr_assert_eq(sim_step(), SIM_RAN, "nothing can happen any more");
}

/* ---- On the reactor. */

struct command {
    struct hr_task task;
    void (*run)(struct command *command);
    const char *name;
    int result;
    struct hr_addresses addresses;
    struct hr_lookup *lookup;
    uint32_t ttl_s;
    bool done, partial;
};

static void run_command(struct hr_task *task) {
    struct command *command = (struct command *)task;
    command->run(command);
    command->done = true;
}

static void on_reactor(struct command *command, void (*run)(struct command *command)) {
    command->task.run = run_command;
    command->run = run;
    command->done = false;
    hr__reactor_post(reactor, &command->task);
    step_until(&command->done);
}

static bool fired;
static struct hr_timer alarm_timer;

static void on_alarm(struct hr_timer *timer) {
    (void)timer;
    fired = true;
}

static void set_alarm(struct command *command) {
    fired = false;
    alarm_timer = (struct hr_timer){.on_fire = on_alarm};
    hr__timer_start(reactor, &alarm_timer,
                    hr__reactor_now(reactor) + command->ttl_s * UINT64_C(1000000));
}

static void wait_ms(uint32_t ms) {
    struct command command = {.ttl_s = ms};
    on_reactor(&command, set_alarm);
    step_until(&fired);
}

static void ask(void *user, struct hr_resolver *of, const char *name) {
    (void)user;
    cr_assert_eq(of, resolver);
    asked++;
    snprintf(asked_name, sizeof asked_name, "%s", name);
}

static void do_find(struct command *command) {
    command->result =
        hr__resolver_find(resolver, hr_slice_of(command->name), 80, &command->addresses);
}

static int find(const char *name, struct hr_addresses *addresses) {
    struct command command = {.name = name};
    on_reactor(&command, do_find);
    if (command.result == 0 && addresses) *addresses = command.addresses;
    return command.result;
}

struct waiting {
    struct hr_lookup lookup;
    unsigned times;
    int result;
    char reason[128];
};

static void on_done(struct hr_lookup *lookup, int result, const char *reason) {
    struct waiting *waiting = (struct waiting *)lookup;
    waiting->times++;
    waiting->result = result;
    snprintf(waiting->reason, sizeof waiting->reason, "%s", reason ? reason : "(null)");
}

static void do_start(struct command *command) {
    struct waiting *waiting = (struct waiting *)command->lookup;
    command->result =
        hr__resolver_start(resolver, hr_slice_of(command->name), 443, command->lookup);
    cr_assert_eq(waiting->times, 0, "called back from inside the start");
}

static void start(struct waiting *waiting, const char *name) {
    memset(waiting, 0, sizeof *waiting);
    waiting->lookup.on_done = on_done;
    struct command command = {.name = name, .lookup = &waiting->lookup};
    on_reactor(&command, do_start);
    cr_assert_eq(command.result, 0);
}

static void do_answer(struct command *command) {
    if (command->partial)
        hr__resolver_answer_partial(resolver, command->name, &command->addresses);
    else
        hr__resolver_answer(resolver, command->name, command->result, &command->addresses,
                            command->ttl_s);
}

static void nothing(struct command *command) {
    (void)command;
}

static void give_answer(struct command *given, const char *list) {
    struct command command = *given;
    char text[512];
    snprintf(text, sizeof text, "%s", list);
    for (char *save, *one = strtok_r(text, " ", &save); one; one = strtok_r(NULL, " ", &save)) {
        union hr_address *address = &command.addresses.list[command.addresses.count++];
        memset(address, 0, sizeof *address);
        address->any.sa_family = strchr(one, ':') ? AF_INET6 : AF_INET;
        void *to = strchr(one, ':') ? (void *)&address->v6.sin6_addr : &address->v4.sin_addr;
        cr_assert_eq(inet_pton(address->any.sa_family, one, to), 1);
    }
    on_reactor(&command, do_answer);
    on_reactor(&command, nothing); /* what was queued has been told then */
    on_reactor(&command, nothing);
}

static void answer(const char *name, int result, const char *list, uint32_t ttl_s) {
    give_answer(&(struct command){.name = name, .result = result, .ttl_s = ttl_s}, list);
}

static void answer_part(const char *name, const char *list) {
    give_answer(&(struct command){.name = name, .partial = true}, list);
}

/* A look-up from question to answer. */
static int look_up(const char *name, int result, const char *list, uint32_t ttl_s) {
    struct waiting waiting;
    unsigned before = asked;
    start(&waiting, name);
    cr_assert_eq(asked, before + 1, "%s was not asked for", name);
    answer(name, result, list, ttl_s);
    cr_assert_eq(waiting.times, 1);
    return waiting.result;
}

static const char *show(const struct hr_addresses *addresses) {
    static char text[512];
    size_t at = 0;
    text[0] = 0;
    for (unsigned i = 0; i < addresses->count; i++) {
        const union hr_address *address = &addresses->list[i];
        const void *bytes = address->any.sa_family == AF_INET6
                                ? (const void *)&address->v6.sin6_addr
                                : &address->v4.sin_addr;
        char one[INET6_ADDRSTRLEN];
        inet_ntop(address->any.sa_family, bytes, one, sizeof one);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", i ? " " : "", one);
    }
    return text;
}

#define EXPECT_FOUND(name, list)                                                                   \
    do {                                                                                           \
        struct hr_addresses found_;                                                                \
        cr_assert_eq(find(name, &found_), 0, "%s is not known", name);                             \
        cr_assert_str_eq(show(&found_), list);                                                     \
    } while (0)

static void do_cancel(struct command *command) {
    hr__resolver_cancel(resolver, command->lookup);
}

static void do_forget(struct command *command) {
    hr__resolver_forget(resolver, hr_slice_of(command->name));
}

static bool closed;
static void on_closed(void *user) {
    cr_assert_eq(user, &closed);
    closed = true;
}

static void do_close(struct command *command) {
    (void)command;
    hr__resolver_close(resolver, on_closed, &closed);
}

static void open_all(const struct hr_resolver_options *given, const struct hr_resolve_entry *table,
                     size_t count) {
    struct hr_resolver_options options = given ? *given : (struct hr_resolver_options){0};
    struct hr_error error = {0};
    if (kernel_is_simulated()) sim_close(); /* that of the runner, which is live */
    sim_open(&(struct sim_options){.seed = 7});
    struct hr_engine_options engine_options = {.mode = HR_ENGINE_CALLER, .reactors = 1};
    cr_assert_eq(hr__engine_new(&engine_options, sim_tuning(), &error, &engine), 0, "%s",
                 error.message);
    sim_engine_add(engine);
    reactor = hr__engine_reactor(engine, 0);
    options.entries = table;
    options.entry_count = count;
    if (!options.hosts_file) options.hosts_file = "";
    cr_assert_eq(hr__resolver_settings_new(&options, &error, &settings), 0, "%s", error.message);
    cr_assert_eq(hr__resolver_new(settings, reactor, &resolver), 0);
    hr__resolver_set_source(resolver, &(struct hr_resolver_source){.ask = ask});
    asked = 0;
}

static bool engine_closed;
static void on_engine_closed(void *user) {
    (void)user;
    engine_closed = true;
}

static void close_all(void) {
    struct command command = {.name = ""};
    on_reactor(&command, do_close);
    step_until(&closed);
    hr__resolver_settings_free(settings);
    cr_assert_eq(hr_engine_close(engine, on_engine_closed, NULL), 0);
    step_until(&engine_closed);
    cr_assert_null(sim_complaint(), "%s", sim_complaint());
    sim_close();
}

/* ---- What is known at once. */

Test(resolver, table_numbers_and_localhost_are_never_asked_for) {
    struct hr_resolve_entry table[] = {{.host = "store", .address = "192.0.2.9"}};
    open_all(NULL, table, 1);
    EXPECT_FOUND("store", "192.0.2.9");
    EXPECT_FOUND("192.0.2.1", "192.0.2.1");
    EXPECT_FOUND("2001:db8::1", "2001:db8::1");
    EXPECT_FOUND("localhost", "127.0.0.1 ::1");
    EXPECT_FOUND("LOCALHOST.", "127.0.0.1 ::1");
    EXPECT_FOUND("a.localhost", "127.0.0.1 ::1");
    struct waiting waiting;
    start(&waiting, "store");
    wait_ms(1);
    cr_assert_eq(waiting.times, 1);
    cr_assert_eq(waiting.result, 0);
    cr_assert_str_eq(show(&waiting.lookup.addresses), "192.0.2.9");
    cr_assert_eq(waiting.lookup.addresses.list[0].v4.sin_port, htons(443));
    cr_assert_eq(asked, 0);
    close_all();
}

Test(resolver, what_is_no_name_is_refused_with_the_reason) {
    static const struct {
        const char *name, *reason;
    } cases[] = {
        {"", "the name is empty"},
        {".", "the name is empty"},
        {"a..b", "the name has an empty label (two dots, or one in front)"},
        {".a", "the name has an empty label (two dots, or one in front)"},
        {"a b", "the name has a byte that is no letter, digit, '-', '_' or '.'"},
        {"b\xc3\xbc"
         "cher.example",
         "the name is not ASCII: give it in punycode (xn--…, RFC 3492)"},
        {"1.2.3", "the name ends in a number and is no IPv4 address of four numbers"},
        {"a123456789a123456789a123456789a123456789a123456789a123456789abcd.x",
         "the name has a label of more than 63 bytes"},
    };
    open_all(NULL, NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct waiting waiting;
        cr_assert_eq(find(cases[i].name, NULL), -EAGAIN);
        start(&waiting, cases[i].name);
        wait_ms(1);
        cr_assert_eq(waiting.times, 1);
        cr_assert_eq(waiting.result, HR_ERR_NAME_UNRESOLVED);
        cr_assert_str_eq(waiting.reason, cases[i].reason);
    }
    cr_assert_eq(asked, 0);
    close_all();
}

/* ---- The cache. */

Test(resolver, an_answer_is_kept_as_long_as_its_ttl_says) {
    open_all(NULL, NULL, 0);
    cr_assert_eq(find("a.test", NULL), -EAGAIN);
    cr_assert_eq(look_up("a.test", 0, "192.0.2.1", 10), 0);
    wait_ms(9900);
    EXPECT_FOUND("A.Test", "192.0.2.1");
    wait_ms(100);
    cr_assert_eq(find("a.test", NULL), -EAGAIN);
    cr_assert_eq(look_up("a.test", 0, "192.0.2.2", 10), 0);
    EXPECT_FOUND("a.test", "192.0.2.2");
    close_all();
}

Test(resolver, ttls_have_a_floor_and_a_ceiling) {
    open_all(&(struct hr_resolver_options){.ttl_min_s = 3, .ttl_max_s = 20}, NULL, 0);
    look_up("short.test", 0, "192.0.2.1", 0);
    look_up("long.test", 0, "192.0.2.2", 86400);
    wait_ms(2900);
    EXPECT_FOUND("short.test", "192.0.2.1");
    wait_ms(100);
    cr_assert_eq(find("short.test", NULL), -EAGAIN);
    wait_ms(16900);
    EXPECT_FOUND("long.test", "192.0.2.2");
    wait_ms(100);
    cr_assert_eq(find("long.test", NULL), -EAGAIN);
    close_all();
}

Test(resolver, a_name_that_is_not_is_remembered_for_its_own_time) {
    open_all(NULL, NULL, 0);
    cr_assert_eq(look_up("no.test", HR_ERR_NAME_UNRESOLVED, "", 900), HR_ERR_NAME_UNRESOLVED);
    wait_ms(4900);
    struct waiting waiting;
    start(&waiting, "no.test");
    wait_ms(1);
    cr_assert_eq(waiting.result, HR_ERR_NAME_UNRESOLVED);
    cr_assert_eq(asked, 1);
    wait_ms(100);
    cr_assert_eq(look_up("no.test", 0, "192.0.2.1", 1), 0);
    close_all();
}

Test(resolver, an_answer_without_addresses_is_a_name_that_is_not) {
    open_all(&(struct hr_resolver_options){.ipv4_only = true}, NULL, 0);
    cr_assert_eq(look_up("six.test", 0, "2001:db8::1", 9), HR_ERR_NAME_UNRESOLVED);
    cr_assert_eq(look_up("both.test", 0, "2001:db8::1 192.0.2.1", 9), 0);
    EXPECT_FOUND("both.test", "192.0.2.1");
    close_all();
}

/* Answers a look-up with a failure, if it asks; returns whether it did. */
static bool fails(const char *name) {
    struct waiting waiting;
    unsigned before = asked;
    start(&waiting, name);
    answer(name, HR_ERR_NAME_SERVERS, "", 0); /* ignored where nobody asks */
    cr_assert_eq(waiting.times, 1);
    cr_assert_eq(waiting.result, HR_ERR_NAME_SERVERS);
    return asked > before;
}

Test(resolver, a_failure_of_the_servers_is_remembered_for_a_moment) {
    static const unsigned moments_ms[] = {100, 200, 400, 800, 1000, 1000};
    open_all(NULL, NULL, 0);
    cr_assert(fails("a.test"));
    for (size_t i = 0; i < sizeof moments_ms / sizeof moments_ms[0]; i++) {
        wait_ms(moments_ms[i] - 2);
        cr_assert(!fails("a.test"), "asked again %u ms after failure %zu", moments_ms[i] - 2, i);
        wait_ms(3);
        cr_assert(fails("a.test"), "not asked again after failure %zu", i);
    }
    wait_ms(1001);
    cr_assert_eq(look_up("a.test", 0, "192.0.2.1", 1), 0);
    wait_ms(1001);
    cr_assert(fails("a.test"));
    wait_ms(101);
    cr_assert(fails("a.test"), "a success did not make the next moment short again");
    close_all();
}

Test(resolver, want_of_memory_is_not_remembered) {
    open_all(NULL, NULL, 0);
    cr_assert_eq(look_up("a.test", -ENOMEM, "", 0), -ENOMEM);
    cr_assert_eq(look_up("a.test", 0, "192.0.2.1", 1), 0);
    close_all();
}

Test(resolver, lookups_of_the_same_name_share_a_query) {
    open_all(NULL, NULL, 0);
    struct waiting waiting[4];
    start(&waiting[0], "svc.test");
    start(&waiting[1], "SVC.test");
    start(&waiting[2], "svc.test");
    start(&waiting[3], "svc.test."); /* absolute: another one */
    cr_assert_eq(asked, 2);
    cr_assert_str_eq(asked_name, "svc.test.");
    struct command command = {.lookup = &waiting[1].lookup};
    on_reactor(&command, do_cancel);
    answer("svc.test", 0, "192.0.2.1 192.0.2.2", 5);
    cr_assert_eq(waiting[0].times, 1);
    cr_assert_eq(waiting[1].times, 0);
    cr_assert_eq(waiting[2].times, 1);
    cr_assert_eq(waiting[3].times, 0);
    cr_assert_str_eq(show(&waiting[0].lookup.addresses), "192.0.2.1 192.0.2.2");
    cr_assert_str_eq(show(&waiting[2].lookup.addresses), "192.0.2.2 192.0.2.1");
    answer("svc.test.", HR_ERR_NAME_UNRESOLVED, "", 5);
    cr_assert_eq(waiting[3].result, HR_ERR_NAME_UNRESOLVED);
    answer("svc.test", HR_ERR_NAME_UNRESOLVED, "", 5); /* nobody has asked */
    cr_assert_eq(find("svc.test", NULL), 0);
    close_all();
}

/* One family is told of while the other keeps it waiting; what comes then is told once more. */
Test(resolver, a_part_of_the_answer_comes_first) {
    open_all(NULL, NULL, 0);
    struct waiting waiting[4];
    for (unsigned i = 0; i < 3; i++) start(&waiting[i], "a.test");
    answer_part("a.test", "192.0.2.1");
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(waiting[i].times, 1);
        cr_assert_eq(waiting[i].result, 0);
        cr_assert(waiting[i].lookup.partial);
        cr_assert_str_eq(show(&waiting[i].lookup.addresses), "192.0.2.1");
    }
    cr_assert_eq(find("a.test", NULL), -EAGAIN, "the other family is not known yet");
    start(&waiting[3], "a.test"); /* has the part at once */
    wait_ms(1);
    cr_assert_eq(asked, 1);
    cr_assert_eq(waiting[3].times, 1);
    cr_assert(waiting[3].lookup.partial);
    struct command command = {.lookup = &waiting[1].lookup};
    on_reactor(&command, do_cancel);
    answer("a.test", 0, "2001:db8::1 192.0.2.1", 60);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(waiting[i].times, i == 1 ? 1 : 2, "%u", i);
        cr_assert_eq(waiting[i].result, 0);
        if (i == 1) continue;
        cr_assert(!waiting[i].lookup.partial);
        cr_assert_eq(waiting[i].lookup.addresses.count, 2);
    }
    EXPECT_FOUND("a.test", "2001:db8::1 192.0.2.1");
    cr_assert_eq(asked, 1);
    close_all();
}

static void do_answer_twice(struct command *command) {
    command->partial = true;
    do_answer(command);
    command->partial = false;
    do_answer(command);
}

/* The whole answer overtakes the telling of the part: it is told once. A part that was told stays,
 * whatever comes of the rest. And one cancelled between. */
Test(resolver, parts_and_ends_in_any_order) {
    open_all(NULL, NULL, 0);
    struct waiting waiting;
    start(&waiting, "a.test");
    struct command command = {.name = "a.test", .ttl_s = 9, .addresses.count = 1};
    command.addresses.list[0].v4 = (struct sockaddr_in){.sin_family = AF_INET};
    on_reactor(&command, do_answer_twice);
    wait_ms(1);
    cr_assert_eq(waiting.times, 1);
    cr_assert(!waiting.lookup.partial);

    start(&waiting, "b.test");
    answer_part("b.test", "192.0.2.1");
    answer("b.test", HR_ERR_NAME_SERVERS, "", 0);
    cr_assert_eq(waiting.times, 2);
    cr_assert_eq(waiting.result, 0);
    cr_assert_str_eq(show(&waiting.lookup.addresses), "192.0.2.1");
    EXPECT_FOUND("b.test", "192.0.2.1");
    wait_ms(101);
    cr_assert_eq(find("b.test", NULL), -EAGAIN, "half an answer is kept for a moment");

    start(&waiting, "c.test");
    answer_part("c.test", "192.0.2.1");
    struct command cancel = {.lookup = &waiting.lookup};
    on_reactor(&cancel, do_cancel);
    answer("c.test", 0, "192.0.2.1 192.0.2.2", 60);
    cr_assert_eq(waiting.times, 1);
    EXPECT_FOUND("c.test", "192.0.2.2 192.0.2.1");
    close_all();
}

Test(resolver, one_family_alone) {
    struct hr_resolve_entry table[] = {{.host = "four", .address = "192.0.2.9"},
                                       {.host = "six", .address = "2001:db8::9"}};
    for (int six = 0; six < 2; six++) {
        open_all(&(struct hr_resolver_options){.ipv4_only = !six, .ipv6_only = six}, table, 2);
        EXPECT_FOUND("localhost", six ? "::1" : "127.0.0.1");
        EXPECT_FOUND("a.localhost.", six ? "::1" : "127.0.0.1");
        EXPECT_FOUND(six ? "six" : "four", six ? "2001:db8::9" : "192.0.2.9");
        EXPECT_FOUND(six ? "2001:db8::1" : "192.0.2.1", six ? "2001:db8::1" : "192.0.2.1");
        static const char *const others[2][3] = {{"six", "::1", "2001:db8::1"},
                                                 {"four", "127.0.0.1", "192.0.2.1"}};
        for (unsigned i = 0; i < 3; i++) {
            struct waiting waiting;
            cr_assert_eq(find(others[six][i], NULL), -EAGAIN);
            start(&waiting, others[six][i]);
            wait_ms(1);
            cr_assert_eq(waiting.times, 1);
            cr_assert_eq(waiting.result, HR_ERR_NAME_UNRESOLVED);
            cr_assert(strstr(waiting.reason, "not of the family"), "%s", waiting.reason);
        }
        struct waiting waiting;
        start(&waiting, "a.test");
        answer_part("a.test", six ? "192.0.2.1" : "2001:db8::1"); /* of no use */
        cr_assert_eq(waiting.times, 0);
        answer("a.test", 0, "192.0.2.1 2001:db8::1", 9);
        cr_assert_eq(waiting.times, 1);
        cr_assert_str_eq(show(&waiting.lookup.addresses), six ? "2001:db8::1" : "192.0.2.1");
        close_all();
    }
}

Test(resolver, families_alternate_and_turn) {
    open_all(NULL, NULL, 0);
    look_up("a.test", 0, "2001:db8::1 2001:db8::2 192.0.2.1 192.0.2.2 192.0.2.3", 60);
    EXPECT_FOUND("a.test", "2001:db8::2 192.0.2.2 2001:db8::1 192.0.2.3 192.0.2.1");
    EXPECT_FOUND("a.test", "2001:db8::1 192.0.2.3 2001:db8::2 192.0.2.1 192.0.2.2");
    EXPECT_FOUND("a.test", "2001:db8::2 192.0.2.1 2001:db8::1 192.0.2.2 192.0.2.3");
    close_all();
}

Test(resolver, what_was_forgotten_is_asked_for_again) {
    open_all(NULL, NULL, 0);
    look_up("a.test", 0, "192.0.2.1", 60);
    struct command command = {.name = "A.test"};
    on_reactor(&command, do_forget);
    cr_assert_eq(find("a.test", NULL), -EAGAIN);
    struct waiting waiting;
    start(&waiting, "a.test");
    on_reactor(&command, do_forget); /* it is being asked for: nothing to forget */
    answer("a.test", 0, "192.0.2.2", 60);
    cr_assert_eq(waiting.result, 0);
    EXPECT_FOUND("a.test", "192.0.2.2");
    close_all();
}

/* A dead host that is tried every 10 ms, each time in vain. */
Test(resolver, a_dead_host_is_asked_for_once_a_second) {
    open_all(NULL, NULL, 0);
    struct command command = {.name = "dead.test"};
    unsigned served = 0;
    for (int i = 0; i < 1000; i++) {
        struct waiting waiting;
        if (find("dead.test", NULL) == 0) {
            served++;
        } else {
            start(&waiting, "dead.test");
            answer("dead.test", 0, "192.0.2.1", 3600);
            cr_assert_eq(waiting.result, 0);
        }
        on_reactor(&command, do_forget);
        wait_ms(10);
    }
    cr_assert_eq(asked + served, 1000);
    cr_assert_geq(asked, 10, "%u", asked); /* it is not remembered for its hour */
    cr_assert_leq(asked, 12, "%u", asked); /* the first, at once again, and then once a second */
    close_all();
}

/* That nobody could connect does not make what is about to expire live longer. */
Test(resolver, forgetting_prolongs_nothing) {
    open_all(NULL, NULL, 0);
    struct command command = {.name = "a.test"};
    look_up("a.test", 0, "192.0.2.1", 60);
    on_reactor(&command, do_forget);
    look_up("a.test", 0, "192.0.2.2", 1);
    wait_ms(500);
    on_reactor(&command, do_forget); /* too early: the second one within a second */
    EXPECT_FOUND("a.test", "192.0.2.2");
    wait_ms(490);
    on_reactor(&command, do_forget);
    EXPECT_FOUND("a.test", "192.0.2.2");
    wait_ms(10);
    cr_assert_eq(find("a.test", NULL), -EAGAIN);
    on_reactor(&command, do_forget);
    cr_assert_eq(find("a.test", NULL), -EAGAIN);
    close_all();
}

Test(resolver, the_least_recently_used_name_goes) {
    open_all(NULL, NULL, 0);
    char name[32];
    for (unsigned i = 0; i < HR_RESOLVER_NAMES_MAX; i++) {
        snprintf(name, sizeof name, "n%u.test", i);
        look_up(name, 0, "192.0.2.1", 3600);
    }
    cr_assert_eq(find("n0.test", NULL), 0); /* used: n1 is the oldest now */
    look_up("more.test", 0, "192.0.2.1", 3600);
    cr_assert_eq(find("n1.test", NULL), -EAGAIN);
    cr_assert_eq(find("n0.test", NULL), 0);
    cr_assert_eq(find("n2.test", NULL), 0);
    cr_assert_eq(find("more.test", NULL), 0);
    close_all();
}

Test(resolver, it_closes_with_a_query_that_nobody_waits_for) {
    open_all(NULL, NULL, 0);
    struct waiting waiting;
    start(&waiting, "a.test");
    struct command command = {.lookup = &waiting.lookup};
    on_reactor(&command, do_cancel);
    close_all();
    cr_assert_eq(waiting.times, 0);
}

Test(resolver, an_end_that_is_queued_can_be_cancelled) {
    open_all(NULL, NULL, 0);
    struct waiting waiting;
    memset(&waiting, 0, sizeof waiting);
    waiting.lookup.on_done = on_done;
    struct command start_it = {.name = "1.2.3", .lookup = &waiting.lookup}, stop = start_it;
    start_it.task.run = stop.task.run = run_command;
    start_it.run = do_start;
    stop.run = do_cancel;
    hr__reactor_post(reactor, &start_it.task);
    hr__reactor_post(reactor, &stop.task);
    step_until(&stop.done);
    wait_ms(5);
    cr_assert_eq(waiting.times, 0);
    close_all();
}

/* ---- Options. */

Test(resolver, options_that_cannot_be_are_refused_by_name) {
    static const struct {
        struct hr_resolver_options options;
        const char *part;
    } cases[] = {
        {{.nameservers = "1.2.3"}, "resolver.nameservers '1.2.3': entry 1"},
        {{.nameservers = "1.2.3.4,"}, NULL},
        {{.nameservers = ""}, "resolver.nameservers '': entry 1"},
        {{.nameservers = "1.2.3.4,,::1"}, "entry 2"},
        {{.nameservers = "[::1]:0"}, "entry 1"},
        {{.nameservers = "[::1]:65536"}, "entry 1"},
        {{.nameservers = "[1.2.3.4]:53"}, "entry 1"},
        {{.nameservers = "[]:53"}, "entry 1"},
        {{.nameservers = "1.2.3.4, [::1]:5353,::1 ,1.2.3.4:53"}, NULL},
        {{.search = "a.test,b..c"}, "resolver.search 'a.test,b..c': entry 2"},
        {{.search = ""}, NULL},
        {{.tries = 11}, "resolver.tries 11"},
        {{.ttl_min_s = 9, .ttl_max_s = 8}, "resolver.ttl_min_s 9"},
        {{.ttl_min_s = 7200}, NULL},
        {{.ipv4_only = true, .ipv6_only = true}, "resolver.ipv4_only"},
        {{.hosts_file = "/nonexistent/hosts"}, "resolver.hosts_file '/nonexistent/hosts'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr_error error = {0};
        struct hr_resolver_settings *made = NULL;
        int err = hr__resolver_settings_new(&cases[i].options, &error, &made);
        cr_assert_eq(err, cases[i].part ? -EINVAL : 0, "case %zu: %d %s", i, err, error.message);
        if (cases[i].part)
            cr_assert(strstr(error.message, cases[i].part), "case %zu: %s", i, error.message);
        hr__resolver_settings_free(made);
    }
}
