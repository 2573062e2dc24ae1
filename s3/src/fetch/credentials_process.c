/* A process under way: its two pipes and its end are watched by the reactor. */
#include "credentials_process.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "process_spawn.h"

static void step(struct hr__credentials_process *process);

static struct hr__credentials_process *process_of(struct hr__process_watch *watch,
                                                  enum hr__process_pipe which) {
    struct hr__process_watch *first = watch - which;
    return (struct hr__credentials_process *)(void *)((char *)first -
                                                      offsetof(struct hr__credentials_process,
                                                               watches));
}

/* ---- Killing. */

/* Its whole group, as a grandchild may go on; and itself, as it may have left the group. */
static void kill_group(struct hr__credentials_process *process) {
    if (process->ended) return;
    kill(-process->pid, SIGKILL);
    kill(process->pid, SIGKILL);
}

void hr__process_stop(struct hr__credentials_process *process, int reason) {
    if (!process->busy || process->stop_reason) return;
    process->stop_reason = reason;
    kill_group(process);
}

static void on_timer(struct hr_timer *timer) {
    struct hr__credentials_process *process =
        hr__container_of(timer, struct hr__credentials_process, timer);
    hr_error_set(&process->error, HR_ERR_S3_CREDENTIALS, "the process did not end within %d s",
                 HR__PROCESS_TIMEOUT_MS / 1000);
    hr__process_stop(process, HR_ERR_S3_CREDENTIALS);
}

/* ---- Reading. */

static void too_much(struct hr__credentials_process *process) {
    hr_error_set(&process->error, HR_ERR_S3_CREDENTIALS, "the process wrote more than %d KiB",
                 HR__PROCESS_OUTPUT_MAX / 1024);
    hr__process_stop(process, HR_ERR_S3_CREDENTIALS);
}

/* Reads all that is there. False: there is no more to come. */
static bool drain_out(struct hr__credentials_process *process, int fd) {
    for (;;) {
        size_t room = sizeof process->output - process->output_size;
        if (room == 0) {
            too_much(process);
            return false;
        }
        ssize_t size = read(fd, process->output + process->output_size, room);
        if (size <= 0) return size < 0 && errno == EAGAIN;
        process->output_size += (size_t)size;
    }
}

/* At most so much a turn, so that one that writes for ever holds nobody up. */
static bool drain_err(struct hr__credentials_process *process, int fd) {
    char dropped[4096];
    ssize_t size = 1;
    for (int i = 0; i < 16 && size > 0; i++) {
        size = read(fd, dropped, sizeof dropped);
        if (size > 0) process->error_bytes += (uint64_t)size;
    }
    bool more = size > 0 || (size < 0 && errno == EAGAIN);
    OPENSSL_cleanse(dropped, sizeof dropped); /* it may have said a secret */
    return more;
}

static void close_watch(struct hr__process_watch *watch) {
    if (watch->fd >= 0) close(watch->fd);
    watch->fd = -1;
}

/* ---- The end. */

static void take_status(struct hr__credentials_process *process) {
    int status = 0;
    if (waitpid(process->pid, &status, 0) < 0) status = 0; /* somebody else ignores or reaps */
    process->status = status;
    process->ended = true;
}

static int judge(struct hr__credentials_process *process) {
    if (process->stop_reason) return process->stop_reason;
    unsigned long long bytes = process->error_bytes;
    if (WIFSIGNALED(process->status))
        return hr_error_set(&process->error, HR_ERR_S3_CREDENTIALS,
                            "the process was ended by signal %d", WTERMSIG(process->status));
    if (process->status != 0)
        return hr_error_set(&process->error, HR_ERR_S3_CREDENTIALS,
                            "the process ended with status %d (it wrote %llu bytes to standard "
                            "error, which are not shown)",
                            WEXITSTATUS(process->status), bytes);
    return 0;
}

/* When the process has ended what is in its pipes is all that counts; the rest of the watches is
 * taken back, and the last one to be idle ends it. */
static void step(struct hr__credentials_process *process) {
    if (!process->ended) return;
    bool active = false;
    for (unsigned i = 0; i < HR__PROCESS_WATCHES; i++) {
        struct hr__process_watch *watch = &process->watches[i];
        if (!hr__operation_active(&watch->poll)) continue;
        active = true;
        hr__operation_cancel(process->reactor, &watch->poll);
    }
    if (active) return;
    if (process->watches[HR__PROCESS_OUT].fd >= 0)
        drain_out(process, process->watches[HR__PROCESS_OUT].fd);
    for (unsigned i = 0; i < HR__PROCESS_WATCHES; i++) close_watch(&process->watches[i]);
    hr__timer_stop(process->reactor, &process->timer);
    assert(process->busy);
    process->busy = false;
    process->on_done(process, judge(process));
}

/* ---- Events. */

static void watch_on(struct hr__credentials_process *process, enum hr__process_pipe which) {
    struct hr__process_watch *watch = &process->watches[which];
    watch->poll.kind = HR_OP_POLL;
    watch->poll.fd = watch->fd;
    watch->poll.u.poll.events = POLLIN;
    hr__operation_start(process->reactor, &watch->poll);
}

static void on_out(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__process_watch *watch = hr__container_of(operation, struct hr__process_watch, poll);
    struct hr__credentials_process *process = process_of(watch, HR__PROCESS_OUT);
    (void)completion;
    if (!process->ended && drain_out(process, watch->fd)) watch_on(process, HR__PROCESS_OUT);
    step(process);
}

static void on_err(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__process_watch *watch = hr__container_of(operation, struct hr__process_watch, poll);
    struct hr__credentials_process *process = process_of(watch, HR__PROCESS_ERR);
    (void)completion;
    if (!process->ended && drain_err(process, watch->fd)) watch_on(process, HR__PROCESS_ERR);
    step(process);
}

static void on_end(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__process_watch *watch = hr__container_of(operation, struct hr__process_watch, poll);
    struct hr__credentials_process *process = process_of(watch, HR__PROCESS_END);
    if (completion->result < 0) kill_group(process); /* then waiting for it is short */
    take_status(process);
    step(process);
}

int hr__process_start(struct hr__credentials_process *process, struct hr_slice command) {
    struct hr__process_descriptors found;
    process->stop_reason = 0;
    process->ended = false;
    process->output_size = 0;
    process->error_bytes = 0;
    int err = hr__process_spawn(command, &process->error, &found);
    if (err) return err;
    process->pid = found.pid;
    process->busy = true;
    process->timer.on_fire = on_timer;
    hr__timer_start(process->reactor, &process->timer,
                    hr__reactor_now(process->reactor) + HR__PROCESS_TIMEOUT_MS * UINT64_C(1000000));
    static hr_operation_fn *const events[] = {on_out, on_err, on_end};
    for (unsigned i = 0; i < HR__PROCESS_WATCHES; i++) {
        process->watches[i].fd = found.fd[i];
        process->watches[i].poll.on_event = events[i];
        watch_on(process, i);
    }
    return 0;
}
