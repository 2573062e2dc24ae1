/* Statistics of a client: each reactor counts for itself, readers sum up. */
#include "s3_counters.h"

#include <errno.h>
#include <stdlib.h>

#include <headrace/text.h>

#include "s3_call.h"

#define MIB        1048576.0
#define TREND_OVER 10u /* operations */

void hr__s3_statistics_open(struct hr__s3_statistics *statistics) {
    pthread_mutex_init(&statistics->lock, NULL);
}

void hr__s3_statistics_close(struct hr__s3_statistics *statistics) {
    for (size_t i = 0; i < HR__S3_KINDS; i++) free(statistics->latency[i]);
    free(statistics->history);
    pthread_mutex_destroy(&statistics->lock);
}

/* ---- Counting. */

static void add(uint64_t *counter, uint64_t more) {
    __atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}

static uint64_t get(const uint64_t *counter) {
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void record_latency(struct hr__s3_statistics *statistics, enum hr__s3_kind kind,
                           uint64_t duration_ns) {
    struct hr_histogram *histogram = statistics->latency[kind];
    if (!histogram) {
        histogram = malloc(sizeof *histogram);
        if (!histogram) return;
        hr_histogram_init(histogram, HR_HISTOGRAM_SECONDS);
        __atomic_store_n(&statistics->latency[kind], histogram, __ATOMIC_RELEASE);
    }
    hr_histogram_record(histogram, duration_ns);
}

/* The slot of the next entry, under the lock; NULL: no memory. */
static struct hr_s3_history_entry *next_slot(struct hr__s3_statistics *statistics) {
    if (!statistics->history)
        statistics->history = calloc(HR_S3_HISTORY_MAX, sizeof *statistics->history);
    if (!statistics->history) return NULL;
    return &statistics->history[statistics->recorded++ % HR_S3_HISTORY_MAX];
}

static void record_entry(struct hr__s3_statistics *statistics, const struct hr__s3_call *call,
                         const struct hr_s3_history_entry *facts) {
    pthread_mutex_lock(&statistics->lock);
    struct hr_s3_history_entry *entry = next_slot(statistics);
    if (entry) {
        entry->timestamp_ms = facts->timestamp_ms;
        entry->bytes = facts->bytes;
        entry->latency_ms = facts->latency_ms;
        entry->operation = facts->operation;
        entry->success = facts->success;
        hr_text_shorten(entry->key, sizeof entry->key, call->parameters.key);
    }
    pthread_mutex_unlock(&statistics->lock);
}

/* Bytes of an object: documents and error bodies are none. */
static uint64_t bytes_of(const struct hr__s3_call *call) {
    uint64_t bytes = call->parameters.kind == HR__S3_PUT ? call->http.sent_bytes : 0;
    bool object = hr__s3_operations[call->parameters.kind].response == HR__S3_RESPONSE_OBJECT;
    return object && !call->attempt.bad_status ? bytes + call->http.body_bytes : bytes;
}

void hr__s3_statistics_end(const struct hr__s3_call *call, int result) {
    struct hr__s3_statistics *statistics = &call->shard->statistics;
    enum hr__s3_kind kind = call->parameters.kind;
    if (result == -ECANCELED && call->stop_reason == -ECANCELED) return;
    uint64_t now_ns = hr__reactor_now(call->reactor), begun_ns = call->request->started_ns;
    uint64_t duration_ns = now_ns > begun_ns ? now_ns - begun_ns : 0;
    struct hr_s3_history_entry facts = {
        .timestamp_ms = hr__reactor_wall_ns(call->reactor) / 1000000u,
        .bytes = bytes_of(call),
        .latency_ms = (double)duration_ns / 1e6,
        .operation = hr__s3_operations[kind].name,
        .success = result >= 0,
    };
    add(&statistics->operations, 1);
    add(&statistics->errors, result < 0);
    add(&statistics->bytes, facts.bytes);
    add(&statistics->time_ns, duration_ns);
    record_latency(statistics, kind, duration_ns);
    record_entry(statistics, call, &facts);
}

/* ---- Sums. */

struct sums {
    uint64_t operations, errors, bytes, time_ns;
};

static struct sums sum_up(const hr_s3_client *client) {
    struct sums sums = {0};
    for (unsigned i = 0; i < client->shard_count; i++) {
        const struct hr__s3_statistics *of = &client->shards[i].statistics;
        sums.operations += get(&of->operations);
        sums.errors += get(&of->errors);
        sums.bytes += get(&of->bytes);
        sums.time_ns += get(&of->time_ns);
    }
    /* An operation that ends meanwhile may be seen in one counter only. */
    if (sums.errors > sums.operations) sums.errors = sums.operations;
    return sums;
}

static double average_ms(const struct sums *sums) {
    return sums->operations ? (double)sums->time_ns / 1e6 / (double)sums->operations : 0;
}

void hr_s3_statistics_get(const hr_s3_client *client, struct hr_s3_statistics *statistics) {
    struct sums sums = sum_up(client);
    double seconds = (double)sums.time_ns / 1e9;
    *statistics = (struct hr_s3_statistics){
        .operation_count = sums.operations,
        .error_count = sums.errors,
        .error_rate = sums.operations ? (double)sums.errors / (double)sums.operations : 0,
        .total_bytes_transferred = sums.bytes,
        .total_operation_time = seconds,
        .avg_operation_time_ms = average_ms(&sums),
        .throughput_mbps = seconds > 0 ? (double)sums.bytes / MIB / seconds : 0,
        .max_pool_connections = __atomic_load_n(&client->connections_max, __ATOMIC_RELAXED),
    };
}

int hr_s3_operation_latency_merge(const hr_s3_client *client, const char *operation,
                                  struct hr_histogram *into) {
    size_t kind = 0;
    int err = 0;
    while (kind < HR__S3_KINDS && strcmp(hr__s3_operations[kind].name, operation) != 0) kind++;
    if (kind == HR__S3_KINDS) return -EINVAL;
    for (unsigned i = 0; i < client->shard_count && !err; i++) {
        const struct hr_histogram *from =
            __atomic_load_n(&client->shards[i].statistics.latency[kind], __ATOMIC_ACQUIRE);
        if (from) err = hr_histogram_merge(into, from);
    }
    return err;
}

/* ---- History. Its readers hold the locks of all reactors, for microseconds. */

static void lock_all(const hr_s3_client *client) {
    for (unsigned i = 0; i < client->shard_count; i++) {
        struct hr__s3_statistics *of = &client->shards[i].statistics;
        pthread_mutex_lock(&of->lock);
        of->unread = of->recorded < HR_S3_HISTORY_MAX ? of->recorded : HR_S3_HISTORY_MAX;
    }
}

static void unlock_all(const hr_s3_client *client) {
    for (unsigned i = 0; i < client->shard_count; i++)
        pthread_mutex_unlock(&client->shards[i].statistics.lock);
}

/* The last entry of a reactor that has not been read yet; NULL: there is none. */
static const struct hr_s3_history_entry *last_unread(const struct hr__s3_statistics *of) {
    uint64_t read =
        (of->recorded < HR_S3_HISTORY_MAX ? of->recorded : HR_S3_HISTORY_MAX) - of->unread;
    return of->unread ? &of->history[(of->recorded - read - 1) % HR_S3_HISTORY_MAX] : NULL;
}

/* The reactor whose last unread entry is the newest of all; NULL: everything was read. */
static struct hr__s3_statistics *newest(const hr_s3_client *client) {
    struct hr__s3_statistics *found = NULL;
    uint64_t timestamp_ms = 0;
    for (unsigned i = 0; i < client->shard_count; i++) {
        struct hr__s3_statistics *of = &client->shards[i].statistics;
        const struct hr_s3_history_entry *entry = last_unread(of);
        if (!entry || (found && entry->timestamp_ms <= timestamp_ms)) continue;
        found = of;
        timestamp_ms = entry->timestamp_ms;
    }
    return found;
}

size_t hr_s3_history_get(const hr_s3_client *client, struct hr_s3_history_entry *entries,
                         size_t capacity) {
    struct hr__s3_statistics *of;
    size_t count = 0;
    if (capacity > HR_S3_HISTORY_MAX) capacity = HR_S3_HISTORY_MAX;
    lock_all(client);
    for (; count < capacity && (of = newest(client)); of->unread--, count++)
        entries[capacity - 1 - count] = *last_unread(of);
    unlock_all(client);
    if (count < capacity) memmove(entries, entries + (capacity - count), count * sizeof *entries);
    return count;
}

static uint32_t recent(const hr_s3_client *client) {
    uint64_t count = 0;
    lock_all(client);
    for (unsigned i = 0; i < client->shard_count; i++) count += client->shards[i].statistics.unread;
    unlock_all(client);
    return count < HR_S3_HISTORY_MAX ? (uint32_t)count : HR_S3_HISTORY_MAX;
}

/* ---- The report. */

const char *hr_s3_trend_name(enum hr_s3_trend trend) {
    static const char *const names[] = {"insufficient_data", "degraded", "acceptable", "good",
                                        "excellent"};
    return (unsigned)trend < sizeof names / sizeof names[0] ? names[trend] : "unknown";
}

static enum hr_s3_trend trend_of(const hr_s3_client *client) {
    struct hr_s3_history_entry last[TREND_OVER];
    unsigned succeeded = 0;
    if (hr_s3_history_get(client, last, TREND_OVER) < TREND_OVER)
        return HR_S3_TREND_INSUFFICIENT_DATA;
    for (size_t i = 0; i < TREND_OVER; i++) succeeded += last[i].success;
    double rate = (double)succeeded / TREND_OVER;
    return rate >= 0.999  ? HR_S3_TREND_EXCELLENT
           : rate >= 0.99 ? HR_S3_TREND_GOOD
           : rate >= 0.95 ? HR_S3_TREND_ACCEPTABLE
                          : HR_S3_TREND_DEGRADED;
}

void hr_s3_report_get(const hr_s3_client *client, struct hr_s3_report *report) {
    struct sums sums = sum_up(client);
    uint64_t succeeded = sums.operations - sums.errors;
    *report = (struct hr_s3_report){
        .total_operations = sums.operations,
        .success_rate = sums.operations ? (double)succeeded / (double)sums.operations : 0,
        .average_latency_ms = average_ms(&sums),
        .total_data_transferred_mb = (double)sums.bytes / MIB,
        .recent_operations = recent(client),
        .performance_trend = trend_of(client),
    };
}
