/* Happy eyeballs (RFC 8305) to the millisecond: the simulated kernel's virtual clock. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <engine/socket.h>

#include "connect.h"
#include "kernel.h"
#include "needs_kernel.h"

#define PLACES_MAX 4
#define NS_PER_MS  UINT64_C(1000000)
#define DELAY_MS   (HR_CONNECT_DELAY_NS / NS_PER_MS)

/* What stands at an address. */
enum place { NOBODY, SILENT, OPEN };

static hr_engine *engine;
static struct hr_reactor *reactor;
static int listeners[PLACES_MAX];
static struct hr_addresses addresses;
static struct hr_connect race;
static struct hr_stream *won;
static int result;
static unsigned times;
static uint64_t begun_ns, done_ns;
static bool finished, closed;

static void step_until(const bool *done) {
    while (!*done) cr_assert_eq(sim_step(), SIM_RAN, "nothing can happen any more");
}

static void make_place(enum place place, const char *host) {
    unsigned index = addresses.count++;
    union hr_address *address = &addresses.list[index];
    struct sockaddr_storage at;
    bool six = strchr(host, ':') != NULL;
    memset(address, 0, sizeof *address);
    address->any.sa_family = six ? AF_INET6 : AF_INET;
    cr_assert_eq(inet_pton(address->any.sa_family, host,
                           six ? (void *)&address->v6.sin6_addr : &address->v4.sin_addr),
                 1);
    uint16_t port = htons((uint16_t)(2000 + index));
    if (six)
        address->v6.sin6_port = port;
    else
        address->v4.sin_port = port;
    listeners[index] = -1;
    if (place == NOBODY) return;
    memset(&at, 0, sizeof at);
    socklen_t size = hr__address_size(address);
    memcpy(&at, address, size);
    listeners[index] =
        hr__socket_listen(engine, &at, &size, place == OPEN ? 8 : 1, HR_LISTEN_ALONE);
    cr_assert_geq(listeners[index], 0);
}

/* ---- The race. */

static void on_closed(struct hr_stream *stream) {
    (void)stream;
    finished = true;
}

static const struct hr_stream_events events = {.on_closed = on_closed};

static void on_done(struct hr_connect *connect, int with, struct hr_stream *stream) {
    cr_assert_eq(connect, &race);
    times++;
    result = with;
    won = stream;
    done_ns = sim_now_ns();
    if (!stream) {
        finished = true;
        return;
    }
    stream->events = &events;
    stream->owner = NULL;
    stream->vtable->close(stream);
}

static void run_start(struct hr_task *task) {
    (void)task;
    begun_ns = sim_now_ns();
    hr__connect_start(&race);
    cr_assert_eq(times, 0, "called back from inside the start");
}

static void on_cancel(struct hr_timer *timer) {
    (void)timer;
    hr__connect_cancel(&race);
    hr__connect_cancel(&race); /* again: nothing */
    cr_assert_eq(times, 0, "called back from inside the cancel");
}

static struct hr_timer cancel_timer = {.on_fire = on_cancel};
static uint64_t cancel_ms, add_ms;
static bool add_all;

static void run_start_and_cancel(struct hr_task *task) {
    run_start(task);
    if (cancel_ms == 0)
        on_cancel(NULL);
    else
        hr__timer_start(reactor, &cancel_timer, begun_ns + cancel_ms * NS_PER_MS);
}

/* Runs it to its end; how many milliseconds it took. */
static uint64_t run(const struct hr_addresses *to, uint64_t timeout_ns,
                    void (*how)(struct hr_task *task)) {
    struct hr_task task = {.run = how};
    race = (struct hr_connect){
        .reactor = reactor, .addresses = *to, .timeout_ns = timeout_ns, .on_done = on_done};
    finished = false;
    times = 0;
    hr__reactor_post(reactor, &task);
    step_until(&finished);
    for (int i = 0; i < 50; i++) (void)sim_step(); /* and nothing more comes of it */
    cr_assert_eq(times, 1);
    return (done_ns - begun_ns) / NS_PER_MS;
}

/* ---- The world. */

/* With its backlog of one full it takes no connection and refuses none: SYNs are lost. */
static void fill(const union hr_address *address) {
    struct hr_addresses one = {.count = 1, .list = {*address}};
    run(&one, UINT64_MAX, run_start);
    cr_assert_eq(result, 0);
}

