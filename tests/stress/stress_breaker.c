/* One breaker and a hundred threads, on a clock that the test moves. In each half-open period
 * exactly one call is let through, whatever the scheduler does; what was let through and what was
 * rejected add up to what was asked; each transition is told to the hook once. Then all that may be
 * called from any thread at once, by count and by rate, with time running: invariants only. */
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/clock_source.h>
#include <headrace/breaker.h>

enum { THREADS = 100, ROUNDS = 60, ENTERS = 4, FREE_CALLS = 3000 };
#define MS UINT64_C(1000000)

static uint64_t now_ns = 1000 * MS;
static uint64_t hooked[3]; /* by the state gone to */

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("stress_breaker: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static uint64_t virtual_clock(void) {
    return __atomic_load_n(&now_ns, __ATOMIC_RELAXED);
}
static void pass_time(uint64_t ns) {
    __atomic_fetch_add(&now_ns, ns, __ATOMIC_RELAXED);
}

static void on_transition(void *user, const char *name,
                          const struct hr_breaker_transition *transition) {
    (void)user, (void)name;
    if (transition->from == transition->to) fail("a transition to where it was");
    __atomic_fetch_add(&hooked[transition->to], 1, __ATOMIC_RELAXED);
}

static hr_breaker *make(struct hr_breaker_options options) {
    hr_breaker *breaker;
    struct hr_error error;
    memset(hooked, 0, sizeof hooked);
    options.on_transition = on_transition;
    if (hr_breaker_new(&options, &error, &breaker) < 0) fail("%s", error.message);
    return breaker;
}

static void run_threads(void *(*body)(void *), void *user) {
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, body, user) != 0) fail("no thread");
    for (unsigned i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
}

/* ---- One probe in each half-open period. */

struct herd {
    hr_breaker *breaker;
    pthread_barrier_t barrier;
    uint64_t let_through, rejected; /* of the round */
    struct hr_breaker_pass probe;
};

/* All enter at the same moment, several times; the one that is let through keeps its pass until all
 * others have had their answers. The first thread of the barrier ends the round. */
static void *herd_body(void *user) {
    struct herd *herd = user;
    for (unsigned round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&herd->barrier);
        for (unsigned i = 0; i < ENTERS; i++) {
            struct hr_breaker_pass pass;
            if (hr_breaker_enter(herd->breaker, &pass, NULL) < 0) {
                __atomic_fetch_add(&herd->rejected, 1, __ATOMIC_RELAXED);
                continue;
            }
            if (!pass.probe) fail("round %u: let through, and not as a probe", round);
            if (__atomic_fetch_add(&herd->let_through, 1, __ATOMIC_RELAXED) > 0)
                fail("round %u: a second probe", round);
            herd->probe = pass;
        }
        if (pthread_barrier_wait(&herd->barrier) != PTHREAD_BARRIER_SERIAL_THREAD) continue;
        if (herd->let_through != 1 || herd->rejected != THREADS * ENTERS - 1)
            fail("round %u: %" PRIu64 " let through, %" PRIu64 " rejected", round,
                 herd->let_through, herd->rejected);
        herd->let_through = herd->rejected = 0;
        /* A failure, one that never comes back, and a success that has to be opened again. */
        if (round % 3 == 0) hr_breaker_leave(herd->breaker, &herd->probe, HR_BREAKER_FAILURE, -5);
        if (round % 3 == 2) {
            hr_breaker_leave(herd->breaker, &herd->probe, HR_BREAKER_SUCCESS, 0);
            hr_breaker_open(herd->breaker);
        }
        pass_time(60000 * MS);
    }
    return NULL;
}

static void exactly_one_probe(void) {
    struct herd herd = {.breaker = make((struct hr_breaker_options){0})};
    pthread_barrier_init(&herd.barrier, NULL, THREADS);
    hr_breaker_open(herd.breaker);
    pass_time(60000 * MS);
    run_threads(herd_body, &herd);
    struct hr_breaker_status status;
    hr_breaker_status_get(herd.breaker, &status);
    /* At first, after 20 failures, after 20 successes. */
    if (status.opened != 41) fail("opened %" PRIu64 " times", status.opened);
    if (status.rejected != (uint64_t)ROUNDS * (THREADS * ENTERS - 1))
        fail("%" PRIu64 " rejected in all", status.rejected);
    /* The probe that is given up is followed by one that needs no transition. */
    if (hooked[HR_BREAKER_OPEN] != 41 || hooked[HR_BREAKER_CLOSED] != 20 ||
        hooked[HR_BREAKER_HALF_OPEN] != 40)
        fail("the hook was called for %" PRIu64 ", %" PRIu64 " and %" PRIu64 " transitions",
             hooked[HR_BREAKER_OPEN], hooked[HR_BREAKER_CLOSED], hooked[HR_BREAKER_HALF_OPEN]);
    pthread_barrier_destroy(&herd.barrier);
    hr_breaker_free(herd.breaker);
}

