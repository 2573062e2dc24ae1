/* The estimate of coordinated omission, in both forms of a report. */
#include "json_put.h"
#include "omission.h"
#include "report_private.h"

static bool is_closed(const struct perf_report *report) {
    return report->rate <= 0 && !report->trace;
}

void perf_report_omission_json(struct hr_json_writer *json, const struct perf_report *report,
                               const struct hr_histogram *latency) {
    struct perf_omission omission;
    if (!is_closed(report) || latency->count == 0) {
        json_put_null(json, "omission");
        return;
    }
    perf_omission_estimate(latency, report->think_ns, &omission);
    json_put_object(json, "omission");
    json_put_double(json, "interval_ms", (double)omission.interval_ns / 1e6, 6);
    json_put_u64(json, "operations", omission.operations);
    json_put_double(json, "p99_ms", (double)omission.p99_ns / 1e6, 6);
    hr_json_end(json);
}

void perf_report_omission_text(FILE *out, const struct perf_report *report,
                               const struct hr_histogram *latency) {
    struct perf_omission omission;
    if (!is_closed(report) || latency->count == 0) return;
    perf_omission_estimate(latency, report->think_ns, &omission);
    fprintf(out,
            "  a closed loop hides: users who come every %.3f ms would have sent %llu more while\n"
            "  they waited, and p99 would be %.3f ms; an open loop (--rate) measures it\n",
            (double)omission.interval_ns / 1e6, (unsigned long long)omission.operations,
            (double)omission.p99_ns / 1e6);
}
