#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/error.h>

#include "cases.h"
#include "retry.h"

static const struct hr_retry_policy policy = {
    .attempts_max = 5, .backoff_base_ms = 100, .backoff_max_ms = 20000};

Test(retry, backoff_doubles_up_to_the_cap) {
    static const uint64_t bounds[] = {100, 200, 400, 800, 1600, 3200, 6400, 12800, 20000, 20000};
    for (unsigned i = 0; i < sizeof bounds / sizeof *bounds; i++)
        cr_assert_eq(hr__retry_backoff_bound_ms(&policy, i + 1), bounds[i]);
    cr_assert_eq(hr__retry_backoff_bound_ms(&policy, 4000000000u), 20000);
    struct hr_retry_policy wide = {.backoff_base_ms = UINT32_MAX, .backoff_max_ms = UINT32_MAX};
    cr_assert_eq(hr__retry_backoff_bound_ms(&wide, 64), UINT32_MAX);
}

Test(retry, full_jitter_spans_zero_to_the_bound) {
    cr_assert_eq(hr__retry_backoff_ns(&policy, 3, 0, 0), 0);
    cr_assert_eq(hr__retry_backoff_ns(&policy, 3, UINT64_MAX, 0), 400 * UINT64_C(1000000));
    uint64_t half = hr__retry_backoff_ns(&policy, 3, UINT64_C(1) << 63, 0);
    cr_assert(half >= 199999999 && half <= 200000001);
}

Test(retry, a_server_is_obeyed_within_five_seconds) {
    const uint64_t ms = 1000000;
    cr_assert_eq(hr__retry_backoff_ns(&policy, 1, 0, 50), 50 * ms);
    cr_assert_eq(hr__retry_backoff_ns(&policy, 1, UINT64_MAX, 50), 100 * ms);
    cr_assert_eq(hr__retry_backoff_ns(&policy, 1, UINT64_MAX, 5100), 5100 * ms);
    cr_assert_eq(hr__retry_backoff_ns(&policy, 1, UINT64_MAX, 60000), 5100 * ms);
    cr_assert_eq(hr__retry_backoff_ns(&policy, 1, 0, UINT64_MAX), 5000 * ms);
}

Test(retry, quota_scales_with_what_is_in_progress) {
    const struct hr_retry_rules *rules = &hr__retry_rules_default;
    cr_assert_eq(hr__retry_capacity(rules, 1), 500);
    cr_assert_eq(hr__retry_capacity(rules, 1000), 2800);
    cr_assert_gt(hr__retry_capacity(rules, UINT64_MAX), 0);
    /* A blip that hits 4 % of 1000 uploads: every one of the 40 gets its retry, and 200 would. */
    struct hr_retry_quota quota = {0};
    unsigned granted = 0;
    while (hr__retry_take(&quota, rules, rules->cost_transient, 1000)) granted++;
    cr_assert_eq(granted, 200);
    cr_assert_eq(quota.spent, 2800);
    /* What was granted under load does not outlive it. */
    cr_assert_not(hr__retry_take(&quota, rules, rules->cost_throttled, 10));
    hr__retry_refund(&quota, 2790);
    cr_assert_eq(quota.spent, 10);
    cr_assert(hr__retry_take(&quota, rules, rules->cost_throttled, 10));
    hr__retry_refund(&quota, 1000);
    cr_assert_eq(quota.spent, 0);
    hr__retry_refund(&quota, 1);
    cr_assert_eq(quota.spent, 0);
}

Test(retry, what_is_transient) {
    static const int yes[] = {-ECONNREFUSED,
                              -ECONNRESET,
                              -EPIPE,
                              HR_ERR_CONNECT_TIMEOUT,
                              HR_ERR_HTTP_TRUNCATED,
                              HR_ERR_FIRST_BYTE_TIMEOUT,
                              HR_ERR_STALL_TIMEOUT,
                              -ENETUNREACH,
                              -ENETDOWN,
                              -EHOSTDOWN,
                              -EADDRNOTAVAIL,
                              HR_ERR_RESOLVE_TIMEOUT,
                              HR_ERR_NAME_SERVERS,
                              HR_ERR_TOO_SLOW,
                              HR_ERR_HANDSHAKE_TIMEOUT,
                              HR_ERR_TLS_TRUNCATED};
    static const int no[] = {0,
                             -ECANCELED,
                             -ETIMEDOUT,
                             -EINVAL,
                             -ENOBUFS,
                             HR_ERR_POOL_TIMEOUT,
                             HR_ERR_HTTP_MALFORMED,
                             HR_ERR_SINK_FULL,
                             HR_ERR_SOURCE_SHORT,
                             HR_ERR_NAME_UNRESOLVED,
                             HR_ERR_TLS_CERTIFICATE,
                             HR_ERR_TLS_PIN,
                             HR_ERR_TLS_OPTIONS,
                             HR_ERR_TLS_HANDSHAKE,
                             HR_ERR_TLS_PROTOCOL,
                             HR_ERR_CODING_MALFORMED,
                             HR_ERR_CODING_TOO_LARGE,
                             HR_ERR_REDIRECT_LIMIT,
                             HR_ERR_REDIRECT_REFUSED,
                             HR_ERR_BREAKER_OPEN,
                             HR_ERR_PROXY_AUTH,
                             HR_ERR_PROXY_REFUSED};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) cr_assert(hr__retry_transient(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) cr_assert_not(hr__retry_transient(no[i]));
}

