/* Intervals of medians, the Mann-Whitney test, and what they amount to. */
#include "judge.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spread.h"

#define CONFIDENCE 0.95
#define EXACT_MAX  20 /* figures of a set */

/* The chance that `count` tosses of a coin show at most `heads` heads. */
static double at_most_heads(unsigned count, unsigned heads) {
    double chance = pow(0.5, count), sum = 0;
    for (unsigned i = 0; i <= heads; i++) {
        sum += chance;
        chance *= (double)(count - i) / (double)(i + 1);
    }
    return sum;
}

static unsigned measured_of(const double *figures, unsigned count) {
    unsigned measured = 0;
    for (unsigned i = 0; i < count; i++) measured += figures[i] >= 0;
    return measured;
}

struct perf_interval perf_interval_of(double *figures, unsigned count) {
    unsigned measured = measured_of(figures, count), cut = 0;
    struct perf_spread spread = perf_spread_of(figures, count); /* measured ones first, sorted */
    if (measured == 0) return (struct perf_interval){-1, -1, -1, 0};
    while (2 * (cut + 1) < measured && 1 - 2 * at_most_heads(measured, cut + 1) >= CONFIDENCE)
        cut++;
    return (struct perf_interval){.low = figures[cut],
                                  .median = spread.median,
                                  .high = figures[measured - 1 - cut],
                                  .confidence = 1 - 2 * at_most_heads(measured, cut)};
}

/* U of the first set: how often one of its figures is above one of the other's; ties count half. */
static double u_of(struct perf_figures a, struct perf_figures b) {
    double u = 0;
    for (unsigned i = 0; i < a.count; i++)
        for (unsigned j = 0; j < b.count; j++)
            u += a.values[i] > b.values[j] ? 1 : a.values[i] == b.values[j] ? 0.5 : 0;
    return u;
}

/* Of each figure the square of how many are its equals, less one, summed over all: the sum of
 * t^3 - t over groups of ties. */
static double ties_of(struct perf_figures a, struct perf_figures b) {
    double sum = 0;
    const struct perf_figures sets[2] = {a, b};
    for (unsigned s = 0; s < 2; s++)
        for (unsigned i = 0; i < sets[s].count; i++) {
            double equals = 0;
            for (unsigned t = 0; t < 2; t++)
                for (unsigned j = 0; j < sets[t].count; j++)
                    equals += sets[t].values[j] == sets[s].values[i];
            sum += equals * equals - 1;
        }
    return sum;
}

/* How many of the orders of n and m figures have each U: the coefficients of the Gaussian binomial
 * (n+m over n), multiplied out factor by factor. The share of those with U at most `u`. */
static double exact_share(unsigned n, unsigned m, unsigned u) {
    double ways[EXACT_MAX * EXACT_MAX + 1] = {1};
    unsigned largest = n * m;
    for (unsigned i = 1; i <= n; i++) {
        for (unsigned at = largest; at >= m + i; at--) ways[at] -= ways[at - m - i];
        for (unsigned at = i; at <= largest; at++) ways[at] += ways[at - i];
    }
    double below = 0, all = 0;
    for (unsigned at = 0; at <= largest; at++) {
        all += ways[at];
        if (at <= u) below += ways[at];
    }
    return below / all;
}

static double normal_share(struct perf_figures a, struct perf_figures b, double u, double ties) {
    double n = a.count, m = b.count, all = n + m;
    double variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));
    if (variance <= 0) return 1; /* all are equal */
    double distance = fabs(u - n * m / 2) - 0.5;
    return distance > 0 ? erfc(distance / sqrt(2 * variance)) : 1;
}

double perf_mann_whitney(struct perf_figures a, struct perf_figures b) {
    if (a.count == 0 || b.count == 0) return 1;
    double u = u_of(a, b), other = (double)a.count * b.count - u, ties = ties_of(a, b);
    if (ties > 0 || a.count > EXACT_MAX || b.count > EXACT_MAX) return normal_share(a, b, u, ties);
    return fmin(1, 2 * exact_share(a.count, b.count, (unsigned)fmin(u, other)));
}

/* Fewer rounds than four show nothing, however large the difference: two sets of three differ by
 * chance once in ten. */
#define ROUNDS_TO_SHOW 4

