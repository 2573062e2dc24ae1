/* The state of a soak, read from JSON. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#include "result_members.h"
#include "soak_state.h"
#include "soak_workload.h"

#define STEP_MAX_S (1u << 24)

/* ---- Counts and latencies. */

static int read_kind(const json_t *object, struct perf_kind_result *kind, struct hr_error *error) {
    int err = perf_member_count(object, "succeeded", &kind->succeeded, error);
    if (!err) err = perf_member_count(object, "failed", &kind->failed, error);
    if (!err) err = perf_member_count(object, "cancelled", &kind->cancelled, error);
    if (!err)
        err = perf_member_histogram(json_object_get(object, "latency_histogram"), &kind->latency_ns,
                                    error);
    if (err || kind->latency_ns.count == kind->succeeded) return err;
    return perf_member_refuse(error, "kinds has other latencies than successes");
}

static int read_kinds(const json_t *list, struct perf_result *result, struct hr_error *error) {
    int err = 0;
    if (json_array_size(list) != PERF_KINDS)
        return perf_member_refuse(error, "kinds is no list of %d", PERF_KINDS);
    for (size_t i = 0; i < PERF_KINDS && !err; i++)
        err = read_kind(json_array_get(list, i), &result->kind[i], error);
    return err;
}

static int read_sizes(const json_t *list, struct perf_result *result, struct hr_error *error) {
    int err = 0;
    if (json_array_size(list) != PERF_SIZES_MAX)
        return perf_member_refuse(error, "sizes is no list of %d", PERF_SIZES_MAX);
    for (size_t i = 0; i < PERF_SIZES_MAX && !err; i++) {
        const json_t *object = json_array_get(list, i);
        struct perf_size_result *size = &result->sizes[i];
        err = perf_member_count(object, "bytes", &size->bytes, error);
        if (!err)
            err = perf_member_histogram(json_object_get(object, "latency_histogram"),
                                        &size->latency_ns, error);
    }
    return err;
}

static int read_error(const json_t *object, struct perf_error_count *count,
                      struct hr_error *error) {
    const char *name = json_string_value(json_object_get(object, "name"));
    const char *example = json_string_value(json_object_get(object, "example"));
    const json_t *code = json_object_get(object, "code");
    if (!name || !*name || !example || !json_is_integer(code) || json_integer_value(code) >= 0 ||
        json_integer_value(code) < INT32_MIN)
        return perf_member_refuse(error, "errors has one without name, example or code");
    hr_text_copy(count->name, sizeof count->name, hr_slice_of(name));
    hr_text_copy(count->example, sizeof count->example, hr_slice_of(example));
    count->code = (int)json_integer_value(code);
    return perf_member_count(object, "count", &count->count, error);
}

static int read_errors(const json_t *list, struct perf_result *result, struct hr_error *error) {
    int err = 0;
    if (!json_is_array(list) || json_array_size(list) > PERF_ERRORS_MAX)
        return perf_member_refuse(error, "errors is no list of at most %d", PERF_ERRORS_MAX);
    result->error_count = json_array_size(list);
    for (size_t i = 0; i < result->error_count && !err; i++)
        err = read_error(json_array_get(list, i), &result->errors[i], error);
    return err;
}

static int read_result(const json_t *root, struct perf_result *result, struct hr_error *error) {
    int err =
        perf_member_count(root, "first_attempt_succeeded", &result->first_attempt_succeeded, error);
    if (!err) err = perf_member_count(root, "retries", &result->retries, error);
    if (!err) err = perf_member_count(root, "bytes_sent", &result->bytes_sent, error);
    if (!err) err = perf_member_count(root, "bytes_received", &result->bytes_received, error);
    if (!err) err = read_kinds(json_object_get(root, "kinds"), result, error);
    if (!err) err = read_sizes(json_object_get(root, "sizes"), result, error);
    return err ? err : read_errors(json_object_get(root, "errors"), result, error);
}

/* ---- Steps. */

