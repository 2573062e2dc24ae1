/* Whether two programs differ: their figures over interleaved rounds, judged by a test and by size.
 * Sources: Mann and Whitney 1947; benchstat (golang.org/x/perf); pyperf's rules of stability. */
#ifndef PERF_JUDGE_H
#define PERF_JUDGE_H

#include <stddef.h>

/* A median, and where the true one lies by the order of the figures alone, whatever their
 * distribution. */
struct perf_interval {
    double low, median, high; /* all negative: there are no figures */
    double confidence;        /* at least 0.95 from six figures on; below, that of least to most */
};

/* Of `count` figures, which are sorted. Negative ones were not measured. */
struct perf_interval perf_interval_of(double *figures, unsigned count);

/* The probability that two sets of figures differ as much by chance (Mann-Whitney U, two-sided):
 * exact for up to 20 figures each without ties, else the normal approximation with corrections for
 * ties and continuity. 1 where one of the sets is empty. */
struct perf_figures {
    const double *values;
    unsigned count;
};
double perf_mann_whitney(struct perf_figures a, struct perf_figures b);

enum perf_verdict {
    PERF_ALIKE,   /* no difference that may be called one */
    PERF_SMALLER, /* the first one's figures are smaller */
    PERF_LARGER,
    PERF_TOO_FEW, /* so few rounds that no difference could be shown */
};

/* A difference counts when chance is less than `p_below` and it is more than `share_above`. */
struct perf_rules {
    double p_below, share_above;
};
#define PERF_RULES_STANDARD ((struct perf_rules){.p_below = 0.05, .share_above = 0.02})

struct perf_judgement {
    struct perf_interval ratio; /* first by second, of the rounds in which both were measured */
    double p;
    enum perf_verdict verdict;
};

/* The figures of `count` rounds (at most PERF_ROUNDS_MAX), negative where not measured. */
struct perf_judgement perf_judge(const double *first, const double *second, unsigned count,
                                 const struct perf_rules *rules);

/* The same of two sets that were measured apart from each other, so that no figure of one belongs
 * to one of the other (at most PERF_ROUNDS_MAX each, all above 0): the ratio is the median of the
 * ratios of all pairs, its interval the one that belongs to the test (Hodges and Lehmann 1963;
 * Moses). */
struct perf_judgement perf_judge_apart(struct perf_figures first, struct perf_figures second,
                                       const struct perf_rules *rules);

/* Writes why figures are not to be relied on, and "" where there is no reason: their standard
 * deviation is 10 % of their mean or more, or one is half as much again as the median, or less than
 * half of it. */
void perf_unstable(const double *figures, unsigned count, char *why, size_t why_size);

#endif
