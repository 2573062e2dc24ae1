/* The breaker on a clock of its own. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/clock_source.h>
#include <headrace/breaker.h>

#define MS UINT64_C(1000000)

static uint64_t now_ns;

static uint64_t virtual_monotonic(void) {
    return now_ns;
}
static uint64_t virtual_wall(void) {
    return UINT64_C(1700000000000000000) + now_ns;
}

static const struct hr_clock_source *source_before;

static void use_virtual_clock(void) {
    static const struct hr_clock_source source = {virtual_monotonic, virtual_wall};
    source_before = hr__clock_source;
    now_ns = 5000 * MS;
    hr__clock_source = &source;
}
static void restore_clock(void) {
    hr__clock_source = source_before;
}

TestSuite(breaker, .init = use_virtual_clock, .fini = restore_clock);

static hr_breaker *make(const struct hr_breaker_options *options) {
    hr_breaker *breaker = NULL;
    struct hr_error error = {0};
    cr_assert_eq(hr_breaker_new(options, &error, &breaker), 0, "%s", error.message);
    return breaker;
}

static enum hr_breaker_state state_of(hr_breaker *breaker) {
    struct hr_breaker_status status;
    hr_breaker_status_get(breaker, &status);
    return status.state;
}

static void call(hr_breaker *breaker, enum hr_breaker_outcome outcome, int error) {
    struct hr_breaker_pass pass;
    cr_assert_eq(hr_breaker_enter(breaker, &pass, NULL), 0);
    hr_breaker_leave(breaker, &pass, outcome, error);
}
static void succeed(hr_breaker *breaker) {
    call(breaker, HR_BREAKER_SUCCESS, 0);
}
static void fail(hr_breaker *breaker) {
    call(breaker, HR_BREAKER_FAILURE, -ECONNREFUSED);
}
static void fail_times(hr_breaker *breaker, unsigned times) {
    while (times-- > 0) fail(breaker);
}

static uint64_t rejected(hr_breaker *breaker) {
    struct hr_breaker_pass pass;
    uint64_t retry_after_ms = 12345;
    cr_assert_eq(hr_breaker_enter(breaker, &pass, &retry_after_ms), HR_ERR_BREAKER_OPEN);
    return retry_after_ms;
}

/* ---- By count. */

static void check_cycle(const struct hr_breaker_options *options, unsigned failures,
                        uint64_t open_ms) {
    hr_breaker *breaker = make(options);
    fail_times(breaker, failures - 1);
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    fail(breaker);
    cr_assert_eq(state_of(breaker), HR_BREAKER_OPEN);
    cr_assert_eq(rejected(breaker), open_ms);

    now_ns += (open_ms - 100) * MS;
    cr_assert_eq(state_of(breaker), HR_BREAKER_OPEN);
    cr_assert_eq(rejected(breaker), 100);
    now_ns += 100 * MS - 1;
    cr_assert_eq(rejected(breaker), 1, "a nanosecond is not yet time");
    now_ns += 1;
    cr_assert_eq(state_of(breaker), HR_BREAKER_HALF_OPEN);

    /* A failure opens it again, for as long. */
    struct hr_breaker_pass pass;
    cr_assert_eq(hr_breaker_enter(breaker, &pass, NULL), 0);
    cr_assert(pass.probe);
    cr_assert_eq(state_of(breaker), HR_BREAKER_HALF_OPEN);
    cr_assert_eq(rejected(breaker), 0, "a probe is under way");
    hr_breaker_leave(breaker, &pass, HR_BREAKER_FAILURE, -ECONNRESET);
    struct hr_breaker_status status;
    hr_breaker_status_get(breaker, &status);
    cr_assert_eq(status.state, HR_BREAKER_OPEN);
    cr_assert_eq(status.failures, 1, "the probe is the first of a new row");
    cr_assert_eq(rejected(breaker), open_ms);

    /* A success closes it, and the count begins at zero. */
    now_ns += open_ms * MS;
    succeed(breaker);
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    fail_times(breaker, failures - 1);
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);

    hr_breaker_status_get(breaker, &status);
    cr_assert_eq(status.rejected, 5);
    cr_assert_eq(status.opened, 2);
    cr_assert_eq(status.failures, failures - 1);
    hr_breaker_free(breaker);
}