static void open_all(const enum place *places, unsigned count) {
    static const char *const hosts[PLACES_MAX] = {"::1", "127.0.0.1", "::1", "127.0.0.1"};
    struct hr_engine_options options = {.mode = HR_ENGINE_CALLER, .reactors = 1};
    struct hr_error error = {0};
    if (kernel_is_simulated()) sim_close(); /* that of the runner, which is live */
    sim_open(&(struct sim_options){.seed = 11});
    cr_assert_eq(hr__engine_new(&options, sim_tuning(), &error, &engine), 0, "%s", error.message);
    sim_engine_add(engine);
    reactor = hr__engine_reactor(engine, 0);
    closed = false;
    addresses.count = 0;
    for (unsigned i = 0; i < count; i++) make_place(places[i], hosts[i]);
    for (unsigned i = 0; i < count; i++)
        if (places[i] == SILENT) fill(&addresses.list[i]);
}

static void on_engine_closed(void *user) {
    *(bool *)user = true;
}

/* Nothing of the race may be open but what won. */
static void close_all(void) {
    for (unsigned i = 0; i < addresses.count; i++)
        if (listeners[i] >= 0) hr__socket_close(engine, listeners[i]);
    cr_assert_eq(hr_engine_close(engine, on_engine_closed, &closed), 0);
    step_until(&closed);
    struct sim_leftovers left = sim_leftovers();
    cr_assert_eq(left.descriptors, 0, "%u descriptors", left.descriptors);
    cr_assert_eq(left.operations, 0);
    cr_assert_null(sim_complaint(), "%s", sim_complaint());
    sim_close();
}

/* ---- Tests. */

Test(connect_race, outcomes) {
    static const struct {
        const char *what;
        enum place places[PLACES_MAX];
        unsigned count;
        uint64_t timeout_ms;
        int result;
        unsigned index;
        uint64_t ms;
    } cases[] = {
        {"the first", {OPEN, OPEN}, 2, 10000, 0, 0, 0},
        {"a refusal falls through at once", {NOBODY, OPEN}, 2, 10000, 0, 1, 0},
        {"three of them too", {NOBODY, NOBODY, NOBODY, OPEN}, 4, 10000, 0, 3, 0},
        {"silence: the next after 250 ms", {SILENT, OPEN}, 2, 10000, 0, 1, DELAY_MS},
        {"and the next", {SILENT, SILENT, SILENT, OPEN}, 4, 10000, 0, 3, 3 * DELAY_MS},
        {"a refusal behind silence waits no more",
         {SILENT, NOBODY, OPEN},
         3,
         10000,
         0,
         2,
         DELAY_MS},
        {"nobody at all", {NOBODY, NOBODY}, 2, 10000, -ECONNREFUSED, 0, 0},
        {"silence: time is up", {SILENT}, 1, 700, HR_ERR_CONNECT_TIMEOUT, 0, 700},
        {"a refusal and silence: time is up",
         {NOBODY, SILENT},
         2,
         700,
         HR_ERR_CONNECT_TIMEOUT,
         0,
         700},
        {"time is up before the second's turn",
         {SILENT, OPEN},
         2,
         100,
         HR_ERR_CONNECT_TIMEOUT,
         0,
         100},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        open_all(cases[i].places, cases[i].count);
        uint64_t ms = run(&addresses, cases[i].timeout_ms * NS_PER_MS, run_start);
        cr_assert_eq(result, cases[i].result, "%s: %s", cases[i].what, hr_error_name(result));
        cr_assert_eq(won != NULL, result == 0, "%s", cases[i].what);
        if (result == 0) {
            cr_assert_eq(race.index, cases[i].index, "%s: %u", cases[i].what, race.index);
            cr_assert_eq(memcmp(&race.peer, &addresses.list[race.index], sizeof race.peer), 0);
        }
        cr_assert(ms >= cases[i].ms && ms <= cases[i].ms + 5, "%s: after %lu ms", cases[i].what,
                  (unsigned long)ms);
        close_all();
    }
}

/* At the start; while the first is tried; while two are; when the last one has failed. */
Test(connect_race, it_is_cancelled_in_each_phase) {
    static const struct {
        enum place places[PLACES_MAX];
        unsigned count;
        uint64_t at_ms;
    } cases[] = {
        {{OPEN, OPEN}, 2, 0},     {{SILENT, OPEN}, 2, 0},     {{NOBODY, NOBODY}, 2, 0},
        {{SILENT, OPEN}, 2, 100}, {{SILENT, SILENT}, 2, 300}, {{SILENT, NOBODY, SILENT}, 3, 250},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        open_all(cases[i].places, cases[i].count);
        cancel_ms = cases[i].at_ms;
        uint64_t ms = run(&addresses, UINT64_MAX, run_start_and_cancel);
        cr_assert_eq(result, -ECANCELED, "case %zu: %s", i, hr_error_name(result));
        cr_assert_null(won);
        cr_assert(ms >= cancel_ms && ms <= cancel_ms + 5, "case %zu: %lu ms", i, (unsigned long)ms);
        close_all();
    }
}

