/* A client's connection and the one to the server: their events, and how they end. */
#include "fault_pair.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define NS_PER_MS UINT64_C(1000000)
/* How long a client that was sent a FIN has for its own. */
#define FINISH_MS 1000

static struct fault_pair *pair_of(const struct hr_stream *stream) {
    return stream->owner;
}

static struct hr_stream *source_of(const struct fault_pair *pair, const struct fault_flow *flow) {
    return flow == &pair->up ? pair->client : pair->server;
}

/* ---- The end. */

static bool is_orderly(const struct fault_pair *pair) {
    return pair->up.ended && pair->down.ended && fault_flow_is_empty(&pair->up) &&
           fault_flow_is_empty(&pair->down);
}

static void close_streams(struct fault_pair *pair) {
    pair->state = FAULT_PAIR_CLOSING;
    hr__timer_stop(pair->core->reactor, &pair->timer);
    hr__timer_stop(pair->core->reactor, &pair->up.pace);
    hr__timer_stop(pair->core->reactor, &pair->down.pace);
    pair->up.to = pair->down.to = NULL;
    if (pair->client) pair->client->vtable->close(pair->client);
    if (pair->server) pair->server->vtable->close(pair->server);
}

static void leave(struct fault_pair *pair) {
    struct fault_core *core = pair->core;
    if (pair->next) pair->next->prev = pair->prev;
    if (pair->prev)
        pair->prev->next = pair->next;
    else
        core->pairs = pair->next;
    core->pair_count--;
    pair->up.writing = pair->down.writing = 0; /* no stream has the memory any more */
    bool orderly = is_orderly(pair);
    fault_flow_deinit(&pair->up);
    fault_flow_deinit(&pair->down);
    pair->events->on_gone(pair, orderly);
    core->on_gone(core);
}

static void on_closed(struct hr_stream *stream) {
    struct fault_pair *pair = pair_of(stream);
    bool again = pair->again && pair->state == FAULT_PAIR_OPEN;
    if (stream == pair->client)
        pair->client = NULL;
    else
        pair->server = NULL;
    assert(pair->open > 0);
    pair->server_leaves = pair->again = false;
    if (--pair->open == 0 && pair->state == FAULT_PAIR_CLOSING)
        leave(pair);
    else if (again)
        fault_pair_connect(pair);
}

void fault_pair_close(struct fault_pair *pair) {
    if (pair->state == FAULT_PAIR_CLOSING) return;
    close_streams(pair);
}

