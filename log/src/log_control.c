/* A log's control socket, on the drain's reactor: accepting talks, opening and closing. */
#include "log_control.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <engine/socket.h>

#include "log_control_socket.h"
#include "log_talk.h"

#define TALKS_MAX 8
#define CLOSE_MS  5000 /* for talks to end */
#define RETRY_NS                                                                                   \
    (UINT64_C(1000000000) / 20) /* out of descriptors: what waits stays in the backlog */

struct hr__log_control {
    struct hr__log_control_socket socket;
    hr_log *first; /* NULL: not started */
    struct hr_reactor *reactor;
    struct hr_task open_task, close_task;
    struct hr_operation accept;
    struct hr_timer retry;
    struct hr__log_talk talks[TALKS_MAX];
    bool closing;
    struct hr__log_monitor monitor;
    bool closed; /* under the monitor's lock */
};

static void end_if_done(struct hr__log_control *control) {
    if (!control->closing || hr__operation_active(&control->accept)) return;
    for (unsigned i = 0; i < TALKS_MAX; i++)
        if (control->talks[i].state != HR_LOG_TALK_FREE) return;
    hr__log_monitor_set(&control->monitor, &control->closed);
}

/* ---- Accepting. */

static void accept_more(struct hr__log_control *control);

static void talk_ended(struct hr__log_talk *talk) {
    struct hr__log_control *control = talk->user;
    end_if_done(control);
}

static struct hr__log_talk *free_talk(struct hr__log_control *control) {
    for (unsigned i = 0; i < TALKS_MAX && !control->closing; i++)
        if (control->talks[i].state == HR_LOG_TALK_FREE) return &control->talks[i];
    return NULL;
}

static void adopt(struct hr__log_control *control, int fd) {
    assert(fd >= 0);
    struct hr__log_talk *talk = free_talk(control);
    int err = -EBUSY;
    if (talk) {
        memset(talk, 0, sizeof *talk);
        talk->first = control->first;
        talk->reactor = control->reactor;
        talk->on_end = talk_ended;
        talk->user = control;
        err = hr__log_talk_begin(talk, fd);
    }
    if (err) hr__socket_close(hr__reactor_engine(control->reactor), fd);
}

static void on_retry(struct hr_timer *timer) {
    accept_more(hr__container_of(timer, struct hr__log_control, retry));
}

static void on_accept(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__log_control *control = hr__container_of(operation, struct hr__log_control, accept);
    assert(control->first);
    if (operation->kind == HR_OP_CLOSE) {
        end_if_done(control);
        return;
    }
    if (completion->result >= 0) adopt(control, completion->result);
    if (completion->more) return;
    if (control->closing) {
        operation->kind = HR_OP_CLOSE;
        hr__operation_start(control->reactor, operation);
    } else if (completion->result >= 0 || completion->result == -ECONNABORTED) {
        accept_more(control);
    } else {
        control->retry.on_fire = on_retry;
        hr__timer_start(control->reactor, &control->retry,
                        hr__reactor_now(control->reactor) + RETRY_NS);
    }
}

static void accept_more(struct hr__log_control *control) {
    assert(!control->closing && !hr__operation_active(&control->accept));
    control->accept.kind = HR_OP_ACCEPT;
    control->accept.multi = true;
    control->accept.fd = control->socket.fd;
    control->accept.on_event = on_accept;
    hr__operation_start(control->reactor, &control->accept);
}

/* ---- Opening and closing. */

int hr__log_control_open(const char *path, struct hr_error *error,
                         struct hr__log_control **control) {
    struct hr__log_control *made = calloc(1, sizeof *made);
    if (!made) return hr_error_set(error, -ENOMEM, "no memory for a log's control socket");
    int err = hr__log_control_socket_open(&made->socket, path, error);
    if (err) {
        free(made);
        return err;
    }
    hr__log_monitor_open(&made->monitor);
    *control = made;
    return 0;
}

static void run_open(struct hr_task *task) {
    accept_more(hr__container_of(task, struct hr__log_control, open_task));
}

void hr__log_control_start(struct hr__log_control *control, hr_log *first) {
    assert(!control->first && !first->parent);
    control->first = first;
    control->reactor = first->view.core->drain.host.reactor;
    control->open_task.run = run_open;
    hr__reactor_post(control->reactor, &control->open_task);
}

static void run_close(struct hr_task *task) {
    struct hr__log_control *control = hr__container_of(task, struct hr__log_control, close_task);
    assert(!control->closing && !control->closed);
    control->closing = true;
    hr__timer_stop(control->reactor, &control->retry);
    for (unsigned i = 0; i < TALKS_MAX; i++)
        if (control->talks[i].state != HR_LOG_TALK_FREE &&
            control->talks[i].state != HR_LOG_TALK_CLOSING)
            hr__log_talk_end(&control->talks[i]);
    if (hr__operation_active(&control->accept)) {
        hr__operation_cancel(control->reactor, &control->accept);
    } else {
        control->accept.kind = HR_OP_CLOSE;
        hr__operation_start(control->reactor, &control->accept);
    }
}

static void destroy(struct hr__log_control *control) {
    hr__log_monitor_close(&control->monitor);
    free(control->socket.path);
    free(control);
}

/* Waits until all of it has ended on the reactor. 0 or -ETIMEDOUT. */
static int wait_closed(struct hr__log_control *control, uint32_t timeout_ms) {
    struct hr__log_monitor *monitor = &control->monitor;
    pthread_mutex_lock(&monitor->lock);
    int err = hr__log_monitor_wait(monitor, &control->closed, CLOSE_MS + (int64_t)timeout_ms);
    pthread_mutex_unlock(&monitor->lock);
    return err;
}

int hr__log_control_close(struct hr__log_control *control, uint32_t timeout_ms) {
    if (!control) return 0;
    assert(!control->close_task.run);
    hr__log_control_socket_remove(&control->socket);
    if (control->first) {
        control->close_task.run = run_close;
        hr__reactor_post(control->reactor, &control->close_task);
        int err = wait_closed(control, timeout_ms);
        if (err) return err;
    } else {
        close(control->socket.fd);
    }
    destroy(control);
    return 0;
}