/* ---- Addresses that come later. */

static void on_add(struct hr_timer *timer) {
    (void)timer;
    hr__connect_add(&race, add_all ? &addresses : NULL);
}

static struct hr_timer add_timer = {.on_fire = on_add};

static void run_start_and_add(struct hr_task *task) {
    race.more = true;
    run_start(task);
    hr__timer_start(reactor, &add_timer, begun_ns + add_ms * NS_PER_MS);
}

static void run_start_and_leave(struct hr_task *task) {
    race.more = true;
    run_start_and_cancel(task);
}

/* The first of the places are known at the start, all of them after add_ms. */
Test(connect_race, later_addresses_join) {
    static const struct {
        const char *what;
        enum place places[PLACES_MAX];
        unsigned count, first;
        uint64_t add_ms, timeout_ms;
        int result;
        unsigned place; /* that wins */
        uint64_t ms;
    } cases[] = {
        {"the first is there before", {OPEN, OPEN}, 2, 1, 50, 10000, 0, 0, 0},
        {"they wait for the 250 ms", {SILENT, OPEN}, 2, 1, 100, 10000, 0, 1, DELAY_MS},
        {"not where those have passed", {SILENT, OPEN}, 2, 1, 400, 10000, 0, 1, 400},
        {"nor behind a failure", {NOBODY, OPEN}, 2, 1, 400, 10000, 0, 1, 400},
        {"they fail too", {NOBODY, NOBODY}, 2, 1, 400, 10000, -ECONNREFUSED, 0, 400},
        {"nothing new", {NOBODY}, 1, 1, 400, 10000, -ECONNREFUSED, 0, 400},
        {"nothing new, one under way", {SILENT}, 1, 1, 400, 700, HR_ERR_CONNECT_TIMEOUT, 0, 700},
        {"too late", {NOBODY, OPEN}, 2, 1, 800, 700, HR_ERR_CONNECT_TIMEOUT, 0, 700},
        {"before those that wait for their turn", /* v6 v6 known: v6, v4, v6 */
         {SILENT, OPEN, SILENT},
         3,
         1,
         10,
         10000,
         0,
         1,
         DELAY_MS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        open_all(cases[i].places, cases[i].count);
        struct hr_addresses first = {.count = cases[i].first};
        memcpy(first.list, addresses.list, sizeof first.list[0] * first.count);
        add_ms = cases[i].add_ms;
        add_all = true;
        uint64_t ms = run(&first, cases[i].timeout_ms * NS_PER_MS, run_start_and_add);
        hr__timer_stop(reactor, &add_timer);
        cr_assert_eq(result, cases[i].result, "%s: %s", cases[i].what, hr_error_name(result));
        if (result == 0)
            cr_assert_eq(memcmp(&race.peer, &addresses.list[cases[i].place], sizeof race.peer), 0,
                         "%s", cases[i].what);
        cr_assert(ms >= cases[i].ms && ms <= cases[i].ms + 5, "%s: after %lu ms", cases[i].what,
                  (unsigned long)ms);
        close_all();
    }
}

Test(connect_race, no_more_come_after_all) {
    static const enum place places[] = {NOBODY};
    open_all(places, 1);
    add_ms = 300;
    add_all = false;
    uint64_t ms = run(&addresses, UINT64_MAX, run_start_and_add);
    cr_assert_eq(result, -ECONNREFUSED);
    cr_assert(ms >= 300 && ms <= 305, "%lu", (unsigned long)ms);
    close_all();
}

Test(connect_race, it_is_cancelled_while_it_waits_for_more) {
    static const enum place places[] = {NOBODY};
    open_all(places, 1);
    cancel_ms = 300;
    uint64_t ms = run(&addresses, UINT64_MAX, run_start_and_leave);
    cr_assert_eq(result, -ECANCELED);
    cr_assert(ms >= 300 && ms <= 305, "%lu", (unsigned long)ms);
    close_all();
}
