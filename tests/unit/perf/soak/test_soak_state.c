/* The state of a soak, written and read again. */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "soak_state.h"

#define SECOND_NS 1000000000ull

struct asked {
    unsigned concurrency;
    const char *started_at, *server, *endpoint, *more;
};

static void put_asked(struct hr_json_writer *json, const void *user) {
    const struct asked *asked = user;
    hr_json_object(json);
    hr_json_key(json, "concurrency");
    hr_json_u64(json, asked->concurrency);
    hr_json_key(json, "started_at");
    hr_json_text(json, asked->started_at);
    hr_json_key(json, "server");
    hr_json_text(json, asked->server);
    hr_json_key(json, "endpoint");
    hr_json_text(json, asked->endpoint);
    if (asked->more) {
        hr_json_key(json, asked->more);
        hr_json_bool(json, true);
    }
    hr_json_end(json);
}

static const struct asked standard = {4, "monday", "external", "http://a", NULL};

/* Operations of all kinds, latencies and ends, over some seconds and two processes. */
static struct perf_soak *filled(void) {
    struct perf_soak *soak = perf_soak_new(100 * SECOND_NS);
    const struct hr_error error = {.code = -EIO, .message = "it said \"no\"\n"};
    perf_soak_join(soak, 5000, 0);
    perf_series_begin(&soak->all->series, 0, 0);
    for (unsigned i = 0; i < 5000; i++) {
        struct perf_outcome outcome = {.kind = i % PERF_KINDS,
                                       .result = i % 97 == 0   ? -EIO
                                                 : i % 89 == 0 ? -ECANCELED
                                                               : 0,
                                       .attempts = 1 + i % 2,
                                       .latency_ns = 1000ull * i * i,
                                       .bytes_sent = i,
                                       .size_class = i % 3,
                                       .error = &error};
        perf_result_record(&soak->all->result, &outcome);
        perf_series_record(&soak->all->series, i * SECOND_NS / 4, outcome.result == 0,
                           outcome.latency_ns);
        perf_trend_add(&soak->trend, &(struct perf_trend_row){i, 1e7 + i % 7, 9, 3});
    }
    perf_usage_begin(&soak->usage, 0);
    for (unsigned i = 1; i < 2000; i++)
        perf_usage_record(&soak->usage, i * SECOND_NS, i * 10, soak->usage.cpu_ns + i);
    perf_soak_advance(soak, 7 * SECOND_NS);
    perf_soak_join(soak, 20000, 13000);
    perf_soak_advance(soak, 2 * SECOND_NS);
    soak->sums = (struct perf_soak_sums){1, 2, 3, 4, 5, 6, 7};
    return soak;
}

static char *text_of(const struct perf_soak *soak, const struct asked *asked, size_t *size) {
    const struct perf_soak_workload workload = {put_asked, asked};
    const struct perf_soak_state state = {soak, &workload, 77000};
    struct hr_json_writer json;
    const size_t capacity = 8u << 20;
    char *text = malloc(capacity);
    hr_json_init(&json, text, capacity, NULL, NULL);
    perf_soak_put(&json, &state);
    cr_assert_eq(hr_json_finish(&json), 0);
    *size = json.size;
    return text;
}

static int read_text(struct perf_soak *soak, const struct asked *asked, struct hr_slice text,
                     struct hr_error *error) {
    const struct perf_soak_workload workload = {put_asked, asked};
    uint64_t saved_at_ms = 0;
    int err = perf_soak_read(soak, &workload, text, &saved_at_ms, error);
    if (!err) cr_expect_eq(saved_at_ms, 77000);
    return err;
}

/* The text of a state that was read is the text that it was read from. */
Test(soak_state, all_of_it_comes_back) {
    struct perf_soak *soak = filled(), *read = perf_soak_new(100 * SECOND_NS);
    struct hr_error error = {0};
    size_t size, again_size;
    char *text = text_of(soak, &standard, &size);
    cr_assert_eq(read_text(read, &standard, hr_slice_bytes(text, size), &error), 0, "%s",
                 error.message);
    char *again = text_of(read, &standard, &again_size);
    cr_assert_eq(again_size, size);
    cr_expect_eq(memcmp(again, text, size), 0);
    cr_expect_eq(perf_soak_operations(read), 5000);
    cr_expect_eq(perf_soak_lost_ns(read), 7 * SECOND_NS);
    cr_expect_eq(read->sums.rss_peak_bytes, soak->sums.rss_peak_bytes);
    for (size_t i = 0; i < PERF_KINDS; i++)
        cr_expect_eq(hr_histogram_quantile(&read->all->result.kind[i].latency_ns, 0.99),
                     hr_histogram_quantile(&soak->all->result.kind[i].latency_ns, 0.99));
    cr_expect_eq(memcmp(read->all->series.steps, soak->all->series.steps,
                        PERF_SERIES_STEPS * sizeof *soak->all->series.steps),
                 0);
    free(text);
    free(again);
    perf_soak_free(soak);
    perf_soak_free(read);
}

