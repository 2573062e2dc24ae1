/* The counters of a log, and how they are logged themselves. */
#ifndef HEADRACE_LOG_STATISTICS_H
#define HEADRACE_LOG_STATISTICS_H

#include <headrace/log.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Counters by level: below DEBUG, DEBUG, INFO, WARNING, ERROR, CRITICAL and above. */
#define HR_LOG_STATISTICS_LEVELS 6

struct hr_log_sink_statistics {
    const char *kind; /* "file", … */
    uint64_t lines;   /* written */
    uint64_t dropped; /* lines that the sink was too slow for, or could not write */
    uint64_t bytes;
    uint64_t errors;    /* of writes; opening, rotating, deleting and compressing too */
    uint64_t rotations; /* of a file */
    uint64_t reserved[3];
};

/* Counters since hr_log_new, over all threads, children and sinks. */
struct hr_log_statistics {
    uint64_t messages_processed; /* records given to the sinks */
    uint64_t messages_dropped;   /* records without room in a ring, or without a ring */
    uint64_t queue_size;         /* records in the rings that have not been written yet */
    uint64_t max_queue_size;     /* records of the mean size so far that the rings have room for */
    double avg_processing_time_ms; /* of a record, on the drain's thread */
    double total_processing_time;  /* of all records, in seconds */
    bool running;                  /* the log is started */
    uint64_t sync_fallback; /* calls of ERROR and above that found the ring full and waited */
    /* The cache of call sites' literals as they stand in lines, filled at a site's first record. */
    uint64_t cache_hits, cache_misses, cache_size;
    double hit_rate; /* hits of all; 0 before the first record */
    uint64_t processed_by_level[HR_LOG_STATISTICS_LEVELS];
    uint64_t dropped_by_level[HR_LOG_STATISTICS_LEVELS]; /* of threads that have a ring */
    uint64_t queue_bytes, queue_bytes_max; /* in the rings now; that the rings have room for */
    uint64_t rings;
    uint64_t bytes_written, write_errors; /* of all sinks */
    unsigned sink_count;
    struct hr_log_sink_statistics sinks[HR_LOG_SINKS_MAX];
    uint64_t reserved[8];
};
/* Fills `statistics`; with zeros where log is NULL. It counts the records in the rings, which takes
 * up to a millisecond for a full one: not for hot paths. Any thread. */
HR_API void hr_log_statistics_get(const hr_log *log, struct hr_log_statistics *statistics);

/* Logs statistics at INFO. `statistics` is evaluated once. */
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
