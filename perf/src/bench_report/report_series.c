/* The series of a report: a row a step. */
#include <math.h>

#include "json_put.h"
#include "report_private.h"

#define CPU_PERCENT 1e-7 /* of nanoseconds a second */

/* The part of step `index` that the run has lasted, in seconds. */
static double lasted(const struct perf_report *report, uint32_t index) {
    double all = (double)(report->loop->ended_ns - report->loop->started_ns) / 1e9;
    double step = report->loop->series.step_s, left = all - step * index;
    return left < step && left > 0 ? left : step;
}

static double rate_of(const struct perf_report *report, uint32_t index) {
    return (double)report->loop->series.list[index].operations / lasted(report, index);
}

static void put_step(struct hr_json_writer *json, const struct perf_report *report,
                     uint32_t index) {
    const struct perf_series_figures *series = &report->loop->series;
    const struct perf_series_figure *figure = &series->list[index];
    uint64_t second = (uint64_t)index * series->step_s;
    struct perf_usage_step used = {.rss_bytes = 0};
    if (report->usage) used = perf_usage_of(report->usage, second, series->step_s);
    hr_json_object(json);
    json_put_u64(json, "second", second);
    json_put_u64(json, "operations", figure->operations);
    json_put_u64(json, "errors", figure->errors);
    json_put_double(json, "rate", rate_of(report, index), 3);
    json_put_double(json, "p50", figure->operations ? (double)figure->p50_ns / 1e6 : NAN, 6);
    json_put_double(json, "p99", figure->operations ? (double)figure->p99_ns / 1e6 : NAN, 6);
    json_put_u64(json, "rss_bytes", used.rss_bytes);
    json_put_double(json, "cpu_percent", (double)used.cpu_ns * CPU_PERCENT, 2);
    hr_json_end(json);
}

void perf_report_series_json(struct hr_json_writer *json, const struct perf_report *report) {
    json_put_u64(json, "series_step_s", report->loop->series.step_s);
    json_put_array(json, "series");
    for (uint32_t i = 0; i < report->loop->series.count; i++) put_step(json, report, i);
    hr_json_end(json);
}

/* The step with the highest p99, and those with least and most operations a second. */
void perf_report_series_text(FILE *out, const struct perf_report *report) {
    const struct perf_series_figures *series = &report->loop->series;
    double least = INFINITY, most = 0;
    uint32_t slow = 0;
    if (series->count < 2) return;
    for (uint32_t i = 0; i < series->count; i++) {
        double rate = rate_of(report, i);
        if (series->list[i].p99_ns > series->list[slow].p99_ns) slow = i;
        if (lasted(report, i) < series->step_s / 2.0) continue; /* too short for a rate */
        if (rate < least) least = rate;
        if (rate > most) most = rate;
    }
    fprintf(out,
            "series      steps of %u s: %.0f to %.0f operations/s; p99 at most %.3f ms, in second "
            "%llu\n",
            series->step_s, least, most, (double)series->list[slow].p99_ns / 1e6,
            (unsigned long long)slow * series->step_s);
}
