/* Decisions about faults: how often, for whom, and the same again. */
#include <criterion/criterion.h>

#include "fault_plan.h"

#define REQUESTS 100000

static struct fault_script script;
static struct fault_decider decider;

static void begin(uint64_t seed, const char *lines) {
    struct hr_error error = {0};
    script.count = 0;
    cr_assert_eq(fault_script_read(&script, hr_slice_of(lines), &error), 0, "%s", error.message);
    decider = (struct fault_decider){.script = &script, .seed = seed};
}

static struct fault_plan decide(uint64_t number, const char *method, const char *target) {
    struct fault_plan plan;
    const struct fault_subject subject = {
        .number = number, .method = hr_slice_of(method), .target = hr_slice_of(target)};
    fault_decide(&decider, &subject, &plan);
    return plan;
}

static enum fault_kind kind_of(uint64_t number) {
    struct fault_plan plan = decide(number, "GET", "/b/k");
    return fault_plan_kind(&plan);
}

static struct fault_plan decide_at(uint64_t elapsed_ms, enum fault_scope scope) {
    struct fault_plan plan;
    const struct fault_subject subject = {.number = 1, .elapsed_ms = elapsed_ms, .scope = scope};
    fault_decide(&decider, &subject, &plan);
    return plan;
}

Test(fault_plan, a_chance_comes_true_as_often_as_it_says) {
    unsigned count = 0;
    begin(7, "10% reset");
    for (uint64_t i = 1; i <= REQUESTS; i++) count += kind_of(i) == FAULT_RESET;
    /* Five standard deviations of a binomial distribution: 5 * sqrt(n p (1 - p)) = 474. */
    cr_expect(count > 10000 - 474 && count < 10000 + 474, "%u", count);
    cr_expect_eq(decider.tallies[0].chosen, count);
    cr_expect_eq(decider.tallies[0].met, REQUESTS);
}

Test(fault_plan, chances_of_two_rules_are_independent) {
    unsigned first = 0, second = 0;
    begin(7, "50% reset\n50% status 503");
    for (uint64_t i = 1; i <= REQUESTS; i++) {
        enum fault_kind kind = kind_of(i);
        first += kind == FAULT_RESET;
        second += kind == FAULT_STATUS;
    }
    /* 5 * sqrt(n p (1 - p)): 790 of a half, 684 of a quarter. */
    cr_expect(first > 50000 - 790 && first < 50000 + 790, "%u", first);
    cr_expect(second > 25000 - 684 && second < 25000 + 684, "%u", second);
}

Test(fault_plan, a_seed_decides_the_same_again) {
    static enum fault_kind before[1000];
    const char *lines = "10% reset\n10% silent 1s\n10% corrupt 1";
    begin(42, lines);
    for (uint64_t i = 0; i < 1000; i++) before[i] = kind_of(i + 1);
    begin(42, lines);
    for (uint64_t i = 1000; i > 0; i--) cr_assert_eq(kind_of(i), before[i - 1]);
}

Test(fault_plan, another_seed_decides_otherwise) {
    unsigned same = 0, other = 0;
    for (uint64_t i = 1; i <= 1000; i++) {
        begin(1, "50% reset");
        enum fault_kind kind = kind_of(i);
        begin(2, "50% reset");
        kind == kind_of(i) ? same++ : other++;
    }
    cr_expect(same > 400 && other > 400, "%u %u", same, other);
}

Test(fault_plan, one_fault_at_most_spoils_a_request) {
    begin(1, "reset\nstatus 503\nlatency 5ms\ndelay 7ms\nrate 2KiB/s\nrate 1KiB/s");
    struct fault_plan plan = decide(1, "GET", "/");
    cr_expect_eq(fault_plan_kind(&plan), FAULT_RESET);
    cr_expect_eq(plan.delay_ms, 12);
    cr_expect_eq(plan.rate, 1024);
    cr_expect_eq(plan.shaped, 0x3c);
    cr_expect_eq(decider.tallies[1].chosen, 0);
    cr_expect_eq(decider.tallies[1].met, 1);
}

Test(fault_plan, methods_and_paths_decide_whom_it_meets) {
    begin(1, "PUT,POST /b/ reset");
    struct fault_plan plan = decide(1, "PUT", "/b/x");
    cr_expect_eq(fault_plan_kind(&plan), FAULT_RESET);
    plan = decide(2, "POST", "/b/");
    cr_expect_eq(fault_plan_kind(&plan), FAULT_RESET);
    plan = decide(3, "GET", "/b/x");
    cr_expect_null(plan.spoil);
    plan = decide(4, "PUT", "/b");
    cr_expect_null(plan.spoil);
    plan = decide(5, "POS", "/b/");
    cr_expect_null(plan.spoil);
    cr_expect_eq(decider.tallies[0].met, 2);
}

Test(fault_plan, first_and_every_count_those_it_could_meet) {
    begin(1, "PUT first 2 reset\nGET every 3rd silent 1s");
    const char *methods[] = {"GET", "PUT", "GET", "PUT", "PUT", "GET", "GET", "GET", "GET"};
    const enum fault_kind kinds[] = {FAULT_NONE,   FAULT_RESET, FAULT_NONE, FAULT_RESET, FAULT_NONE,
                                     FAULT_SILENT, FAULT_NONE,  FAULT_NONE, FAULT_SILENT};
    for (uint64_t i = 0; i < 9; i++) {
        struct fault_plan plan = decide(i + 1, methods[i], "/");
        cr_expect_eq(fault_plan_kind(&plan), kinds[i], "%d", (int)i);
    }
}

Test(fault_plan, an_outage_has_a_beginning_and_an_end) {
    begin(1, "after 10s for 5s reset");
    const uint64_t without[] = {0, 9999, 15000, 100000}, with[] = {10000, 12000, 14999};
    for (size_t i = 0; i < 4; i++)
        cr_expect_null(decide_at(without[i], FAULT_OF_REQUEST).spoil, "%d", (int)without[i]);
    for (size_t i = 0; i < 3; i++)
        cr_expect_not_null(decide_at(with[i], FAULT_OF_REQUEST).spoil, "%d", (int)with[i]);
}

Test(fault_plan, refuse_is_of_connections) {
    begin(1, "refuse\nreset");
    struct fault_plan plan = decide_at(0, FAULT_OF_REQUEST);
    cr_expect_eq(fault_plan_kind(&plan), FAULT_RESET);
    plan = decide_at(0, FAULT_OF_CONNECTION);
    cr_expect_eq(fault_plan_kind(&plan), FAULT_REFUSE);
    begin(1, "reset");
    cr_expect_null(decide_at(0, FAULT_OF_CONNECTION).spoil);
    plan = decide_at(0, FAULT_OF_BYTES);
    cr_expect_eq(fault_plan_kind(&plan), FAULT_RESET);
}

Test(fault_plan, latency_is_spread_over_its_jitter) {
    unsigned seen[5] = {0};
    begin(3, "latency 5ms +-2ms");
    for (uint64_t i = 1; i <= 5000; i++) {
        uint64_t delay_ms = decide(i, "GET", "/").delay_ms;
        cr_assert(delay_ms >= 3 && delay_ms <= 7);
        seen[delay_ms - 3]++;
    }
    /* 5 * sqrt(n p (1 - p)) = 141. */
    for (size_t i = 0; i < 5; i++) cr_expect(seen[i] > 859 && seen[i] < 1141, "%u", seen[i]);
}
