/* Loops over a protocol that does nothing: its operations end when the test says so. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/clock.h>

#include "loop_core.h"

#define SLOTS 3

/* Another size than the loop's own slot, so that the loop must ask. */
struct idle_slot {
    struct perf_slot slot;
    struct hr_request request;
    char padding[200];
};

static struct perf_slot *waiting[64];
static size_t waiting_count;
static unsigned refused; /* so many starts fail */

static int start_idle(struct perf_slot *slot) {
    struct hr_request *request = &((struct idle_slot *)slot)->request;
    *request = (struct hr_request){.attempts = 1};
    perf_slot_prepare(slot, request);
    if (refused) {
        refused--;
        return -ENOBUFS;
    }
    cr_assert_lt(waiting_count, 64);
    waiting[waiting_count++] = slot;
    return 0;
}

static void classify_idle(struct perf_slot *slot, struct perf_outcome *outcome) {
    cr_expect_eq(outcome->error, &slot->request->error);
    if (!outcome->result) outcome->bytes_sent = 10;
}

static const struct perf_protocol idle = {
    .slot_size = sizeof(struct idle_slot), .start = start_idle, .classify = classify_idle};

/* Ends the operation that has waited longest. */
static void end_one(int result) {
    cr_assert_gt(waiting_count, 0);
    struct hr_request *request = waiting[0]->request;
    memmove(waiting, waiting + 1, --waiting_count * sizeof *waiting);
    request->result = result;
    request->error.code = result;
    request->on_done(request);
}

static hr_engine *engine;
static struct perf_workload workload = {
    .objects = 4, .prefix = "p/", .mix = {.weight = {[PERF_PUT] = 1}, .total = 1}};

static perf_loop *loop_of(struct perf_loop_options options) {
    struct hr_error error;
    perf_loop *loop = NULL;
    waiting_count = 0;
    refused = 0;
    if (!engine)
        cr_assert_eq(
            hr_engine_new(&(struct hr_engine_options){.mode = HR_ENGINE_CALLER}, &error, &engine),
            0);
    options.engine = engine;
    options.protocol = &idle;
    options.workload = &workload;
    options.choose = perf_choose_cycle;
    if (!options.concurrency) options.concurrency = SLOTS;
    cr_assert_eq(perf_loop_new(&options, &loop), 0);
    return loop;
}

static struct perf_loop_report *finish(perf_loop *loop) {
    struct perf_loop_report *report = calloc(1, sizeof *report);
    perf_loop_report(loop, report);
    perf_loop_free(loop);
    hr_engine_close(engine, NULL, NULL);
    engine = NULL;
    return report;
}

Test(loop, options_without_an_end_are_refused) {
    perf_loop *loop = NULL;
    cr_expect_eq(perf_loop_new(&(struct perf_loop_options){.operations = 1}, &loop), -EINVAL);
    cr_expect_eq(perf_loop_new(&(struct perf_loop_options){.concurrency = 1}, &loop), -EINVAL);
    cr_expect_null(loop);
    perf_loop_free(NULL);
}

Test(loop, closed_each_end_is_followed_by_a_start) {
    perf_loop *loop = loop_of((struct perf_loop_options){.operations = 8});
    cr_assert_eq(perf_loop_start(loop), 0);
    cr_expect_eq(waiting_count, SLOTS);
    for (unsigned i = 0; i < 8; i++) {
        cr_expect_not(perf_loop_service(loop));
        cr_expect_eq(waiting_count, 8 - i < SLOTS ? 8 - i : SLOTS);
        end_one(i == 2 ? -EIO : 0);
        cr_expect_eq(perf_loop_live(loop).failed, i >= 2);
    }
    cr_expect(perf_loop_service(loop));
    struct perf_loop_report *report = finish(loop);
    cr_expect_eq(report->submitted, 8);
    cr_expect_eq(report->result.kind[PERF_PUT].succeeded, 7);
    cr_expect_eq(report->result.kind[PERF_PUT].failed, 1);
    cr_expect_eq(report->result.bytes_sent, 70);
    cr_expect_eq(report->not_started, 0);
    free(report);
}

/* A slot whose start is refused counts a failure and rests. */
Test(loop, closed_refused_starts_end_it) {
    perf_loop *loop = loop_of((struct perf_loop_options){.operations = 100});
    refused = SLOTS;
    cr_assert_eq(perf_loop_start(loop), 0);
    cr_expect(perf_loop_service(loop));
    struct perf_loop_report *report = finish(loop);
    cr_expect_eq(report->submitted, SLOTS);
    cr_expect_eq(report->result.kind[PERF_PUT].failed, SLOTS);
    cr_expect_str_eq(report->result.errors[0].name, "ENOBUFS");
    free(report);
}