Test(retry, statuses) {
    static const int yes[] = {408, 429, 500, 502, 503, 504};
    for (int status = 0; status < 700; status++) {
        bool expected = false;
        for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
            if (status == yes[i]) expected = true;
        cr_assert_eq(hr__retry_status(status), expected, "%d", status);
    }
}

Test(retry, a_tls_connection_that_went_away_is_lost) {
    cr_assert(hr__retry_lost(HR_ERR_TLS_TRUNCATED));
    cr_assert(hr__retry_lost(-ECONNRESET));
    cr_assert_not(hr__retry_lost(HR_ERR_TLS_PROTOCOL));
    cr_assert_not(hr__retry_lost(HR_ERR_FIRST_BYTE_TIMEOUT));
    cr_assert_not(hr__retry_lost(0));
}

/* ---- When the next attempt is due. */

Test(retry, a_wait_has_to_end_before_the_deadline) {
    const uint64_t ms = 1000000;
    struct hr_retry_wait facts = {.attempt = 2, .random = UINT64_MAX, .rest_ns = 200 * ms + 1};
    uint64_t wait_ns = 7;
    cr_assert(hr__retry_wait_ns(&policy, &facts, &wait_ns));
    cr_assert_eq(wait_ns, 200 * ms);
    facts.rest_ns = 200 * ms;
    wait_ns = 7;
    cr_assert_not(hr__retry_wait_ns(&policy, &facts, &wait_ns), "no time would be left");
    cr_assert_eq(wait_ns, 7);
    facts.random = 0;
    cr_assert(hr__retry_wait_ns(&policy, &facts, &wait_ns));
    cr_assert_eq(wait_ns, 0);
    facts.rest_ns = 0;
    cr_assert_not(hr__retry_wait_ns(&policy, &facts, &wait_ns));
}

Test(retry, what_the_server_asks_for_is_waited_in_full) {
    const uint64_t ms = 1000000;
    struct hr_retry_wait facts = {
        .attempt = 1, .random = UINT64_MAX, .retry_after_ms = 7000, .rest_ns = UINT64_MAX};
    uint64_t wait_ns;
    cr_assert(hr__retry_wait_ns(&policy, &facts, &wait_ns));
    cr_assert_eq(wait_ns, 7100 * ms, "and the jitter on top");
    facts.random = 0;
    cr_assert(hr__retry_wait_ns(&policy, &facts, &wait_ns));
    cr_assert_eq(wait_ns, 7000 * ms);
    facts.rest_ns = 7000 * ms;
    cr_assert_not(hr__retry_wait_ns(&policy, &facts, &wait_ns));
    facts.rest_ns = UINT64_MAX;
    facts.retry_after_ms = 60000;
    cr_assert(hr__retry_wait_ns(&policy, &facts, &wait_ns));
    facts.retry_after_ms = 60001;
    cr_assert_not(hr__retry_wait_ns(&policy, &facts, &wait_ns), "a long pause is the caller's");
    facts.retry_after_ms = UINT64_MAX;
    cr_assert_not(hr__retry_wait_ns(&policy, &facts, &wait_ns));
}

Test(retry, the_last_attempt_is_the_last) {
    struct hr_retry_wait facts = {.attempt = 4, .rest_ns = UINT64_MAX};
    uint64_t wait_ns;
    cr_assert(hr__retry_wait_ns(&policy, &facts, &wait_ns));
    facts.attempt = 5;
    cr_assert_not(hr__retry_wait_ns(&policy, &facts, &wait_ns));
    const struct hr_retry_policy once = {.attempts_max = 1, .backoff_max_ms = 100};
    facts.attempt = 1;
    cr_assert_not(hr__retry_wait_ns(&once, &facts, &wait_ns));
}

