/* Counters and latencies: each reactor writes its own, a reader sums them. */
#include <assert.h>
#include <string.h>

#include "engine_core.h"

static uint64_t read_counter(const uint64_t *counter) {
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void add_requests(struct hr_engine_metrics *metrics, const struct hr_counters *counters) {
    /* Ends before starts, so that what ends meanwhile cannot make in_progress negative. */
    metrics->succeeded += read_counter(&counters->succeeded);
    metrics->failed += read_counter(&counters->failed);
    metrics->cancelled += read_counter(&counters->cancelled);
    metrics->submitted += read_counter(&counters->submitted);
    metrics->attempts += read_counter(&counters->attempts);
    metrics->retries += read_counter(&counters->retries);
}

static void add_work(struct hr_engine_metrics *metrics, const struct hr_counters *counters) {
    metrics->connections_opened += read_counter(&counters->connections_opened);
    metrics->bytes_sent += read_counter(&counters->bytes_sent);
    metrics->bytes_received += read_counter(&counters->bytes_received);
    metrics->turns += read_counter(&counters->turns);
    metrics->operations += read_counter(&counters->operations);
    metrics->events += read_counter(&counters->events);
    metrics->wakes += read_counter(&counters->wakes);
    metrics->buffers_exhausted += read_counter(&counters->buffers_exhausted);
    metrics->overflows += read_counter(&counters->overflows);
}

void hr_engine_metrics_get(const hr_engine *engine, struct hr_engine_metrics *metrics) {
    memset(metrics, 0, sizeof *metrics);
    if (!engine) return;
    uint64_t used = 0;
    for (unsigned i = 0; i < engine->group.count; i++) {
        const struct hr_reactor *reactor = engine->group.reactors[i];
        add_requests(metrics, &reactor->counters);
        add_work(metrics, &reactor->counters);
        used += read_counter(&reactor->budget.used);
    }
    uint64_t ended = metrics->succeeded + metrics->failed + metrics->cancelled;
    metrics->in_progress = metrics->submitted > ended ? metrics->submitted - ended : 0;
    metrics->connections_open = read_counter(&engine->connections);
    metrics->connections_peak = read_counter(&engine->connections_peak);
    uint64_t given_back = read_counter(&engine->group.budget.given_back);
    metrics->budget_limit_bytes = engine->group.budget.limit;
    metrics->budget_used_bytes = used > given_back ? used - given_back : 0;
    metrics->budget_peak_bytes = read_counter(&engine->group.budget.peak);
}

void hr__engine_connection_opened(struct hr_reactor *reactor) {
    hr_engine *engine = reactor->engine;
    assert(!hr__reactor_current() || hr__reactor_current() == reactor);
    hr__count(&reactor->counters.connections_opened, 1);
    uint64_t open = __atomic_add_fetch(&engine->connections, 1, __ATOMIC_RELAXED);
    uint64_t peak = __atomic_load_n(&engine->connections_peak, __ATOMIC_RELAXED);
    while (peak < open && !__atomic_compare_exchange_n(&engine->connections_peak, &peak, open, true,
                                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

void hr__engine_connection_closed(struct hr_reactor *reactor) {
    assert(!hr__reactor_current() || hr__reactor_current() == reactor);
    hr__count(&reactor->counters.connections_closed, 1);
    uint64_t before = __atomic_fetch_sub(&reactor->engine->connections, 1, __ATOMIC_RELAXED);
    assert(before > 0);
    (void)before;
}
