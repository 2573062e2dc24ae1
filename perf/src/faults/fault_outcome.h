/* Counts of a fault proxy: connections, requests, and faults that have happened. */
#ifndef PERF_FAULT_OUTCOME_H
#define PERF_FAULT_OUTCOME_H

#include <stdint.h>

#include "fault_plan.h"

struct fault_counts {
    uint64_t connections; /* of clients, those over the limit too */
    uint64_t over_limit;  /* reset, because there are as many as may be */
    uint64_t unreachable; /* reset, because the server could not be reached */
    uint64_t unparsed;    /* passed on untouched from some byte on */
    uint64_t requests, passed, lost;
    uint64_t faults[FAULT_KINDS]; /* that have happened */
    uint64_t bytes_to_server, bytes_to_client;
};

/* Complete once the proxy has closed. */
struct fault_outcome {
    struct fault_counts counts;
    struct fault_tally tallies[FAULT_RULES_MAX]; /* of the script's rules */
};

#endif
