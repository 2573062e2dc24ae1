/* Requests and responses on a proxied connection. One request is under way at a time; those behind
 * it wait in the buffer. */
#ifndef PERF_FAULT_HTTP_H
#define PERF_FAULT_HTTP_H

#include "fault_state.h"

void fault_http_core_init(struct fault_core *core);
void fault_http_core_deinit(struct fault_core *core);

/* 0 or -ENOMEM; released in any case. */
int fault_http_acquire(struct fault_exchange *exchange, struct fault_core *core);
void fault_http_release(struct fault_exchange *exchange, struct fault_core *core);

/* Before the first request. */
void fault_http_begin(struct fault_exchange *exchange);
void fault_http_of_client(struct fault_exchange *exchange);
void fault_http_of_server(struct fault_exchange *exchange);
/* A flow is drained: the request may be complete. */
void fault_http_drained(struct fault_exchange *exchange);
/* Whether the response is complete and with the client, whatever of the request is left. */
bool fault_http_is_answered(const struct fault_exchange *exchange);
/* The server has ended the connection. */
void fault_http_server_end(struct fault_exchange *exchange);

#endif
