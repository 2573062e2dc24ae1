/* Attempts to connect, one after the other and beside each other; the first that succeeds wins. */
#include "connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "address_order.h"

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
    finish(hr__container_of(task, struct hr_connect, task));
}

/* Nothing is open whose end could be waited for. */
static void finish_later(struct hr_connect *connect) {
    if (connect->finishing) return;
    connect->finishing = true;
    hr__reactor_defer(connect->reactor, &connect->task);
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

/* No address is tried any more; all but the winner is closed. Then finish comes. */
static void end(struct hr_connect *connect) {
    connect->ended = true;
    if (connect->open == 0) finish_later(connect);
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

/* Notes the addresses before `end` that were tried in vain for as long as one is given. */
static void blame_open(struct hr_connect *connect, unsigned end) {
    uint64_t now = hr__reactor_now(connect->reactor);
    for (unsigned i = 0; i < end; i++) {
        const struct hr_connect_attempt *each = &connect->attempts[i];
        if (each->stream && !each->closing &&
            (i == 0 || now - each->begun_ns >= HR_CONNECT_DELAY_NS))
            connect->failed |= 1u << i;
    }
}

bool hr__connect_blames(int result) {
    return result != -EMFILE && result != -ENFILE && result != -ENOMEM && result != -ENOBUFS &&
           result != -EADDRNOTAVAIL && result != -ECANCELED;
}

static void on_connected(struct hr_stream *stream, int result) {
    struct hr_connect_attempt *attempt = stream->owner;
    struct hr_connect *connect = attempt->connect;
    if (result != 0) {
        if (!connect->ended && hr__connect_blames(result))
            connect->failed |= 1u << (attempt - connect->attempts);
        /* The kernel has a limit of its own. */
        note_failure(connect, result == -ETIMEDOUT ? HR_ERR_CONNECT_TIMEOUT : result);
        close_attempt(attempt);
        try_next(connect);
        return;
    }
    connect->winner = stream;
    connect->index = (unsigned)(attempt - connect->attempts);
    connect->peer = connect->addresses.list[connect->index];
    if (!connect->ended) blame_open(connect, connect->index);
    end(connect);
    if (only_winner_open(connect)) finish(connect);
}

static void on_closed(struct hr_stream *stream) {
    struct hr_connect_attempt *attempt = stream->owner;
    struct hr_connect *connect = attempt->connect;
    attempt->stream = NULL;
    connect->open--;
    bool last = connect->next == connect->addresses.count && !connect->more;
    if ((connect->ended || last) && only_winner_open(connect)) finish(connect);
}

static const struct hr_stream_events events = {
    .on_connected = on_connected,
    .on_closed = on_closed,
};

static int begin(struct hr_connect *connect, unsigned index) {
    struct hr_connect_attempt *attempt = &connect->attempts[index];
    const union hr_address *address = &connect->addresses.list[index];
    *attempt = (struct hr_connect_attempt){.connect = connect};
    int err = hr__tcp_new(connect->reactor, &events, attempt, &attempt->stream);
    if (err) {
        attempt->stream = NULL;
        return err;
    }
    connect->open++;
    connect->begun_ns = attempt->begun_ns = hr__reactor_now(connect->reactor);
    attempt->stream->vtable->connect(attempt->stream, &address->any, hr__address_size(address));
    return 0;
}

static void wait_for_turn(struct hr_connect *connect) {
    if (connect->next < connect->addresses.count)
        hr__timer_start(connect->reactor, &connect->delay, connect->begun_ns + HR_CONNECT_DELAY_NS);
}

/* An address that cannot even begin makes way for the one behind it. */
static void try_next(struct hr_connect *connect) {
    hr__timer_stop(connect->reactor, &connect->delay);
    while (connect->next < connect->addresses.count) {
        int err = begin(connect, connect->next++);
        if (err) {
            note_failure(connect, err);
            continue;
        }
        wait_for_turn(connect);
        return;
    }
    if (connect->open > 0 || connect->more) return; /* the last to close, or to come, ends it */
    end(connect);
}

static void on_delay(struct hr_timer *timer) {
    try_next(hr__container_of(timer, struct hr_connect, delay));
}

static void on_deadline(struct hr_timer *timer) {
    struct hr_connect *connect = hr__container_of(timer, struct hr_connect, deadline);
    note_failure(connect, HR_ERR_CONNECT_TIMEOUT);
    blame_open(connect, connect->next);
    end(connect);
}

/* ---- From outside. */

void hr__connect_start(struct hr_connect *connect) {
    uint64_t now = hr__reactor_now(connect->reactor);
    connect->next = connect->open = connect->index = 0;
    connect->peer = (union hr_address){.any.sa_family = AF_UNSPEC};
    connect->result = 0;
    connect->failed = 0;
    connect->ended = connect->cancelled = connect->finishing = false;
    connect->winner = NULL;
    connect->delay = (struct hr_timer){.on_fire = on_delay};
    connect->deadline = (struct hr_timer){.on_fire = on_deadline};
    connect->task = (struct hr_task){.run = run_finish};
    if (connect->timeout_ns < UINT64_MAX - now)
        hr__timer_start(connect->reactor, &connect->deadline, now + connect->timeout_ns);
    try_next(connect);
}

static bool any_under_way(const struct hr_connect *connect) {
    for (unsigned i = 0; i < connect->next; i++)
        if (connect->attempts[i].stream && !connect->attempts[i].closing) return true;
    return false;
}

static bool is_known(const struct hr_connect *connect, const union hr_address *address) {
    for (unsigned i = 0; i < connect->addresses.count; i++)
        if (memcmp(&connect->addresses.list[i], address, hr__address_size(address)) == 0)
            return true;
    return false;
}

static uint16_t port_of(const union hr_address *address) {
    return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

/* The new ones first: what was tried so far was of the other family. */
static void join(struct hr_connect *connect, const struct hr_addresses *all) {
    struct hr_addresses rest = {.count = 0}, turns;
    unsigned room = HR_ADDRESSES_MAX - connect->next;
    for (unsigned i = 0; i < all->count && rest.count < room; i++)
        if (!is_known(connect, &all->list[i])) rest.list[rest.count++] = all->list[i];
    for (unsigned i = connect->next; i < connect->addresses.count && rest.count < room; i++)
        rest.list[rest.count++] = connect->addresses.list[i];
    if (rest.count == 0) return;
    hr__addresses_arrange(&rest, 0, port_of(&rest.list[0]), &turns);
    for (unsigned i = 0; i < turns.count; i++)
        connect->addresses.list[connect->next + i] = turns.list[i];
    connect->addresses.count = connect->next + turns.count;
}

void hr__connect_add(struct hr_connect *connect, const struct hr_addresses *all) {
    connect->more = false;
    if (connect->ended) return;
    if (all) join(connect, all);
    if (!any_under_way(connect))
        try_next(connect);
    else if (!hr__timer_running(&connect->delay))
        wait_for_turn(connect);
}

void hr__connect_cancel(struct hr_connect *connect) {
    if (connect->cancelled) return;
    connect->cancelled = true;
    connect->winner = NULL;
    end(connect);
}
