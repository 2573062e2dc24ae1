/* Measures a logger: its callers' latency, and how fast all bytes are in the file. */
#ifndef PERF_LOG_DRIVER_H
#define PERF_LOG_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "log_figures.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PERF_LOG_BURST       10000
#define PERF_LOG_THREADS_MAX 4

/* The record: level, time in ms, name, a message of 60 bytes, an int64, a double (of three
 * decimals, as measured times have) and a string of 16: about 160 bytes as text. */
#define PERF_LOG_NAME    "service.part"
#define PERF_LOG_MESSAGE "request has been answered after its upstream gave a response"
static inline int64_t perf_log_integer(uint32_t i) {
    return (int64_t)i * 7919 + 1000000;
}
static inline double perf_log_double(uint32_t i) {
    return (double)(i % 100000 + 1) / 1000;
}
static inline const char *perf_log_string(uint32_t i) {
    static const char *const strings[4] = {"client-0a1b2c3d4", "client-5e6f70819",
                                           "client-2a3b4c5d6", "client-7e8f90a1b"};
    return strings[i % 4];
}

enum perf_log_form { PERF_LOG_TEXT, PERF_LOG_JSON, PERF_LOG_LOGFMT };

struct perf_log_setup {
    const char *path; /* of the file; the subject makes it */
    enum perf_log_form form;
    unsigned threads;
    uint32_t records; /* of each thread, before a flush; 0: PERF_LOG_BURST with its own defaults */
};

/* The interface of a logger that is measured. Functions return 0 or a negative code. */
struct perf_log_subject {
    void *user;
    bool forms[3];     /* which it can write; none: only callers are measured, there is no file */
    unsigned warm_ups; /* runs that are not counted, until all memory was touched once */
    int (*open)(void *user, const struct perf_log_setup *setup);
    /* Logs so many records from the calling thread. With `samples` each call is timed; with `gap`
     * one is made every so many ticks. */
    void (*put)(void *user, uint32_t count, struct perf_samples *samples, uint64_t gap);
    int (*flush)(void *user); /* all is in the file */
    uint64_t (*dropped)(void *user);
    void (*close)(void *user);
};

struct perf_log_plan {
    const char *path;
    uint32_t records; /* of a run for records_per_s, over all threads */
    unsigned repeat;  /* runs, of which the median is told */
    unsigned bursts;
    uint32_t paced;   /* calls */
    uint64_t idle_ms; /* 0: not measured */
    bool rates_only;  /* the rest was measured before */
};

/* Fills what can be measured of it, into figures that are initialised. 0 or a negative code;
 * -EBADMSG when lines are missing in the file. */
int perf_log_measure(const struct perf_log_subject *subject, const struct perf_log_plan *plan,
                     struct perf_log_figures *figures);

#ifdef __cplusplus
}
#endif

#endif
