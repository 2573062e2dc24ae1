/* Loads beside the measured one: their figures, and those of the measured one before. */
#include "report_with.h"

#include "json_put.h"
#include "report_private.h"

static void merge_kinds(const struct perf_loop_report *run, struct hr_histogram *latency_ns) {
    hr_histogram_init(latency_ns, HR_HISTOGRAM_SECONDS);
    for (size_t i = 0; i < PERF_KINDS; i++)
        hr_histogram_merge(latency_ns, &run->result.kind[i].latency_ns);
}

static double seconds_of(const struct perf_loop_report *run) {
    return (double)(run->ended_ns - run->started_ns) / 1e9;
}

static double by(double value, double divisor) {
    return divisor > 0 ? value / divisor : 0;
}

void perf_report_alone(const struct perf_loop_report *run, uint64_t cpu_ns,
                       struct perf_report_with *with) {
    struct perf_totals totals = perf_result_totals(&run->result);
    struct perf_report_alone *alone = &with->alone;
    uint64_t ended = totals.succeeded + totals.failed + totals.cancelled;
    alone->succeeded = totals.succeeded;
    alone->failed = totals.failed;
    alone->duration_s = seconds_of(run);
    alone->cpu_us_per_operation = by((double)cpu_ns / 1e3, (double)ended);
    merge_kinds(run, &alone->latency_ns);
}

static void put_alone(struct hr_json_writer *json, const struct perf_report_alone *alone) {
    json_put_object(json, "alone");
    json_put_u64(json, "succeeded", alone->succeeded);
    json_put_u64(json, "failed", alone->failed);
    json_put_double(json, "duration_s", alone->duration_s, 6);
    json_put_double(json, "operations_per_s", by((double)alone->succeeded, alone->duration_s), 6);
    json_put_double(json, "cpu_us_per_operation", alone->cpu_us_per_operation, 6);
    perf_report_latency_json(json, &alone->latency_ns);
    hr_json_end(json);
}

static void put_log(struct hr_json_writer *json, const struct perf_report_with *with) {
    const struct perf_log_load_report *log = &with->log;
    json_put_object(json, "log");
    json_put_double(json, "rate_per_s", with->log_rate, 3);
    json_put_u64(json, "called", log->called);
    json_put_u64(json, "written", log->written);
    json_put_u64(json, "dropped", log->dropped);
    json_put_double(json, "records_per_s", by((double)log->written, log->duration_s), 3);
    json_put_double(json, "call_p50_us", (double)hr_histogram_quantile(&log->call_ns, 0.5) / 1e3,
                    3);
    json_put_double(json, "call_p99_us", (double)hr_histogram_quantile(&log->call_ns, 0.99) / 1e3,
                    3);
    json_put_double(json, "call_max_us", (double)log->call_ns.max / 1e3, 3);
    hr_json_end(json);
}

static void put_http(struct hr_json_writer *json, const struct perf_report_with *with) {
    struct perf_totals totals = perf_result_totals(&with->http.result);
    struct hr_histogram latency_ns;
    merge_kinds(&with->http, &latency_ns);
    json_put_object(json, "http");
    json_put_text(json, "url", with->http_url);
    json_put_double(json, "rate_per_s", with->http_rate, 3);
    json_put_u64(json, "submitted", with->http.submitted);
    json_put_u64(json, "succeeded", totals.succeeded);
    json_put_u64(json, "failed", totals.failed);
    json_put_u64(json, "cancelled", totals.cancelled);
    json_put_u64(json, "not_started", with->http.not_started);
    json_put_double(json, "requests_per_s", by((double)totals.succeeded, seconds_of(&with->http)),
                    3);
    perf_report_latency_json(json, &latency_ns);
    hr_json_end(json);
}

void perf_report_with_json(struct hr_json_writer *json, const struct perf_report_with *with) {
    json_put_object(json, "with");
    put_alone(json, &with->alone);
    if (with->log_rate > 0) put_log(json, with);
    if (with->http_url) put_http(json, with);
    hr_json_end(json);
}

static void print_http(FILE *out, const struct perf_report_with *with) {
    struct perf_totals totals = perf_result_totals(&with->http.result);
    struct hr_histogram latency_ns;
    merge_kinds(&with->http, &latency_ns);
    fprintf(out,
            "with http   %.1f requests/s to %s: %llu succeeded, %llu failed; p50 %.3f, p99 %.3f "
            "ms\n",
            by((double)totals.succeeded, seconds_of(&with->http)), with->http_url,
            (unsigned long long)totals.succeeded, (unsigned long long)totals.failed,
            (double)hr_histogram_quantile(&latency_ns, 0.5) / 1e6,
            (double)hr_histogram_quantile(&latency_ns, 0.99) / 1e6);
}

void perf_report_with_text(FILE *out, const struct perf_report_with *with) {
    const struct perf_report_alone *alone = &with->alone;
    const struct perf_log_load_report *log = &with->log;
    fprintf(out,
            "alone       %.1f operations/s, %.2f us CPU each; p50 %.3f, p99 %.3f ms; %llu failed\n",
            by((double)alone->succeeded, alone->duration_s), alone->cpu_us_per_operation,
            (double)hr_histogram_quantile(&alone->latency_ns, 0.5) / 1e6,
            (double)hr_histogram_quantile(&alone->latency_ns, 0.99) / 1e6,
            (unsigned long long)alone->failed);
    if (with->log_rate > 0)
        fprintf(out,
                "with log    %.1f records/s: %llu written, %llu dropped; a call p50 %.2f, p99 "
                "%.2f us\n",
                by((double)log->written, log->duration_s), (unsigned long long)log->written,
                (unsigned long long)log->dropped,
                (double)hr_histogram_quantile(&log->call_ns, 0.5) / 1e3,
                (double)hr_histogram_quantile(&log->call_ns, 0.99) / 1e3);
    if (with->http_url) print_http(out, with);
}
