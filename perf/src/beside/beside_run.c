/* Starting a program, feeding it, reading what it writes, ending it. */
#include "beside_run.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <headrace/clock.h>

#define END_MS 5000 /* between SIGTERM and SIGKILL */

struct run {
    const struct perf_beside_program *program;
    struct perf_beside_output *output;
    pid_t pid;
    int input, text; /* our ends of its pipes; -1: closed */
    int end;         /* becomes readable when it has ended */
    size_t written, capacity;
    uint64_t until_ns;
};

/* In the child, between fork and exec. */
static void become(const struct perf_beside_program *program, int input, int output, pid_t parent) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    setpgid(0, 0); /* Ctrl-C is for the harness, which ends it itself */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    execvp(program->arguments[0], (char *const *)(uintptr_t)program->arguments);
    _exit(errno == ENOENT ? 127 : 126);
}

static int start(struct run *run) {
    int input[2], output[2];
    if (pipe2(input, O_CLOEXEC) != 0) return -errno;
    if (pipe2(output, O_CLOEXEC) != 0) {
        int err = -errno;
        close(input[0]);
        close(input[1]);
        return err;
    }
    pid_t parent = getpid();
    run->pid = fork();
    if (run->pid == 0) become(run->program, input[0], output[1], parent);
    int err = run->pid < 0 ? -errno : 0;
    if (!err) setpgid(run->pid, run->pid); /* here too: it may have to be ended before it runs */
    if (!err) run->end = (int)syscall(SYS_pidfd_open, run->pid, 0);
    if (!err && run->end < 0) err = -errno;
    close(input[0]);
    close(output[1]);
    run->input = input[1];
    run->text = output[0];
    fcntl(run->input, F_SETFL, O_NONBLOCK);
    return err;
}

static void shut(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static void feed(struct run *run) {
    struct hr_slice left = run->program->input;
    left.data += run->written;
    left.size -= run->written;
    ssize_t count = left.size > 0 ? write(run->input, left.data, left.size) : 0;
    if (count > 0) run->written += (size_t)count;
    bool again = count < 0 && (errno == EAGAIN || errno == EINTR);
    /* A program that does not read it may still write a result. */
    if ((count < 0 && !again) || run->written == run->program->input.size) shut(&run->input);
}

static int make_room(struct run *run) {
    struct perf_beside_output *output = run->output;
    if (output->size < run->capacity) return 0;
    if (run->capacity == PERF_BESIDE_OUTPUT_MAX) return -EMSGSIZE;
    size_t wanted = run->capacity ? 2 * run->capacity : 16384;
    char *larger = realloc(output->text, wanted);
    if (!larger) return -ENOMEM;
    output->text = larger;
    run->capacity = wanted;
    return 0;
}

static int take(struct run *run) {
    struct perf_beside_output *output = run->output;
    int err = make_room(run);
    if (err) return err;
    ssize_t count = read(run->text, output->text + output->size, run->capacity - output->size);
    if (count > 0)
        output->size += (size_t)count;
    else if (count == 0 || errno != EINTR)
        shut(&run->text);
    return 0;
}

/* The rest of its output. */
static int drain(struct run *run) {
    int err = 0;
    fcntl(run->text, F_SETFL, O_NONBLOCK);
    while (!err && run->text >= 0) err = take(run);
    return err;
}

/* Until it has ended: its output may end sooner, or later where a child of its own holds it. */
static int exchange(struct run *run) {
    bool over = false;
    int err = 0;
    while (!err && !over) {
        uint64_t now = hr_clock_monotonic_ns();
        if (now >= run->until_ns) return -ETIMEDOUT;
        struct pollfd ready[4] = {{.fd = run->text, .events = POLLIN},
                                  {.fd = run->input, .events = POLLOUT},
                                  {.fd = run->program->signal_fd, .events = POLLIN},
                                  {.fd = run->end, .events = POLLIN}};
        uint64_t left_ms = (run->until_ns - now) / 1000000 + 1;
        if (poll(ready, 4, left_ms > 60000 ? 60000 : (int)left_ms) <= 0) continue;
        if (ready[2].revents) return -ECANCELED;
        if (ready[1].revents) feed(run);
        if (ready[0].revents) err = take(run);
        over = ready[3].revents != 0;
    }
    return err ? err : drain(run);
}

/* Whether it ended within END_MS. */
static bool has_ended(pid_t pid) {
    siginfo_t info;
    for (uint64_t until = hr_clock_monotonic_ns() + END_MS * 1000000ull;;) {
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid)
            return true;
        if (hr_clock_monotonic_ns() >= until) return false;
        poll(NULL, 0, 10);
    }
}

/* Ends what is left of it where `err` says so, and waits for it. */
static void finish(struct run *run, int err) {
    struct rusage usage = {0};
    if (run->pid <= 0) return;
    if (err) kill(-run->pid, SIGTERM);
    if (err && !has_ended(run->pid)) kill(-run->pid, SIGKILL);
    while (wait4(run->pid, &run->output->status, 0, &usage) < 0 && errno == EINTR) {}
    if (err) kill(-run->pid, SIGKILL); /* its own children */
    run->output->rss_peak_bytes = (uint64_t)usage.ru_maxrss * 1024;
    run->output->cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int complain(const struct run *run, int err, struct hr_error *error) {
    const char *name = run->program->arguments[0];
    if (err == -ETIMEDOUT)
        return hr_error_set(error, err, "%s had not ended after %llu ms", name,
                            (unsigned long long)run->program->limit_ms);
    if (err == -EMSGSIZE)
        return hr_error_set(error, err, "%s wrote more than %u bytes", name,
                            PERF_BESIDE_OUTPUT_MAX);
    return err ? hr_error_set(error, err, "%s: %s", name, hr_error_text(err)) : 0;
}

int perf_beside_run(const struct perf_beside_program *program, struct perf_beside_output *output,
                    struct hr_error *error) {
    struct run run = {.program = program,
                      .output = output,
                      .input = -1,
                      .text = -1,
                      .end = -1,
                      .until_ns = hr_clock_monotonic_ns() + program->limit_ms * 1000000};
    assert(program->arguments[0] && program->limit_ms > 0);
    *output = (struct perf_beside_output){.text = NULL};
    int err = start(&run);
    if (!err) err = exchange(&run);
    shut(&run.input);
    shut(&run.text);
    shut(&run.end);
    finish(&run, err);
    if (!err) return 0;
    free(output->text);
    output->text = NULL;
    output->size = 0;
    return complain(&run, err, error);
}
