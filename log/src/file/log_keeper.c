/* Keepers. The thread owns all that it works with, so that it may outlive its log where it hangs in
 * the kernel. */
#include "log_keeper.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <engine/thread_signals.h>

#include "log_monitor.h"
#include "log_rotate.h"
#include "log_tell.h"

#define RETIRED_MAX 8
#define PATIENCE_MS 5000 /* of hr__log_keeper_close */
#define GIVEN_UP_MS 1000 /* for a piece of a file to end */

enum state { IDLE, ASKED, RUNNING, POSTED };

struct hr__log_keeper {
    struct hr__log_file_options options;
    struct hr_reactor *reactor;
    void (*done)(void *user, const struct hr__log_job *job);
    void *user;
    struct hr_task task;
    struct hr__log_monitor monitor;
    /* Under its lock: */
    unsigned holders; /* the sink and the thread; the last one frees it */
    enum state state;
    struct hr__log_job job; /* the thread's while RUNNING, the reactor's while POSTED */
    struct hr__log_retired retired[RETIRED_MAX];
    unsigned retired_count;
    bool sweep; /* there may be something to delete or to compress */
    bool muted, closing, given_up, ended;
    /* The thread's: */
    bool told;
    bool missing;    /* the last check found nothing at the path */
    uint64_t errors; /* read by any thread */
};

static void let_go(struct hr__log_keeper *keeper) {
    pthread_mutex_lock(&keeper->monitor.lock);
    assert(keeper->holders > 0);
    bool last = --keeper->holders == 0;
    pthread_mutex_unlock(&keeper->monitor.lock);
    if (!last) return;
    hr__log_monitor_close(&keeper->monitor);
    free(keeper);
}

static uint64_t wall_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- Jobs. */

enum at_path { SAME_FILE, ANOTHER_FILE, NO_FILE };

static enum at_path look_at_path(const struct hr__log_keeper *keeper,
                                 const struct hr__log_job *job) {
    struct stat facts;
    if (lstat(keeper->options.path, &facts) != 0) return NO_FILE;
    bool same = facts.st_dev == job->current.device && facts.st_ino == job->current.inode;
    return same ? SAME_FILE : ANOTHER_FILE;
}

/* The file at the path, made where there is none. */
static void open_path(struct hr__log_keeper *keeper, struct hr__log_job *job) {
    int flags = keeper->options.durable_ms ? 0 : O_APPEND;
    job->err = hr__log_open(&keeper->options, keeper->options.path, flags, &job->next, &job->why);
}

static void run(struct hr__log_keeper *keeper, struct hr__log_job *job) {
    assert(job->kind != HR_LOG_JOB_NONE && job->current.fd >= 0);
    struct stat facts;
    job->err = 0;
    job->rotated = false;
    job->next.fd = job->next.direct = -1;
    job->size = fstat(job->current.fd, &facts) == 0 ? (uint64_t)facts.st_size : job->current.offset;
    enum at_path found = look_at_path(keeper, job);
    /* A program that has just moved the file is about to make the new one; logrotate would take
     * ours for a stranger's and rename it. So a file that nobody makes is made a check later. */
    bool waits = job->kind == HR_LOG_JOB_CHECK && found == NO_FILE && !keeper->missing;
    keeper->missing = found == NO_FILE;
    if (waits) return;
    if (found != SAME_FILE) {
        open_path(keeper, job);
    } else if (job->kind == HR_LOG_JOB_ROTATE) {
        job->err = hr__log_rotate(&keeper->options, job->wall_ns, &job->next, &job->why);
        job->rotated = job->err == 0;
    }
}

static void run_done(struct hr_task *task) {
    struct hr__log_keeper *keeper = hr__container_of(task, struct hr__log_keeper, task);
    pthread_mutex_lock(&keeper->monitor.lock);
    assert(keeper->state == POSTED);
    struct hr__log_job job = keeper->job;
    keeper->state = IDLE;
    pthread_mutex_unlock(&keeper->monitor.lock);
    keeper->done(keeper->user, &job);
}