Test(breaker, five_failures_and_sixty_seconds_by_default) {
    check_cycle(NULL, 5, 60000);
    const struct hr_breaker_options zeroed = {0};
    check_cycle(&zeroed, 5, 60000);
}

Test(breaker, three_failures_and_thirty_seconds) {
    const struct hr_breaker_options options = {.failures_max = 3, .open_ms = 30000};
    check_cycle(&options, 3, 30000);
}

Test(breaker, only_failures_in_a_row_count) {
    hr_breaker *breaker = make(NULL);
    for (unsigned i = 0; i < 100; i++) {
        fail_times(breaker, 4);
        succeed(breaker);
    }
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    fail_times(breaker, 4);
    call(breaker, HR_BREAKER_IGNORED, -ECANCELED);
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    fail(breaker);
    cr_assert_eq(state_of(breaker), HR_BREAKER_OPEN, "what is ignored does not break the row");
    hr_breaker_free(breaker);
}

Test(breaker, several_probes_one_at_a_time) {
    const struct hr_breaker_options options = {.failures_max = 1, .probes_max = 3};
    hr_breaker *breaker = make(&options);
    for (unsigned good = 0; good < 3; good++) {
        /* So many good ones and a bad one. */
        fail(breaker);
        now_ns += 60000 * MS;
        for (unsigned i = 0; i < good; i++) {
            struct hr_breaker_pass probe;
            cr_assert_eq(hr_breaker_enter(breaker, &probe, NULL), 0);
            cr_assert_eq(rejected(breaker), 0);
            hr_breaker_leave(breaker, &probe, HR_BREAKER_SUCCESS, 0);
            cr_assert_eq(state_of(breaker), HR_BREAKER_HALF_OPEN);
        }
        fail(breaker);
        cr_assert_eq(state_of(breaker), HR_BREAKER_OPEN);
        now_ns += 60000 * MS;
        for (unsigned i = 0; i < 3; i++) succeed(breaker);
        cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    }
    hr_breaker_free(breaker);
}

Test(breaker, an_ignored_probe_makes_room_for_another) {
    const struct hr_breaker_options options = {.failures_max = 1};
    hr_breaker *breaker = make(&options);
    fail(breaker);
    now_ns += 60000 * MS;
    call(breaker, HR_BREAKER_IGNORED, -ECANCELED);
    cr_assert_eq(state_of(breaker), HR_BREAKER_HALF_OPEN);
    succeed(breaker);
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    hr_breaker_free(breaker);
}

Test(breaker, a_probe_that_never_leaves_is_given_up) {
    const struct hr_breaker_options options = {.failures_max = 1, .open_ms = 1000};
    hr_breaker *breaker = make(&options);
    fail(breaker);
    now_ns += 1000 * MS;
    struct hr_breaker_pass lost, second;
    cr_assert_eq(hr_breaker_enter(breaker, &lost, NULL), 0);
    now_ns += 1000 * MS - 1;
    cr_assert_eq(rejected(breaker), 0);
    now_ns += 1;
    cr_assert_eq(hr_breaker_enter(breaker, &second, NULL), 0);
    cr_assert(second.probe);
    cr_assert_eq(rejected(breaker), 0);
    /* What the lost one says after all does not count. */
    hr_breaker_leave(breaker, &lost, HR_BREAKER_SUCCESS, 0);
    cr_assert_eq(state_of(breaker), HR_BREAKER_HALF_OPEN);
    hr_breaker_leave(breaker, &lost, HR_BREAKER_FAILURE, -EPIPE);
    cr_assert_eq(state_of(breaker), HR_BREAKER_HALF_OPEN);
    hr_breaker_leave(breaker, &second, HR_BREAKER_SUCCESS, 0);
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    hr_breaker_free(breaker);
}