/* ---- Failures of many at once open it once. */

static void *fail_body(void *user) {
    struct herd *herd = user;
    struct hr_breaker_pass pass;
    if (hr_breaker_enter(herd->breaker, &pass, NULL) < 0) fail("closed, and it rejects");
    pthread_barrier_wait(&herd->barrier);
    hr_breaker_leave(herd->breaker, &pass, HR_BREAKER_FAILURE, -5);
    return NULL;
}

static void failures_of_all(void) {
    for (unsigned failures = 98; failures <= 101; failures++) {
        struct herd herd = {.breaker = make((struct hr_breaker_options){.failures_max = failures})};
        pthread_barrier_init(&herd.barrier, NULL, THREADS);
        run_threads(fail_body, &herd);
        struct hr_breaker_status status;
        hr_breaker_status_get(herd.breaker, &status);
        if (failures > THREADS ? status.opened != 0 || status.failures != THREADS
                               : status.opened != 1 || hooked[HR_BREAKER_OPEN] != 1)
            fail("%u of %u failures: opened %" PRIu64 ", %u counted", THREADS, failures,
                 status.opened, status.failures);
        pthread_barrier_destroy(&herd.barrier);
        hr_breaker_free(herd.breaker);
    }
}

/* ---- Everything at once. */

struct free_run {
    hr_breaker *breaker;
    uint64_t let_through, rejected, seed;
};

static void *free_body(void *user) {
    struct free_run *run = user;
    uint64_t random = __atomic_add_fetch(&run->seed, 1, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < FREE_CALLS; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        unsigned at = (unsigned)(random >> 33) % 1000;
        struct hr_breaker_pass pass;
        struct hr_breaker_status status;
        uint64_t retry_after_ms = 0;
        if (at < 300) pass_time(MS / 10);
        if (at == 300) hr_breaker_open(run->breaker);
        if (at == 301) hr_breaker_reset(run->breaker);
        if (at == 302) hr_breaker_status_get(run->breaker, &status);
        if (hr_breaker_enter(run->breaker, &pass, &retry_after_ms) < 0) {
            __atomic_fetch_add(&run->rejected, 1, __ATOMIC_RELAXED);
            if (retry_after_ms > 20) fail("in %" PRIu64 " ms, of 20", retry_after_ms);
            continue;
        }
        __atomic_fetch_add(&run->let_through, 1, __ATOMIC_RELAXED);
        if (at == 303 && pass.probe) continue; /* never leaves */
        hr_breaker_leave(run->breaker, &pass,
                         at < 550   ? HR_BREAKER_FAILURE
                         : at < 600 ? HR_BREAKER_IGNORED
                                    : HR_BREAKER_SUCCESS,
                         -5);
    }
    return NULL;
}

static void everything_at_once(struct hr_breaker_options options) {
    options.open_ms = 20;
    struct free_run run = {.breaker = make(options)};
    run_threads(free_body, &run);
    struct hr_breaker_status status;
    hr_breaker_status_get(run.breaker, &status);
    if (run.let_through + run.rejected != (uint64_t)THREADS * FREE_CALLS)
        fail("%" PRIu64 " and %" PRIu64 " calls", run.let_through, run.rejected);
    if (status.rejected != run.rejected)
        fail("%" PRIu64 " rejected, %" PRIu64 " counted", run.rejected, status.rejected);
    if (status.opened != hooked[HR_BREAKER_OPEN] || status.opened < 10)
        fail("opened %" PRIu64 " times, the hook knows of %" PRIu64, status.opened,
             hooked[HR_BREAKER_OPEN]);
    if (status.transition_count != 8) fail("%u transitions are kept", status.transition_count);
    for (unsigned i = 1; i < status.transition_count; i++)
        if (status.transitions[i - 1].from != status.transitions[i].to)
            fail("transitions that do not follow each other");
    hr_breaker_free(run.breaker);
}

int main(void) {
    static const struct hr_clock_source source = {virtual_clock, virtual_clock};
    hr__clock_source = &source;
    exactly_one_probe();
    failures_of_all();
    everything_at_once((struct hr_breaker_options){.failures_max = 4, .probes_max = 2});
    everything_at_once((struct hr_breaker_options){.failures_max = UINT32_MAX,
                                                   .failure_rate_percent = 20,
                                                   .slow_call_ms = 5,
                                                   .slow_rate_percent = 90,
                                                   .calls_min = 20,
                                                   .window_ms = 50});
    puts("ok: one probe at a time, and the counts add up");
    return 0;
}