/* Called under the lock, which is released meanwhile. */
static void serve_job(struct hr__log_keeper *keeper) {
    assert(keeper->state == ASKED);
    struct hr__log_job job = keeper->job;
    keeper->state = RUNNING;
    pthread_mutex_unlock(&keeper->monitor.lock);
    run(keeper, &job);
    pthread_mutex_lock(&keeper->monitor.lock);
    assert(keeper->state == RUNNING);
    keeper->job = job;
    keeper->state = keeper->muted ? IDLE : POSTED;
    if (!keeper->muted)
        hr__reactor_post(keeper->reactor, &keeper->task);
    else
        hr__log_target_close(&job.next);
}

static void retire(const struct hr__log_retired *retired) {
    struct stat facts;
    bool cuts = retired->cut.from != retired->cut.to && fstat(retired->fd, &facts) == 0 &&
                (uint64_t)facts.st_size == retired->cut.from;
    int err = 0;
    if (cuts || retired->durable) err = ftruncate(retired->fd, (off_t)retired->cut.to);
    if (retired->durable && !err) err = fdatasync(retired->fd);
    if (err) hr__log_tell("headrace log: the end of a rotated file: %s\n", hr_error_text(-errno));
    if (retired->direct >= 0) close(retired->direct);
    close(retired->fd);
}

static void serve_retired(struct hr__log_keeper *keeper) {
    assert(keeper->retired_count > 0 && keeper->retired_count <= RETIRED_MAX);
    struct hr__log_retired retired = keeper->retired[0];
    keeper->retired_count--;
    memmove(keeper->retired, keeper->retired + 1, keeper->retired_count * sizeof *keeper->retired);
    pthread_mutex_unlock(&keeper->monitor.lock);
    retire(&retired);
    pthread_mutex_lock(&keeper->monitor.lock);
    keeper->sweep = true;
}

/* Does what is asked for now; called under the lock. */
static void serve(struct hr__log_keeper *keeper) {
    while (keeper->state == ASKED || keeper->retired_count > 0) {
        if (keeper->state == ASKED)
            serve_job(keeper);
        else
            serve_retired(keeper);
    }
}

/* Called between two pieces of a file that is compressed: other work goes first. */
static bool go_on(void *user) {
    struct hr__log_keeper *keeper = user;
    pthread_mutex_lock(&keeper->monitor.lock);
    serve(keeper);
    bool goes_on = !keeper->given_up;
    pthread_mutex_unlock(&keeper->monitor.lock);
    return goes_on;
}

static void sweep(struct hr__log_keeper *keeper) {
    const struct hr__log_file_options *options = &keeper->options;
    int err = 0, compressing = 0;
    if (options->keep_files || options->keep_days) err = hr__log_retain(options, wall_now_ns());
    if (options->compression) compressing = hr__log_compress_all(options, go_on, keeper);
    if (!err) err = compressing;
    if (!err) {
        keeper->told = false;
        return;
    }
    hr__count(&keeper->errors, 1);
    if (!keeper->told)
        hr__log_tell("headrace log: file %s: rotated files cannot be %s: %s\n", options->path,
                     compressing ? "compressed" : "deleted", hr_error_text(err));
    keeper->told = true;
}

static void *keep(void *user) {
    struct hr__log_keeper *keeper = user;
    pthread_setname_np(pthread_self(), "headrace/log");
    pthread_mutex_lock(&keeper->monitor.lock);
    for (;;) {
        serve(keeper);
        if (keeper->sweep && !keeper->given_up) {
            keeper->sweep = false;
            pthread_mutex_unlock(&keeper->monitor.lock);
            sweep(keeper);
            pthread_mutex_lock(&keeper->monitor.lock);
        } else if (keeper->closing) {
            break;
        } else {
            pthread_cond_wait(&keeper->monitor.changed, &keeper->monitor.lock);
        }
    }
    keeper->ended = true;
    pthread_cond_broadcast(&keeper->monitor.changed);
    pthread_mutex_unlock(&keeper->monitor.lock);
    let_go(keeper);
    return NULL;
}

