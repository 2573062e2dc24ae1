/* The part of a report that all benches have. */
#include "json_histogram.h"
#include "json_put.h"
#include "report_private.h"
#include "run_environment.h"

#include <string.h>
#include <sys/utsname.h>

#include <headrace/clock.h>
#include <headrace/version.h>

/* The figures that both forms show, worked out once. */
struct figures {
    struct perf_totals totals;
    uint64_t ended, bytes;
    double seconds, operations_per_s, bytes_per_s, success_rate, first_rate, cpu_us;
    struct hr_histogram latency_ns;
};

static double ratio(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : 0;
}

static void work_out(const struct perf_report *report, struct figures *figures) {
    const struct perf_result *result = &report->loop->result;
    figures->totals = perf_result_totals(result);
    figures->ended = figures->totals.succeeded + figures->totals.failed + figures->totals.cancelled;
    figures->seconds = (double)(report->loop->ended_ns - report->loop->started_ns) / 1e9;
    double per_second = figures->seconds > 0 ? 1 / figures->seconds : 0;
    figures->operations_per_s = (double)figures->totals.succeeded * per_second;
    figures->bytes = result->bytes_sent + result->bytes_received;
    figures->bytes_per_s = (double)figures->bytes * per_second;
    /* A cancelled operation says nothing about success. */
    uint64_t counted = figures->totals.succeeded + figures->totals.failed;
    figures->success_rate = ratio(figures->totals.succeeded, counted);
    figures->first_rate = ratio(result->first_attempt_succeeded, counted);
    figures->cpu_us = ratio(report->cpu_ns, figures->ended) / 1000;
    hr_histogram_init(&figures->latency_ns, HR_HISTOGRAM_SECONDS);
    for (size_t i = 0; i < PERF_KINDS; i++)
        hr_histogram_merge(&figures->latency_ns, &result->kind[i].latency_ns);
}

static void put_counts(struct hr_json_writer *json, const char *key, uint64_t submitted,
                       const struct perf_totals *totals) {
    json_put_object(json, key);
    json_put_u64(json, "submitted", submitted);
    json_put_u64(json, "succeeded", totals->succeeded);
    json_put_u64(json, "failed", totals->failed);
    json_put_u64(json, "cancelled", totals->cancelled);
    hr_json_end(json);
}

static void put_kinds(struct hr_json_writer *json, const struct perf_report *report) {
    json_put_object(json, "kinds");
    for (size_t i = 0; i < PERF_KINDS; i++) {
        const struct perf_kind_result *kind = &report->loop->result.kind[i];
        struct perf_totals totals = {kind->succeeded, kind->failed, kind->cancelled};
        uint64_t submitted = totals.succeeded + totals.failed + totals.cancelled;
        if (!submitted) continue;
        json_put_object(json, perf_kind_names[i]);
        put_counts(json, "operations", submitted, &totals);
        perf_report_latency_json(json, &kind->latency_ns);
        json_put_histogram(json, "latency_histogram", &kind->latency_ns);
        hr_json_end(json);
    }
    hr_json_end(json);
}

static void put_errors(struct hr_json_writer *json, const struct perf_result *result) {
    json_put_object(json, "errors");
    for (size_t i = 0; i < result->error_count; i++)
        json_put_u64(json, result->errors[i].name, result->errors[i].count);
    hr_json_end(json);
    json_put_object(json, "error_examples");
    for (size_t i = 0; i < result->error_count; i++)
        json_put_text(json, result->errors[i].name, result->errors[i].example);
    hr_json_end(json);
}

static void put_cause(struct hr_json_writer *json, const char *code, const char *message) {
    json_put_object(json, "error");
    json_put_text(json, "code", code);
    json_put_text(json, "class", "failed");
    json_put_text(json, "message", message);
    hr_json_end(json);
}

uint64_t perf_report_failed_elsewhere(const struct perf_report *report) {
    const struct perf_report_strict *strict = report->s3 ? report->s3->strict : NULL;
    uint64_t failed = strict ? perf_result_totals(&report->loop->result).failed : 0;
    if (strict) return strict->failed > failed ? strict->failed - failed : 0;
    return report->with ? report->with->alone.failed : 0;
}

/* Why the command ends with a failure: the first requirement that is missed, else the first kind of
 * failure, unless a requirement has allowed for failures; else null. */
