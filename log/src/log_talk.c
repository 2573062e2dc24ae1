/* Talks on the control socket: questions are read, answered, or refused. */
#include "log_talk.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
#define TALK_NS   (5 * SECOND_NS)   /* for a question to come, and an answer to go */
#define WORK_NS   (10 * SECOND_NS)  /* for a flush or a reopening */
#define LOOK_NS   (SECOND_NS / 200) /* from one look at files that are opened to the next */

/* ---- Reading and writing. */

static void on_operation(struct hr_operation *operation, const struct hr_completion *completion);

static void start(struct hr__log_talk *talk, enum hr_operation_kind kind) {
    assert(!hr__operation_active(&talk->operation));
    talk->operation.kind = (uint8_t)kind;
    talk->operation.on_event = on_operation;
    hr__operation_start(talk->reactor, &talk->operation);
}

static void leave_flush(struct hr__log_talk *talk) {
    assert(!talk->flush || talk->flush->user == talk);
    if (talk->flush) hr__log_flush_abandon(talk->flush);
    talk->flush = NULL;
}

/* The descriptor is closed by an operation behind the others. */
void hr__log_talk_end(struct hr__log_talk *talk) {
    assert(talk->state != HR_LOG_TALK_FREE && talk->state != HR_LOG_TALK_CLOSING);
    leave_flush(talk);
    hr__timer_stop(talk->reactor, &talk->timer);
    talk->state = HR_LOG_TALK_CLOSING;
    if (hr__operation_active(&talk->operation))
        hr__operation_cancel(talk->reactor, &talk->operation);
    else
        start(talk, HR_OP_CLOSE);
}

static void read_more(struct hr__log_talk *talk) {
    assert(talk->state == HR_LOG_TALK_READING && talk->size < HR_LOG_QUESTION_BYTES);
    talk->operation.u.buffer.data = talk->question + talk->size;
    talk->operation.u.buffer.size = HR_LOG_QUESTION_BYTES - talk->size;
    talk->operation.u.buffer.flags = 0;
    talk->operation.u.buffer.fixed = 0;
    start(talk, HR_OP_RECV);
}

static void send_more(struct hr__log_talk *talk) {
    assert(talk->state == HR_LOG_TALK_ANSWERING && talk->sent < talk->answer.size);
    talk->operation.u.buffer.data = talk->answer.data + talk->sent;
    talk->operation.u.buffer.size = talk->answer.size - talk->sent;
    talk->operation.u.buffer.flags = 0;
    talk->operation.u.buffer.fixed = 0;
    start(talk, HR_OP_SEND);
}

static void give_time(struct hr__log_talk *talk, uint64_t time_ns) {
    struct hr_reactor *reactor = talk->reactor;
    hr__timer_start(reactor, &talk->timer, hr__reactor_now(reactor) + time_ns);
}

static void give_answer(struct hr__log_talk *talk) {
    assert(talk->state != HR_LOG_TALK_ANSWERING && !talk->flush && talk->answer.size > 0);
    talk->state = HR_LOG_TALK_ANSWERING;
    talk->sent = 0;
    give_time(talk, TALK_NS);
    send_more(talk);
}

static void answer_error(struct hr__log_talk *talk, int code, const char *text) {
    hr__log_answer_error(&talk->answer, code, text);
    give_answer(talk);
}

/* ---- Questions. */

static void flushed(struct hr__log_flush *flush, int result) {
    struct hr__log_talk *talk = flush->user;
    assert(talk->state == HR_LOG_TALK_FLUSHING && talk->flush == flush);
    talk->flush = NULL;
    if (result) {
        answer_error(talk, -EAGAIN, "flush: the log is not started");
        return;
    }
    hr__log_answer_ok(&talk->answer, talk->json ? "{\"flushed\":true}\n" : "flushed\n");
    give_answer(talk);
}

static void begin_flush(struct hr__log_talk *talk) {
    assert(!talk->flush);
    struct hr__log_flush *flush = calloc(1, sizeof *flush);
    if (!flush) {
        answer_error(talk, -ENOMEM, "flush: no memory");
        return;
    }
    flush->on_done = flushed;
    flush->user = talk;
    flush->patient = true;
    talk->flush = flush;
    talk->state = HR_LOG_TALK_FLUSHING;
    give_time(talk, WORK_NS);
    hr__log_flush_begin(&talk->first->view.core->drain, flush);
}

