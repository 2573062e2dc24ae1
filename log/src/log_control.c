/* A log's control socket: one line in, one answer out, on the drain's reactor. */
#include "log_control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <engine/socket.h>

#include "log_control_socket.h"

#define TALKS_MAX     8
#define REQUEST_BYTES 4096
#define SECOND_NS     UINT64_C(1000000000)
#define TALK_NS       (5 * SECOND_NS)   /* for a question to come, and an answer to go */
#define WORK_NS       (10 * SECOND_NS)  /* for a flush or a reopening */
#define LOOK_NS       (SECOND_NS / 200) /* from one look at files that are opened to the next */
#define CLOSE_MS      5000              /* for talks to end that were asked to */
#define RETRY_NS      (SECOND_NS / 20)  /* out of descriptors: what waits stays in the backlog */

enum talk_state {
    TALK_FREE,
    TALK_READING,
    TALK_FLUSHING,
    TALK_REOPENING,
    TALK_ANSWERING,
    TALK_CLOSING
};

struct talk {
    struct hr__log_control *control;
    enum talk_state state;
    struct hr_operation operation;
    struct hr_timer timer;
    struct hr__log_flush *flush;
    bool json;
    uint64_t until_ns; /* of a reopening */
    size_t size, sent;
    char request[REQUEST_BYTES];
    struct hr__log_answer answer;
};

struct hr__log_control {
    struct hr__log_socket socket;
    hr_log *first; /* NULL: not started */
    struct hr_reactor *reactor;
    struct hr_task open_task, close_task;
    struct hr_operation accept;
    struct hr_timer retry;
    struct talk talks[TALKS_MAX];
    bool closing;
    struct hr__log_monitor monitor;
    bool closed; /* under the monitor's lock */
};

static void end_if_done(struct hr__log_control *control) {
    if (!control->closing || hr__operation_active(&control->accept)) return;
    for (unsigned i = 0; i < TALKS_MAX; i++)
        if (control->talks[i].state != TALK_FREE) return;
    hr__log_monitor_set(&control->monitor, &control->closed);
}

/* ---- A talk. */

static void on_operation(struct hr_operation *operation, const struct hr_completion *completion);

static void start(struct talk *talk, enum hr_operation_kind kind) {
    talk->operation.kind = (uint8_t)kind;
    talk->operation.on_event = on_operation;
    hr__operation_start(talk->control->reactor, &talk->operation);
}

static void leave_flush(struct talk *talk) {
    if (talk->flush) hr__log_flush_abandon(talk->flush);
    talk->flush = NULL;
}

/* Whatever it is doing, it is over; its descriptor is closed by an operation behind the others. */
static void end_talk(struct talk *talk) {
    leave_flush(talk);
    hr__timer_stop(talk->control->reactor, &talk->timer);
    talk->state = TALK_CLOSING;
    if (hr__operation_active(&talk->operation))
        hr__operation_cancel(talk->control->reactor, &talk->operation);
    else
        start(talk, HR_OP_CLOSE);
}

static void read_more(struct talk *talk) {
    talk->operation.u.buffer.data = talk->request + talk->size;
    talk->operation.u.buffer.size = REQUEST_BYTES - talk->size;
    talk->operation.u.buffer.flags = 0;
    talk->operation.u.buffer.fixed = 0;
    start(talk, HR_OP_RECV);
}

static void send_more(struct talk *talk) {
    talk->operation.u.buffer.data = talk->answer.data + talk->sent;
    talk->operation.u.buffer.size = talk->answer.size - talk->sent;
    talk->operation.u.buffer.flags = 0;
    talk->operation.u.buffer.fixed = 0;
    start(talk, HR_OP_SEND);
}

static void give_time(struct talk *talk, uint64_t time_ns) {
    struct hr_reactor *reactor = talk->control->reactor;
    hr__timer_start(reactor, &talk->timer, hr__reactor_now(reactor) + time_ns);
}

static void give_answer(struct talk *talk) {
    talk->state = TALK_ANSWERING;
    talk->sent = 0;
    give_time(talk, TALK_NS);
    send_more(talk);
}

static void answer_error(struct talk *talk, int code, const char *text) {
    hr__log_answer_error(&talk->answer, code, text);
    give_answer(talk);
}

/* ---- Questions. */

static void flushed(struct hr__log_flush *flush, int result) {
    struct talk *talk = flush->user;
    talk->flush = NULL;
    if (result) {
        answer_error(talk, -EAGAIN, "flush: the log is not started");
        return;
    }
    hr__log_answer_ok(&talk->answer, talk->json ? "{\"flushed\":true}\n" : "flushed\n");
    give_answer(talk);
}

static void begin_flush(struct talk *talk) {
    struct hr__log_flush *flush = calloc(1, sizeof *flush);
    if (!flush) {
        answer_error(talk, -ENOMEM, "flush: no memory");
        return;
    }
    flush->on_done = flushed;
    flush->user = talk;
    flush->patient = true;
    talk->flush = flush;
    talk->state = TALK_FLUSHING;
    give_time(talk, WORK_NS);
    hr__log_flush_begin(&talk->control->first->view.core->drain, flush);
}

static void set_levels(struct talk *talk, const char *text) {
    struct hr_error why = {0};
    int err = hr_log_levels_set(talk->control->first, text, &why);
    if (err)
        answer_error(talk, err, why.message);
    else {
        hr__log_answer_levels(&talk->answer, talk->control->first, talk->json);
        give_answer(talk);
    }
}

