/* The counters of a log, and how they are logged themselves. */
#ifndef HEADRACE_LOG_STATISTICS_H
#define HEADRACE_LOG_STATISTICS_H

#include <headrace/log.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Below DEBUG, DEBUG, INFO, WARNING, ERROR, CRITICAL and above. */
#define HR_LOG_STATISTICS_LEVELS 6

struct hr_log_sink_statistics {
    const char *kind; /* "file", … */
    uint64_t lines;   /* written */
    uint64_t dropped; /* lines that it was too slow for, or could not write */
    uint64_t bytes;
    uint64_t errors;    /* of writes; opening, rotating, deleting and compressing too */
    uint64_t rotations; /* of a file */
    uint64_t reserved[3];
};

/* Since hr_log_new; of all threads, children and sinks. */
struct hr_log_statistics {
    uint64_t messages_processed;   /* taken from the rings for the sinks that have room */
    uint64_t messages_dropped;     /* for want of room in a ring, or of a ring */
    uint64_t queue_size;           /* records in the rings that have not been written yet */
    uint64_t max_queue_size;       /* how many of the mean size so far the rings have room for */
    double avg_processing_time_ms; /* of a record, on the drain's thread */
    double total_processing_time;  /* seconds */
    bool running;                  /* hr_log_start */
    uint64_t sync_fallback;        /* of ERROR and above: found the ring full and waited */
    /* The literals of call sites as they stand in lines, made at a site's first record; over all
     * sinks. */
    uint64_t cache_hits, cache_misses, cache_size;
    double hit_rate; /* hits of all; 0 before the first record */
    uint64_t processed_by_level[HR_LOG_STATISTICS_LEVELS];
    uint64_t dropped_by_level[HR_LOG_STATISTICS_LEVELS]; /* by threads that have a ring */
    uint64_t queue_bytes, queue_bytes_max; /* in the rings now, and the room of them all */
    uint64_t rings;
    uint64_t bytes_written, write_errors; /* over all sinks */
    unsigned sink_count;
    struct hr_log_sink_statistics sinks[HR_LOG_SINKS_MAX];
    uint64_t reserved[8];
};
/* Goes over the rings, so not for hot paths: up to a millisecond for a full one. A NULL log: zeros.
 * Any thread. */
HR_API void hr_log_statistics_get(const hr_log *log, struct hr_log_statistics *statistics);

/* Logs them at INFO. `statistics` is evaluated once. */
#define HR_LOG_STATISTICS(log, statistics)                                                         \
    do {                                                                                           \
        const struct hr_log_statistics *const hr_statistics_ = (statistics);                       \
        HR_INFO(log, "log statistics", "messages_processed", hr_statistics_->messages_processed,   \
                "messages_dropped", hr_statistics_->messages_dropped, "queue_size",                \
                hr_statistics_->queue_size, "max_queue_size", hr_statistics_->max_queue_size,      \
                "avg_processing_time_ms", hr_statistics_->avg_processing_time_ms,                  \
                "total_processing_time", hr_statistics_->total_processing_time, "running",         \
                hr_statistics_->running, "sync_fallback", hr_statistics_->sync_fallback,           \
                "cache_hits", hr_statistics_->cache_hits, "cache_misses",                          \
                hr_statistics_->cache_misses, "hit_rate", hr_statistics_->hit_rate, "cache_size",  \
                hr_statistics_->cache_size, "bytes_written", hr_statistics_->bytes_written,        \
                "write_errors", hr_statistics_->write_errors);                                     \
    } while (0)

#ifdef __cplusplus
}
#endif

#endif