/* A count of at most `most` at a place of a list; -1: it is none. */
static int64_t count_at(const json_t *list, size_t index, int64_t most) {
    const json_t *value = json_array_get(list, index);
    int64_t count = json_is_integer(value) ? json_integer_value(value) : -1;
    return count >= 0 && count <= most ? count : -1;
}

/* The width of steps, a power of two. */
static int read_step(const json_t *root, const char *name, uint32_t *step_s,
                     struct hr_error *error) {
    uint64_t read = 0;
    int err = perf_member_count(root, name, &read, error);
    if (err) return err;
    if (read == 0 || read > STEP_MAX_S || (read & (read - 1)) != 0)
        return perf_member_refuse(error, "%s is no power of two", name);
    *step_s = (uint32_t)read;
    return 0;
}

/* The latencies of a step are as many as its operations: percentiles rely on it. */
static int read_series_step(const json_t *list, struct perf_series_step *step) {
    int64_t operations = count_at(list, 0, UINT32_MAX), errors = count_at(list, 1, UINT32_MAX);
    uint64_t sum = 0;
    if (operations < 0 || errors < 0 || json_array_size(list) % 2 != 0) return -1;
    for (size_t i = 2; i < json_array_size(list); i += 2) {
        int64_t bucket = count_at(list, i, PERF_SERIES_BUCKETS - 1),
                count = count_at(list, i + 1, UINT32_MAX);
        if (bucket < 0 || count < 0) return -1;
        step->latencies[bucket] = (uint32_t)count;
    }
    for (size_t i = 0; i < PERF_SERIES_BUCKETS; i++) sum += step->latencies[i];
    step->operations = (uint32_t)operations;
    step->errors = (uint32_t)errors;
    return sum == (uint64_t)operations ? 0 : -1;
}

static int read_series(const json_t *root, struct perf_series *series, struct hr_error *error) {
    const json_t *list = json_object_get(root, "series");
    int err = read_step(root, "series_step_s", &series->step_s, error);
    if (err) return err;
    if (!json_is_array(list) || json_array_size(list) > PERF_SERIES_STEPS)
        return perf_member_refuse(error, "series is no list of at most %d", PERF_SERIES_STEPS);
    series->used = (uint32_t)json_array_size(list);
    for (uint32_t i = 0; i < series->used; i++)
        if (read_series_step(json_array_get(list, i), &series->steps[i]) != 0)
            return perf_member_refuse(error, "series[%u] is no step", i);
    return 0;
}

static int read_usage(const json_t *root, struct perf_usage *usage, struct hr_error *error) {
    const json_t *list = json_object_get(root, "usage");
    int err = read_step(root, "usage_step_s", &usage->step_s, error);
    if (err) return err;
    if (!json_is_array(list) || json_array_size(list) > PERF_SERIES_STEPS)
        return perf_member_refuse(error, "usage is no list of at most %d", PERF_SERIES_STEPS);
    usage->used = (uint32_t)json_array_size(list);
    for (uint32_t i = 0; i < usage->used; i++) {
        const json_t *step = json_array_get(list, i);
        int64_t rss = count_at(step, 0, INT64_MAX), cpu = count_at(step, 1, INT64_MAX);
        if (rss < 0 || cpu < 0) return perf_member_refuse(error, "usage[%u] is no step", i);
        usage->steps[i] = (struct perf_usage_step){(uint64_t)rss, (uint64_t)cpu};
    }
    return 0;
}

/* ---- Processes and their sums. */

static double slope_of(const json_t *object, const char *name, double unknown) {
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : unknown;
}

