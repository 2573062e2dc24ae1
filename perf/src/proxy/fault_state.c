/* Decisions about a client's connection, their counts, and the steps that HTTP and bytes share. */
#include "fault_state.h"

#define NS_PER_MS UINT64_C(1000000)

/* ---- Counting. */

void fault_exchange_happened(struct fault_exchange *exchange) {
    struct fault_core *core = fault_core_of(exchange);
    if (exchange->spoiled) return;
    exchange->spoiled = true;
    core->counts->faults[exchange->plan.spoil->kind]++;
    core->decider.tallies[fault_rule_index(&core->decider, exchange->plan.spoil)].happened++;
}

/* The request, or with --tcp the connection, has ended. */
void fault_exchange_ended(struct fault_exchange *exchange, bool complete) {
    if (!exchange->active) return;
    exchange->active = false;
    if (exchange->spoiled) return;
    if (complete)
        fault_core_of(exchange)->counts->passed++;
    else
        fault_core_of(exchange)->counts->lost++;
}

void fault_exchange_decide(struct fault_exchange *exchange, struct fault_subject *subject) {
    struct fault_core *core = fault_core_of(exchange);
    subject->elapsed_ms = (hr__reactor_now(core->reactor) - core->started_ns) / NS_PER_MS;
    fault_decide(&core->decider, subject, &exchange->plan);
    exchange->spoiled = false;
}

static void count_shaped(struct fault_exchange *exchange) {
    struct fault_core *core = fault_core_of(exchange);
    for (size_t i = 0; i < core->decider.script->count; i++) {
        if (!(exchange->plan.shaped >> i & 1)) continue;
        core->counts->faults[core->decider.script->rules[i].kind]++;
        core->decider.tallies[i].happened++;
    }
}

/* ---- Steps. */

void fault_exchange_hold(struct fault_exchange *exchange,
                         void (*then)(struct fault_exchange *exchange)) {
    count_shaped(exchange);
    exchange->phase = FAULT_HELD;
    exchange->held = then;
    if (exchange->plan.delay_ms > 0)
        fault_pair_wait(&exchange->pair, exchange->plan.delay_ms);
    else
        then(exchange);
}

void fault_exchange_set_rates(struct fault_exchange *exchange) {
    uint64_t rate = exchange->plan.rate;
    exchange->pair.up.rate = exchange->pair.down.rate = rate;
    if (fault_plan_kind(&exchange->plan) != FAULT_TRICKLE) return;
    uint64_t trickle = exchange->plan.spoil->amount;
    if (rate == 0 || trickle < rate) exchange->pair.down.rate = trickle;
}

void fault_exchange_swallow(struct fault_pair *pair, struct fault_flow *flow) {
    flow->seen = flow->end;
    fault_flow_drop(flow);
    fault_pair_move(pair, flow);
}

void fault_exchange_silence(struct fault_exchange *exchange) {
    fault_exchange_happened(exchange);
    exchange->phase = FAULT_SILENCE;
    fault_exchange_swallow(&exchange->pair, &exchange->pair.up);
    fault_pair_wait(&exchange->pair, exchange->plan.spoil->amount);
}

void fault_exchange_cut(struct fault_exchange *exchange) {
    fault_exchange_happened(exchange);
    fault_flow_push(&exchange->pair.down);
    fault_pair_finish(&exchange->pair);
}

void fault_exchange_pass(struct fault_exchange *exchange, struct fault_flow *flow) {
    fault_flow_release(flow);
    fault_pair_move(&exchange->pair, flow);
}
