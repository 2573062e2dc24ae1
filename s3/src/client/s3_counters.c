/* Operations that end are counted, each reactor for itself. */
#include "s3_counters.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <headrace/text.h>

#include "s3_call.h"

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
    const struct hr__s3_operation *operation = call->parameters.operation;
    if (operation->kind == HR__S3_PUT) return call->http.sent_bytes;
    if (operation->kind == HR__S3_GET) return hr__s3_resume_bytes(call);
    bool object = operation->response == HR__S3_RESPONSE_OBJECT && !call->attempt.bad_status;
    return object ? call->http.body_bytes : 0;
}

void hr__s3_statistics_end(const struct hr__s3_call *call, int result) {
    struct hr__s3_statistics *statistics = &call->shard->statistics;
    enum hr__s3_kind kind = call->row->operation.kind;
    if (result == -ECANCELED && call->stop_reason == -ECANCELED) return;
    if (kind == HR__S3_SESSION) return; /* nobody has started it */
    assert(kind < HR__S3_KINDS);
    uint64_t now_ns = hr__reactor_now(call->reactor), begun_ns = call->request->started_ns;
    uint64_t duration_ns = now_ns > begun_ns ? now_ns - begun_ns : 0;
    struct hr_s3_history_entry facts = {
        .timestamp_ms = hr__reactor_wall_ns(call->reactor) / 1000000u,
        .bytes = bytes_of(call),
        .latency_ms = (double)duration_ns / 1e6,
        .operation = kind == HR__S3_REQUEST ? HR__S3_PASS_NAME : call->row->operation.name,
        .success = result >= 0,
    };
    add(&statistics->operations, 1);
    add(&statistics->errors, result < 0);
    add(&statistics->bytes, facts.bytes);
    add(&statistics->time_ns, duration_ns);
    record_latency(statistics, kind, duration_ns);
    record_entry(statistics, call, &facts);
}