static int read_life(const json_t *object, struct perf_soak_life *life, struct hr_error *error) {
    struct perf_trend_figures *trend = &life->trend;
    int err = perf_member_count(object, "started_at_ms", &life->started_at_ms, error);
    if (!err) err = perf_member_count(object, "lost_ns", &life->lost_ns, error);
    if (!err) err = perf_member_count(object, "measured_ns", &life->measured_ns, error);
    if (!err) err = perf_member_count(object, "operations", &life->operations, error);
    trend->rss_bytes_per_s.low = slope_of(object, "rss_low", -INFINITY);
    trend->rss_bytes_per_s.value = slope_of(object, "rss_slope", 0);
    trend->rss_bytes_per_s.high = slope_of(object, "rss_high", INFINITY);
    trend->more_descriptors = slope_of(object, "more_descriptors", 0);
    trend->more_threads = slope_of(object, "more_threads", 0);
    return err;
}

static int read_lives(const json_t *root, struct perf_soak *soak, struct hr_error *error) {
    const json_t *list = json_object_get(root, "lives");
    int err = 0;
    if (json_array_size(list) == 0 || json_array_size(list) > PERF_SOAK_LIVES_MAX)
        return perf_member_refuse(error, "lives is no list of 1 to %d", PERF_SOAK_LIVES_MAX);
    soak->life_count = (unsigned)json_array_size(list);
    for (unsigned i = 0; i < soak->life_count && !err; i++)
        err = read_life(json_array_get(list, i), &soak->lives[i], error);
    return err;
}

static int read_sums(const json_t *root, struct perf_soak_sums *sums, struct hr_error *error) {
    int err = perf_member_count(root, "cpu_ns", &sums->cpu_ns, error);
    if (!err) err = perf_member_count(root, "not_started", &sums->not_started, error);
    if (!err) err = perf_member_count(root, "connections_opened", &sums->connections_opened, error);
    if (!err) err = perf_member_count(root, "connections_peak", &sums->connections_peak, error);
    if (!err) err = perf_member_count(root, "handshakes_full", &sums->handshakes_full, error);
    if (!err) err = perf_member_count(root, "handshakes_resumed", &sums->handshakes_resumed, error);
    return err ? err : perf_member_count(root, "rss_peak_bytes", &sums->rss_peak_bytes, error);
}

/* A run that is shorter would end at once where so much was measured, and its checkpoint go. */
static int check_duration(const json_t *root, const struct perf_soak *soak,
                          struct hr_error *error) {
    uint64_t duration_ns = 0;
    int err = perf_member_count(root, "duration_ns", &duration_ns, error);
    if (err || duration_ns <= soak->duration_ns) return err;
    return hr_error_set(error, -EINVAL,
                        "it is of a run with --duration %.3fs, and a shorter one of %.3fs is asked "
                        "for now: ask for as long a one, or a longer one",
                        (double)duration_ns / 1e9, (double)soak->duration_ns / 1e9);
}

static int read_state(const json_t *root, struct perf_soak *soak, uint64_t *saved_at_ms,
                      struct hr_error *error) {
    int err = perf_member_count(root, "saved_at_ms", saved_at_ms, error);
    if (!err) err = read_lives(root, soak, error);
    if (!err) err = read_sums(root, &soak->sums, error);
    if (!err) err = read_result(root, &soak->all->result, error);
    if (!err) err = read_usage(root, &soak->usage, error);
    return err ? err : read_series(root, &soak->all->series, error);
}

int perf_soak_read(struct perf_soak *soak, const struct perf_soak_workload *workload,
                   struct hr_slice text, uint64_t *saved_at_ms, struct hr_error *error) {
    json_error_t problem;
    json_t *root = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, &problem);
    int err = 0;
    if (!root)
        err = perf_member_refuse(error, "line %d, column %d: %.80s", problem.line, problem.column,
                                 problem.text);
    else if (json_integer_value(json_object_get(root, "checkpoint")) != PERF_SOAK_FORMAT)
        err = perf_member_refuse(error, "it is no checkpoint of format %d", PERF_SOAK_FORMAT);
    if (!err) err = soak_workload_compare(json_object_get(root, "workload"), workload, error);
    if (!err) err = check_duration(root, soak, error);
    if (!err) err = read_state(root, soak, saved_at_ms, error);
    json_decref(root);
    return err;
}
