/* The state of a soak as JSON. */
#include <math.h>

#include "json_histogram.h"
#include "json_put.h"
#include "soak_state.h"

static void put_result(struct hr_json_writer *json, const struct perf_result *result) {
    json_put_u64(json, "first_attempt_succeeded", result->first_attempt_succeeded);
    json_put_u64(json, "retries", result->retries);
    json_put_u64(json, "bytes_sent", result->bytes_sent);
    json_put_u64(json, "bytes_received", result->bytes_received);
    json_put_array(json, "kinds");
    for (size_t i = 0; i < PERF_KINDS; i++) {
        hr_json_object(json);
        json_put_u64(json, "succeeded", result->kind[i].succeeded);
        json_put_u64(json, "failed", result->kind[i].failed);
        json_put_u64(json, "cancelled", result->kind[i].cancelled);
        json_put_histogram(json, "latency_histogram", &result->kind[i].latency_ns);
        hr_json_end(json);
    }
    hr_json_end(json);
    json_put_array(json, "sizes");
    for (size_t i = 0; i < PERF_SIZES_MAX; i++) {
        hr_json_object(json);
        json_put_u64(json, "bytes", result->sizes[i].bytes);
        json_put_histogram(json, "latency_histogram", &result->sizes[i].latency_ns);
        hr_json_end(json);
    }
    hr_json_end(json);
}

static void put_errors(struct hr_json_writer *json, const struct perf_result *result) {
    json_put_array(json, "errors");
    for (size_t i = 0; i < result->error_count; i++) {
        hr_json_object(json);
        json_put_text(json, "name", result->errors[i].name);
        json_put_text(json, "example", result->errors[i].example);
        json_put_i64(json, "code", result->errors[i].code);
        json_put_u64(json, "count", result->errors[i].count);
        hr_json_end(json);
    }
    hr_json_end(json);
}

/* Of each step: operations, errors, and then each bucket that is not empty with its count. */
static void put_series(struct hr_json_writer *json, const struct perf_series *series) {
    json_put_u64(json, "series_step_s", series->step_s);
    json_put_array(json, "series");
    for (uint32_t i = 0; i < series->used; i++) {
        const struct perf_series_step *step = &series->steps[i];
        hr_json_array(json);
        hr_json_u64(json, step->operations);
        hr_json_u64(json, step->errors);
        for (uint32_t bucket = 0; bucket < PERF_SERIES_BUCKETS; bucket++) {
            if (step->latencies[bucket] == 0) continue;
            hr_json_u64(json, bucket);
            hr_json_u64(json, step->latencies[bucket]);
        }
        hr_json_end(json);
    }
    hr_json_end(json);
}

/* Of each step: memory and CPU. */
static void put_usage(struct hr_json_writer *json, const struct perf_usage *usage) {
    json_put_u64(json, "usage_step_s", usage->step_s);
    json_put_array(json, "usage");
    for (uint32_t i = 0; i < usage->used; i++) {
        hr_json_array(json);
        hr_json_u64(json, usage->steps[i].rss_bytes);
        hr_json_u64(json, usage->steps[i].cpu_ns);
        hr_json_end(json);
    }
    hr_json_end(json);
}

static void put_sums(struct hr_json_writer *json, const struct perf_soak_sums *sums) {
    json_put_u64(json, "cpu_ns", sums->cpu_ns);
    json_put_u64(json, "not_started", sums->not_started);
    json_put_u64(json, "connections_opened", sums->connections_opened);
    json_put_u64(json, "connections_peak", sums->connections_peak);
    json_put_u64(json, "handshakes_full", sums->handshakes_full);
    json_put_u64(json, "handshakes_resumed", sums->handshakes_resumed);
    json_put_u64(json, "rss_peak_bytes", sums->rss_peak_bytes);
}

/* Infinities are null. */
static void put_lives(struct hr_json_writer *json, const struct perf_soak *soak) {
    json_put_array(json, "lives");
    for (unsigned i = 0; i < soak->life_count; i++) {
        const struct perf_soak_life *life = &soak->lives[i];
        const struct perf_slope *slope = &life->trend.rss_bytes_per_s;
        bool known = isfinite(slope->low);
        hr_json_object(json);
        json_put_u64(json, "started_at_ms", life->started_at_ms);
        json_put_u64(json, "lost_ns", life->lost_ns);
        json_put_u64(json, "measured_ns", life->measured_ns);
        json_put_u64(json, "operations", life->operations);
        json_put_double(json, "rss_low", known ? slope->low : NAN, 9);
        json_put_double(json, "rss_slope", known ? slope->value : NAN, 9);
        json_put_double(json, "rss_high", known ? slope->high : NAN, 9);
        json_put_double(json, "more_descriptors", life->trend.more_descriptors, 0);
        json_put_double(json, "more_threads", life->trend.more_threads, 0);
        hr_json_end(json);
    }
    hr_json_end(json);
}

void perf_soak_put(struct hr_json_writer *json, const void *user) {
    const struct perf_soak_state *state = user;
    const struct perf_soak *soak = state->soak;
    hr_json_object(json);
    json_put_u64(json, "checkpoint", PERF_SOAK_FORMAT);
    json_put_u64(json, "saved_at_ms", state->now_ms);
    json_put_u64(json, "duration_ns", soak->duration_ns);
    json_put_u64(json, "measured_ns", perf_soak_measured_ns(soak));
    json_put_u64(json, "operations", perf_soak_operations(soak));
    hr_json_key(json, "workload");
    state->workload->put(json, state->workload->user);
    put_lives(json, soak);
    put_sums(json, &soak->sums);
    put_result(json, &soak->all->result);
    put_errors(json, &soak->all->result);
    put_usage(json, &soak->usage);
    put_series(json, &soak->all->series);
    hr_json_end(json);
}