/* First uploads that end, or are refused, are not waited for by the others. */
Test(loop, together_opens_when_all_have_come) {
    workload.size_bytes = 10;
    perf_loop *loop = loop_of((struct perf_loop_options){.operations = SLOTS, .together = true});
    refused = 1;
    cr_assert_eq(perf_loop_start(loop), 0);
    cr_expect_eq(loop->gate.expected, SLOTS);
    cr_expect_eq(atomic_load(&loop->gate.arrived), 1, "the one that was refused");
    cr_expect_not(perf_loop_service(loop));
    cr_expect_not(atomic_load(&loop->gate.open));
    while (waiting_count) end_one(0);
    cr_expect(perf_loop_service(loop));
    cr_expect(atomic_load(&loop->gate.open));
    struct perf_loop_report *report = finish(loop);
    cr_expect(report->held_together);
    free(report);
}

/* The gate's body: nothing before it is open, after the hash of a signed one. */
Test(loop, a_gated_body_waits_in_the_pass_that_is_sent) {
    char body[16];
    workload.size_bytes = sizeof body;
    cr_assert_eq(perf_workload_open(&workload), 0);
    perf_loop *loop = loop_of((struct perf_loop_options){.operations = SLOTS, .together = true});
    cr_assert_eq(perf_loop_start(loop), 0);
    struct perf_slot *slot = perf_slot_at(loop, 0);
    struct hr_source source = perf_gate_source(slot, true);
    cr_expect_eq(source.produce(source.user, body, 10), 10, "its hash");
    cr_expect_eq(source.produce(source.user, body, 10), 6);
    cr_expect_eq(source.rewind(source.user), 0);
    cr_expect_eq(source.produce(source.user, body, 10), -EAGAIN);
    cr_expect_eq(source.produce(source.user, body, 10), -EAGAIN);
    cr_expect_eq(atomic_load(&loop->gate.arrived), 1, "once");
    atomic_store(&loop->gate.open, true);
    cr_expect_eq(source.produce(source.user, body, sizeof body), 16);
    cr_expect(perf_workload_body_matches(&workload, slot->step.index, 0, body, sizeof body));
    while (waiting_count) end_one(0);
    cr_expect(perf_loop_service(loop));
    free(finish(loop));
    perf_workload_close(&workload);
}

/* One slot at a rate of 1000 a second: the rest is due and finds none free. */
Test(loop, open_tells_what_was_due_and_not_started) {
    perf_loop *loop = loop_of(
        (struct perf_loop_options){.concurrency = 1, .rate = 1000, .duration_ns = 50000000});
    cr_assert_eq(perf_loop_start(loop), 0);
    struct pollfd over = {.fd = perf_loop_fd(loop), .events = POLLIN};
    while (hr_clock_monotonic_ns() < loop->until_ns) poll(&over, 1, 10);
    while (!atomic_load(&loop->submitted)) poll(&over, 1, 1);
    cr_assert_eq(waiting_count, 1);
    end_one(0);
    while (!perf_loop_service(loop)) poll(&over, 1, 200);
    struct perf_loop_report *report = finish(loop);
    cr_expect_eq(report->submitted, 1);
    cr_expect_eq(report->not_started, 49, "%llu", (unsigned long long)report->not_started);
    cr_expect_geq(report->result.kind[PERF_PUT].latency_ns.max, 49000000u, "from when it was due");
    free(report);
}

Test(loop, open_ends_with_its_operations) {
    perf_loop *loop =
        loop_of((struct perf_loop_options){.concurrency = 2, .rate = 100000, .operations = 2});
    cr_assert_eq(perf_loop_start(loop), 0);
    struct pollfd over = {.fd = perf_loop_fd(loop), .events = POLLIN};
    while (atomic_load(&loop->submitted) < 2) poll(&over, 1, 1);
    perf_slot_lock(perf_slot_at(loop, 0)); /* the starts have returned */
    perf_slot_unlock(perf_slot_at(loop, 0));
    perf_slot_lock(perf_slot_at(loop, 1));
    perf_slot_unlock(perf_slot_at(loop, 1));
    end_one(0);
    end_one(0);
    while (!perf_loop_service(loop)) poll(&over, 1, 200);
    struct perf_loop_report *report = finish(loop);
    cr_expect_eq(report->submitted, 2);
    cr_expect_eq(report->not_started, 0);
    free(report);
}

/* A run that is killed has no report: what is late is known on the way. */
Test(loop, what_is_due_and_not_started_is_known_while_it_goes_on) {
    perf_loop *loop = loop_of(
        (struct perf_loop_options){.concurrency = 1, .rate = 1000, .duration_ns = 3600000000000u});
    cr_assert_eq(perf_loop_start(loop), 0);
    struct pollfd over = {.fd = perf_loop_fd(loop), .events = POLLIN};
    while (!waiting_count) poll(&over, 1, 1);
    cr_expect_eq(perf_loop_not_started(loop, loop->started_ns), 0);
    cr_expect_eq(perf_loop_not_started(loop, loop->started_ns + 50000000), 49, "the slot is busy");
    perf_loop_stop(loop);
    end_one(-ECANCELED);
    while (!perf_loop_service(loop)) poll(&over, 1, 200);
    free(finish(loop));
}

