/* Rounds of bench log: the rates of this library and of its peers, one after the other. */
#include "log_rounds.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* A rate for each round; negative: the round has none. */
struct rates {
    double of[PERF_ROUNDS_MAX];
};

/* The results of one logger so far. */
struct gathered {
    struct rates records_per_s[PERF_LOG_CASES], cpu_s_per_million[PERF_LOG_CASES];
};

static void gather(struct gathered *gathered, unsigned round,
                   const struct perf_log_figures *figures) {
    assert(round < PERF_ROUNDS_MAX);
    for (unsigned i = 0; i < PERF_LOG_CASES; i++) {
        gathered->records_per_s[i].of[round] = figures->records_per_s[i];
        gathered->cpu_s_per_million[i].of[round] = figures->cpu_s_per_million[i];
    }
}

static void put_medians(const struct gathered *gathered, unsigned rounds,
                        struct perf_log_figures *figures) {
    for (unsigned i = 0; i < PERF_LOG_CASES; i++) {
        struct rates rates = gathered->records_per_s[i], cpu = gathered->cpu_s_per_million[i];
        figures->records_per_s[i] = perf_spread_of(rates.of, rounds).median;
        figures->cpu_s_per_million[i] = perf_spread_of(cpu.of, rounds).median;
    }
}

/* Takes all figures of the first round, and of the others the number of dropped records. */
static void merge_round(struct perf_log_figures *all, const struct perf_log_figures *round,
                        bool first) {
    if (first)
        *all = *round;
    else if (round->dropped > 0)
        all->dropped += round->dropped;
}

struct course {
    struct perf_log_rounds *rounds;
    struct perf_log_plan plan; /* of the round at hand */
    unsigned repeat, round;
    struct gathered headrace, peers[PERF_LOG_PEERS];
};

static int run_headrace(struct course *course) {
    struct perf_log_figures figures;
    perf_log_figures_init(&figures);
    int err = perf_log_measure_headrace(&course->plan, &figures);
    if (err) return err;
    gather(&course->headrace, course->round, &figures);
    merge_round(&course->rounds->headrace, &figures, course->round == 0);
    return 0;
}

/* A peer that is too slow for every round has all its runs in the first. */
static void run_peer(struct course *course, unsigned index) {
    struct perf_log_peer *peer = &course->rounds->peers[index];
    struct perf_log_plan plan = course->plan;
    struct perf_log_figures figures;
    if (peer->program.missing[0] || (course->round > 0 && !peer->each_round)) return;
    if (!peer->each_round) plan.repeat = course->repeat;
    perf_log_figures_init(&figures);
    perf_log_peer_run(peer, &plan, &figures);
    unlink(plan.path); /* of one that was killed */
    gather(&course->peers[index], course->round, &figures);
    merge_round(&peer->figures, &figures, course->round == 0);
}

static int run_round(struct course *course) {
    bool headrace_first = course->round % 2 == 0;
    int err = headrace_first ? run_headrace(course) : 0;
    for (unsigned i = 0; i < PERF_LOG_PEERS && !err && course->rounds->peers_asked; i++)
        run_peer(course, i);
    return err || headrace_first ? err : run_headrace(course);
}

static void put_peer(struct course *course, unsigned index) {
    struct perf_log_peer *peer = &course->rounds->peers[index];
    const struct gathered *ours = &course->headrace, *theirs = &course->peers[index];
    bool measured = !peer->program.missing[0];
    unsigned rounds = peer->each_round ? course->repeat : 1;
    if (measured)
        put_medians(theirs, rounds, &peer->figures);
    else
        perf_log_figures_init(&peer->figures);
    for (unsigned i = 0; i < PERF_LOG_CASES; i++) {
        const struct perf_ratio ratio = {ours->records_per_s[i].of, theirs->records_per_s[i].of};
        course->rounds->times[index][i] =
            perf_spread_of_ratios(ratio, measured && peer->each_round ? rounds : 0);
    }
}

int perf_log_rounds_run(const struct perf_log_plan *plan, const char *directory,
                        struct perf_log_rounds *rounds) {
    struct course *course = calloc(1, sizeof *course);
    if (!course) return -ENOMEM;
    assert(plan->repeat > 0 && plan->repeat <= PERF_ROUNDS_MAX);
    course->rounds = rounds;
    course->plan = *plan;
    course->repeat = plan->repeat;
    course->plan.repeat = 1;
    if (rounds->peers_asked) perf_log_peers_open(directory, rounds->peers);
    perf_log_figures_init(&rounds->limits.memcpy_ring);
    int err = perf_log_measure_limits(plan, &rounds->limits);
    for (; !err && course->round < course->repeat; course->round++) {
        course->plan.rates_only = course->round > 0;
        err = run_round(course);
    }
    if (!err) put_medians(&course->headrace, course->repeat, &rounds->headrace);
    for (unsigned i = 0; i < PERF_LOG_PEERS && !err && rounds->peers_asked; i++)
        put_peer(course, i);
    free(course);
    return err;
}
