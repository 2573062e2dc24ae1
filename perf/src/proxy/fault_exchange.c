/* A client's connection from its beginning to its end: its events go to HTTP or to bytes. */
#include "fault_exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "fault_bytes.h"
#include "fault_http.h"

static void on_bytes(struct fault_pair *pair, struct fault_flow *flow) {
    struct fault_exchange *exchange = fault_exchange_of(pair);
    bool of_client = flow == &pair->up;
    if (exchange->phase == FAULT_SILENCE)
        fault_exchange_swallow(pair, flow);
    else if (pair->core->tcp)
        of_client ? fault_bytes_of_client(exchange) : fault_bytes_of_server(exchange);
    else
        of_client ? fault_http_of_client(exchange) : fault_http_of_server(exchange);
}

/* Whether a client that sends no more may still be sent something. */
static bool is_waiting(const struct fault_exchange *exchange) {
    if (exchange->pair.core->tcp) return exchange->phase != FAULT_SILENCE;
    switch (exchange->phase) {
    case FAULT_READING:
    case FAULT_SILENCE:
        return false;
    case FAULT_ANSWERING:
        return exchange->request_done || exchange->response_done;
    default:
        return true;
    }
}

/* A client that has sent its last is closed as soon as there is nothing more for it. */
static void close_if_left(struct fault_pair *pair) {
    if (pair->state != FAULT_PAIR_OPEN || !pair->up.ended) return;
    if (!is_waiting(fault_exchange_of(pair))) fault_pair_close(pair);
}

static void on_drained(struct fault_pair *pair, struct fault_flow *flow) {
    (void)flow;
    if (!pair->core->tcp) fault_http_drained(fault_exchange_of(pair));
    close_if_left(pair);
}

static void on_end(struct fault_pair *pair, struct fault_flow *flow) {
    struct fault_exchange *exchange = fault_exchange_of(pair);
    bool of_client = flow == &pair->up;
    if (of_client && !is_waiting(exchange))
        fault_pair_close(pair);
    else if (of_client || pair->core->tcp || exchange->phase == FAULT_UNTOUCHED)
        fault_pair_pass_end(pair, flow);
    else
        fault_http_server_end(exchange);
}

static void on_timer(struct fault_pair *pair) {
    struct fault_exchange *exchange = fault_exchange_of(pair);
    assert(exchange->phase == FAULT_HELD || exchange->phase == FAULT_SILENCE);
    if (exchange->phase == FAULT_SILENCE)
        fault_pair_reset(pair);
    else
        exchange->held(exchange);
    close_if_left(pair);
}

static void on_gone(struct fault_pair *pair, bool orderly) {
    struct fault_exchange *exchange = fault_exchange_of(pair);
    struct fault_core *core = pair->core;
    fault_exchange_ended(exchange, core->tcp ? orderly : fault_http_is_answered(exchange));
    fault_http_release(exchange, core);
    free(exchange);
}

static const struct fault_pair_events events = {
    .on_bytes = on_bytes,
    .on_drained = on_drained,
    .on_end = on_end,
    .on_timer = on_timer,
    .on_gone = on_gone,
};

/* ---- Connections. */

static void begin(struct fault_exchange *exchange) {
    struct fault_core *core = fault_core_of(exchange);
    struct fault_subject subject = {.scope = core->tcp ? FAULT_OF_BYTES : FAULT_OF_CONNECTION,
                                    .number = core->counts->connections};
    fault_exchange_decide(exchange, &subject);
    if (fault_plan_kind(&exchange->plan) == FAULT_REFUSE) {
        fault_exchange_happened(exchange);
        fault_pair_reset(&exchange->pair);
    } else if (core->tcp) {
        fault_bytes_begin(exchange);
    } else {
        fault_http_begin(exchange);
    }
}

void fault_exchange_begin(struct fault_core *core, int fd) {
    struct fault_exchange *exchange = calloc(1, sizeof *exchange);
    core->counts->connections++;
    int err = exchange ? 0 : -1;
    if (!err && !core->tcp) err = fault_http_acquire(exchange, core);
    if (!err) err = fault_pair_open(&exchange->pair, core, fd, &events);
    if (!err) {
        begin(exchange);
        return;
    }
    if (exchange) fault_http_release(exchange, core);
    free(exchange);
    close(fd);
}

void fault_exchange_end_all(struct fault_core *core) {
    struct fault_pair *next;
    for (struct fault_pair *pair = core->pairs; pair; pair = next) {
        next = pair->next;
        fault_pair_close(pair);
    }
}

void fault_exchange_core_init(struct fault_core *core) {
    core->started_ns = hr__reactor_now(core->reactor);
    fault_http_core_init(core);
}

void fault_exchange_core_deinit(struct fault_core *core) {
    fault_http_core_deinit(core);
}
