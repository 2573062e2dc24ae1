/* Starting the peers of a bench and reading what they print: lines "name value". */
#include "peer_program.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void perf_peer_folder(char path[PATH_MAX]) {
    static const char *const places[] = {"/peers", "/../libexec/headrace/peers"};
    char own[PATH_MAX - 64];
    ssize_t size = readlink("/proc/self/exe", own, sizeof own - 1);
    own[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(own, '/');
    if (slash) *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, PATH_MAX, "%s%s", own, places[i]);
        if (access(path, X_OK) == 0) return;
    }
}

void perf_peer_open(struct perf_peer_program *peer, const struct perf_peer_options *options) {
    char beside[PATH_MAX];
    *peer = (struct perf_peer_program){.name = options->name, .interpreter = options->interpreter};
    perf_peer_folder(beside);
    snprintf(peer->path, sizeof peer->path, "%s/%s",
             options->directory ? options->directory : beside, options->file);
    if (access(peer->path, R_OK) != 0)
        snprintf(peer->missing, sizeof peer->missing, "%.400s: %s", peer->path, strerror(errno));
}

/* In the child. */
static void become_peer(int output, const struct perf_peer_program *peer,
                        const char *const *arguments) {
    const char *all[PERF_PEER_ARGUMENTS_MAX + 3];
    size_t count = 0;
    if (peer->interpreter) all[count++] = peer->interpreter;
    all[count++] = peer->path;
    while (*arguments && count + 1 < sizeof all / sizeof *all) all[count++] = *arguments++;
    all[count] = NULL;
    assert(!*arguments);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(output, STDOUT_FILENO);
    execvp(all[0], (char *const *)(uintptr_t)all);
    _exit(127);
}

static void read_lines(struct perf_peer_program *peer, FILE *lines,
                       void (*on_line)(void *user, const char *line), void *user) {
    char line[256];
    while (fgets(line, sizeof line, lines)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "version ", 8) == 0)
            snprintf(peer->version, sizeof peer->version, "%.60s", line + 8);
        else if (strncmp(line, "missing ", 8) == 0)
            snprintf(peer->missing, sizeof peer->missing, "%s", line + 8);
        else
            on_line(user, line);
    }
}

/* Says how it ended, unless it ended well. */
static void report_end(struct perf_peer_program *peer, int status) {
    if (peer->missing[0] || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return;
    if (WIFEXITED(status))
        snprintf(peer->missing, sizeof peer->missing, "%.400s ended with exit code %d", peer->path,
                 WEXITSTATUS(status));
    else
        snprintf(peer->missing, sizeof peer->missing, "%.400s was ended by signal %d", peer->path,
                 WTERMSIG(status));
}

void perf_peer_run(struct perf_peer_program *peer, const char *const *arguments,
                   void (*on_line)(void *user, const char *line), void *user) {
    int ends[2], status = 0;
    assert(!peer->missing[0]);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        snprintf(peer->missing, sizeof peer->missing, "no pipe: %s", strerror(errno));
        return;
    }
    pid_t pid = fork();
    if (pid == 0) become_peer(ends[1], peer, arguments);
    close(ends[1]);
    FILE *lines = pid > 0 ? fdopen(ends[0], "r") : NULL;
    if (lines)
        read_lines(peer, lines, on_line, user);
    else
        snprintf(peer->missing, sizeof peer->missing, "cannot be started: %s", strerror(errno));
    if (lines)
        fclose(lines);
    else
        close(ends[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    report_end(peer, status);
}