void fault_pair_reset(struct fault_pair *pair) {
    if (pair->state == FAULT_PAIR_CLOSING) return;
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(pair->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close_streams(pair);
}

/* The client has been sent all: it gets a FIN, and time for its own. */
static void finish_on(struct fault_pair *pair) {
    assert(pair->state == FAULT_PAIR_FINISHING);
    if (!fault_flow_is_drained(&pair->down) || pair->down.fin_sent) return;
    pair->down.fin_sent = true;
    if (pair->up.ended) {
        close_streams(pair);
        return;
    }
    pair->client->vtable->shutdown(pair->client);
    fault_pair_wait(pair, FINISH_MS);
}

void fault_pair_finish(struct fault_pair *pair) {
    if (pair->state != FAULT_PAIR_OPEN) return;
    pair->state = FAULT_PAIR_FINISHING;
    pair->up.to = NULL;
    hr__timer_stop(pair->core->reactor, &pair->timer);
    if (pair->server) pair->server->vtable->close(pair->server);
    finish_on(pair);
}

static void pass_fin(struct fault_pair *pair, struct fault_flow *flow) {
    if (!flow->ended || flow->fin_sent || !fault_flow_is_empty(flow) || !flow->to) return;
    flow->fin_sent = true;
    if (is_orderly(pair))
        close_streams(pair);
    else
        flow->to->vtable->shutdown(flow->to);
}

void fault_pair_pass_end(struct fault_pair *pair, struct fault_flow *flow) {
    if (pair->state == FAULT_PAIR_OPEN) pass_fin(pair, flow);
}

/* ---- Bytes. */

static void read_on(struct fault_pair *pair, struct fault_flow *flow) {
    struct hr_stream *source = source_of(pair, flow);
    bool has_room = flow->end < FAULT_FLOW_SIZE || (flow->writing == 0 && flow->start > 0);
    if (!flow->starved || !has_room || !source || pair->state != FAULT_PAIR_OPEN) return;
    flow->starved = false;
    source->vtable->read_lent(source);
}

void fault_pair_move(struct fault_pair *pair, struct fault_flow *flow) {
    if (pair->state == FAULT_PAIR_CLOSING) return;
    fault_flow_push(flow);
    read_on(pair, flow);
}

static size_t take(struct fault_pair *pair, struct fault_flow *flow, const char *data,
                   size_t size) {
    size_t taken = 0, more = 1;
    while (taken < size && more > 0 && pair->state == FAULT_PAIR_OPEN) {
        more = fault_flow_take(flow, data + taken, size - taken);
        taken += more;
        if (more > 0) pair->events->on_bytes(pair, flow);
    }
    return pair->state == FAULT_PAIR_OPEN ? taken : size;
}

static size_t on_client_lent(struct hr_stream *stream, const char *data, size_t size) {
    struct fault_pair *pair = pair_of(stream);
    return take(pair, &pair->up, data, size);
}

static size_t on_server_lent(struct hr_stream *stream, const char *data, size_t size) {
    struct fault_pair *pair = pair_of(stream);
    return take(pair, &pair->down, data, size);
}

static void ended(struct fault_pair *pair, struct fault_flow *flow, int result) {
    if (pair->state == FAULT_PAIR_CLOSING) return;
    flow->ended = result == 0;
    if (pair->state == FAULT_PAIR_FINISHING && flow == &pair->up && pair->down.fin_sent)
        fault_pair_close(pair);
    else if (pair->state == FAULT_PAIR_FINISHING && result == 0)
        return;
    else if (result == 0)
        pair->events->on_end(pair, flow);
    else if (flow == &pair->up)
        fault_pair_close(pair);
    else
        fault_pair_reset(pair);
}

static void on_client_end(struct hr_stream *stream, int result) {
    struct fault_pair *pair = pair_of(stream);
    ended(pair, &pair->up, result);
}

static void on_server_end(struct hr_stream *stream, int result) {
    struct fault_pair *pair = pair_of(stream);
    ended(pair, &pair->down, result);
}

static void written(struct fault_pair *pair, struct fault_flow *flow, int result) {
    if (pair->state == FAULT_PAIR_CLOSING) return;
    if (result != 0) {
        flow == &pair->up ? fault_pair_reset(pair) : fault_pair_close(pair);
        return;
    }
    fault_flow_written(flow);
    if (fault_flow_is_drained(flow)) pair->events->on_drained(pair, flow);
    fault_pair_move(pair, flow);
    fault_pair_pass_end(pair, flow);
    if (pair->state == FAULT_PAIR_FINISHING) finish_on(pair);
}

static void on_client_written(struct hr_stream *stream, int result) {
    struct fault_pair *pair = pair_of(stream);
    written(pair, &pair->down, result);
}

static void on_server_written(struct hr_stream *stream, int result) {
    struct fault_pair *pair = pair_of(stream);
    if (pair->state == FAULT_PAIR_OPEN) written(pair, &pair->up, result);
}

static const struct hr_stream_events client_events = {
    .on_lent = on_client_lent,
    .on_end = on_client_end,
    .on_written = on_client_written,
    .on_closed = on_closed,
};

/* ---- The server. */

static void on_connected(struct hr_stream *stream, int result) {
    struct fault_pair *pair = pair_of(stream);
    if (pair->state != FAULT_PAIR_OPEN) return;
    if (result != 0) {
        pair->core->counts->unreachable++;
        fault_pair_reset(pair);
        return;
    }
    pair->up.to = stream;
    stream->vtable->read_lent(stream);
    fault_pair_move(pair, &pair->up);
    fault_pair_pass_end(pair, &pair->up);
}

static const struct hr_stream_events server_events = {
    .on_connected = on_connected,
    .on_lent = on_server_lent,
    .on_end = on_server_end,
    .on_written = on_server_written,
    .on_closed = on_closed,
};

void fault_pair_connect(struct fault_pair *pair) {
    struct fault_core *core = pair->core;
    pair->again = pair->server_leaves;
    if (pair->server || pair->state != FAULT_PAIR_OPEN) return;
    if (hr__tcp_new(core->reactor, &server_events, pair, &pair->server) != 0) {
        fault_pair_reset(pair);
        return;
    }
    pair->open++;
    pair->server->vtable->connect(pair->server, (const struct sockaddr *)&core->to, core->to_size);
}

void fault_pair_leave_server(struct fault_pair *pair) {
    if (!pair->server || pair->server_leaves || pair->state != FAULT_PAIR_OPEN) return;
    pair->server_leaves = true;
    pair->down.ended = false;
    pair->up.to = NULL;
    pair->server->vtable->close(pair->server);
}

/* ---- The beginning. */

static void on_timer(struct hr_timer *timer) {
    struct fault_pair *pair = hr__container_of(timer, struct fault_pair, timer);
    if (pair->state == FAULT_PAIR_FINISHING)
        fault_pair_close(pair);
    else
        pair->events->on_timer(pair);
}

void fault_pair_wait(struct fault_pair *pair, uint64_t ms) {
    hr__timer_start(pair->core->reactor, &pair->timer,
                    hr__reactor_now(pair->core->reactor) + ms * NS_PER_MS);
}

static int make(struct fault_pair *pair, int fd) {
    struct hr_reactor *reactor = pair->core->reactor;
    struct fault_counts *counts = pair->core->counts;
    int err = fault_flow_init(&pair->up, reactor, &counts->bytes_to_server);
    if (!err) err = fault_flow_init(&pair->down, reactor, &counts->bytes_to_client);
    if (!err) err = hr__tcp_adopt(reactor, fd, &client_events, pair, &pair->client);
    if (!err) return 0;
    fault_flow_deinit(&pair->up);
    fault_flow_deinit(&pair->down);
    return err;
}

int fault_pair_open(struct fault_pair *pair, struct fault_core *core, int fd,
                    const struct fault_pair_events *events) {
    *pair = (struct fault_pair){.core = core, .events = events, .fd = fd, .open = 1};
    pair->timer.on_fire = on_timer;
    int err = make(pair, fd);
    if (err) return err;
    pair->down.to = pair->client;
    pair->next = core->pairs;
    if (pair->next) pair->next->prev = pair;
    core->pairs = pair;
    core->pair_count++;
    pair->client->vtable->read_lent(pair->client);
    return 0;
}
