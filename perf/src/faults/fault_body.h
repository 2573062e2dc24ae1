/* The body of a response on its way: where it is cut, and which of its bytes are other ones. */
#ifndef PERF_FAULT_BODY_H
#define PERF_FAULT_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault_plan.h"

/* Zeroed: it passes as it is. */
struct fault_body {
    uint64_t seen;                       /* bytes that have passed */
    uint64_t cut;                        /* as many pass; UINT64_MAX: all. Of one that is begun */
    uint64_t corrupt[FAULT_CORRUPT_MAX]; /* ascending places, of which `corrupted` are behind us */
    unsigned corrupt_count, corrupted;
    bool was_cut;
};

/* `length`: of the body, UINT64_MAX where it is not known. */
void fault_body_begin(struct fault_body *body, const struct fault_decider *decider,
                      const struct fault_plan *plan, uint64_t length);
/* The next bytes: changes them, and returns how many may pass. */
size_t fault_body_pass(struct fault_body *body, char *data, size_t size);

#endif
