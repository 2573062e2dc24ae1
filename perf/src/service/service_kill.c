/* A process that dies by SIGKILL while it logs: records whose call had returned, and those that are
 * in the file once it is completed. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service_bench.h"
#include "service_tools.h"

enum { RECORDS = 10000 };

struct paths {
    char file[PATH_MAX], rings[PATH_MAX];
};

/* In the child, up to its own death: *accepted counts the calls that have returned. */
static _Noreturn void log_and_die(const struct paths *paths, volatile unsigned *accepted) {
    const struct hr_log_options rings = {.rings_directory = paths->rings,
                                         .flush_interval_ms = 1000};
    const struct hr_log_service_options options = {
        .name = "seeds", .file = paths->file, .no_console = true, .log = &rings};
    struct hr_error error = {0};
    hr_log *log;
    if (hr_log_service(&options, &error, &log) || hr_log_start(log)) _exit(1);
    for (unsigned i = 0; i < RECORDS; i++) {
        HR_INFO(log, "Record before the end", "i", i);
        *accepted = i + 1;
    }
    kill(getpid(), SIGKILL);
    _exit(1);
}

static int run_child(const struct paths *paths, volatile unsigned *accepted,
                     struct hr_error *error) {
    int status = 0;
    pid_t pid = fork();
    if (pid < 0) return hr_error_set(error, -errno, "fork: %s", strerror(errno));
    if (pid == 0) log_and_die(paths, accepted);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return 0;
    return hr_error_set(error, -EIO, "the process that logs could not begin in %s", paths->rings);
}

static int complete(const struct paths *paths, uint64_t *lines, struct hr_error *error) {
    int err = hr_log_recover(paths->rings, NULL, error, NULL);
    if (err) return err;
    err = perf_service_count_lines(paths->file, lines);
    return err ? hr_error_set(error, err, "%s: %s", paths->file, strerror(-err)) : 0;
}

int perf_service_kill(const struct perf_service_place *place, struct perf_service_figures *figures,
                      struct hr_error *error) {
    struct paths paths;
    uint64_t lines = 0;
    snprintf(paths.file, sizeof paths.file, "%s/killed", place->folder);
    snprintf(paths.rings, sizeof paths.rings, "%s/rings", place->folder);
    volatile unsigned *accepted =
        mmap(NULL, sizeof *accepted, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (accepted == MAP_FAILED) return hr_error_set(error, -ENOMEM, "out of memory");
    int err = run_child(&paths, accepted, error);
    if (!err) err = complete(&paths, &lines, error);
    perf_service_put(figures, "kill", "accepted", *accepted);
    perf_service_put(figures, "kill", "recovered", (double)lines);
    perf_service_put(figures, "kill", "lost", *accepted > lines ? (double)(*accepted - lines) : 0);
    munmap((void *)accepted, sizeof *accepted);
    return err;
}
