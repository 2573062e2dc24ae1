#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
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
    static const int yes[] = {
        -ECONNREFUSED,          -ECONNRESET,           -EPIPE,
        HR_ERR_CONNECT_TIMEOUT, HR_ERR_HTTP_TRUNCATED, HR_ERR_FIRST_BYTE_TIMEOUT,
        HR_ERR_STALL_TIMEOUT,   -ENETUNREACH};
    static const int no[] = {0,
                             -ECANCELED,
                             -ETIMEDOUT,
                             -EINVAL,
                             -ENOBUFS,
                             HR_ERR_POOL_TIMEOUT,
                             HR_ERR_HTTP_MALFORMED,
                             HR_ERR_SINK_FULL,
                             HR_ERR_SOURCE_SHORT,
                             HR_ERR_TLS_UNAVAILABLE,
                             HR_ERR_NAME_UNRESOLVED};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) cr_assert(hr__retry_transient(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) cr_assert_not(hr__retry_transient(no[i]));
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
        {"tls-verify-failure", HR_ERR_TLS_UNAVAILABLE},
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
