/* The rules for storage: how large, how much alike. */
#include "report_strict.h"

#include <assert.h>
#include <math.h>

#include "json_put.h"

bool perf_strict_is_large(const struct perf_report_strict *strict) {
    return strict->data_bytes / PERF_STRICT_TIMES >= strict->memory_bytes;
}

double perf_strict_spread(const struct perf_report_strict *strict) {
    double sum = 0, most = 0;
    assert(strict->runs <= PERF_STRICT_RUNS);
    for (unsigned i = 0; i < strict->runs; i++) sum += strict->rates[i];
    double mean = strict->runs ? sum / strict->runs : 0;
    for (unsigned i = 0; i < strict->runs && mean > 0; i++)
        most = fmax(most, fabs(strict->rates[i] - mean) / mean);
    return most;
}

bool perf_strict_agrees(const struct perf_report_strict *strict) {
    return strict->runs == PERF_STRICT_RUNS && perf_strict_spread(strict) <= PERF_STRICT_SHARE;
}

unsigned perf_strict_median(const struct perf_report_strict *strict) {
    for (unsigned i = 0; i < strict->runs; i++) {
        unsigned below = 0;
        for (unsigned other = 0; other < strict->runs; other++)
            below += strict->rates[other] < strict->rates[i] ||
                     (strict->rates[other] <= strict->rates[i] && other < i);
        if (below == strict->runs / 2) return i;
    }
    return 0;
}

void perf_report_strict_json(struct hr_json_writer *json, const struct perf_report_strict *strict) {
    json_put_object(json, "strict");
    json_put_u64(json, "data_bytes", strict->data_bytes);
    json_put_u64(json, "memory_bytes", strict->memory_bytes);
    json_put_u64(json, "runs_asked", PERF_STRICT_RUNS);
    json_put_array(json, "operations_per_s");
    for (unsigned i = 0; i < strict->runs; i++) hr_json_double(json, strict->rates[i], 6);
    hr_json_end(json);
    json_put_u64(json, "failed", strict->failed);
    json_put_double(json, "spread", perf_strict_spread(strict), 6);
    json_put_double(json, "spread_max", PERF_STRICT_SHARE, 6);
    json_put_bool(json, "agrees", perf_strict_agrees(strict));
    hr_json_end(json);
}

void perf_report_strict_text(FILE *out, const struct perf_report_strict *strict) {
    fprintf(out, "storage     %.1f MiB, %.1f times the memory; runs:",
            (double)strict->data_bytes / (1u << 20),
            strict->memory_bytes ? (double)strict->data_bytes / (double)strict->memory_bytes : 0);
    for (unsigned i = 0; i < strict->runs; i++) fprintf(out, " %.1f", strict->rates[i]);
    fprintf(out,
            " operations/s, at most %.1f %% from their mean (%s); figures are those of run %u\n",
            100 * perf_strict_spread(strict), perf_strict_agrees(strict) ? "they agree" : "too far",
            perf_strict_median(strict) + 1);
    if (strict->failed)
        fprintf(out, "            %llu operations failed in all runs together\n",
                (unsigned long long)strict->failed);
}
