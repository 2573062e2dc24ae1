/* The figures of a client for its owner: sums over reactors, the history, the report. */
#include <errno.h>
#include <stdlib.h>

#include "s3_call.h"
#include "s3_counters.h"
#include "s3_rows.h"

#define MIB        1048576.0
#define TREND_OVER 10u /* operations */

/* ---- Sums. */

static uint64_t get(const uint64_t *counter) {
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

struct sums {
    uint64_t operations, errors, bytes, time_ns;
    uint64_t throttled, delayed, delayed_ns;
};

static struct sums sum_up(const hr_s3_client *client) {
    struct sums sums = {0};
    for (unsigned i = 0; i < client->shard_count; i++) {
        const struct hr__s3_statistics *of = &client->shards[i].statistics;
        sums.operations += get(&of->operations);
        sums.errors += get(&of->errors);
        sums.bytes += get(&of->bytes);
        sums.time_ns += get(&of->time_ns);
        const struct hr__s3_lanes *pace = &client->shards[i].pace;
        sums.throttled += get(&pace->throttled);
        sums.delayed += get(&pace->delayed);
        sums.delayed_ns += get(&pace->delayed_ns);
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
        .slowed = atomic_load_explicit(&client->pace.slowed, memory_order_relaxed),
        .throttled = sums.throttled,
        .delayed = sums.delayed,
        .delayed_time = (double)sums.delayed_ns / 1e9,
    };
}

static bool is_called(size_t kind, const char *name) {
    const char *called =
        kind == HR__S3_REQUEST ? HR__S3_PASS_NAME : hr__s3_rows[kind].operation.name;
    return strcmp(called, name) == 0;
}

int hr_s3_operation_latency_merge(const hr_s3_client *client, const char *operation,
                                  struct hr_histogram *into) {
    size_t kind = 0;
    int err = 0;
    while (kind < HR__S3_KINDS && !is_called(kind, operation)) kind++;
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
