/* An engine with a byte budget far below what its load would hold: requests wait for their part of
 * it, none fails, and no more is ever reserved. */
#include "service_batch.h"
#include "service_bench.h"
#include "service_tools.h"

enum { BUDGET_BYTES = 256 << 10, AT_ONCE = PERF_BATCH_MAX, ROUNDS = 10 };

static unsigned load(struct perf_service_batch *batch, struct hr_error *error) {
    unsigned failed = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        failed += perf_service_batch_put(batch, error);
        failed += perf_service_batch_get(batch, error);
    }
    return failed;
}

static void put_budget(struct perf_service_figures *figures,
                       const struct hr_engine_metrics *metrics) {
    double limit = (double)metrics->budget_limit_bytes, peak = (double)metrics->budget_peak_bytes;
    perf_service_put(figures, "budget", "limit_bytes", limit);
    perf_service_put(figures, "budget", "peak_bytes", peak);
    perf_service_put(figures, "budget", "peak_share", limit > 0 ? peak / limit : 0);
    perf_service_put(figures, "budget", "left_bytes", (double)metrics->budget_used_bytes);
}

int perf_service_budget(const struct perf_service_place *place,
                        struct perf_service_figures *figures, struct hr_error *error) {
    struct hr_engine_options engine = *place->engine;
    struct perf_service_place small = *place;
    struct hr_engine_metrics metrics;
    struct perf_service_store store;
    struct hr_error failure = {0};
    engine.budget_bytes = BUDGET_BYTES;
    small.engine = &engine;
    int err = perf_service_store_open(&small, &store, error);
    if (err) return err;
    struct perf_service_batch batch = {.client = store.client,
                                       .bucket = place->bucket,
                                       .name = "budget",
                                       .count = AT_ONCE,
                                       .size_bytes = PERF_BATCH_BYTES};
    unsigned failed = load(&batch, &failure);
    hr_engine_metrics_get(store.engine, &metrics);
    perf_service_store_close(&store);
    put_budget(figures, &metrics);
    perf_service_put(figures, "budget", "operations", 2 * ROUNDS * AT_ONCE - failed);
    perf_service_put(figures, "budget", "failed", failed);
    return 0;
}
