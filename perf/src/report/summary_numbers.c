/* The figures of a load, out of its counts, its histogram and its time. */
#include "summary_parts.h"

static void put(struct perf_subject *subject, const char *name, enum perf_better better,
                double value) {
    struct perf_number *number = perf_subject_number(subject, name, better);
    if (number) number->value = value;
}

static void put_latency(struct perf_subject *subject) {
    const struct hr_histogram *latency = &subject->all->latency_ns;
    static const struct {
        const char *name;
        enum perf_better better;
        double at;
    } quantiles[] = {{"latency_ms.p50", PERF_BETTER_LESS, 0.5},
                     {"latency_ms.p90", PERF_BETTER_UNKNOWN, 0.9},
                     {"latency_ms.p95", PERF_BETTER_UNKNOWN, 0.95},
                     {"latency_ms.p99", PERF_BETTER_LESS, 0.99},
                     {"latency_ms.p999", PERF_BETTER_UNKNOWN, 0.999},
                     {"latency_ms.max", PERF_BETTER_UNKNOWN, 1}};
    if (latency->count == 0) return;
    put(subject, "latency_ms.mean", PERF_BETTER_UNKNOWN, hr_histogram_mean(latency) / 1e6);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
        put(subject, quantiles[i].name, quantiles[i].better,
            perf_part_quantile_ms(subject->all, quantiles[i].at));
}

void perf_numbers_of_load(struct perf_subject *subject) {
    const struct perf_operations *operations = &subject->all->operations;
    uint64_t ended = operations->submitted;
    put(subject, "operations_per_s", PERF_BETTER_MORE, subject->load.rate);
    put_latency(subject);
    put(subject, "cpu_us_per_operation", PERF_BETTER_LESS,
        ended ? subject->load.cpu_s * 1e6 / (double)ended : 0);
    put(subject, "bytes_per_s", PERF_BETTER_UNKNOWN, subject->load.bytes_rate);
    put(subject, "success_rate", PERF_BETTER_UNKNOWN, perf_success_rate(operations));
    put(subject, "rss_peak_bytes", PERF_BETTER_UNKNOWN, (double)subject->load.rss_peak_bytes);
}

void perf_numbers_as_round(struct perf_subject *subject) {
    for (unsigned i = 0; i < subject->number_count; i++) {
        subject->numbers[i].rounds[0] = subject->numbers[i].value;
        subject->numbers[i].count = 1;
    }
}
