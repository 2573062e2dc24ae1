/* Decisions: which of a script's faults a request or a connection meets. */
#include "fault_plan.h"

#include <assert.h>

#define SALT_CHANCE 0
#define SALT_JITTER 1

/* The finalizer of splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t value) {
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

uint64_t fault_draw(uint64_t seed, uint64_t rule, uint64_t number, uint64_t salt) {
    return mix(mix(mix(mix(seed) ^ rule) ^ number) ^ salt);
}

/* Whether "PUT,POST" has it. */
static bool has_method(const char *methods, struct hr_slice method) {
    struct hr_slice rest = hr_slice_of(methods), one;
    if (rest.size == 0) return true;
    while (hr_slice_cut(&rest, ',', &one))
        if (hr_slice_equal(one, method)) return true;
    return false;
}

static bool has_prefix(const char *prefix, struct hr_slice target) {
    size_t size = strlen(prefix);
    return size == 0 || (size <= target.size && memcmp(prefix, target.data, size) == 0);
}

static bool is_time(const struct fault_rule *rule, uint64_t elapsed_ms) {
    if (elapsed_ms < rule->after_ms) return false;
    return rule->for_ms == 0 || elapsed_ms - rule->after_ms < rule->for_ms;
}

static bool is_of_scope(const struct fault_rule *rule, enum fault_scope scope) {
    return scope == FAULT_OF_BYTES ||
           (rule->kind == FAULT_REFUSE) == (scope == FAULT_OF_CONNECTION);
}

/* Whether the rule's conditions hold. Counts the subject, whatever comes of it, so that no rule
 * depends on another one. */
static bool holds(struct fault_decider *decider, size_t index,
                  const struct fault_subject *subject) {
    const struct fault_rule *rule = &decider->script->rules[index];
    if (!is_of_scope(rule, subject->scope) || !is_time(rule, subject->elapsed_ms) ||
        !has_method(rule->methods, subject->method) || !has_prefix(rule->prefix, subject->target))
        return false;
    uint64_t met = ++decider->tallies[index].met;
    if (rule->first && met > rule->first) return false;
    if (rule->every && met % rule->every != 0) return false;
    uint64_t drawn = fault_draw(decider->seed, index, subject->number, SALT_CHANCE) >> 32;
    return (drawn * FAULT_WHOLE) >> 32 < rule->chance;
}

static uint64_t delay_of(const struct fault_decider *decider, size_t index, uint64_t number) {
    const struct fault_rule *rule = &decider->script->rules[index];
    uint64_t drawn = fault_draw(decider->seed, index, number, SALT_JITTER);
    return rule->amount - rule->jitter_ms + drawn % (2 * rule->jitter_ms + 1);
}

static void shape(const struct fault_decider *decider, size_t index, struct fault_plan *plan) {
    const struct fault_rule *rule = &decider->script->rules[index];
    plan->shaped |= UINT64_C(1) << index;
    if (rule->kind != FAULT_RATE)
        plan->delay_ms += delay_of(decider, index, plan->number);
    else if (plan->rate == 0 || rule->amount < plan->rate)
        plan->rate = rule->amount;
}

void fault_decide(struct fault_decider *decider, const struct fault_subject *subject,
                  struct fault_plan *plan) {
    assert(subject->number > 0);
    *plan = (struct fault_plan){.number = subject->number};
    for (size_t i = 0; i < decider->script->count; i++) {
        const struct fault_rule *rule = &decider->script->rules[i];
        if (!holds(decider, i, subject)) continue;
        if (rule->kind <= FAULT_SPOIL_LAST && plan->spoil) continue;
        decider->tallies[i].chosen++;
        if (rule->kind <= FAULT_SPOIL_LAST)
            plan->spoil = rule;
        else
            shape(decider, i, plan);
    }
}

enum fault_kind fault_plan_kind(const struct fault_plan *plan) {
    return plan->spoil ? plan->spoil->kind : FAULT_NONE;
}

size_t fault_rule_index(const struct fault_decider *decider, const struct fault_rule *rule) {
    assert(rule >= decider->script->rules && rule < decider->script->rules + FAULT_RULES_MAX);
    return (size_t)(rule - decider->script->rules);
}