static void set_levels(struct hr__log_talk *talk, const char *text) {
    struct hr_error why = {0};
    int err = hr_log_levels_set(talk->first, text, &why);
    if (err)
        answer_error(talk, err, why.message);
    else {
        hr__log_answer_levels(&talk->answer, talk->first, talk->json);
        give_answer(talk);
    }
}

/* "status", "level", "level info,s3=debug", "reopen" or "flush", "json " in front of it. */
static void answer_line(struct hr__log_talk *talk, char *line) {
    assert(talk->state == HR_LOG_TALK_READING);
    hr_log *first = talk->first;
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
        talk->state = HR_LOG_TALK_REOPENING;
        talk->until_ns = hr__reactor_now(talk->reactor) + WORK_NS;
        give_time(talk, LOOK_NS);
    } else if (strcmp(line, "flush") == 0) {
        begin_flush(talk);
    } else {
        answer_error(talk, -EINVAL,
                     "a question is one of status, level, level LEVELS, reopen, flush");
    }
}

/* A line has come, or all that comes. */
static void answer_question(struct hr__log_talk *talk, char *end) {
    *end = '\0';
    if (end > talk->question && end[-1] == '\r') *--end = '\0';
    if (strlen(talk->question) != (size_t)(end - talk->question))
        answer_error(talk, -EINVAL, "the question has a NUL in it");
    else
        answer_line(talk, talk->question);
}

static void on_read(struct hr__log_talk *talk, int result) {
    assert(talk->state == HR_LOG_TALK_READING);
    if (result == -EINTR || result == -EAGAIN) {
        read_more(talk);
        return;
    }
    if (result < 0 || (result == 0 && talk->size == 0)) {
        hr__log_talk_end(talk);
        return;
    }
    char *from = talk->question + talk->size;
    char *end = result ? memchr(from, '\n', (size_t)result) : from;
    talk->size += (size_t)result;
    if (end)
        answer_question(talk, end);
    else if (talk->size == HR_LOG_QUESTION_BYTES)
        answer_error(talk, -E2BIG, "a question has at most 4095 bytes");
    else
        read_more(talk);
}

static void on_sent(struct hr__log_talk *talk, int result) {
    assert(talk->state == HR_LOG_TALK_ANSWERING && talk->sent < talk->answer.size);
    if (result == -EINTR || result == -EAGAIN) result = 0;
    if (result >= 0) talk->sent += (size_t)result;
    if (result >= 0 && talk->sent < talk->answer.size)
        send_more(talk);
    else
        hr__log_talk_end(talk);
}

static void on_operation(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__log_talk *talk = hr__container_of(operation, struct hr__log_talk, operation);
    assert(talk->state != HR_LOG_TALK_FREE);
    if (operation->kind == HR_OP_CLOSE) {
        free(talk->answer.data);
        talk->answer.data = NULL;
        talk->state = HR_LOG_TALK_FREE;
        talk->on_end(talk);
    } else if (talk->state == HR_LOG_TALK_CLOSING) {
        start(talk, HR_OP_CLOSE);
    } else if (talk->state == HR_LOG_TALK_READING) {
        on_read(talk, completion->result);
    } else {
        on_sent(talk, completion->result);
    }
}

/* Whether the files are the new ones; looked at again and again. */
static void look_at_reopening(struct hr__log_talk *talk) {
    assert(talk->state == HR_LOG_TALK_REOPENING);
    int err = hr__log_drain_reopened(&talk->first->view.core->drain);
    bool over = hr__reactor_now(talk->reactor) >= talk->until_ns;
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
    struct hr__log_talk *talk = hr__container_of(timer, struct hr__log_talk, timer);
    if (talk->state == HR_LOG_TALK_REOPENING) {
        look_at_reopening(talk);
    } else if (talk->state == HR_LOG_TALK_FLUSHING) {
        leave_flush(talk);
        answer_error(talk, -ETIMEDOUT, "flush: 10 s have passed, and not all is written");
    } else {
        hr__log_talk_end(talk);
    }
}

/* ---- The beginning. */

int hr__log_talk_begin(struct hr__log_talk *talk, int fd) {
    assert(talk->state == HR_LOG_TALK_FREE && talk->first && talk->on_end && !talk->size);
    talk->answer.data = malloc(HR_LOG_ANSWER_BYTES);
    if (!talk->answer.data) return -ENOMEM;
    talk->operation.fd = fd;
    talk->timer.on_fire = on_time;
    talk->state = HR_LOG_TALK_READING;
    give_time(talk, TALK_NS);
    read_more(talk);
    return 0;
}
