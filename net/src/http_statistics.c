/* What a client counts, summed over its shards. */
#include "http_call.h"

#include <string.h>

void hr_http_client_metrics_get(const hr_http_client *client,
                                struct hr_http_client_metrics *metrics) {
    memset(metrics, 0, sizeof *metrics);
    metrics->connections_open = __atomic_load_n(&client->connections_open, __ATOMIC_RELAXED);
    metrics->connections_peak = __atomic_load_n(&client->connections_peak, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < client->reactors; i++) {
        const struct hr_pool_metrics *from = &client->shards[i]->metrics;
#define ADD(to, field) metrics->to += __atomic_load_n(&from->field, __ATOMIC_RELAXED)
        ADD(connections_opened, opened);
        ADD(connections_idle, idle);
        ADD(connections_reused, reused);
        ADD(stale_retries, stale_retries);
        ADD(retries, retries);
        ADD(waiting, waiting);
        ADD(waiting_peak, waiting_peak);
        ADD(timeouts_pool, timeouts_pool);
        ADD(timeouts_connect, timeouts_connect);
        ADD(timeouts_first_byte, timeouts_first_byte);
        ADD(timeouts_stall, timeouts_stall);
#undef ADD
    }
}