Test(breaker, late_results_do_not_count) {
    const struct hr_breaker_options options = {.failures_max = 2};
    hr_breaker *breaker = make(&options);
    struct hr_breaker_pass early[3];
    for (unsigned i = 0; i < 3; i++) cr_assert_eq(hr_breaker_enter(breaker, &early[i], NULL), 0);
    fail_times(breaker, 2);
    hr_breaker_leave(breaker, &early[0], HR_BREAKER_SUCCESS, 0);
    cr_assert_eq(state_of(breaker), HR_BREAKER_OPEN, "an older success does not close it");
    now_ns += 60000 * MS;
    succeed(breaker);
    hr_breaker_leave(breaker, &early[1], HR_BREAKER_FAILURE, -EPIPE);
    hr_breaker_leave(breaker, &early[2], HR_BREAKER_FAILURE, -EPIPE);
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED, "older failures do not open it again");
    struct hr_breaker_status status;
    hr_breaker_status_get(breaker, &status);
    cr_assert_eq(status.failures, 0);
    hr_breaker_free(breaker);
}

/* ---- By rate. */

Test(breaker, opens_by_failure_rate_once_there_are_calls_enough) {
    const struct hr_breaker_options options = {
        .failures_max = UINT32_MAX, .failure_rate_percent = 50, .calls_min = 10};
    hr_breaker *breaker = make(&options);
    fail_times(breaker, 9);
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED, "nine of nine, but ten are wanted");
    succeed(breaker);
    struct hr_breaker_status status;
    hr_breaker_status_get(breaker, &status);
    cr_assert_eq(status.state, HR_BREAKER_OPEN, "the tenth, itself good, completes the number");
    cr_assert_eq(status.transitions[0].cause, HR_BREAKER_CAUSE_FAILURE_RATE);

    now_ns += 60000 * MS;
    succeed(breaker);
    hr_breaker_status_get(breaker, &status);
    cr_assert_eq(status.state, HR_BREAKER_CLOSED);
    cr_assert_eq(status.window_calls, 0, "a new window");
    for (unsigned i = 0; i < 6; i++) succeed(breaker);
    fail_times(breaker, 5); /* 5 of 11 */
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    hr_breaker_status_get(breaker, &status);
    cr_assert_eq(status.window_calls, 11);
    cr_assert_eq(status.window_failures, 5);
    cr_assert_eq(status.window_slow, 0);
    fail(breaker); /* 6 of 12: the rate itself opens */
    cr_assert_eq(state_of(breaker), HR_BREAKER_OPEN);
    hr_breaker_free(breaker);
}

Test(breaker, the_window_slides) {
    const struct hr_breaker_options options = {
        .failures_max = UINT32_MAX, .failure_rate_percent = 50, .calls_min = 10, .window_ms = 1000};
    hr_breaker *breaker = make(&options);
    struct hr_breaker_status status;
    fail_times(breaker, 9);
    now_ns += 899 * MS;
    hr_breaker_status_get(breaker, &status);
    cr_assert_eq(status.window_calls, 9, "kept for nine tenths at least");
    now_ns += 101 * MS;
    hr_breaker_status_get(breaker, &status);
    cr_assert_eq(status.window_calls, 0, "and gone after all of it");
    fail_times(breaker, 9);
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    now_ns += 1000 * MS;
    /* One call in each tenth for a long time: never more than ten of them are there. */
    for (unsigned i = 0; i < 1000; i++) {
        now_ns += 100 * MS;
        succeed(breaker);
        hr_breaker_status_get(breaker, &status);
        if (i >= 10) cr_assert_eq(status.window_calls, 10);
    }
    /* A pause of many windows empties it. */
    now_ns += 123456 * MS;
    fail_times(breaker, 9);
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    hr_breaker_free(breaker);
}

static void call_of(hr_breaker *breaker, uint64_t ns) {
    struct hr_breaker_pass pass;
    cr_assert_eq(hr_breaker_enter(breaker, &pass, NULL), 0);
    now_ns += ns;
    hr_breaker_leave(breaker, &pass, HR_BREAKER_SUCCESS, 0);
}

