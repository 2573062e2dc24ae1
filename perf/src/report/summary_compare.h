/* Results beside those of an earlier day: better, worse, same. docs/report.md has the rules. */
#ifndef PERF_SUMMARY_COMPARE_H
#define PERF_SUMMARY_COMPARE_H

#include "judge.h"
#include "summary.h"

enum perf_change { PERF_SAME, PERF_BETTER, PERF_WORSE };

/* One figure of a result and of its counterpart. All pointers are borrowed from the summaries. */
struct perf_comparison {
    const struct perf_subject *subject, *baseline;
    const struct perf_number *now, *then;
    struct perf_interval ratio; /* now by then; without rounds all three are alike */
    double p;
    bool judged; /* by a test over rounds; else by the threshold alone */
    enum perf_change change;
    bool is_past; /* worse by more than the threshold */
};

struct perf_comparisons {
    struct perf_comparison *list;
    unsigned count, past;
    unsigned alone; /* results without a counterpart */
    double threshold;
};

/* Compares all; `threshold` is a share, 0.05. Results without a counterpart get a warning in
 * `summary`. 0 or -ENOMEM. Freed by perf_comparisons_free. */
int perf_compare(struct perf_summary *summary, const struct perf_summary *baseline,
                 double threshold, struct perf_comparisons *comparisons);
void perf_comparisons_free(struct perf_comparisons *comparisons);

extern const char *const perf_change_words[]; /* "same", "better", "worse" */

#endif
