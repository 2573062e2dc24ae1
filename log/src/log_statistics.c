/* Statistics: reading the counters of a log. */
#include <string.h>

#include "log_core.h"

#define RECORD_BYTES_GUESSED 128 /* before the first record */

static uint64_t load(const uint64_t *counter) {
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void add_sinks(const struct hr__log_drain *drain, struct hr_log_statistics *statistics) {
    statistics->sink_count = drain->sink_count;
    for (unsigned i = 0; i < drain->sink_count; i++) {
        const struct hr__log_sink *sink = &drain->sinks[i];
        statistics->sinks[i] = (struct hr_log_sink_statistics){
            .kind = sink->class_->name,
            .lines = load(&sink->counts.lines),
            .dropped = load(&sink->counts.dropped),
            .bytes = load(&sink->counts.bytes),
            .errors = load(&sink->counts.errors),
            .rotations = load(&sink->counts.rotations),
        };
        if (sink->class_->errors) statistics->sinks[i].errors += sink->class_->errors(sink);
        statistics->bytes_written += statistics->sinks[i].bytes;
        statistics->write_errors += statistics->sinks[i].errors;
        statistics->cache_hits += load(&sink->formatter.hits);
        statistics->cache_misses += load(&sink->formatter.misses);
    }
}

/* Returns the bytes that have gone through the rings. */
static uint64_t add_rings(const struct hr__log_rings *rings, struct hr_log_statistics *statistics) {
    uint64_t gone = 0;
    statistics->messages_dropped = load(&rings->refused);
    const struct hr__log_producer *producer = hr__log_rings_first(rings);
    for (; producer; producer = producer->next) {
        uint64_t tail = hr__log_ring_tail(&producer->ring);
        statistics->rings++;
        statistics->messages_dropped += load(&producer->drops.total);
        statistics->sync_fallback += load(&producer->fallbacks);
        for (unsigned i = 0; i < HR_LOG_LEVELS; i++)
            statistics->dropped_by_level[i] += load(&producer->drops.by_level[i]);
        statistics->queue_bytes += hr__log_ring_head(&producer->ring) - tail;
        statistics->queue_bytes_max += producer->ring.capacity;
        gone += tail;
    }
    return gone;
}

void hr_log_statistics_get(const hr_log *log, struct hr_log_statistics *statistics) {
    _Static_assert(HR_LOG_LEVELS == HR_LOG_STATISTICS_LEVELS, "one counter a level");
    memset(statistics, 0, sizeof *statistics);
    if (!log) return;
    struct hr_log_core *core = log->view.core;
    struct hr__log_drain *drain = &core->drain;
    uint64_t gone = add_rings(&core->rings, statistics), records = load(&drain->counts.processed);
    add_sinks(drain, statistics);
    statistics->messages_processed = records;
    for (unsigned i = 0; i < HR_LOG_LEVELS; i++)
        statistics->processed_by_level[i] = load(&drain->counts.by_level[i]);
    /* In a forked child the lock may be held by a thread that is not there. */
    if (!hr__log_rings_are_parents(&core->rings))
        statistics->queue_size = hr__log_drain_queued(drain);
    uint64_t mean = records && gone / records ? gone / records : RECORD_BYTES_GUESSED;
    statistics->max_queue_size = statistics->queue_bytes_max / mean;
    double busy_ns = (double)load(&drain->counts.busy_ns);
    statistics->total_processing_time = busy_ns / 1e9;
    if (records) statistics->avg_processing_time_ms = busy_ns / 1e6 / (double)records;
    statistics->running = hr__log_drain_is_started(drain);
    uint64_t uses = statistics->cache_hits + statistics->cache_misses;
    statistics->cache_size = statistics->cache_misses;
    if (uses) statistics->hit_rate = (double)statistics->cache_hits / (double)uses;
}
