/* The gate of `together`. A loopback server ends an upload faster than a thousand can be begun, so
 * without it the first connections would be free again before the last are wanted. Here each first
 * upload takes its connection, sends its head, and holds its body until all have come so far. */
#ifndef PERF_GATE_H
#define PERF_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <headrace/body.h>

#include "loop.h"

struct perf_slot;

/* The loop's. */
struct perf_gate {
    unsigned expected; /* 0: there is no gate */
    uint64_t until_ns; /* it opens then, whoever is missing */
    atomic_uint arrived;
    atomic_bool open;
    bool complete; /* it opened because all had arrived */
};

/* A slot's. */
struct perf_gate_place {
    bool waits; /* under the slot's lock: the operation in progress is held by the gate */
    bool arrived;
    bool hashed;   /* its body is read once for the signature, before it is sent */
    unsigned pass; /* over the body */
    uint64_t position;
};

/* Says before any operation how many slots will wait for each other. */
void perf_gate_expect(perf_loop *loop, unsigned slots, uint64_t until_ns);
/* The body of the slot's step, which the gate holds back. `hashed`: it is read twice. */
struct hr_source perf_gate_source(struct perf_slot *slot, bool hashed);
/* The slot waits no longer, and nobody for it. Its lock is held. */
void perf_gate_leave(struct perf_slot *slot);
/* Opens the gate when it is time. */
void perf_gate_service(perf_loop *loop);

#endif
