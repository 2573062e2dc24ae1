/* A client's connection as the fault proxy sees it: requests and responses, and what happens to
 * them. Reactor thread only. */
#ifndef PERF_FAULT_EXCHANGE_H
#define PERF_FAULT_EXCHANGE_H

#include "fault_pair.h"

/* Before the first one. */
void fault_exchange_core_init(struct fault_core *core);
/* After the last one. */
void fault_exchange_core_deinit(struct fault_core *core);

/* A client has connected. Takes the descriptor over; core->on_gone is called when it has left. */
void fault_exchange_begin(struct fault_core *core, int fd);
/* The proxy ends: all of them do. */
void fault_exchange_end_all(struct fault_core *core);

#endif