/* ---- Opening and closing. */

static int start_thread(struct hr__log_keeper *keeper) {
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;
    hr__thread_signals(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(&thread, &attributes, keep, keeper);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -err;
}

int hr__log_keeper_open(const struct hr__log_file_options *options, struct hr_reactor *reactor,
                        void (*done)(void *user, const struct hr__log_job *job), void *user,
                        struct hr__log_keeper **keeper) {
    struct hr__log_keeper *made = calloc(1, sizeof *made);
    if (!made) return -ENOMEM;
    hr__log_monitor_open(&made->monitor);
    made->options = *options;
    made->reactor = reactor;
    made->done = done;
    made->user = user;
    made->task.run = run_done;
    made->sweep = options->rotate_bytes || options->rotate_s; /* for files of earlier runs */
    made->holders = 2;
    int err = start_thread(made);
    if (err) {
        made->holders = 1;
        let_go(made);
        return err;
    }
    *keeper = made;
    return 0;
}

bool hr__log_keeper_ask(struct hr__log_keeper *keeper, const struct hr__log_job *job) {
    assert(job->kind != HR_LOG_JOB_NONE && job->current.fd >= 0);
    pthread_mutex_lock(&keeper->monitor.lock);
    bool idle = keeper->state == IDLE && !keeper->muted;
    if (idle) {
        keeper->job = *job;
        keeper->state = ASKED;
        pthread_cond_broadcast(&keeper->monitor.changed);
    }
    pthread_mutex_unlock(&keeper->monitor.lock);
    return idle;
}

void hr__log_keeper_retire(struct hr__log_keeper *keeper, const struct hr__log_retired *retired) {
    pthread_mutex_lock(&keeper->monitor.lock);
    bool room = keeper->retired_count < RETIRED_MAX;
    if (room) keeper->retired[keeper->retired_count++] = *retired;
    pthread_cond_broadcast(&keeper->monitor.changed);
    pthread_mutex_unlock(&keeper->monitor.lock);
    if (!room) retire(retired); /* the thread hangs, and eight of them wait for it */
}

void hr__log_keeper_mute(struct hr__log_keeper *keeper) {
    pthread_mutex_lock(&keeper->monitor.lock);
    assert(!keeper->closing);
    keeper->muted = true;
    if (keeper->state == ASKED) keeper->state = IDLE;
    pthread_mutex_unlock(&keeper->monitor.lock);
}

bool hr__log_keeper_busy(struct hr__log_keeper *keeper) {
    pthread_mutex_lock(&keeper->monitor.lock);
    bool busy = keeper->state == POSTED;
    pthread_mutex_unlock(&keeper->monitor.lock);
    return busy;
}

void hr__log_keeper_close(struct hr__log_keeper *keeper) {
    if (!keeper) return;
    pthread_mutex_lock(&keeper->monitor.lock);
    assert(!keeper->closing);
    keeper->muted = true;
    keeper->closing = true;
    pthread_cond_broadcast(&keeper->monitor.changed);
    if (hr__log_monitor_wait(&keeper->monitor, &keeper->ended, PATIENCE_MS) != 0) {
        keeper->given_up = true;
        hr__log_monitor_wait(&keeper->monitor, &keeper->ended, GIVEN_UP_MS);
    }
    pthread_mutex_unlock(&keeper->monitor.lock);
    let_go(keeper);
}

uint64_t hr__log_keeper_errors(const struct hr__log_keeper *keeper) {
    return __atomic_load_n(&keeper->errors, __ATOMIC_RELAXED);
}
