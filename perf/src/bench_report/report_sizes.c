/* The classes of sizes in a report: what was asked for, and what became of each. */
#include "json_put.h"
#include "report_private.h"

#define MEBI (1u << 20)

void perf_report_sizes_json(struct hr_json_writer *json, const struct perf_report *report) {
    const struct perf_sizes *sizes = &report->workload->sizes;
    json_put_array(json, "sizes");
    for (size_t i = 0; i < sizes->count; i++) {
        const struct perf_size_result *result = &report->loop->result.sizes[i];
        hr_json_object(json);
        json_put_u64(json, "size_bytes", sizes->list[i].bytes);
        json_put_u64(json, "weight", sizes->list[i].weight);
        json_put_u64(json, "operations", result->latency_ns.count);
        json_put_u64(json, "bytes", result->bytes);
        perf_report_latency_json(json, &result->latency_ns);
        hr_json_end(json);
    }
    hr_json_end(json);
}

void perf_report_size_text(FILE *out, const struct perf_workload *workload) {
    const struct perf_sizes *sizes = &workload->sizes;
    if (workload->trace) fputs("up to ", out);
    if (sizes->count == 0) fprintf(out, "%llu", (unsigned long long)workload->size_bytes);
    for (size_t i = 0; i < sizes->count; i++)
        fprintf(out, "%s%llu:%u", i > 0 ? "," : "", (unsigned long long)sizes->list[i].bytes,
                sizes->list[i].weight);
    fputs(" bytes", out);
}

void perf_report_sizes_text(FILE *out, const struct perf_report *report) {
    const struct perf_sizes *sizes = &report->workload->sizes;
    if (sizes->count > 0)
        fputs("\nsizes, bytes     PUT and GET        MiB    p50 ms    p99 ms\n", out);
    for (size_t i = 0; i < sizes->count; i++) {
        const struct perf_size_result *result = &report->loop->result.sizes[i];
        fprintf(out, "  %-12llu %13llu %10.1f %9.3f %9.3f\n",
                (unsigned long long)sizes->list[i].bytes,
                (unsigned long long)result->latency_ns.count, (double)result->bytes / MEBI,
                (double)hr_histogram_quantile(&result->latency_ns, 0.5) / 1e6,
                (double)hr_histogram_quantile(&result->latency_ns, 0.99) / 1e6);
    }
}
