/* Finding the counterpart of a result, and judging its figures. */
#include "summary_compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const perf_change_words[] = {
    [PERF_SAME] = "same", [PERF_BETTER] = "better", [PERF_WORSE] = "worse"};

/* Of the same workload, and of the same target where one of these is. */
static const struct perf_subject *counterpart_of(const struct perf_summary *baseline,
                                                 const struct perf_subject *subject) {
    const struct perf_subject *found = NULL;
    for (unsigned i = 0; i < baseline->subject_count; i++) {
        const struct perf_subject *other = baseline->subjects[i];
        if (strcmp(other->key, subject->key) != 0 || *other->missing) continue;
        if (strcmp(other->target, subject->target) == 0) return other;
        if (!found) found = other;
    }
    return found;
}

/* The rounds that were measured, and are above 0. */
static struct perf_figures rounds_of(const struct perf_number *number,
                                     double values[PERF_ROUNDS_MAX]) {
    unsigned count = 0;
    for (unsigned i = 0; i < number->count; i++)
        if (number->rounds[i] > 0) values[count++] = number->rounds[i];
    return (struct perf_figures){values, count};
}

/* How much worse a ratio is: 0.1 is a tenth; negative: it is better. */
static double loss_of(double ratio, enum perf_better better) {
    return better == PERF_BETTER_MORE ? 1 - ratio : ratio - 1;
}

static void judge_by_rounds(struct perf_comparison *made, const struct perf_judgement *judgement) {
    made->judged = true;
    made->p = judgement->p;
    if (judgement->verdict == PERF_ALIKE) return;
    made->change = loss_of(made->ratio.median, made->now->better) > 0 ? PERF_WORSE : PERF_BETTER;
}

/* Nothing can be tested: the size alone decides. */
static void judge_by_size(struct perf_comparison *made, double threshold) {
    double loss = loss_of(made->ratio.median, made->now->better);
    made->p = 1;
    if (fabs(loss) > threshold) made->change = loss > 0 ? PERF_WORSE : PERF_BETTER;
}

static void judge(struct perf_comparison *made, double threshold) {
    double now[PERF_ROUNDS_MAX], then[PERF_ROUNDS_MAX];
    const struct perf_judgement judgement = perf_judge_apart(
        rounds_of(made->now, now), rounds_of(made->then, then), &PERF_RULES_STANDARD);
    made->ratio = judgement.ratio;
    if (judgement.verdict != PERF_TOO_FEW)
        judge_by_rounds(made, &judgement);
    else
        judge_by_size(made, threshold);
    made->is_past =
        made->change == PERF_WORSE && loss_of(made->ratio.median, made->now->better) > threshold;
}

static const struct perf_number *number_of(const struct perf_subject *subject, const char *name) {
    for (unsigned i = 0; i < subject->number_count; i++)
        if (strcmp(subject->numbers[i].name, name) == 0) return &subject->numbers[i];
    return NULL;
}

static bool is_comparable(const struct perf_number *number) {
    double values[PERF_ROUNDS_MAX];
    return number && number->better != PERF_BETTER_UNKNOWN && rounds_of(number, values).count > 0;
}

static int compare_subject(const struct perf_subject *subject, const struct perf_subject *baseline,
                           struct perf_comparisons *comparisons) {
    size_t most = comparisons->count + subject->number_count;
    struct perf_comparison *list = realloc(comparisons->list, (most + 1) * sizeof *list);
    if (!list) return -ENOMEM;
    comparisons->list = list;
    for (unsigned i = 0; i < subject->number_count; i++) {
        const struct perf_number *now = &subject->numbers[i],
                                 *then = number_of(baseline, now->name);
        if (!is_comparable(now) || !is_comparable(then)) continue;
        struct perf_comparison *made = &list[comparisons->count++];
        *made = (struct perf_comparison){subject, baseline, now, then, .change = PERF_SAME};
        judge(made, comparisons->threshold);
        comparisons->past += made->is_past;
    }
    return 0;
}

int perf_compare(struct perf_summary *summary, const struct perf_summary *baseline,
                 double threshold, struct perf_comparisons *comparisons) {
    int err = 0;
    *comparisons = (struct perf_comparisons){.threshold = threshold};
    for (unsigned i = 0; i < summary->subject_count && !err; i++) {
        const struct perf_subject *subject = summary->subjects[i];
        const struct perf_subject *found = counterpart_of(baseline, subject);
        if (*subject->missing) continue;
        if (found) {
            if (strcmp(found->target, subject->target) != 0)
                perf_summary_warn(summary, "%.60s: the baseline's target is %.60s, not %.60s",
                                  subject->name, found->target, subject->target);
            err = compare_subject(subject, found, comparisons);
        } else {
            comparisons->alone++;
            perf_summary_warn(summary, "%.60s (%.100s) has no counterpart in the baseline",
                              subject->name, subject->file);
        }
    }
    return err;
}

void perf_comparisons_free(struct perf_comparisons *comparisons) {
    free(comparisons->list);
    *comparisons = (struct perf_comparisons){.list = NULL};
}
