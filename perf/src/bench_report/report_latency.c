/* Latencies in both forms of a report. */
#include "json_put.h"
#include "report_private.h"

static const struct quantile {
    const char *name;
    double at;
} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}};
#define QUANTILES (sizeof quantiles / sizeof *quantiles)

void perf_report_latency_json(struct hr_json_writer *json, const struct hr_histogram *latency) {
    json_put_object(json, "latency_ms");
    json_put_double(json, "mean", hr_histogram_mean(latency) / 1e6, 6);
    for (size_t i = 0; i < QUANTILES; i++)
        json_put_double(json, quantiles[i].name,
                        (double)hr_histogram_quantile(latency, quantiles[i].at) / 1e6, 6);
    json_put_double(json, "max", latency->count ? (double)latency->max / 1e6 : 0, 6);
    hr_json_end(json);
}

void perf_report_latency_head(FILE *out) {
    fprintf(out, "\nlatency, ms %10s %9s", "count", "mean");
    for (size_t i = 0; i < QUANTILES; i++) fprintf(out, " %9s", quantiles[i].name);
    fprintf(out, " %9s\n", "max");
}

void perf_report_latency_text(FILE *out, const char *name, const struct hr_histogram *latency) {
    fprintf(out, "  %-8s %10llu %9.3f", name, (unsigned long long)latency->count,
            hr_histogram_mean(latency) / 1e6);
    for (size_t i = 0; i < QUANTILES; i++)
        fprintf(out, " %9.3f", (double)hr_histogram_quantile(latency, quantiles[i].at) / 1e6);
    fprintf(out, " %9.3f\n", latency->count ? (double)latency->max / 1e6 : 0);
}
