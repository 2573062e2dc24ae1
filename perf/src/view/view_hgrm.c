/* Latencies by percentile, in the text form of HdrHistogram (HistogramLogProcessor, .hgrm): a line
 * for each bucket that counts something, in milliseconds. */
#include <math.h>

#include "bucket_walk.h"
#include "summary_view.h"

static void put_line(FILE *out, double value_ms, uint64_t below, uint64_t count) {
    double share = (double)below / (double)count;
    fprintf(out, "%12.6f %14.12f %10llu", value_ms, share, (unsigned long long)below);
    if (below < count)
        fprintf(out, " %14.2f\n", 1 / (1 - share));
    else
        fprintf(out, "\n");
}

/* Of the middles of the buckets. */
static double deviation_of(const struct hr_histogram *latency) {
    struct perf_bucket_walk walk;
    struct perf_bucket bucket;
    double mean = hr_histogram_mean(latency), squares = 0;
    perf_bucket_walk_open(&walk, latency);
    while (perf_bucket_walk_next(&walk, &bucket))
        squares += (double)bucket.count * (bucket.middle_ns - mean) * (bucket.middle_ns - mean);
    return sqrt(squares / (double)latency->count);
}

static void put_histogram(FILE *out, const struct hr_histogram *latency) {
    struct perf_bucket_walk walk;
    struct perf_bucket bucket;
    perf_bucket_walk_open(&walk, latency);
    fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
            "1/(1-Percentile)");
    put_line(out, (double)latency->min / 1e6, 0, latency->count);
    while (perf_bucket_walk_next(&walk, &bucket))
        put_line(out,
                 (walk.below == latency->count ? (double)latency->max : bucket.middle_ns) / 1e6,
                 walk.below, latency->count);
    fprintf(out, "#[Mean    = %12.6f, StdDeviation   = %12.6f]\n", hr_histogram_mean(latency) / 1e6,
            deviation_of(latency) / 1e6);
    fprintf(out, "#[Max     = %12.6f, Total count    = %12llu]\n", (double)latency->max / 1e6,
            (unsigned long long)latency->count);
    fprintf(out, "#[Buckets = %12u, SubBuckets     = %12u]\n", walk.buckets.size,
            1u << walk.buckets.scale);
}

void perf_view_hgrm(FILE *out, const struct perf_view *view) {
    for (unsigned i = 0; i < view->summary->subject_count; i++) {
        const struct perf_subject *subject = view->summary->subjects[i];
        if (!subject->all || subject->all->latency_ns.count == 0) continue;
        put_histogram(out, &subject->all->latency_ns);
        return;
    }
}
