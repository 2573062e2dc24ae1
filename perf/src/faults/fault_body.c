/* The body of a response on its way: where it is cut, and which of its bytes are other ones. */
#include "fault_body.h"

#include <assert.h>

#define SALT_PLACE 16 /* and the numbers that follow */

static uint64_t cut_of(const struct fault_rule *rule, uint64_t length) {
    if (rule->share == 0) return rule->amount;
    if (length == UINT64_MAX) return 0;
    /* Without an overflow: lengths are no larger than 2^63, shares than 2^20. */
    uint64_t whole = length / FAULT_WHOLE, rest = length % FAULT_WHOLE;
    return whole * rule->share + rest * rule->share / FAULT_WHOLE;
}

/* One place in each of as many equal parts, so that none is drawn twice. */
static void place(struct fault_body *body, const struct fault_decider *decider,
                  const struct fault_plan *plan, uint64_t length) {
    size_t index = fault_rule_index(decider, plan->spoil);
    uint64_t count = plan->spoil->amount;
    if (length == UINT64_MAX || length < count) length = length < count ? length : count;
    if (count > length) count = length;
    body->corrupt_count = (unsigned)count;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t part = length / count;
        body->corrupt[i] =
            i * part + fault_draw(decider->seed, index, plan->number, SALT_PLACE + i) % part;
    }
}

void fault_body_begin(struct fault_body *body, const struct fault_decider *decider,
                      const struct fault_plan *plan, uint64_t length) {
    *body = (struct fault_body){.cut = UINT64_MAX};
    enum fault_kind kind = fault_plan_kind(plan);
    if (kind == FAULT_TRUNCATE) body->cut = cut_of(plan->spoil, length);
    if (kind == FAULT_CORRUPT) place(body, decider, plan, length);
}

static void corrupt(struct fault_body *body, char *data, size_t size) {
    while (body->corrupted < body->corrupt_count) {
        uint64_t at = body->corrupt[body->corrupted];
        assert(at >= body->seen);
        if (at - body->seen >= size) return;
        data[at - body->seen] = (char)~data[at - body->seen];
        body->corrupted++;
    }
}

size_t fault_body_pass(struct fault_body *body, char *data, size_t size) {
    assert(body->seen <= body->cut);
    uint64_t left = body->cut - body->seen;
    size_t passed = size < left ? size : (size_t)left;
    body->was_cut = passed < size;
    corrupt(body, data, passed);
    body->seen += passed;
    return passed;
}
