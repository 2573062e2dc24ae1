/* What a client counts, summed over its shards. */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/histogram.h>

#define CLASSES 6 /* [1] to [5]: of the status; [0]: no answer */

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
    else if (end->result == -ECANCELED)
        hr__count(&counters->cancelled, 1);
    else
        hr__count(&counters->failed, 1);
    /* An answer that a request failed behind (a sink too small, a hook's verdict) is none. */
    unsigned class_ = end->result == 0 ? (unsigned)end->status / 100 : 0;
    if (class_ >= CLASSES) class_ = 0;
    hr__count(&counters->by_status[class_], 1);
    hr_histogram_record(&shard->latency->by_status[class_], end->total_ns);
}

#define ADD(to, field) metrics->to += __atomic_load_n(&from->field, __ATOMIC_RELAXED)

static void add_pool(const struct hr_pool_counters *from, struct hr_http_client_metrics *metrics) {
    ADD(connections_opened, opened);
    ADD(connections_idle, idle);
    ADD(connections_reused, reused);
    ADD(handshakes_full, handshakes_full);
    ADD(handshakes_resumed, handshakes_resumed);
    ADD(waiting, waiting);
    ADD(waiting_peak, waiting_peak);
}

static void add_shard(const struct hr_client_counters *from,
                      struct hr_http_client_metrics *metrics) {
    /* What has ended is read before what has begun, so that no reading has more of it. */
    ADD(succeeded, succeeded);
    ADD(failed, failed);
    ADD(cancelled, cancelled);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    ADD(requests, requests);
    for (unsigned i = 0; i < CLASSES; i++) ADD(by_status[i], by_status[i]);
    ADD(attempts, attempts);
    ADD(retries, retries);
    ADD(retries_refused, retries_refused);
    ADD(stale_retries, stale_retries);
    ADD(hedges, hedges);
    ADD(hedges_won, hedges_won);
    ADD(redirects, redirects);
    ADD(breaker_rejected, breaker_rejected);
    ADD(rate_delayed, rate_delayed);
    ADD(rate_refused, rate_refused);
    ADD(bytes_sent, bytes_sent);
    ADD(bytes_received, bytes_received);
    ADD(timeouts_total, timeouts_total);
    ADD(timeouts_resolve, timeouts_resolve);
    ADD(timeouts_connect, timeouts_connect);
    ADD(timeouts_handshake, timeouts_handshake);
    ADD(timeouts_pool, timeouts_pool);
    ADD(timeouts_first_byte, timeouts_first_byte);
    ADD(timeouts_stall, timeouts_stall);
    ADD(timeouts_throughput, timeouts_throughput);
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
