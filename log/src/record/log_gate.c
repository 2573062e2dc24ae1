/* Gates of call sites that write only some of their records. */
#include <headrace/clock.h>
#include <headrace/log_gate.h>

#define SECOND_MS  1000
#define COUNT_BITS 24
#define COUNT_MAX  ((UINT64_C(1) << COUNT_BITS) - 1)

static bool leave_out(struct hr_log_gate *gate) {
    __atomic_fetch_add(&gate->left_out, 1, __ATOMIC_RELAXED);
    return false;
}

bool hr_log_gate_every_(struct hr_log_gate *gate, uint32_t n) {
    uint64_t call = __atomic_fetch_add(&gate->state, 1, __ATOMIC_RELAXED);
    return n && call % n == 0 ? true : leave_out(gate);
}

/* The state counts to n and no further, so that it never wraps. */
bool hr_log_gate_first_(struct hr_log_gate *gate, uint32_t n) {
    uint64_t calls = __atomic_load_n(&gate->state, __ATOMIC_RELAXED);
    while (calls < n)
        if (__atomic_compare_exchange_n(&gate->state, &calls, calls + 1, true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
}

/* The state has the time at which the second began, in ms and never 0, and the number of records
 * that were written in it. */
bool hr_log_gate_at_most_(struct hr_log_gate *gate, uint32_t n) {
    uint64_t now = hr_clock_monotonic_ns() / 1000000 + 1;
    uint64_t state = __atomic_load_n(&gate->state, __ATOMIC_RELAXED), next;
    if (n > COUNT_MAX) n = COUNT_MAX;
    do {
        uint64_t began = state >> COUNT_BITS, count = state & COUNT_MAX;
        if (!began || now >= began + SECOND_MS) {
            began = now;
            count = 0;
        }
        if (count >= n) return leave_out(gate);
        next = began << COUNT_BITS | (count + 1);
    } while (!__atomic_compare_exchange_n(&gate->state, &state, next, true, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    return true;
}
