/* Programs that are measured beside each other, in interleaved rounds. */
#ifndef PERF_BESIDE_ROUNDS_H
#define PERF_BESIDE_ROUNDS_H

#include "beside_result.h"
#include "beside_run.h"
#include "judge.h"
#include "settled.h"
#include "spread.h"

#define PERF_BESIDE_MAX 12 /* programs, this one included */

/* A figure of a program in each round; negative: not measured. */
enum perf_beside_figure {
    PERF_BESIDE_RATE, /* operations/s */
    PERF_BESIDE_P50_MS,
    PERF_BESIDE_P99_MS,
    PERF_BESIDE_CPU_US,  /* per operation, of the measured part */
    PERF_BESIDE_RSS_MIB, /* at the peak */
    PERF_BESIDE_SUCCESS, /* 0 to 1 */
    PERF_BESIDE_FIGURES
};

struct perf_beside_figure_text {
    const char *key, *title; /* "cpu_us_per_operation"; "CPU us/op" */
    unsigned decimals;
    double shown; /* in tables: so many times as large; 0: as it is */
};
extern const struct perf_beside_figure_text perf_beside_figures[PERF_BESIDE_FIGURES];
/* The same where an operation is a record that is logged, or a file that is loaded. */
extern const struct perf_beside_figure_text perf_beside_of_records[PERF_BESIDE_FIGURES];
extern const struct perf_beside_figure_text perf_beside_of_loads[PERF_BESIDE_FIGURES];

/* One of the programs. The owner fills the first three. */
struct perf_beside_entry {
    const char *name; /* "boto3" */
    struct perf_beside_program program;
    char settings[PERF_BESIDE_TEXT_MAX]; /* of this program's own run, where it does not say */
    struct perf_beside_settings named;   /* of a peer, by their names */
    char versions[PERF_BESIDE_TEXT_MAX];
    struct perf_beside_missing missing;    /* why it has no figures; "" */
    char failure[PERF_BESIDE_TEXT_MAX];    /* the first example of what failed; or "" */
    uint64_t succeeded, failed, cancelled; /* of all rounds */
    double figures[PERF_BESIDE_FIGURES][PERF_ROUNDS_MAX];
    struct hr_histogram latency_ns; /* of all rounds */
};

struct perf_beside {
    struct perf_beside_entry *entries;       /* the first is what the others are compared with */
    unsigned count, rounds;                  /* rounds: 1 to PERF_ROUNDS_MAX */
    unsigned rounds_max;                     /* more of them, until all have settled; 0: no more */
    unsigned done;                           /* rounds that were measured */
    const struct perf_beside_settings *work; /* of this program: what others are held against */
    /* Before each run, where it is not NULL: for progress. */
    void (*on_run)(void *user, unsigned round, const char *name);
    /* Behind each run, where it is not NULL: looks at what the program has done beside its result.
     * 0, or a negative code with the reason in `error`: then the program has failed. */
    int (*check)(void *user, const struct perf_beside_result *result, struct hr_error *error);
    void *user;
    const struct perf_beside_figure_text *texts; /* NULL: perf_beside_figures */
};

/* Whether the operations/s of every program that is measured have settled (settled.h). */
bool perf_beside_settled(const struct perf_beside *beside);

/* Runs all of them in each round, in the next one in the other order; with `rounds_max` on until
 * they have settled, at most so often. A peer that is missing or
 * fails is left out from then on, and says why. 0; -ECANCELED; or, where the first program itself
 * fails, its error. */
int perf_beside_measure(struct perf_beside *beside, struct hr_error *error);

#endif
