#include "connect.h"

#include <errno.h>
#include <stddef.h>

static void try_next(struct hr_connect *connect);

/* ---- The end. */

static void finish(struct hr_connect *connect) {
    struct hr_stream *stream = connect->winner;
    hr__timer_stop(connect->reactor, &connect->delay);
    hr__timer_stop(connect->reactor, &connect->deadline);
    if (connect->cancelled) connect->result = -ECANCELED;
    connect->on_done(connect, stream ? 0 : connect->result, stream);
}

static void run_finish(struct hr_task *task) {
    finish((struct hr_connect *)((char *)task - offsetof(struct hr_connect, task)));
}

/* The first error says most about why there is no connection, unless time ran out. */
static void note_failure(struct hr_connect *connect, int result) {
    if (connect->result == 0 || result == HR_ERR_CONNECT_TIMEOUT) connect->result = result;
}

static void close_attempt(struct hr_connect_attempt *attempt) {
    if (!attempt->stream || attempt->closing) return;
    attempt->closing = true;
    attempt->stream->vtable->close(attempt->stream);
}

/* No address is tried any more; all but the winner is closed. */
static void end(struct hr_connect *connect) {
    connect->ended = true;
    hr__timer_stop(connect->reactor, &connect->delay);
    hr__timer_stop(connect->reactor, &connect->deadline);
    for (unsigned i = 0; i < connect->next; i++)
        if (!connect->winner || connect->attempts[i].stream != connect->winner)
            close_attempt(&connect->attempts[i]);
}

static bool only_winner_open(const struct hr_connect *connect) {
    return connect->open == (connect->winner ? 1u : 0u);
}

/* ---- Attempts. */

static void on_connected(struct hr_stream *stream, int result) {
    struct hr_connect_attempt *attempt = stream->owner;
    struct hr_connect *connect = attempt->connect;
    if (result != 0) {
        /* The kernel has a limit of its own. */
        note_failure(connect, result == -ETIMEDOUT ? HR_ERR_CONNECT_TIMEOUT : result);
        close_attempt(attempt);
        try_next(connect);
        return;
    }
    connect->winner = stream;
    connect->index = (unsigned)(attempt - connect->attempts);
    connect->peer = connect->addresses->list[connect->index];
    end(connect);
    if (only_winner_open(connect)) finish(connect);
}

static void on_closed(struct hr_stream *stream) {
    struct hr_connect_attempt *attempt = stream->owner;
    struct hr_connect *connect = attempt->connect;
    attempt->stream = NULL;
    connect->open--;
    if ((connect->ended || connect->next == connect->addresses->count) && only_winner_open(connect))
        finish(connect);
}

static const struct hr_stream_events events = {
    .on_connected = on_connected,
    .on_closed = on_closed,
};

static int begin(struct hr_connect *connect, unsigned index) {
    struct hr_connect_attempt *attempt = &connect->attempts[index];
    const union hr_address *address = &connect->addresses->list[index];
    *attempt = (struct hr_connect_attempt){.connect = connect};
    int err = hr__tcp_new(connect->reactor, &events, attempt, &attempt->stream);
    if (err) {
        attempt->stream = NULL;
        return err;
    }
    connect->open++;
    attempt->stream->vtable->connect(attempt->stream, &address->any, hr__address_size(address));
    return 0;
}

/* One that cannot even begin makes way for the one behind it. */
static void try_next(struct hr_connect *connect) {
    hr__timer_stop(connect->reactor, &connect->delay);
    while (connect->next < connect->addresses->count) {
        int err = begin(connect, connect->next++);
        if (err) {
            note_failure(connect, err);
            continue;
        }
        if (connect->next < connect->addresses->count)
            hr__timer_start(connect->reactor, &connect->delay,
                            hr__reactor_now(connect->reactor) + HR_CONNECT_DELAY_NS);
        return;
    }
    if (connect->open > 0) return; /* the last to close ends it */
    connect->ended = true;
    hr__reactor_defer(connect->reactor, &connect->task);
}

static void on_delay(struct hr_timer *timer) {
    try_next((struct hr_connect *)((char *)timer - offsetof(struct hr_connect, delay)));
}

static void on_deadline(struct hr_timer *timer) {
    struct hr_connect *connect =
        (struct hr_connect *)((char *)timer - offsetof(struct hr_connect, deadline));
    note_failure(connect, HR_ERR_CONNECT_TIMEOUT);
    end(connect);
}

/* ---- From outside. */

void hr__connect_start(struct hr_connect *connect) {
    uint64_t now = hr__reactor_now(connect->reactor);
    connect->next = connect->open = connect->index = 0;
    connect->peer = (union hr_address){.any.sa_family = AF_UNSPEC};
    connect->result = 0;
    connect->ended = connect->cancelled = false;
    connect->winner = NULL;
    connect->delay = (struct hr_timer){.on_fire = on_delay};
    connect->deadline = (struct hr_timer){.on_fire = on_deadline};
    connect->task = (struct hr_task){.run = run_finish};
    if (connect->timeout_ns < UINT64_MAX - now)
        hr__timer_start(connect->reactor, &connect->deadline, now + connect->timeout_ns);
    try_next(connect);
}

/* Where nothing is open the end is on its way already. */
void hr__connect_cancel(struct hr_connect *connect) {
    if (connect->cancelled) return;
    connect->cancelled = true;
    connect->winner = NULL;
    end(connect);
}
