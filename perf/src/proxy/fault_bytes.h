/* A proxied connection whose bytes are not looked at (--tcp). */
#ifndef PERF_FAULT_BYTES_H
#define PERF_FAULT_BYTES_H

#include "fault_state.h"

/* The plan is made, and does not refuse the connection. */
void fault_bytes_begin(struct fault_exchange *exchange);
void fault_bytes_of_client(struct fault_exchange *exchange);
void fault_bytes_of_server(struct fault_exchange *exchange);

#endif