/* A run that goes on in steps of another width counts on where it was. */
Test(soak_state, a_series_goes_on_behind_it) {
    struct perf_soak *soak = filled();
    struct perf_series_figures *figures = calloc(1, sizeof *figures);
    struct perf_series more = {.steps = NULL};
    uint64_t before = 0, behind = 0;
    perf_series_reduce(&soak->all->series, figures);
    for (uint32_t i = 0; i < figures->count; i++) before += figures->list[i].operations;
    cr_assert_eq(perf_series_open(&more), 0);
    perf_series_begin(&more, 900 * SECOND_NS, 5000 * SECOND_NS);
    for (unsigned i = 0; i < 10; i++)
        perf_series_record(&more, (900 + i) * SECOND_NS, true, 1000000);
    perf_series_merge(&soak->all->series, &more);
    perf_series_reduce(&soak->all->series, figures);
    for (uint32_t i = 0; i < figures->count; i++) behind += figures->list[i].operations;
    cr_expect_eq(behind, before + 10);
    cr_expect_eq(figures->count, 5009 / figures->step_s + 1);
    perf_series_close(&more);
    free(figures);
    perf_soak_free(soak);
}

static int read_as_long(const struct asked *written, const struct asked *asked,
                        uint64_t duration_ns, struct hr_error *error) {
    struct perf_soak *soak = filled(), *read = perf_soak_new(duration_ns);
    size_t size;
    char *text = text_of(soak, written, &size);
    int err = read_text(read, asked, hr_slice_bytes(text, size), error);
    free(text);
    perf_soak_free(soak);
    perf_soak_free(read);
    return err;
}

static int read_as(const struct asked *written, const struct asked *asked, struct hr_error *error) {
    return read_as_long(written, asked, 100 * SECOND_NS, error);
}

Test(soak_state, a_longer_run_goes_on_and_a_shorter_one_is_refused) {
    struct hr_error error = {0};
    cr_expect_eq(read_as_long(&standard, &standard, 1000 * SECOND_NS, &error), 0, "%s",
                 error.message);
    cr_expect_eq(read_as_long(&standard, &standard, 20 * SECOND_NS, &error), -EINVAL);
    cr_expect_not_null(strstr(error.message, "--duration 100.000s, and a shorter one of 20.000s"),
                       "%s", error.message);
}

Test(soak_state, another_workload_is_refused_with_the_member_that_differs) {
    const struct asked five = {5, "monday", "external", "http://a", NULL},
                       other = {4, "monday", "external", "http://b", NULL},
                       more = {4, "monday", "external", "http://a", "verify"};
    const struct {
        const struct asked *written, *asked;
        const char *part;
    } rows[] = {{&standard, &five, "concurrency was 4, and is 5 now"},
                {&standard, &other, "endpoint was \"http://a\", and is \"http://b\" now"},
                {&standard, &more, "verify was not there, and is true now"},
                {&more, &standard, "verify was true, and is not there now"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_error error = {0};
        cr_expect_eq(read_as(rows[i].written, rows[i].asked, &error), -EINVAL);
        cr_expect_not_null(strstr(error.message, rows[i].part), "%s", error.message);
    }
}

Test(soak_state, when_it_began_and_where_an_embedded_server_is_may_differ) {
    const struct asked tuesday = {4, "tuesday", "external", "http://a", NULL},
                       here = {4, "monday", "embedded", "http://a", NULL},
                       there = {4, "monday", "embedded", "http://b", NULL};
    struct hr_error error = {0};
    cr_expect_eq(read_as(&standard, &tuesday, &error), 0, "%s", error.message);
    cr_expect_eq(read_as(&here, &there, &error), 0, "%s", error.message);
}

/* Texts with a whole seal that no version of ours has written. */
Test(soak_state, members_that_contradict_each_other_are_refused_by_name) {
    static const struct {
        const char *from, *to, *part;
    } rows[] = {{"\"checkpoint\":2", "\"checkpoint\":1", "format 2"},
                {"\"duration_ns\":", "\"duration\":", "duration_ns"},
                {"\"saved_at_ms\":77000", "\"saved_at_ms\":-7000", "saved_at_ms"},
                {"\"series_step_s\":4", "\"series_step_s\":3", "series_step_s"},
                {"\"kinds\":[{\"succeeded\":", "\"kinds\":[{\"succeeded\":1", "kinds"},
                {"\"lives\":[", "\"lives\":0,\"x\":[", "lives"},
                {"\"series\":[[", "\"series\":[[1,", "series[0]"},
                {"\"errors\":[{\"name\":\"", "\"errors\":[{\"nome\":\"", "errors"},
                {"{", "", "line 1"}};
    struct perf_soak *soak = filled();
    size_t size;
    char *text = text_of(soak, &standard, &size);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct perf_soak *read = perf_soak_new(100 * SECOND_NS);
        struct hr_error error = {0};
        char *changed = malloc(size + 64),
             *at = memmem(text, size, rows[i].from, strlen(rows[i].from));
        cr_assert_not_null(at, "%s", rows[i].from);
        size_t before = (size_t)(at - text), behind = before + strlen(rows[i].from);
        size_t to = strlen(rows[i].to);
        memcpy(changed, text, before);
        memcpy(changed + before, rows[i].to, to);
        memcpy(changed + before + to, text + behind, size - behind);
        cr_expect_eq(read_text(read, &standard,
                               hr_slice_bytes(changed, before + to + size - behind), &error),
                     -EPROTO, "%s", rows[i].to);
        cr_expect_not_null(strstr(error.message, rows[i].part), "%s: %s", rows[i].to,
                           error.message);
        free(changed);
        perf_soak_free(read);
    }
    free(text);
    perf_soak_free(soak);
}
