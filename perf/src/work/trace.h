/* A recorded load: lines of time, operation, key and size, to be sent again at the same times. */
#ifndef PERF_TRACE_H
#define PERF_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "kinds.h"

#define PERF_TRACE_LINES_MAX 4000000u
#define PERF_TRACE_TIME_MAX  604800u /* seconds */
#define PERF_TRACE_KEY_MAX   400
#define PERF_TRACE_SIZE_MAX  (5ull << 30)
#define PERF_TRACE_ANY_SIZE  UINT64_MAX

struct perf_trace_entry {
    uint64_t due_ns; /* from the beginning */
    uint64_t size;   /* of the body that is sent or expected, or PERF_TRACE_ANY_SIZE */
    uint32_t key;
    enum perf_kind kind;
};

struct perf_trace_key {
    const char *name; /* in the text */
    uint32_t size;    /* of the name */
    uint32_t first;   /* entry with it */
    uint64_t bytes;   /* the most that is stored under it */
};

struct perf_trace {
    struct perf_trace_entry *entries; /* behind them one a key: what it is before the first */
    struct perf_trace_key *keys;
    uint32_t count, key_count;
    uint64_t largest;           /* body */
    uint32_t kinds[PERF_KINDS]; /* how many entries there are of each */
    uint32_t *slots;            /* of keys by their hash, one more than the index; 0: free */
    uint32_t slot_count;
};

/* Reads lines "time,operation,key,size": seconds from the beginning, which do not go back; put,
 * get, head, list or delete; a name without comma or quote; bytes, which only put must have. A
 * first line "time,operation,key,size" is a head, or "time,method,path,size". A key that is read
 * first and has no size there has `fill_bytes` before it. `text` is borrowed as long as the trace
 * is used. 0, -ENOMEM, or -EINVAL with the line and the reason in `why`; then there is nothing to
 * free. */
int perf_trace_read(struct perf_trace *trace, const char *text, size_t size, uint64_t fill_bytes,
                    char *why, size_t why_size);
void perf_trace_free(struct perf_trace *trace);

/* How many entries are due within `time_ns` of the beginning. */
uint32_t perf_trace_due(const struct perf_trace *trace, uint64_t time_ns);

#endif
