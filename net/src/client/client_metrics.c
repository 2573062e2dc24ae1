/* The counters of a client, summed over its shards. */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/histogram.h>

#define CLASSES 6 /* [1] to [5]: of the status; [0]: no response */

/* Of one shard: written by its thread, merged by any. */
struct hr_shard_latency {
    struct hr_histogram by_status[CLASSES];
};

int hr__statistics_open(struct hr_client_shard *shard) {
    shard->latency = calloc(1, sizeof *shard->latency);
    if (!shard->latency) return -ENOMEM;
    for (unsigned i = 0; i < CLASSES; i++) shard->latency->by_status[i].unit = HR_HISTOGRAM_SECONDS;
    return 0;
}

void hr__statistics_close(struct hr_client_shard *shard) {
    free(shard->latency);
}

void hr__statistics_begin(struct hr_client_shard *shard) {
    hr__count(&shard->counters.requests, 1);
}

void hr__statistics_end(struct hr_client_shard *shard, const struct hr_request_end *end) {
    struct hr_client_counters *counters = &shard->counters;
    if (end->result == 0)
        hr__count(&counters->succeeded, 1);
    else if (end->cancelled)
        hr__count(&counters->cancelled, 1);
    else
        hr__count(&counters->failed, 1);
    /* A response that a request failed behind (a sink too small, a hook's verdict) is none. */
    unsigned class_ = end->result == 0 ? (unsigned)end->status / 100 : 0;
    if (class_ >= CLASSES) class_ = 0;
    hr__count(&counters->by_status[class_], 1);
    hr_histogram_record(&shard->latency->by_status[class_], end->total_ns);
}

#define ADD(name) metrics->name += __atomic_load_n(&from->name, __ATOMIC_RELAXED);

static void add_pool(const struct hr_pool_counters *from, struct hr_http_client_metrics *metrics) {
    HR_POOL_COUNTERS(ADD)
}

static void add_shard(const struct hr_client_counters *from,
                      struct hr_http_client_metrics *metrics) {
    /* The ended are read before the begun, so that no reading has more of them. */
    ADD(succeeded)
    ADD(failed)
    ADD(cancelled)
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    ADD(requests)
    for (unsigned i = 0; i < CLASSES; i++) ADD(by_status[i])
    HR_CLIENT_COUNTERS(ADD)
    HR_TIMEOUT_COUNTERS(ADD)
}

#undef ADD

void hr_http_client_metrics_get(const hr_http_client *client,
                                struct hr_http_client_metrics *metrics) {
    memset(metrics, 0, sizeof *metrics);
    metrics->connections_open = __atomic_load_n(&client->pool.connections_open, __ATOMIC_RELAXED);
    metrics->connections_peak = __atomic_load_n(&client->pool.connections_peak, __ATOMIC_RELAXED);
    metrics->breaker_opened = hr__origin_table_opened(client->pool.origins);
    for (unsigned i = 0; i < client->pool.reactors; i++) {
        add_shard(&client->shards[i]->counters, metrics);
        add_pool(&client->pool.shards[i]->counters, metrics);
    }
}

int hr_http_client_latency_merge(const hr_http_client *client, unsigned status_class,
                                 struct hr_histogram *into) {
    int err = status_class < CLASSES ? 0 : -EINVAL;
    for (unsigned i = 0; !err && i < client->pool.reactors; i++)
        err = hr_histogram_merge(into, &client->shards[i]->latency->by_status[status_class]);
    return err;
}