/* ---- Retry-After. */

#define EXAMPLE_S  UINT64_C(784111777) /* 1994-11-06T08:49:37Z, the date of RFC 9110 5.6.7 */
#define EXAMPLE_MS (EXAMPLE_S * 1000)

Test(retry, retry_after_in_seconds_and_dates) {
    static const struct {
        const char *value;
        uint64_t wall_ms, expected_ms;
    } rows[] = {
        {"0", EXAMPLE_MS, 0},
        {"120", EXAMPLE_MS, 120000},
        {"007", EXAMPLE_MS, 7000},
        {"86399", EXAMPLE_MS, 86399000},
        {"86400", EXAMPLE_MS, 86400000},
        {"86401", EXAMPLE_MS, 86400000},
        {"18446744073709551616", EXAMPLE_MS, 86400000},
        {"99999999999999999999999999999999999999999999", EXAMPLE_MS, 86400000},
        {"Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE_MS - 5000, 5000},
        {"Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE_MS - 1, 1},
        {"Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE_MS, 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE_MS + 1, 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 0, 86400000},
        {"Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE_MS - 5000, 5000},
        {"Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE_MS + 5000, 0},
        {"Sun Nov  6 08:49:37 1994", EXAMPLE_MS - 5000, 5000},
        /* From strftime of another library: a day of two digits. */
        {"Wed Nov 16 08:49:37 1994", EXAMPLE_MS + 864000 * 1000 - 9000, 9000},
        {"Wednesday, 16-Nov-94 08:49:37 GMT", EXAMPLE_MS + 864000 * 1000 - 9000, 9000},
        {"Tue, 29 Feb 2028 00:00:00 GMT", UINT64_C(1835395199000), 1000},
        {"Tuesday, 29-Feb-28 00:00:00 GMT", UINT64_C(1835395199000), 1000},
        /* RFC 9110: two digits that seem more than fifty years ahead are of the past. In 2026, 76
         * is 2076 and 77 is 1977; in 1999, 00 is 2000. */
        {"Monday, 06-Jan-76 00:00:00 GMT", UINT64_C(1790000000000), 86400000},
        {"Thursday, 06-Jan-77 00:00:00 GMT", UINT64_C(1790000000000), 0},
        {"Saturday, 01-Jan-00 00:00:00 GMT", UINT64_C(946684799000), 1000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t ms = 77;
        cr_assert(hr__retry_after_parse(hr_slice_of(rows[i].value), rows[i].wall_ms, &ms), "%s",
                  rows[i].value);
        cr_assert_eq(ms, rows[i].expected_ms, "%s: %lu", rows[i].value, (unsigned long)ms);
    }
}

Test(retry, retry_after_that_is_none) {
    static const char *const values[] = {
        "",
        " ",
        "-1",
        "+1",
        "1.5",
        "1 ",
        " 1",
        "1s",
        "0x10",
        "120, 60",
        "soon",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Now 1994 08:49:37 GMT",
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1969 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sonday, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov-94",
        "Sunday",
        "Sunday,",
        ", 06-Nov-94 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov 06 08:49:37 1994 GMT",
        "Sun Nov    08:49:37 1994",
        "1994-11-06T08:49:37Z",
        "19941106T084937Z",
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        uint64_t ms = 77;
        cr_assert_not(hr__retry_after_parse(hr_slice_of(values[i]), EXAMPLE_MS, &ms), "%s",
                      values[i]);
        cr_assert_eq(ms, 77);
    }
    uint64_t ms = 77;
    cr_assert_not(hr__retry_after_parse((struct hr_slice){NULL, 0}, EXAMPLE_MS, &ms));
}

/* Every cut and every changed byte of good values: read or refused, never beyond its end. */
Test(retry, retry_after_of_damaged_values) {
    static const char *const good[] = {"86400", "Sun, 06 Nov 1994 08:49:37 GMT",
                                       "Wednesday, 06-Nov-94 08:49:37 GMT",
                                       "Sun Nov  6 08:49:37 1994"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        size_t size = strlen(good[i]);
        for (size_t cut = 0; cut < size; cut++) {
            char *exact = malloc(cut + 1);
            memcpy(exact, good[i], cut);
            uint64_t ms;
            for (unsigned value = 0; value < 256; value++) {
                exact[cut] = (char)value;
                hr__retry_after_parse((struct hr_slice){exact, cut + 1}, EXAMPLE_MS, &ms);
            }
            free(exact);
        }
    }
}

Test(retry, methods) {
    static const char *const yes[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    static const char *const no[] = {"POST", "PATCH", "get", "CONNECT", ""};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        cr_assert(hr__retry_method_idempotent(hr_slice_of(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        cr_assert_not(hr__retry_method_idempotent(hr_slice_of(no[i])));
}

Test(retry, stale) {
    const struct hr_retry_stale good = {
        .result = -ECONNRESET, .reused = true, .replayable = true, .idempotent = true};
    cr_assert(hr__retry_is_stale(&good));
    struct hr_retry_stale facts = good;
    facts.result = HR_ERR_FIRST_BYTE_TIMEOUT;
    cr_assert_not(hr__retry_is_stale(&facts), "a slow server is not a lost connection");
    facts = good;
    facts.reused = false;
    cr_assert_not(hr__retry_is_stale(&facts));
    facts = good;
    facts.answered = true;
    cr_assert_not(hr__retry_is_stale(&facts));
    facts = good;
    facts.replayable = false;
    cr_assert_not(hr__retry_is_stale(&facts));
    facts = good;
    facts.idempotent = false;
    cr_assert_not(hr__retry_is_stale(&facts));
    facts.unsent = true;
    cr_assert(hr__retry_is_stale(&facts));
}

/* ---- The published rows. */

static unsigned long milliseconds(const json_t *row) {
    return (unsigned long)(json_number_value(json_object_get(row, "seconds")) * 1000 + 0.5);
}

static void check_backoff(const json_t *row) {
    const char *profile = json_string_value(json_object_get(row, "profile"));
    struct hr_retry_policy as_given = {.backoff_base_ms = strstr(profile, "v2.1") ? 50 : 1000,
                                       .backoff_max_ms = 20000};
    unsigned attempt = (unsigned)json_integer_value(json_object_get(row, "attempt"));
    uint64_t wait = hr__retry_backoff_ns(&as_given, attempt, UINT64_MAX, 0);
    cr_assert_eq(wait, milliseconds(row) * UINT64_C(1000000), "%s",
                 json_string_value(json_object_get(row, "name")));
}

static void check_quota(const json_t *row) {
    struct hr_retry_rules rules = {
        .capacity_min = json_integer_value(json_object_get(row, "capacity")),
        .cost_transient = json_integer_value(json_object_get(row, "retry_cost")),
        .refund = json_integer_value(json_object_get(row, "success_refund")),
    };
    struct hr_retry_quota quota = {0};
    int64_t granted = 0;
    while (hr__retry_take(&quota, &rules, rules.cost_transient, 1)) granted++;
    cr_assert_eq(granted, rules.capacity_min / rules.cost_transient);
    /* So many successes pay for one more. */
    int64_t missing = rules.cost_transient - (rules.capacity_min - quota.spent);
    for (int64_t i = 0; i + rules.refund < missing; i += rules.refund) {
        hr__retry_refund(&quota, rules.refund);
        cr_assert_not(hr__retry_take(&quota, &rules, rules.cost_transient, 1));
    }
    hr__retry_refund(&quota, rules.refund);
    cr_assert(hr__retry_take(&quota, &rules, rules.cost_transient, 1));
}

static void check_transport(const json_t *row) {
    static const struct {
        const char *event;
        int result;
    } known[] = {
        {"connect-refused", -ECONNREFUSED},
        {"connect-timeout", HR_ERR_CONNECT_TIMEOUT},
        {"reset-before-response", -ECONNRESET},
        {"eof-before-response-on-reused-connection", HR_ERR_HTTP_TRUNCATED},
        {"tls-verify-failure", HR_ERR_TLS_CERTIFICATE},
    };
    const json_t *retryable = json_object_get(row, "retryable");
    const char *event = json_string_value(json_object_get(row, "event"));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].event, event) == 0 && !json_is_null(retryable))
            cr_assert_eq(hr__retry_transient(known[i].result), json_is_true(retryable), "%s",
                         event);
}

Test(retry, given_cases) {
    json_t *cases = cases_load("aws-retry/cases.given.jsonl");
    if (!cases) cr_skip_test("no cases");
    unsigned checked = 0;
    size_t index;
    json_t *row;
    json_array_foreach(cases, index, row) {
        const char *kind = cases_text(row, "kind");
        if (strcmp(kind, "backoff") == 0) check_backoff(row), checked++;
        if (strcmp(kind, "quota") == 0) check_quota(row), checked++;
        if (strcmp(kind, "transport") == 0) check_transport(row), checked++;
    }
    json_decref(cases);
    cr_assert_gt(checked, 15);
}