static void put_error(struct hr_json_writer *json, const struct perf_report *report) {
    const struct perf_result *result = &report->loop->result;
    bool allowed = false;
    for (size_t i = 0; i < report->requirement_count; i++) {
        char text[512] = "requirement missed: ";
        size_t size = strlen(text);
        allowed |= perf_requirement_allows_failures(&report->requirements[i]);
        if (report->requirements[i].met) continue;
        perf_requirement_missed(&report->requirements[i], text + size, sizeof text - size);
        put_cause(json, "ERANGE", text);
        return;
    }
    if (report->curve && report->curve->count > 0 && !perf_curve_best(report->curve))
        put_cause(json, "ERANGE", PERF_CURVE_NONE);
    else if (report->s3 && report->s3->strict && !perf_strict_agrees(report->s3->strict))
        put_cause(json, "ERANGE", "the runs of --strict-storage do not agree");
    else if (result->error_count > 0 && !allowed)
        put_cause(json, hr_error_name(result->errors[0].code), result->errors[0].example);
    else if (perf_report_failed_elsewhere(report) > 0 && !allowed)
        put_cause(json, "EIO", "operations failed in a run whose figures are not these");
    else
        json_put_null(json, "error");
}

static void put_connections(struct hr_json_writer *json, const struct perf_report *report) {
    const struct hr_tls_info *tls = &report->loop->tls;
    json_put_u64(json, "connections_peak", report->connections_peak);
    json_put_u64(json, "connections_opened", report->connections_opened);
    json_put_u64(json, "handshakes_full", report->handshakes_full);
    json_put_u64(json, "handshakes_resumed", report->handshakes_resumed);
    hr_json_key(json, "tls");
    if (!tls->version) {
        hr_json_null(json);
        return;
    }
    hr_json_object(json);
    json_put_text(json, "version", tls->version);
    json_put_text(json, "cipher", tls->cipher);
    json_put_text(json, "alpn", tls->alpn);
    hr_json_end(json);
}

static void put_versions(struct hr_json_writer *json, const struct perf_report *report) {
    struct utsname name;
    bool known = uname(&name) == 0;
    json_put_text(json, "backend", report->backend);
    json_put_text(json, "backend_cause", *report->backend_cause ? report->backend_cause : NULL);
    json_put_u64(json, "spin_us", report->spin_us);
    json_put_text(json, "kernel", known ? name.release : NULL);
    json_put_text(json, "machine", known ? name.machine : NULL);
    json_put_object(json, "versions");
    json_put_text(json, "headrace", hr_version_string());
    json_put_text(json, "compiler", __VERSION__);
    hr_json_end(json);
    perf_environment_json(json);
}

void perf_report_json(struct hr_json_writer *json, const struct perf_report *report) {
    struct figures figures;
    work_out(report, &figures);
    json->pretty = true;
    hr_json_object(json);
    json_put_u64(json, "protocol", 1); /* docs/peers.md */
    perf_report_parameters_json(json, report);
    put_connections(json, report);
    put_counts(json, "operations", report->loop->submitted, &figures.totals);
    json_put_u64(json, "not_started", report->loop->not_started);
    json_put_double(json, "success_rate", figures.success_rate, 12);
    json_put_double(json, "first_attempt_success_rate", figures.first_rate, 12);
    json_put_double(json, "duration_s", figures.seconds, 6);
    json_put_double(json, "operations_per_s", figures.operations_per_s, 6);
    json_put_double(json, "bytes_per_s", figures.bytes_per_s, 6);
    json_put_u64(json, "bytes", figures.bytes);
    json_put_u64(json, "bytes_sent", report->loop->result.bytes_sent);
    json_put_u64(json, "bytes_received", report->loop->result.bytes_received);
    perf_report_latency_json(json, &figures.latency_ns);
    json_put_histogram(json, "latency_histogram", &figures.latency_ns);
    perf_report_omission_json(json, report, &figures.latency_ns);
    json_put_double(json, "percentile_error", hr_histogram_error(&figures.latency_ns), 6);
    json_put_double(json, "cpu_us_per_operation", figures.cpu_us, 6);
    json_put_double(json, "cpu_s", (double)report->cpu_ns / 1e9, 6);
    json_put_u64(json, "rss_peak_bytes", report->rss_peak.bytes);
    json_put_text(json, "rss_peak_of", report->rss_peak.of_run ? "run" : "process");
    json_put_u64(json, "retries", report->loop->result.retries);
    put_errors(json, &report->loop->result);
    put_error(json, report);
    perf_requirements_json(json, report->requirements, report->requirement_count);
    put_kinds(json, report);
    perf_report_sizes_json(json, report);
    perf_report_series_json(json, report);
    perf_curve_json(json, report->curve);
    perf_report_shard_json(json, report);
    perf_soak_json(json, report->soak, &report->loop->series);
    if (report->faults) {
        hr_json_key(json, "faults");
        fault_report_json(json, report->faults);
    }
    if (report->s3 && report->s3->strict) perf_report_strict_json(json, report->s3->strict);
    if (report->with) perf_report_with_json(json, report->with);
    put_versions(json, report);
    json_put_text(json, "stopped_by", report->stopped_by);
    hr_json_end(json);
}

