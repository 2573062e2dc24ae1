/* Rounds of bench config. */
#include "config_bench_rounds.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct run {
    const struct perf_config_plan *plan;
    struct perf_config_rounds *rounds;
    unsigned round;
    struct perf_config_course courses[PERF_CONFIG_SUBJECTS];
};

static void open_peers(struct perf_config_rounds *rounds, const struct perf_config_peers_at *at) {
    const struct perf_peer_options libyaml = {.name = "libyaml",
                                              .directory = at->directory,
                                              .file = "config_libyaml"},
                                   pydantic = {.name = "pydantic",
                                               .interpreter = at->python,
                                               .directory = at->directory,
                                               .file = "config_pydantic.py"};
    perf_peer_open(&rounds->peers[PERF_CONFIG_LIBYAML], &libyaml);
    perf_peer_open(&rounds->peers[PERF_CONFIG_PYDANTIC], &pydantic);
}

static int measure_headrace(const struct perf_config_plan *plan,
                            struct perf_config_figures *figures, struct hr_error *error) {
    int err = perf_config_measure_loads(plan, figures, error);
    if (!err) err = perf_config_measure_lookups(plan, figures, error);
    return err ? err : perf_config_measure_readers(plan, figures, error);
}

static void read_figure(void *user, const char *line) {
    perf_config_figures_read(user, line);
}

static void measure_peer(const struct perf_config_plan *plan, struct perf_peer_program *peer,
                         struct perf_config_figures *figures) {
    char keys[24];
    const char *const arguments[] = {plan->files->folder, keys, NULL};
    snprintf(keys, sizeof keys, "%u", plan->keys);
    perf_peer_run(peer, arguments, read_figure, figures);
    if (peer->missing[0]) perf_config_figures_init(figures);
}

static int measure_subject(struct run *run, unsigned subject, struct hr_error *error) {
    struct perf_config_figures figures;
    struct perf_peer_program *peer = &run->rounds->peers[subject];
    int err = 0;
    perf_config_figures_init(&figures);
    if (subject == PERF_CONFIG_HEADRACE)
        err = measure_headrace(run->plan, &figures, error);
    else if (run->rounds->peers_asked && !peer->missing[0])
        measure_peer(run->plan, peer, &figures);
    for (unsigned i = 0; i < PERF_CONFIG_FIGURES; i++)
        run->courses[subject].of[i][run->round] = figures.of[i];
    return err;
}

static int run_round(struct run *run, struct hr_error *error) {
    int err = 0;
    for (unsigned i = 0; i < PERF_CONFIG_SUBJECTS && !err; i++) {
        unsigned subject = run->round % 2 ? PERF_CONFIG_SUBJECTS - 1 - i : i;
        err = measure_subject(run, subject, error);
    }
    return err;
}

/* A peer that has failed in any round has no figures. */
static void put_results(struct run *run) {
    struct perf_config_rounds *rounds = run->rounds;
    unsigned repeat = run->plan->repeat;
    for (unsigned i = 0; i < PERF_CONFIG_COMPARISONS; i++) {
        const struct perf_config_comparison *comparison = &perf_config_comparisons[i];
        bool missing = rounds->peers[comparison->with].missing[0];
        rounds->comparisons[i] =
            perf_config_compare(comparison, run->courses, missing ? 0 : repeat);
    }
    for (unsigned s = 0; s < PERF_CONFIG_SUBJECTS; s++)
        for (unsigned i = 0; i < PERF_CONFIG_FIGURES; i++)
            rounds->figures[s][i] =
                perf_spread_of(run->courses[s].of[i], rounds->peers[s].missing[0] ? 0 : repeat);
}

int perf_config_rounds_run(const struct perf_config_plan *plan,
                           const struct perf_config_peers_at *at, struct perf_config_rounds *rounds,
                           struct hr_error *error) {
    struct run *run = calloc(1, sizeof *run);
    int err = 0;
    assert(plan->repeat > 0 && plan->repeat <= PERF_ROUNDS_MAX);
    if (!run) return hr_error_set(error, -ENOMEM, "no memory for the figures");
    run->plan = plan;
    run->rounds = rounds;
    if (rounds->peers_asked) open_peers(rounds, at);
    for (; run->round < plan->repeat && !err; run->round++) err = run_round(run, error);
    if (!err) put_results(run);
    free(run);
    return err;
}