struct perf_judgement perf_judge(const double *first, const double *second, unsigned count,
                                 const struct perf_rules *rules) {
    double a[PERF_ROUNDS_MAX], b[PERF_ROUNDS_MAX], ratios[PERF_ROUNDS_MAX];
    unsigned both = 0;
    assert(count <= PERF_ROUNDS_MAX);
    for (unsigned i = 0; i < count; i++) {
        if (first[i] < 0 || second[i] <= 0) continue;
        a[both] = first[i];
        b[both] = second[i];
        ratios[both] = first[i] / second[i];
        both++;
    }
    struct perf_judgement made = {
        .p = perf_mann_whitney((struct perf_figures){a, both}, (struct perf_figures){b, both}),
        .ratio = perf_interval_of(ratios, both),
        .verdict = PERF_ALIKE,
    };
    if (both < ROUNDS_TO_SHOW)
        made.verdict = PERF_TOO_FEW;
    else if (made.p < rules->p_below && fabs(made.ratio.median - 1) > rules->share_above)
        made.verdict = made.ratio.median < 1 ? PERF_SMALLER : PERF_LARGER;
    return made;
}

/* How many of the sorted ratios of pairs lie outside of the interval at either end, and how sure it
 * is then: the least U that chance alone does not make rare. */
static unsigned outside_of(unsigned n, unsigned m, double *confidence) {
    double rare = (1 - CONFIDENCE) / 2;
    if (n > EXACT_MAX || m > EXACT_MAX) {
        double deviation = sqrt((double)n * m * (n + m + 1) / 12);
        *confidence = CONFIDENCE;
        return (unsigned)fmax(1, floor((double)n * m / 2 - 1.959964 * deviation));
    }
    unsigned u = 1;
    while (exact_share(n, m, u) < rare) u++;
    *confidence = 1 - 2 * exact_share(n, m, u - 1);
    return u;
}

static int by_size(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static struct perf_interval ratio_apart(struct perf_figures first, struct perf_figures second) {
    double ratios[PERF_ROUNDS_MAX * PERF_ROUNDS_MAX], confidence;
    unsigned count = 0;
    for (unsigned i = 0; i < first.count; i++)
        for (unsigned j = 0; j < second.count; j++)
            ratios[count++] = first.values[i] / second.values[j];
    if (count == 0) return (struct perf_interval){-1, -1, -1, 0};
    qsort(ratios, count, sizeof *ratios, by_size);
    unsigned outside = outside_of(first.count, second.count, &confidence);
    if (2 * outside > count)
        return (struct perf_interval){ratios[0], ratios[count / 2], ratios[count - 1],
                                      fmax(confidence, 0)};
    return (struct perf_interval){.low = ratios[outside - 1],
                                  .median = (ratios[(count - 1) / 2] + ratios[count / 2]) / 2,
                                  .high = ratios[count - outside],
                                  .confidence = confidence};
}

struct perf_judgement perf_judge_apart(struct perf_figures first, struct perf_figures second,
                                       const struct perf_rules *rules) {
    assert(first.count <= PERF_ROUNDS_MAX && second.count <= PERF_ROUNDS_MAX);
    struct perf_judgement made = {.p = perf_mann_whitney(first, second),
                                  .ratio = ratio_apart(first, second),
                                  .verdict = PERF_ALIKE};
    if (first.count < ROUNDS_TO_SHOW || second.count < ROUNDS_TO_SHOW)
        made.verdict = PERF_TOO_FEW;
    else if (made.p < rules->p_below && fabs(made.ratio.median - 1) > rules->share_above)
        made.verdict = made.ratio.median < 1 ? PERF_SMALLER : PERF_LARGER;
    return made;
}

/* Of sorted figures: their standard deviation as a share of the mean. */
static double deviation_of(const double *figures, unsigned count) {
    double sum = 0, squares = 0;
    for (unsigned i = 0; i < count; i++) sum += figures[i];
    double mean = sum / count;
    for (unsigned i = 0; i < count; i++) squares += (figures[i] - mean) * (figures[i] - mean);
    return mean > 0 ? sqrt(squares / (count - 1)) / mean : 0;
}

void perf_unstable(const double *figures, unsigned count, char *why, size_t why_size) {
    double sorted[PERF_ROUNDS_MAX];
    unsigned measured = measured_of(figures, count);
    *why = '\0';
    assert(count <= PERF_ROUNDS_MAX);
    if (measured < 2) return;
    memcpy(sorted, figures, count * sizeof *sorted);
    struct perf_spread spread = perf_spread_of(sorted, count);
    double deviation = deviation_of(sorted, measured);
    if (deviation >= 0.1)
        snprintf(why, why_size, "its standard deviation is %.0f %% of the mean", 100 * deviation);
    else if (spread.most > 1.5 * spread.median)
        snprintf(why, why_size, "one round is %.1f times the median", spread.most / spread.median);
    else if (spread.least < 0.5 * spread.median)
        snprintf(why, why_size, "one round is %.2f of the median", spread.least / spread.median);
}