Test(breaker, opens_by_slowness) {
    const struct hr_breaker_options options = {
        .slow_call_ms = 200, .slow_rate_percent = 25, .calls_min = 8, .window_ms = 600000};
    hr_breaker *breaker = make(&options);
    for (unsigned i = 0; i < 20; i++) call_of(breaker, 200 * MS); /* not longer than that */
    for (unsigned i = 0; i < 6; i++) call_of(breaker, 200 * MS + 1);
    struct hr_breaker_status status;
    hr_breaker_status_get(breaker, &status);
    cr_assert_eq(status.state, HR_BREAKER_CLOSED);
    cr_assert_eq(status.window_slow, 6);
    call_of(breaker, 201 * MS); /* 7 of 27: 25.9 % */
    hr_breaker_status_get(breaker, &status);
    cr_assert_eq(status.state, HR_BREAKER_OPEN);
    cr_assert_eq(status.transitions[0].cause, HR_BREAKER_CAUSE_SLOW_RATE);
    cr_assert_eq(status.transitions[0].error, 0);
    /* A probe that is slow is no recovery, a quick one is. */
    now_ns += 60000 * MS;
    call_of(breaker, 300 * MS);
    cr_assert_eq(state_of(breaker), HR_BREAKER_OPEN);
    now_ns += 60000 * MS;
    call_of(breaker, 1 * MS);
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    hr_breaker_free(breaker);
}

Test(breaker, counts_in_a_row_beside_the_rate) {
    const struct hr_breaker_options options = {.failure_rate_percent = 90};
    hr_breaker *breaker = make(&options);
    for (unsigned i = 0; i < 200; i++) succeed(breaker);
    fail_times(breaker, 5);
    struct hr_breaker_status status;
    hr_breaker_status_get(breaker, &status);
    cr_assert_eq(status.state, HR_BREAKER_OPEN);
    cr_assert_eq(status.transitions[0].cause, HR_BREAKER_CAUSE_FAILURES);
    cr_assert_eq(status.window_calls, 205);
    hr_breaker_free(breaker);
}

/* ---- Transitions, by hand, the hook. */

Test(breaker, the_last_transitions_with_time_and_cause) {
    const struct hr_breaker_options options = {.failures_max = 1, .open_ms = 10};
    hr_breaker *breaker = make(&options);
    uint64_t opened_at = 0;
    for (unsigned i = 0; i < 5; i++) {
        opened_at = now_ns;
        call(breaker, HR_BREAKER_FAILURE, -1000 - (int)i);
        now_ns += 15 * MS;
        succeed(breaker);
        now_ns += 3 * MS;
    }
    struct hr_breaker_status status;
    hr_breaker_status_get(breaker, &status);
    cr_assert_eq(status.transition_count, 8, "of fifteen");
    static const enum hr_breaker_cause causes[] = {
        HR_BREAKER_CAUSE_PROBE_SUCCESS, HR_BREAKER_CAUSE_PROBE_DUE, HR_BREAKER_CAUSE_FAILURES};
    static const enum hr_breaker_state to[] = {HR_BREAKER_CLOSED, HR_BREAKER_HALF_OPEN,
                                               HR_BREAKER_OPEN};
    for (unsigned i = 0; i < 8; i++) {
        const struct hr_breaker_transition *at = &status.transitions[i];
        unsigned round = i / 3;
        cr_assert_eq(at->cause, causes[i % 3]);
        cr_assert_eq(at->to, to[i % 3]);
        cr_assert_eq(at->from, to[(i + 1) % 3]);
        cr_assert_eq(at->error, i % 3 == 2 ? -1004 + (int)round : 0);
        uint64_t opened = opened_at - round * 18 * MS;
        cr_assert_eq(at->mono_ns, i % 3 == 2 ? opened : opened + 15 * MS);
        cr_assert_eq(at->wall_ns, at->mono_ns + UINT64_C(1700000000000000000));
    }
    hr_breaker_free(breaker);
}

