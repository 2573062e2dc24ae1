/* Starting and stopping the server. */
#include "child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "resources.h"

#define READY_MS 10000
#define STOP_MS  10000

/* Runs in the child, between fork and exec. */
static void become_server(int output, pid_t parent, const struct perf_child_plan *plan) {
    char limit[24];
    bool tls = plan->certificate_file && plan->key_file;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGTERM,
           SIG_DFL); /* by which it is ended, also where the harness was told to ignore it */
    /* A process group of its own: Ctrl-C is for the harness, which then ends the server itself. */
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
    perf_cores_leave(plan->cores_left);
    dup2(output, STDOUT_FILENO);
    snprintf(limit, sizeof limit, "%llu", (unsigned long long)plan->store_bytes);
    execl("/proc/self/exe", "headrace", "serve", "s3", "--no-config", "--json", "--listen",
          "127.0.0.1:0", "--limit", limit, tls ? "--tls-cert" : (char *)NULL,
          plan->certificate_file, "--tls-key", plan->key_file, (char *)NULL);
    _exit(127);
}

/* One line of what the server prints. 0, -ETIMEDOUT, or -EPIPE when it ended before. */
static int read_line(int fd, char line[PERF_CHILD_LINE]) {
    uint64_t until = hr_clock_monotonic_ns() + READY_MS * 1000000ull;
    for (size_t size = 0; size + 1 < PERF_CHILD_LINE;) {
        uint64_t now = hr_clock_monotonic_ns();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (now >= until) return -ETIMEDOUT;
        if (poll(&ready, 1, (int)((until - now) / 1000000u) + 1) <= 0) continue;
        ssize_t count = read(fd, line + size, PERF_CHILD_LINE - 1 - size);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return -EPIPE;
        size += (size_t)count;
        line[size] = '\0';
        if (line[size - 1] == '\n') return 0;
    }
    return -EPROTO;
}

/* The string member `name` of the server's own line, whose values need no escapes. */
static int find_member(const char *line, const char *name, char value[PERF_CHILD_TEXT]) {
    char pattern[32];
    snprintf(pattern, sizeof pattern, "\"%s\":\"", name);
    const char *start = strstr(line, pattern);
    if (!start) return -EPROTO;
    start += strlen(pattern);
    size_t size = strcspn(start, "\"");
    if (size >= PERF_CHILD_TEXT) return -EPROTO;
    memcpy(value, start, size);
    value[size] = '\0';
    return 0;
}

/* The child's exit code, or 128 + the number of the signal that ended it. It blocks SIGTERM before
 * it does anything else, so that one which is about to end by itself still tells why. */
static int stop(struct perf_child *child) {
    int status = 0;
    if (child->pid > 0) {
        kill(child->pid, SIGTERM);
        /* Its output ends when it does. */
        struct pollfd ended = {.fd = child->output, .events = POLLIN};
        if (poll(&ended, 1, STOP_MS) <= 0) kill(child->pid, SIGKILL);
        while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {}
        child->pid = 0;
    }
    if (child->output > 0) close(child->output);
    child->output = 0;
    explicit_bzero(child->secret_key, sizeof child->secret_key);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int perf_child_start(struct perf_child *child, const struct perf_child_plan *plan, int *exit_code) {
    int ends[2];
    char line[PERF_CHILD_LINE] = "";
    assert(child->pid == 0);
    *child = (struct perf_child){.pid = 0};
    *exit_code = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
    pid_t parent = getpid();
    child->pid = fork();
    if (child->pid == 0) become_server(ends[1], parent, plan);
    int err = child->pid < 0 ? -errno : 0;
    close(ends[1]);
    child->output = ends[0];
    if (!err) err = read_line(child->output, line);
    if (!err) err = find_member(line, "endpoint", child->endpoint);
    if (!err) err = find_member(line, "access_key", child->access_key);
    if (!err) err = find_member(line, "secret_key", child->secret_key);
    if (err == -EPROTO && strncmp(line, "{\"error\"", 8) == 0)
        memcpy(child->refusal, line, sizeof line);
    explicit_bzero(line, sizeof line);
    if (!err) return 0;
    *exit_code = stop(child);
    return err;
}

int perf_child_stop(struct perf_child *child) {
    return stop(child);
}
