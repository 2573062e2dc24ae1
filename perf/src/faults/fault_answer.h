/* Responses of the proxy's own, in place of the server's. */
#ifndef PERF_FAULT_ANSWER_H
#define PERF_FAULT_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "fault_plan.h"

#define FAULT_ANSWER_MAX 1024

struct fault_answer_options {
    bool to_head; /* without its body */
    bool last;    /* the connection ends with it */
};

/* An S3 error with the status and code of plan->spoil. Returns its bytes. */
size_t fault_answer_write(const struct fault_plan *plan, const struct fault_answer_options *options,
                          char text[FAULT_ANSWER_MAX]);

#endif