Test(breaker, by_hand) {
    hr_breaker *breaker = make(NULL);
    struct hr_breaker_pass before, failing;
    cr_assert_eq(hr_breaker_enter(breaker, &before, NULL), 0);
    cr_assert_eq(hr_breaker_enter(breaker, &failing, NULL), 0);
    hr_breaker_open(breaker);
    cr_assert_eq(rejected(breaker), 60000);
    hr_breaker_leave(breaker, &before, HR_BREAKER_SUCCESS, 0);
    hr_breaker_leave(breaker, &failing, HR_BREAKER_FAILURE, -EPIPE);
    struct hr_breaker_status status;
    hr_breaker_status_get(breaker, &status);
    cr_assert_eq(status.state, HR_BREAKER_OPEN);
    cr_assert_eq(status.failures, 0, "it began before");
    now_ns += 59000 * MS;
    hr_breaker_open(breaker); /* for as long from now */
    cr_assert_eq(rejected(breaker), 60000);
    now_ns += 60000 * MS;
    cr_assert_eq(hr_breaker_enter(breaker, &before, NULL), 0);
    hr_breaker_open(breaker); /* while a probe is under way */
    hr_breaker_leave(breaker, &before, HR_BREAKER_SUCCESS, 0);
    cr_assert_eq(rejected(breaker), 60000);
    hr_breaker_reset(breaker);
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    fail_times(breaker, 4);
    hr_breaker_reset(breaker);
    fail_times(breaker, 4);
    hr_breaker_status_get(breaker, &status);
    cr_assert_eq(status.state, HR_BREAKER_CLOSED, "the count began anew");
    cr_assert_eq(status.opened, 2, "twice; once it was open already");
    cr_assert_eq(status.transitions[0].cause, HR_BREAKER_CAUSE_MANUAL);
    cr_assert_eq(status.transition_count, 4);
    hr_breaker_free(breaker);
}

struct hook_log {
    hr_breaker *breaker;
    unsigned calls;
    enum hr_breaker_state last_to;
    char name[32];
};

static void on_transition(void *user, const char *name,
                          const struct hr_breaker_transition *transition) {
    struct hook_log *log = user;
    log->calls++;
    log->last_to = transition->to;
    memccpy(log->name, name, '\0', sizeof log->name);
    /* Whatever the hook asks the breaker is answered, and what it does is done. */
    struct hr_breaker_status status;
    hr_breaker_status_get(log->breaker, &status);
    cr_assert_eq(status.transitions[0].cause, transition->cause);
    cr_assert_eq(status.state, transition->to);
    struct hr_breaker_pass pass;
    if (transition->to == HR_BREAKER_OPEN)
        cr_assert_eq(hr_breaker_enter(log->breaker, &pass, NULL), HR_ERR_BREAKER_OPEN);
    if (transition->cause == HR_BREAKER_CAUSE_PROBE_FAILURE) hr_breaker_reset(log->breaker);
}

Test(breaker, the_hook_may_call_the_breaker) {
    struct hook_log log = {0};
    char name[] = "store.example:443";
    const struct hr_breaker_options options = {
        .name = name, .failures_max = 1, .on_transition = on_transition, .user = &log};
    hr_breaker *breaker = log.breaker = make(&options);
    memset(name, 'x', sizeof name - 1); /* it was copied */
    fail(breaker);
    cr_assert_eq(log.calls, 1);
    cr_assert_eq(log.last_to, HR_BREAKER_OPEN);
    cr_assert_str_eq(log.name, "store.example:443");
    now_ns += 60000 * MS;
    fail(breaker);
    cr_assert_eq(log.calls, 4, "half-open, open, and by the hook itself closed");
    cr_assert_eq(state_of(breaker), HR_BREAKER_CLOSED);
    hr_breaker_free(breaker);
}

/* ---- Options, names, what counts. */

