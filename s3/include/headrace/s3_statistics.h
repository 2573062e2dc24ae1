/* The figures of an S3 client: sums, latencies of each operation, and the last operations. */
#ifndef HEADRACE_S3_STATISTICS_H
#define HEADRACE_S3_STATISTICS_H

#include <headrace/s3_client.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of all operations that have ended since the client was made. One that was cancelled counts
 * nowhere. */
struct hr_s3_statistics {
    uint64_t operation_count;
    uint64_t error_count;
    double error_rate;                /* of 1; 0 where nothing has ended */
    uint64_t total_bytes_transferred; /* of objects, both ways */
    double total_operation_time;      /* seconds, retries and waiting too, summed over operations */
    double avg_operation_time_ms;
    double throughput_mbps; /* MiB a second of total_operation_time */
    uint32_t max_pool_connections;
    uint32_t slowed;     /* prefixes that are sent slower now; 1 where the client has one rate, and
                            keeps     it */
    uint64_t throttled;  /* responses that asked to go slower */
    uint64_t delayed;    /* attempts that waited for their turn */
    double delayed_time; /* seconds, summed over them */
    uint64_t reserved[4];
};

/* Fills `statistics`. Any thread. */
HR_API void hr_s3_statistics_get(const hr_s3_client *client, struct hr_s3_statistics *statistics);

/* Adds the latencies of one operation, "GetObject" and so on ("PassThrough" are all of
 * hr_s3_request), to `into`, which is the caller's: from the start call to the end, failures too.
 * -EINVAL: there is no such operation, or `into` counts values of another unit. Any thread. */
HR_API int hr_s3_operation_latency_merge(const hr_s3_client *client, const char *operation,
                                         struct hr_histogram *into);

/* How many of the last operations are kept, by each reactor and in a history. */
#define HR_S3_HISTORY_MAX 1000
#define HR_S3_HISTORY_KEY 128 /* bytes of a key that are kept, with NUL; "…" ends a longer one */

/* An operation that has ended. */
struct hr_s3_history_entry {
    uint64_t timestamp_ms; /* of its end; Unix time */
    uint64_t bytes;        /* of the object, sent or received */
    double latency_ms;
    const char *operation; /* "GetObject"; never freed */
    bool success;
    char key[HR_S3_HISTORY_KEY]; /* empty for an operation without one */
    uint64_t reserved[2];
};

/* Copies the last operations, `capacity` and HR_S3_HISTORY_MAX at most, the oldest first, into
 * memory of the caller. Returns how many. Any thread. */
HR_API size_t hr_s3_history_get(const hr_s3_client *client, struct hr_s3_history_entry *entries,
                                size_t capacity);

/* How many of the last ten operations succeeded. */
enum hr_s3_trend {
    HR_S3_TREND_INSUFFICIENT_DATA = 0, /* fewer than ten have ended */
    HR_S3_TREND_DEGRADED = 1,
    HR_S3_TREND_ACCEPTABLE = 2, /* 95 % and more */
    HR_S3_TREND_GOOD = 3,       /* 99 % and more */
    HR_S3_TREND_EXCELLENT = 4,  /* 99.9 % and more */
};

/* "excellent", "insufficient_data", … Never NULL. Any thread. */
HR_API const char *hr_s3_trend_name(enum hr_s3_trend trend);

struct hr_s3_report {
    uint64_t total_operations;
    double success_rate; /* of 1; 0 where nothing has ended */
    double average_latency_ms;
    double total_data_transferred_mb; /* MiB */
    uint32_t recent_operations;       /* in the history */
    enum hr_s3_trend performance_trend;
    uint64_t reserved[4];
};

/* Fills `report`. Any thread. */
HR_API void hr_s3_report_get(const hr_s3_client *client, struct hr_s3_report *report);

#ifdef __cplusplus
}
#endif

#endif
