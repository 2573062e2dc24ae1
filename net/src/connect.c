/* Tries addresses one after the other. Each gets an even share of the time that is left, so that
 * one that swallows packets leaves some to the next. */
#include "connect.h"

#include <errno.h>
#include <stddef.h>

static void try_next(struct hr_connect *connect);

static void finish_later(struct hr_connect *connect) {
    hr__timer_stop(connect->reactor, &connect->timer);
    hr__reactor_defer(connect->reactor, &connect->task);
}

static void run_finish(struct hr_task *task) {
    struct hr_connect *connect =
        (struct hr_connect *)((char *)task - offsetof(struct hr_connect, task));
    connect->on_done(connect, connect->cancelled ? -ECANCELED : connect->result, NULL);
}

static void note_failure(struct hr_connect *connect, int result) {
    if (connect->result == 0 || result == HR_ERR_CONNECT_TIMEOUT) connect->result = result;
}

static void on_connected(struct hr_stream *stream, int result) {
    struct hr_connect *connect = stream->owner;
    hr__timer_stop(connect->reactor, &connect->timer);
    if (result == 0 && !connect->cancelled) {
        connect->stream = NULL;
        connect->on_done(connect, 0, stream);
        return;
    }
    note_failure(connect, result);
    stream->vtable->close(stream);
}

static void on_closed(struct hr_stream *stream) {
    struct hr_connect *connect = stream->owner;
    connect->stream = NULL;
    connect->index++;
    if (connect->cancelled || connect->index == connect->addresses->count)
        finish_later(connect);
    else
        try_next(connect);
}

static const struct hr_stream_events events = {
    .on_connected = on_connected,
    .on_closed = on_closed,
};

static void on_timeout(struct hr_timer *timer) {
    struct hr_connect *connect =
        (struct hr_connect *)((char *)timer - offsetof(struct hr_connect, timer));
    note_failure(connect, HR_ERR_CONNECT_TIMEOUT);
    connect->stream->vtable->close(connect->stream);
}

static void try_next(struct hr_connect *connect) {
    uint64_t now = hr__reactor_now(connect->reactor);
    int err = hr__tcp_new(connect->reactor, &events, connect, &connect->stream);
    if (err) {
        connect->stream = NULL;
        note_failure(connect, err);
        finish_later(connect);
        return;
    }
    if (connect->deadline_ns != UINT64_MAX) {
        uint64_t left = connect->deadline_ns > now ? connect->deadline_ns - now : 0;
        uint64_t share = left / (connect->addresses->count - connect->index);
        hr__timer_start(connect->reactor, &connect->timer, now + share);
    }
    const union hr_address *address = &connect->addresses->list[connect->index];
    connect->stream->vtable->connect(connect->stream, &address->any, hr__address_size(address));
}

void hr__connect_start(struct hr_connect *connect) {
    uint64_t now = hr__reactor_now(connect->reactor);
    connect->stream = NULL;
    connect->index = 0;
    connect->result = 0;
    connect->cancelled = false;
    connect->deadline_ns =
        connect->timeout_ns < UINT64_MAX - now ? now + connect->timeout_ns : UINT64_MAX;
    connect->timer = (struct hr_timer){.on_fire = on_timeout};
    connect->task = (struct hr_task){.run = run_finish};
    try_next(connect);
}

void hr__connect_cancel(struct hr_connect *connect) {
    if (connect->cancelled) return;
    connect->cancelled = true;
    hr__timer_stop(connect->reactor, &connect->timer);
    /* Without a stream the end is on its way already. */
    if (connect->stream) connect->stream->vtable->close(connect->stream);
}