static void print_failures(FILE *out, const struct perf_result *result) {
    for (size_t i = 0; i < result->error_count; i++)
        fprintf(out, "  %10llu x %s, e.g. %s\n", (unsigned long long)result->errors[i].count,
                result->errors[i].name, result->errors[i].example);
}

static void print_connections(FILE *out, const struct perf_report *report) {
    const struct hr_tls_info *tls = &report->loop->tls;
    fprintf(out, "connections %llu at the peak, %llu opened%s\n",
            (unsigned long long)report->connections_peak,
            (unsigned long long)report->connections_opened,
            report->loop->held_together ? " (first uploads waited until all were connected)" : "");
    if (tls->version) fprintf(out, "tls         %s, %s", tls->version, tls->cipher);
    if (tls->version || report->handshakes_full || report->handshakes_resumed)
        fprintf(out, "%shandshakes: %llu full, %llu resumed\n",
                tls->version ? "; " : "tls         ", (unsigned long long)report->handshakes_full,
                (unsigned long long)report->handshakes_resumed);
}

void perf_report_text(FILE *out, const struct perf_report *report) {
    const struct perf_loop_report *loop = report->loop;
    struct figures figures;
    work_out(report, &figures);
    perf_report_parameters_text(out, report);
    fprintf(out, "  on %s%s%s", report->backend, *report->backend_cause ? ": " : "",
            report->backend_cause);
    if (report->spin_us) fprintf(out, ", looking %u us before it sleeps", report->spin_us);
    fputc('\n', out);
    if (report->stopped_by) fprintf(out, "  stopped early by %s\n", report->stopped_by);
    fprintf(out,
            "\noperations  %llu submitted, %llu succeeded, %llu failed, %llu cancelled in %.3f s\n",
            (unsigned long long)loop->submitted, (unsigned long long)figures.totals.succeeded,
            (unsigned long long)figures.totals.failed, (unsigned long long)figures.totals.cancelled,
            figures.seconds);
    if (loop->not_started)
        fprintf(out, "schedule    not kept: %llu were due and never started\n",
                (unsigned long long)loop->not_started);
    fprintf(out, "success     %.4f %%, at the first attempt %.4f %%, retries %llu\n",
            100 * figures.success_rate, 100 * figures.first_rate,
            (unsigned long long)loop->result.retries);
    print_failures(out, &loop->result);
    fprintf(out, "throughput  %.1f operations/s, %.2f MiB/s\n", figures.operations_per_s,
            figures.bytes_per_s / (1u << 20));
    perf_report_series_text(out, report);
    if (report->shard) perf_report_shard_text(out, report);
    if (report->soak) perf_soak_text(out, report->soak, &report->loop->series);
    print_connections(out, report);
    fprintf(out, "cpu         %.2f us per operation (client process alone)\n", figures.cpu_us);
    fprintf(out, "memory      %.1f MiB resident at the peak of the %s (client process alone)\n",
            (double)report->rss_peak.bytes / (1u << 20),
            report->rss_peak.of_run ? "run" : "process");
    perf_report_latency_head(out);
    for (size_t i = 0; i < PERF_KINDS; i++) {
        const struct perf_kind_result *kind = &loop->result.kind[i];
        if (kind->succeeded) perf_report_latency_text(out, perf_kind_names[i], &kind->latency_ns);
    }
    perf_report_latency_text(out, "all", &figures.latency_ns);
    fprintf(out, "  percentiles are at most %.1f %% too high or too low, max is exact\n",
            100 * hr_histogram_error(&figures.latency_ns));
    perf_report_omission_text(out, report, &figures.latency_ns);
    perf_report_sizes_text(out, report);
    if (report->curve) perf_curve_text(out, report->curve);
    if (report->faults) {
        fputs("faults      put in front of the store:\n", out);
        fault_report_text(out, report->faults);
    }
    if (report->s3 && report->s3->strict) perf_report_strict_text(out, report->s3->strict);
    if (report->with) perf_report_with_text(out, report->with);
    perf_requirements_text(out, report->requirements, report->requirement_count);
}