/* "status", "level", "level info,s3=debug", "reopen" or "flush", "json " in front of it. */
static void answer_line(struct talk *talk, char *line) {
    hr_log *first = talk->control->first;
    talk->json = strncmp(line, "json ", 5) == 0;
    if (talk->json) line += 5;
    if (strcmp(line, "status") == 0) {
        hr__log_answer_status(&talk->answer, first, talk->json);
        give_answer(talk);
    } else if (strcmp(line, "level") == 0) {
        hr__log_answer_levels(&talk->answer, first, talk->json);
        give_answer(talk);
    } else if (strncmp(line, "level ", 6) == 0) {
        set_levels(talk, line + 6);
    } else if (strcmp(line, "reopen") == 0) {
        hr__log_drain_reopen(&first->view.core->drain);
        talk->state = TALK_REOPENING;
        talk->until_ns = hr__reactor_now(talk->control->reactor) + WORK_NS;
        give_time(talk, LOOK_NS);
    } else if (strcmp(line, "flush") == 0) {
        begin_flush(talk);
    } else {
        answer_error(talk, -EINVAL,
                     "a question is one of status, level, level LEVELS, reopen, flush");
    }
}

/* A line has come, or all that comes. */
static void answer_request(struct talk *talk, char *end) {
    *end = '\0';
    if (end > talk->request && end[-1] == '\r') *--end = '\0';
    if (strlen(talk->request) != (size_t)(end - talk->request))
        answer_error(talk, -EINVAL, "the question has a NUL in it");
    else
        answer_line(talk, talk->request);
}

static void on_read(struct talk *talk, int result) {
    if (result == -EINTR || result == -EAGAIN) {
        read_more(talk);
        return;
    }
    if (result < 0 || (result == 0 && talk->size == 0)) {
        end_talk(talk);
        return;
    }
    char *from = talk->request + talk->size;
    char *end = result ? memchr(from, '\n', (size_t)result) : from;
    talk->size += (size_t)result;
    if (end)
        answer_request(talk, end);
    else if (talk->size == REQUEST_BYTES)
        answer_error(talk, -E2BIG, "a question has at most 4095 bytes");
    else
        read_more(talk);
}

static void on_sent(struct talk *talk, int result) {
    if (result == -EINTR || result == -EAGAIN) result = 0;
    if (result >= 0) talk->sent += (size_t)result;
    if (result >= 0 && talk->sent < talk->answer.size)
        send_more(talk);
    else
        end_talk(talk);
}

static void on_operation(struct hr_operation *operation, const struct hr_completion *completion) {
    struct talk *talk = hr__container_of(operation, struct talk, operation);
    if (operation->kind == HR_OP_CLOSE) {
        free(talk->answer.data);
        talk->answer.data = NULL;
        talk->state = TALK_FREE;
        end_if_done(talk->control);
    } else if (talk->state == TALK_CLOSING) {
        start(talk, HR_OP_CLOSE);
    } else if (talk->state == TALK_READING) {
        on_read(talk, completion->result);
    } else {
        on_sent(talk, completion->result);
    }
}

/* Whether the files are the new ones; looked at again and again. */
static void look_at_reopening(struct talk *talk) {
    int err = hr__log_drain_reopened(&talk->control->first->view.core->drain);
    bool over = hr__reactor_now(talk->control->reactor) >= talk->until_ns;
    if (err == -EINPROGRESS && !over) {
        give_time(talk, LOOK_NS);
    } else if (err == -EINPROGRESS) {
        answer_error(talk, -ETIMEDOUT, "reopen: 10 s have passed, and a file is not open yet");
    } else if (err) {
        answer_error(talk, err, "reopen: the old file is written further; standard error says why");
    } else {
        hr__log_answer_ok(&talk->answer, talk->json ? "{\"reopened\":true}\n" : "reopened\n");
        give_answer(talk);
    }
}

static void on_time(struct hr_timer *timer) {
    struct talk *talk = hr__container_of(timer, struct talk, timer);
    if (talk->state == TALK_REOPENING) {
        look_at_reopening(talk);
    } else if (talk->state == TALK_FLUSHING) {
        leave_flush(talk);
        answer_error(talk, -ETIMEDOUT, "flush: 10 s have passed, and not all is written");
    } else {
        end_talk(talk);
    }
}

/* ---- Accepting. */

static void accept_more(struct hr__log_control *control);

static void adopt(struct hr__log_control *control, int fd) {
    struct talk *talk = control->talks;
    while (talk < control->talks + TALKS_MAX && talk->state != TALK_FREE) talk++;
    char *memory =
        talk < control->talks + TALKS_MAX && !control->closing ? malloc(HR_LOG_ANSWER_BYTES) : NULL;
    if (!memory) {
        hr__socket_close(hr__reactor_engine(control->reactor), fd);
        return;
    }
    memset(talk, 0, sizeof *talk);
    talk->control = control;
    talk->answer.data = memory;
    talk->operation.fd = fd;
    talk->timer.on_fire = on_time;
    talk->state = TALK_READING;
    give_time(talk, TALK_NS);
    read_more(talk);
}

static void on_retry(struct hr_timer *timer) {
    accept_more(hr__container_of(timer, struct hr__log_control, retry));
}

static void on_accept(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__log_control *control = hr__container_of(operation, struct hr__log_control, accept);
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
    int err = hr__log_socket_open(&made->socket, path, error);
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
    control->first = first;
    control->reactor = first->view.core->drain.host.reactor;
    control->open_task.run = run_open;
    hr__reactor_post(control->reactor, &control->open_task);
}

static void run_close(struct hr_task *task) {
    struct hr__log_control *control = hr__container_of(task, struct hr__log_control, close_task);
    control->closing = true;
    hr__timer_stop(control->reactor, &control->retry);
    for (unsigned i = 0; i < TALKS_MAX; i++)
        if (control->talks[i].state != TALK_FREE && control->talks[i].state != TALK_CLOSING)
            end_talk(&control->talks[i]);
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
    hr__log_socket_remove(&control->socket);
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
