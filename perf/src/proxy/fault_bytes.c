/* A proxied connection whose bytes are not looked at (--tcp): it is one request, and all that the
 * server sends is one body of unknown length. */
#include "fault_bytes.h"

void fault_bytes_begin(struct fault_exchange *exchange) {
    exchange->active = true;
    fault_body_begin(&exchange->body, &fault_core_of(exchange)->decider, &exchange->plan,
                     UINT64_MAX);
    fault_exchange_set_rates(exchange);
    if (fault_plan_kind(&exchange->plan) == FAULT_SILENT)
        fault_exchange_silence(exchange);
    else
        fault_pair_connect(&exchange->pair);
}

/* The client's first bytes have come, and have waited. */
static void begin_bytes(struct fault_exchange *exchange) {
    if (fault_plan_kind(&exchange->plan) != FAULT_RESET) {
        exchange->phase = FAULT_UNTOUCHED;
        fault_exchange_pass(exchange, &exchange->pair.up);
        fault_pair_pass_end(&exchange->pair, &exchange->pair.up);
        return;
    }
    fault_exchange_happened(exchange);
    fault_pair_reset(&exchange->pair);
}

void fault_bytes_of_client(struct fault_exchange *exchange) {
    if (exchange->phase == FAULT_READING)
        fault_exchange_hold(exchange, begin_bytes);
    else if (exchange->phase == FAULT_UNTOUCHED)
        fault_exchange_pass(exchange, &exchange->pair.up);
}

void fault_bytes_of_server(struct fault_exchange *exchange) {
    struct fault_flow *down = &exchange->pair.down;
    if (fault_plan_kind(&exchange->plan) == FAULT_RESET_BEHIND) {
        fault_exchange_happened(exchange);
        fault_pair_reset(&exchange->pair);
        return;
    }
    if (fault_plan_kind(&exchange->plan) == FAULT_TRICKLE) fault_exchange_happened(exchange);
    size_t size = fault_flow_unseen(down);
    size_t passed = fault_body_pass(&exchange->body, down->data + down->seen, size);
    if (exchange->body.corrupted > 0) fault_exchange_happened(exchange);
    down->seen += passed;
    down->ready = down->seen;
    if (passed < size)
        fault_exchange_cut(exchange);
    else
        fault_pair_move(&exchange->pair, down);
}