Test(breaker, options_refused_by_name) {
    static const struct {
        struct hr_breaker_options options;
        const char *named;
    } rows[] = {
        {{.failures_max = UINT32_MAX}, "failures_max"},
        {{.failures_max = UINT32_MAX - 1}, "failures_max"},
        {{.probes_max = UINT32_MAX}, "probes_max"},
        {{.failure_rate_percent = 101}, "failure_rate_percent"},
        {{.slow_rate_percent = 101, .slow_call_ms = 1}, "slow_rate_percent"},
        {{.slow_rate_percent = 10}, "slow_call_ms"},
        {{.slow_call_ms = 10}, "slow_rate_percent"},
        {{.failure_rate_percent = 10, .window_ms = 9}, "window_ms"},
        {{.reserved = {0, 0, 0, 1}}, "reserved of struct hr_breaker_options"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hr_breaker *breaker = NULL;
        struct hr_error error = {0};
        cr_assert_eq(hr_breaker_new(&rows[i].options, &error, &breaker), -EINVAL, "row %zu", i);
        cr_assert_null(breaker);
        cr_assert(strstr(error.message, rows[i].named), "%s: %s", rows[i].named, error.message);
    }
    cr_assert_eq(hr_breaker_new(NULL, NULL, NULL), -EINVAL);
    hr_breaker_free(NULL);
}

Test(breaker, names) {
    cr_assert_str_eq(hr_breaker_state_name(HR_BREAKER_CLOSED), "closed");
    cr_assert_str_eq(hr_breaker_state_name(HR_BREAKER_OPEN), "open");
    cr_assert_str_eq(hr_breaker_state_name(HR_BREAKER_HALF_OPEN), "half-open");
    cr_assert_str_eq(hr_breaker_state_name((enum hr_breaker_state)9), "unknown");
    static const char *const causes[] = {"none",          "failures",  "failure-rate",
                                         "slow-rate",     "probe-due", "probe-success",
                                         "probe-failure", "manual",    "unknown"};
    for (int i = 0; i < 9; i++)
        cr_assert_str_eq(hr_breaker_cause_name((enum hr_breaker_cause)i), causes[i]);
}

Test(breaker, classify) {
    static const struct {
        int result, status;
        enum hr_breaker_outcome outcome;
    } rows[] = {
        {0, 200, HR_BREAKER_SUCCESS},
        {0, 0, HR_BREAKER_SUCCESS},
        {7, 0, HR_BREAKER_SUCCESS},
        {0, 302, HR_BREAKER_SUCCESS},
        {0, 400, HR_BREAKER_SUCCESS},
        {0, 404, HR_BREAKER_SUCCESS},
        {0, 408, HR_BREAKER_SUCCESS},
        {0, 429, HR_BREAKER_SUCCESS},
        {0, 499, HR_BREAKER_SUCCESS},
        {0, 500, HR_BREAKER_FAILURE},
        {0, 503, HR_BREAKER_FAILURE},
        {0, 599, HR_BREAKER_FAILURE},
        {-ECANCELED, 0, HR_BREAKER_IGNORED},
        {-EINVAL, 0, HR_BREAKER_IGNORED},
        {-ENOBUFS, 0, HR_BREAKER_IGNORED},
        {-ESHUTDOWN, 0, HR_BREAKER_IGNORED},
        {-EIO, 200, HR_BREAKER_IGNORED},
        {-EOVERFLOW, 200, HR_BREAKER_IGNORED},
        {HR_ERR_POOL_TIMEOUT, 0, HR_BREAKER_IGNORED},
        {HR_ERR_SINK_FULL, 200, HR_BREAKER_IGNORED},
        {HR_ERR_SOURCE_SHORT, 0, HR_BREAKER_IGNORED},
        {HR_ERR_BREAKER_OPEN, 0, HR_BREAKER_IGNORED},
        {HR_ERR_RATE_LIMIT, 0, HR_BREAKER_IGNORED},
        {HR_ERR_URL_MALFORMED, 0, HR_BREAKER_IGNORED},
        {HR_ERR_S3_CREDENTIALS, 0, HR_BREAKER_IGNORED},
        {HR_ERR_S3_SERVICE, 404, HR_BREAKER_SUCCESS},
        {HR_ERR_S3_SERVICE, 503, HR_BREAKER_FAILURE},
        {-ECONNREFUSED, 0, HR_BREAKER_FAILURE},
        {-ECONNRESET, 0, HR_BREAKER_FAILURE},
        {-ETIMEDOUT, 0, HR_BREAKER_FAILURE},
        {-1, 0, HR_BREAKER_FAILURE},
        {HR_ERR_CONNECT_TIMEOUT, 0, HR_BREAKER_FAILURE},
        {HR_ERR_HANDSHAKE_TIMEOUT, 0, HR_BREAKER_FAILURE},
        {HR_ERR_RESOLVE_TIMEOUT, 0, HR_BREAKER_FAILURE},
        {HR_ERR_FIRST_BYTE_TIMEOUT, 0, HR_BREAKER_FAILURE},
        {HR_ERR_STALL_TIMEOUT, 200, HR_BREAKER_FAILURE},
        {HR_ERR_TOO_SLOW, 200, HR_BREAKER_FAILURE},
        {HR_ERR_HTTP_MALFORMED, 0, HR_BREAKER_FAILURE},
        {HR_ERR_HTTP_TRUNCATED, 200, HR_BREAKER_FAILURE},
        {HR_ERR_TLS_CERTIFICATE, 0, HR_BREAKER_FAILURE},
        {HR_ERR_NAME_UNRESOLVED, 0, HR_BREAKER_FAILURE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert_eq(hr_breaker_classify((struct hr_breaker_result){.code = rows[i].result,
                                                                    .http_status = rows[i].status}),
                     rows[i].outcome, "result %d, status %d", rows[i].result, rows[i].status);
}

/* ---- Against a model that is simple because it keeps everything: each call of the window with its
 * time, in a list. */

enum { MODEL_CALLS = 4096, MODEL_OPEN = 40 };

struct model {
    const struct hr_breaker_options *options;
    enum hr_breaker_state state;
    uint64_t due_ns, rejected, opened;
    unsigned failures, successes, epoch, probe; /* probe: number of the one under way, 0: none */
    struct {
        uint64_t at_ns;
        bool failure, slow;
    } calls[MODEL_CALLS];
    unsigned call_count;
};

struct model_pass {
    struct hr_breaker_pass pass;
    bool used;
    unsigned epoch, probe;
    uint64_t entered_ns;
};

static void model_open(struct model *model) {
    model->state = HR_BREAKER_OPEN;
    model->due_ns = now_ns + model->options->open_ms * MS;
    model->opened++;
    model->epoch++;
    model->probe = 0;
}

static void model_close(struct model *model) {
    model->state = HR_BREAKER_CLOSED;
    model->epoch++;
    model->failures = model->probe = 0;
    model->call_count = 0;
}

static bool model_enter(struct model *model, struct model_pass *pass, unsigned serial) {
    pass->entered_ns = now_ns;
    if (model->state != HR_BREAKER_CLOSED) {
        bool waits = model->state == HR_BREAKER_OPEN || model->probe != 0;
        if (waits && now_ns < model->due_ns) {
            model->rejected++;
            return false;
        }
        if (model->state == HR_BREAKER_OPEN) model->successes = 0;
        model->state = HR_BREAKER_HALF_OPEN;
        model->due_ns = now_ns + model->options->open_ms * MS;
        model->epoch++;
        model->probe = serial;
    }
    pass->epoch = model->epoch;
    pass->probe = model->probe;
    return true;
}

static void model_rates(struct model *model) {
    uint64_t bucket = model->options->window_ms * MS / 10, calls = 0, failures = 0, slow = 0;
    for (unsigned i = 0; i < model->call_count; i++) {
        if (model->calls[i].at_ns / bucket + 10 <= now_ns / bucket) continue;
        calls++;
        failures += model->calls[i].failure;
        slow += model->calls[i].slow;
    }
    if (calls < model->options->calls_min) return;
    if (failures * 100 >= calls * model->options->failure_rate_percent ||
        slow * 100 >= calls * model->options->slow_rate_percent)
        model_open(model);
}

static void model_leave(struct model *model, const struct model_pass *pass,
                        enum hr_breaker_outcome outcome) {
    bool slow = now_ns - pass->entered_ns > model->options->slow_call_ms * MS;
    if (pass->epoch != model->epoch) return;
    if (pass->probe != 0) {
        model->probe = 0;
        if (outcome == HR_BREAKER_FAILURE || (outcome == HR_BREAKER_SUCCESS && slow))
            model_open(model);
        else if (outcome == HR_BREAKER_SUCCESS && ++model->successes == model->options->probes_max)
            model_close(model);
        else
            model->epoch++; /* nobody can leave with it twice */
        return;
    }
    if (outcome == HR_BREAKER_IGNORED) return;
    cr_assert_lt(model->call_count, MODEL_CALLS);
    model->calls[model->call_count].at_ns = now_ns;
    model->calls[model->call_count].slow = slow;
    model->calls[model->call_count++].failure = outcome == HR_BREAKER_FAILURE;
    if (outcome == HR_BREAKER_FAILURE) {
        if (++model->failures == model->options->failures_max) {
            model_open(model);
            return;
        }
    } else {
        model->failures = 0;
    }
    model_rates(model);
}

static uint64_t random_state;

static unsigned chance(unsigned below) {
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(random_state >> 33) % below;
}

static void compare(hr_breaker *breaker, const struct model *model, unsigned step) {
    struct hr_breaker_status status;
    hr_breaker_status_get(breaker, &status);
    bool due = model->state == HR_BREAKER_OPEN && now_ns >= model->due_ns;
    cr_assert_eq(status.state, due ? HR_BREAKER_HALF_OPEN : model->state, "step %u", step);
    cr_assert_eq(status.rejected, model->rejected, "step %u", step);
    cr_assert_eq(status.opened, model->opened, "step %u", step);
    if (model->state == HR_BREAKER_CLOSED)
        cr_assert_eq(status.failures, model->failures, "step %u", step);
}

static enum hr_breaker_outcome chance_outcome(bool bad) {
    unsigned at = chance(100);
    if (at < 10) return HR_BREAKER_IGNORED;
    return at < (bad ? 70u : 25u) ? HR_BREAKER_FAILURE : HR_BREAKER_SUCCESS;
}

static void random_walk(unsigned seed, unsigned opened_by[8]) {
    random_state = seed;
    const struct hr_breaker_options options = {
        .failures_max = 3 + chance(10),
        .open_ms = 50 + chance(100),
        .probes_max = 1 + chance(3),
        .failure_rate_percent = 30 + chance(60),
        .slow_call_ms = 30,
        .slow_rate_percent = 30 + chance(60),
        .calls_min = 5 + chance(20),
        .window_ms = 200,
    };
    hr_breaker *breaker = make(&options);
    static struct model model;
    memset(&model, 0, sizeof model);
    model.options = &options;
    static struct model_pass passes[MODEL_OPEN];
    memset(passes, 0, sizeof passes);
    bool bad = false;
    for (unsigned step = 1; step <= 3000; step++) {
        struct model_pass *pass = &passes[chance(MODEL_OPEN)];
        if (chance(100) == 0) bad = !bad;
        if (chance(3) == 0) now_ns += chance(bad ? 20 : 6) * MS + chance(1000);
        if (chance(400) == 0) {
            hr_breaker_reset(breaker);
            model_close(&model);
        } else if (!pass->used) {
            pass->used = model_enter(&model, pass, step);
            cr_assert_eq(hr_breaker_enter(breaker, &pass->pass, NULL),
                         pass->used ? 0 : HR_ERR_BREAKER_OPEN, "seed %u step %u", seed, step);
            if (pass->used) cr_assert_eq(pass->pass.probe, pass->probe != 0);
        } else {
            enum hr_breaker_outcome outcome = chance_outcome(bad);
            pass->used = false;
            model_leave(&model, pass, outcome);
            hr_breaker_leave(breaker, &pass->pass, outcome, -EIO);
        }
        if (model.call_count > MODEL_CALLS / 2 && now_ns > 0) {
            memmove(model.calls, model.calls + MODEL_CALLS / 4,
                    (model.call_count - MODEL_CALLS / 4) * sizeof *model.calls);
            model.call_count -= MODEL_CALLS / 4;
        }
        compare(breaker, &model, step);
    }
    struct hr_breaker_status status;
    hr_breaker_status_get(breaker, &status);
    for (unsigned i = 0; i < status.transition_count; i++) opened_by[status.transitions[i].cause]++;
    hr_breaker_free(breaker);
}

Test(breaker, agrees_with_a_model) {
    unsigned causes[8] = {0};
    for (unsigned seed = 1; seed <= 300; seed++) random_walk(seed, causes);
    /* Every way of changing was walked. */
    for (unsigned cause = HR_BREAKER_CAUSE_FAILURES; cause <= HR_BREAKER_CAUSE_MANUAL; cause++)
        cr_assert_gt(causes[cause], 10, "%s", hr_breaker_cause_name((enum hr_breaker_cause)cause));
}
