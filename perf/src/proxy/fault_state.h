/* A client's connection and what is decided about it: the state that fault_http.c and fault_bytes.c
 * work on, and the steps that they share. Reactor thread only. */
#ifndef PERF_FAULT_STATE_H
#define PERF_FAULT_STATE_H

#include "fault_body.h"
#include "fault_pair.h"

enum fault_phase {
    FAULT_READING,   /* a request's head, or with --tcp the first bytes */
    FAULT_HELD,      /* a delay runs */
    FAULT_SILENCE,   /* nothing will come */
    FAULT_PASSING,   /* request and response pass */
    FAULT_ANSWERING, /* the request's body is dropped, then our response goes out */
    FAULT_UNTOUCHED, /* bytes pass */
};

struct fault_exchange {
    struct fault_pair pair;
    struct hr_http1_parser *request, *response; /* NULL with --tcp */
    struct fault_plan plan;
    struct fault_body body;
    void (*held)(struct fault_exchange *exchange); /* goes on behind a delay */
    uint8_t phase;                                 /* enum fault_phase */
    bool active;  /* a request, or with --tcp the connection, has begun and has not ended */
    bool spoiled; /* its fault has happened */
    bool request_done, response_done;
    bool head_read;              /* of the request being parsed */
    bool to_head, expects, last; /* of the request */
};

static inline struct fault_exchange *fault_exchange_of(struct fault_pair *pair) {
    return hr__container_of(pair, struct fault_exchange, pair);
}
static inline struct fault_core *fault_core_of(const struct fault_exchange *exchange) {
    return exchange->pair.core;
}

/* Makes the plan of a request or connection; fills in the time. */
void fault_exchange_decide(struct fault_exchange *exchange, struct fault_subject *subject);
/* Counts the fault that spoils it, once. */
void fault_exchange_happened(struct fault_exchange *exchange);
/* Counts how a request, or with --tcp the connection, has ended, if one was active. */
void fault_exchange_ended(struct fault_exchange *exchange, bool complete);

/* Begins what the plan says of time: calls `then` behind the delay, or at once. */
void fault_exchange_hold(struct fault_exchange *exchange,
                         void (*then)(struct fault_exchange *exchange));
void fault_exchange_set_rates(struct fault_exchange *exchange);
/* Drops what has come and comes, until the timer fires. */
void fault_exchange_silence(struct fault_exchange *exchange);
void fault_exchange_swallow(struct fault_pair *pair, struct fault_flow *flow);
/* The body ends here, and with it the connection. */
void fault_exchange_cut(struct fault_exchange *exchange);
/* New bytes of the flow pass as they are. */
void fault_exchange_pass(struct fault_exchange *exchange, struct fault_flow *flow);

#endif
