/* Starting the peers of bench log and reading what they print: lines "name value". */
#include "log_peers.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    const char *name, *interpreter, *program;
    bool each_round;
} programs[PERF_LOG_PEERS] = {{"spdlog", NULL, "log_spdlog", true},
                              {"python", "python3", "log_python.py", false}};

/* The folder `peers` beside this program. */
static void default_directory(char path[PATH_MAX]) {
    ssize_t size = readlink("/proc/self/exe", path, PATH_MAX - sizeof "/peers");
    path[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(path, '/');
    memcpy(slash ? slash : path, "/peers", sizeof "/peers");
}

struct numbers {
    char records[24], repeat[24], bursts[24], paced[24], idle_ms[24];
};

/* In the child. */
static void become_peer(int output, const struct perf_log_peer *peer, const char *path,
                        const struct numbers *numbers) {
    const char *const all[] = {peer->interpreter, peer->program,    path,
                               numbers->records,  numbers->repeat,  numbers->bursts,
                               numbers->paced,    numbers->idle_ms, NULL};
    char *const *arguments = (char *const *)(uintptr_t)(peer->interpreter ? all : all + 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(output, STDOUT_FILENO);
    execvp(arguments[0], arguments);
    _exit(127);
}

static void read_figures(struct perf_log_peer *peer, FILE *lines,
                         struct perf_log_figures *figures) {
    char line[256];
    while (fgets(line, sizeof line, lines)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "version ", 8) == 0)
            snprintf(peer->version, sizeof peer->version, "%.60s", line + 8);
        else if (strncmp(line, "missing ", 8) == 0)
            snprintf(peer->missing, sizeof peer->missing, "%s", line + 8);
        else
            perf_log_figures_read(figures, line);
    }
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
    int ends[2], status = 0;
    assert(!peer->missing[0]);
    print_numbers(plan, &numbers);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        snprintf(peer->missing, sizeof peer->missing, "no pipe: %s", strerror(errno));
        return;
    }
    pid_t pid = fork();
    if (pid == 0) become_peer(ends[1], peer, plan->path, &numbers);
    close(ends[1]);
    FILE *lines = pid > 0 ? fdopen(ends[0], "r") : NULL;
    if (lines)
        read_figures(peer, lines, figures);
    else
        snprintf(peer->missing, sizeof peer->missing, "cannot be started: %s", strerror(errno));
    if (lines)
        fclose(lines);
    else
        close(ends[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    if (peer->missing[0] || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return;
    perf_log_figures_init(figures);
    if (WIFEXITED(status))
        snprintf(peer->missing, sizeof peer->missing, "%.400s ended with exit code %d",
                 peer->program, WEXITSTATUS(status));
    else
        snprintf(peer->missing, sizeof peer->missing, "%.400s was ended by signal %d",
                 peer->program, WTERMSIG(status));
}

void perf_log_peers_open(const char *directory, struct perf_log_peer peers[PERF_LOG_PEERS]) {
    char beside[PATH_MAX];
    default_directory(beside);
    for (unsigned i = 0; i < PERF_LOG_PEERS; i++) {
        struct perf_log_peer *peer = &peers[i];
        *peer = (struct perf_log_peer){.name = programs[i].name,
                                       .interpreter = programs[i].interpreter,
                                       .each_round = programs[i].each_round};
        perf_log_figures_init(&peer->figures);
        snprintf(peer->program, sizeof peer->program, "%s/%s", directory ? directory : beside,
                 programs[i].program);
        if (access(peer->program, R_OK) != 0)
            snprintf(peer->missing, sizeof peer->missing, "%.400s: %s", peer->program,
                     strerror(errno));
    }
}