/* Slots start again a think time behind the end of their operation, in the order of the ends. */
Test(loop, thinking_waits_between_the_operations_of_a_slot) {
    uint64_t think_ns = 30000000;
    perf_loop *loop = loop_of(
        (struct perf_loop_options){.concurrency = 2, .think_ns = think_ns, .operations = 4});
    struct perf_slot *slots[2] = {perf_slot_at(loop, 0), perf_slot_at(loop, 1)};
    cr_assert_eq(perf_loop_start(loop), 0);
    struct pollfd over = {.fd = perf_loop_fd(loop), .events = POLLIN};
    while (atomic_load(&loop->submitted) < 2) poll(&over, 1, 1);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 2; i++) { /* the starts have returned */
            perf_slot_lock(slots[i]);
            perf_slot_unlock(slots[i]);
        }
        uint64_t ended = hr_clock_monotonic_ns();
        end_one(0);
        end_one(-EIO);
        if (round == 1) break;
        while (atomic_load(&loop->submitted) < 4) poll(&over, 1, 1);
        for (unsigned i = 0; i < 2; i++) cr_expect_geq(slots[i]->begun_ns, ended + think_ns);
    }
    while (!perf_loop_service(loop)) poll(&over, 1, 200);
    struct perf_loop_report *report = finish(loop);
    cr_expect_eq(report->submitted, 4);
    cr_expect_eq(report->result.kind[PERF_PUT].succeeded, 2);
    cr_expect_eq(report->result.kind[PERF_PUT].failed, 2);
    free(report);
}

Test(loop, thinking_ends_where_starts_are_refused) {
    perf_loop *loop =
        loop_of((struct perf_loop_options){.concurrency = 1, .think_ns = 1000, .operations = 3});
    refused = 3;
    cr_assert_eq(perf_loop_start(loop), 0);
    struct pollfd over = {.fd = perf_loop_fd(loop), .events = POLLIN};
    while (!perf_loop_service(loop)) poll(&over, 1, 200);
    struct perf_loop_report *report = finish(loop);
    cr_expect_eq(report->result.kind[PERF_PUT].failed, 3);
    free(report);
}

Test(loop, thinking_is_stopped_while_all_think) {
    perf_loop *loop = loop_of(
        (struct perf_loop_options){.concurrency = 1, .think_ns = 3600000000000u, .operations = 3});
    cr_assert_eq(perf_loop_start(loop), 0);
    struct pollfd over = {.fd = perf_loop_fd(loop), .events = POLLIN};
    while (!atomic_load(&loop->submitted)) poll(&over, 1, 1);
    perf_slot_lock(perf_slot_at(loop, 0));
    perf_slot_unlock(perf_slot_at(loop, 0));
    end_one(0);
    perf_loop_stop(loop);
    while (!perf_loop_service(loop)) poll(&over, 1, 200);
    struct perf_loop_report *report = finish(loop);
    cr_expect_eq(report->submitted, 1);
    free(report);
}

/* The times of the trace, not a rate: an operation between its time and the end counts as due. */
Test(loop, a_trace_is_an_open_loop_at_its_times) {
    struct perf_trace_entry entries[] = {{0, 5, 0, PERF_PUT}, {40000000, 5, 0, PERF_PUT}};
    struct perf_trace_key keys[] = {{.name = "k", .size = 1}};
    struct perf_trace trace = {.entries = entries, .keys = keys, .count = 2, .key_count = 1};
    workload.trace = &trace;
    perf_loop *loop =
        loop_of((struct perf_loop_options){.concurrency = 1, .traced = true, .operations = 2});
    loop->options.choose = perf_choose_trace;
    cr_assert_eq(perf_loop_start(loop), 0);
    struct pollfd over = {.fd = perf_loop_fd(loop), .events = POLLIN};
    while (hr_clock_monotonic_ns() < loop->started_ns + 60000000) poll(&over, 1, 5);
    cr_assert_eq(waiting_count, 1, "one slot, which is busy");
    end_one(0);
    while (!waiting_count) poll(&over, 1, 1);
    perf_slot_lock(perf_slot_at(loop, 0));
    perf_slot_unlock(perf_slot_at(loop, 0));
    cr_expect_eq(perf_slot_at(loop, 0)->begun_ns, loop->started_ns + 40000000);
    end_one(0);
    while (!perf_loop_service(loop)) poll(&over, 1, 200);
    struct perf_loop_report *report = finish(loop);
    cr_expect_eq(report->submitted, 2);
    cr_expect_geq(report->result.kind[PERF_PUT].latency_ns.max, 60000000);
    free(report);
    workload.trace = NULL;
}
