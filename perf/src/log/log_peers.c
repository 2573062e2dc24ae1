/* The other loggers: their programs, and what each is asked for. */
#include "log_peers.h"

#include <stdio.h>

static const struct {
    const char *name, *interpreter, *file;
    bool each_round;
} programs[PERF_LOG_PEERS] = {{"spdlog", NULL, "log_spdlog", true},
                              {"python", "python3", "log_python.py", false}};

struct numbers {
    char records[24], repeat[24], bursts[24], paced[24], idle_ms[24];
};

static void read_figure(void *user, const char *line) {
    perf_log_figures_read(user, line);
}

static void print_numbers(const struct perf_log_plan *plan, struct numbers *numbers) {
    struct perf_log_plan setup = *plan;
    if (plan->rates_only) setup.bursts = setup.paced = 0, setup.idle_ms = 0;
    snprintf(numbers->records, sizeof numbers->records, "%u", setup.records);
    snprintf(numbers->repeat, sizeof numbers->repeat, "%u", setup.repeat);
    snprintf(numbers->bursts, sizeof numbers->bursts, "%u", setup.bursts);
    snprintf(numbers->paced, sizeof numbers->paced, "%u", setup.paced);
    snprintf(numbers->idle_ms, sizeof numbers->idle_ms, "%llu", (unsigned long long)setup.idle_ms);
}

void perf_log_peer_run(struct perf_log_peer *peer, const struct perf_log_plan *plan,
                       struct perf_log_figures *figures) {
    struct numbers numbers;
    const char *const arguments[] = {
        plan->path, numbers.records, numbers.repeat, numbers.bursts, numbers.paced, numbers.idle_ms,
        NULL};
    print_numbers(plan, &numbers);
    perf_peer_run(&peer->program, arguments, read_figure, figures);
    if (peer->program.missing[0]) perf_log_figures_init(figures);
}

void perf_log_peers_open(const char *directory, struct perf_log_peer peers[PERF_LOG_PEERS]) {
    for (unsigned i = 0; i < PERF_LOG_PEERS; i++) {
        const struct perf_peer_options options = {.name = programs[i].name,
                                                  .interpreter = programs[i].interpreter,
                                                  .directory = directory,
                                                  .file = programs[i].file};
        peers[i].each_round = programs[i].each_round;
        perf_log_figures_init(&peers[i].figures);
        perf_peer_open(&peers[i].program, &options);
    }
}
