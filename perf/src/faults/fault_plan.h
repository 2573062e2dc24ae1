/* Decisions: which of a script's faults a request or a connection meets. They follow from the
 * seed, the rule's place and the number of the request, so that a run can be repeated. One thread.
 */
#ifndef PERF_FAULT_PLAN_H
#define PERF_FAULT_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/slice.h>

#include "fault_script.h"

enum fault_scope {
    FAULT_OF_REQUEST,    /* all rules but `refuse` */
    FAULT_OF_CONNECTION, /* `refuse` alone */
    FAULT_OF_BYTES,      /* a connection whose bytes are not looked at: all rules */
};

/* A request or connection that is decided about. */
struct fault_subject {
    enum fault_scope scope;
    uint64_t number;     /* 1 is the first of its scope */
    uint64_t elapsed_ms; /* since the start */
    struct hr_slice method, target;
};

struct fault_tally {
    uint64_t met; /* subjects with the rule's method, path and time */
    uint64_t chosen, happened;
};

/* Owner: the proxy; `script` is borrowed. */
struct fault_decider {
    const struct fault_script *script;
    uint64_t seed;
    struct fault_tally tallies[FAULT_RULES_MAX];
};

/* Zeroed: nothing happens. */
struct fault_plan {
    const struct fault_rule *spoil; /* NULL: it is not spoiled */
    uint64_t number;                /* of the subject */
    uint64_t delay_ms;
    uint64_t rate;   /* bytes a second; 0: any */
    uint64_t shaped; /* a bit for each rule of the delay and the rate */
};

void fault_decide(struct fault_decider *decider, const struct fault_subject *subject,
                  struct fault_plan *plan);
/* The kind of plan->spoil. */
enum fault_kind fault_plan_kind(const struct fault_plan *plan);
/* The place of one of the script's rules. */
size_t fault_rule_index(const struct fault_decider *decider, const struct fault_rule *rule);
/* 64 bits that follow from all of these. */
uint64_t fault_draw(uint64_t seed, uint64_t rule, uint64_t number, uint64_t salt);

#endif
