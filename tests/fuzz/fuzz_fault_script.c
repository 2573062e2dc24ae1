/* Fault scripts: a rule that is taken is within its limits, reads the same again from its own text,
 * and can be decided by. */
#include <stdlib.h>
#include <string.h>

#include "fault_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

static void check_limits(const struct fault_rule *rule) {
    check(rule->kind > FAULT_NONE && rule->kind < FAULT_KINDS);
    check(rule->chance > 0 && rule->chance <= FAULT_WHOLE);
    check(rule->share < FAULT_WHOLE && rule->jitter_ms <= rule->amount);
    check(rule->after_ms <= FAULT_DURATION_MAX_MS && rule->for_ms <= FAULT_DURATION_MAX_MS);
    if (rule->kind == FAULT_STATUS) check(rule->status >= 400 && rule->status <= 599);
    if (rule->kind == FAULT_CORRUPT) check(rule->amount > 0 && rule->amount <= FAULT_CORRUPT_MAX);
    if (rule->kind == FAULT_TRICKLE || rule->kind == FAULT_RATE) check(rule->amount > 0);
    check(strlen(rule->text) <= FAULT_LINE_MAX && strlen(rule->code) < FAULT_CODE_MAX);
}

static void check_again(const struct fault_rule *rule) {
    static struct fault_script again;
    again.count = 0;
    check(fault_script_add(&again, hr_slice_of(rule->text), rule->line, NULL) == 0);
    check(again.count == 1 && memcmp(&again.rules[0], rule, sizeof *rule) == 0);
}

static void decide(const struct fault_script *script) {
    struct fault_decider decider = {.script = script, .seed = 1};
    struct fault_plan plan;
    for (uint64_t number = 1; number <= 8; number++) {
        const struct fault_subject subject = {.scope = (enum fault_scope)(number % 3),
                                              .number = number,
                                              .elapsed_ms = number * 1000,
                                              .method = hr_slice_of("GET"),
                                              .target = hr_slice_of("/b/k")};
        fault_decide(&decider, &subject, &plan);
        check(!plan.spoil || plan.spoil->kind <= FAULT_SPOIL_LAST);
        check(plan.delay_ms <= FAULT_RULES_MAX * 2 * FAULT_DURATION_MAX_MS);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct fault_script script;
    struct hr_error error = {0};
    script.count = 0;
    int err = fault_script_read(&script, hr_slice_bytes((const char *)data, size), &error);
    check(err == error.code && (err == 0) == (error.message[0] == '\0'));
    for (const char *at = error.message; *at; at++) check(*at >= ' ' && *at <= '~');
    for (size_t i = 0; i < script.count; i++) {
        check_limits(&script.rules[i]);
        check_again(&script.rules[i]);
    }
    decide(&script);
    return 0;
}
