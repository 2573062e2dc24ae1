/* Counting outcomes. */
#include "result.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct perf_error_count *error_entry(struct perf_result *result, const char *name) {
    assert(result->error_count <= PERF_ERRORS_MAX && *name);
    for (size_t i = 0; i < result->error_count; i++)
        if (strcmp(result->errors[i].name, name) == 0) return &result->errors[i];
    if (result->error_count == PERF_ERRORS_MAX) {
        struct perf_error_count *last = &result->errors[PERF_ERRORS_MAX - 1];
        snprintf(last->name, sizeof last->name, "other");
        return last;
    }
    struct perf_error_count *entry = &result->errors[result->error_count++];
    snprintf(entry->name, sizeof entry->name, "%s", name);
    return entry;
}

static void count_error(struct perf_result *result, const struct perf_outcome *outcome) {
    const struct hr_error *error = outcome->error;
    const char *name =
        error->service_code[0] ? error->service_code : hr_error_name(outcome->result);
    char status[16];
    if (outcome->http_status) {
        snprintf(status, sizeof status, "HTTP %d", outcome->http_status);
        name = status;
    }
    struct perf_error_count *entry = error_entry(result, name);
    if (entry->count++ != 0) return;
    entry->code = outcome->result;
    snprintf(entry->example, sizeof entry->example, "%s: %s", perf_kind_names[outcome->kind],
             error->message[0] ? error->message : hr_error_text(outcome->result));
}

void perf_result_init(struct perf_result *result) {
    for (size_t i = 0; i < PERF_KINDS; i++) result->kind[i].latency_ns.unit = HR_HISTOGRAM_SECONDS;
    for (size_t i = 0; i < PERF_SIZES_MAX; i++)
        result->sizes[i].latency_ns.unit = HR_HISTOGRAM_SECONDS;
}

static void count_size(struct perf_result *result, const struct perf_outcome *outcome) {
    if (outcome->size_class == 0) return;
    assert(outcome->size_class <= PERF_SIZES_MAX);
    struct perf_size_result *size = &result->sizes[outcome->size_class - 1];
    size->bytes += outcome->bytes_sent + outcome->bytes_received;
    hr_histogram_record(&size->latency_ns, outcome->latency_ns);
}

void perf_result_record(struct perf_result *result, const struct perf_outcome *outcome) {
    struct perf_kind_result *kind = &result->kind[outcome->kind];
    assert(outcome->kind < PERF_KINDS && (outcome->result == 0 || outcome->error));
    if (outcome->attempts > 1) result->retries += outcome->attempts - 1;
    if (outcome->result == 0) {
        kind->succeeded++;
        result->first_attempt_succeeded += outcome->attempts <= 1;
        result->bytes_sent += outcome->bytes_sent;
        result->bytes_received += outcome->bytes_received;
        hr_histogram_record(&kind->latency_ns, outcome->latency_ns);
        count_size(result, outcome);
        return;
    }
    if (outcome->result == -ECANCELED) {
        kind->cancelled++;
        return;
    }
    kind->failed++;
    count_error(result, outcome);
}

void perf_result_merge(struct perf_result *into, const struct perf_result *from) {
    for (size_t i = 0; i < PERF_KINDS; i++) {
        into->kind[i].succeeded += from->kind[i].succeeded;
        into->kind[i].failed += from->kind[i].failed;
        into->kind[i].cancelled += from->kind[i].cancelled;
        hr_histogram_merge(&into->kind[i].latency_ns, &from->kind[i].latency_ns);
    }
    for (size_t i = 0; i < PERF_SIZES_MAX; i++) {
        into->sizes[i].bytes += from->sizes[i].bytes;
        hr_histogram_merge(&into->sizes[i].latency_ns, &from->sizes[i].latency_ns);
    }
    into->first_attempt_succeeded += from->first_attempt_succeeded;
    into->retries += from->retries;
    into->bytes_sent += from->bytes_sent;
    into->bytes_received += from->bytes_received;
    for (size_t i = 0; i < from->error_count; i++) {
        struct perf_error_count *entry = error_entry(into, from->errors[i].name);
        if (entry->count == 0) {
            entry->code = from->errors[i].code;
            memcpy(entry->example, from->errors[i].example, sizeof entry->example);
        }
        entry->count += from->errors[i].count;
    }
}

struct perf_totals perf_result_totals(const struct perf_result *result) {
    struct perf_totals totals = {.succeeded = 0};
    for (size_t i = 0; i < PERF_KINDS; i++) {
        totals.succeeded += result->kind[i].succeeded;
        totals.failed += result->kind[i].failed;
        totals.cancelled += result->kind[i].cancelled;
    }
    return totals;
}
