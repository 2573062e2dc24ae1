/* A circuit breaker: stops calls to something that fails, lets one through after a while, goes on
 * when it succeeds. Usable round any call; the HTTP client keeps one per origin.
 *
 * closed → open: `failures_max` failures in a row, or (where set) a rate of failures or of slow
 * calls over the window. open → half-open: `open_ms` later, at the next enter. half-open → closed:
 * `probes_max` successes; → open: one failure. A probe whose caller never leaves is given up after
 * open_ms, and another is let through. */
#ifndef HEADRACE_BREAKER_H
#define HEADRACE_BREAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hr_breaker_s;
typedef struct hr_breaker_s hr_breaker;

enum hr_breaker_state { HR_BREAKER_CLOSED, HR_BREAKER_OPEN, HR_BREAKER_HALF_OPEN };

/* How a call ended. */
enum hr_breaker_outcome {
    HR_BREAKER_SUCCESS,
    HR_BREAKER_FAILURE,
    HR_BREAKER_IGNORED, /* says nothing about the other side: cancelled, the caller's own fault */
};

enum hr_breaker_cause {
    HR_BREAKER_CAUSE_NONE,
    HR_BREAKER_CAUSE_FAILURES, /* failures_max in a row */
    HR_BREAKER_CAUSE_FAILURE_RATE,
    HR_BREAKER_CAUSE_SLOW_RATE,
    HR_BREAKER_CAUSE_PROBE_DUE, /* open_ms have passed */
    HR_BREAKER_CAUSE_PROBE_SUCCESS,
    HR_BREAKER_CAUSE_PROBE_FAILURE,
    HR_BREAKER_CAUSE_MANUAL, /* hr_breaker_open, hr_breaker_reset */
};

struct hr_breaker_transition {
    enum hr_breaker_state from, to;
    enum hr_breaker_cause cause;
    int error;        /* of the failure that caused it, 0 where there is none; of the HTTP client's
                         the status, where a response was the failure */
    uint64_t wall_ns; /* Unix time */
    uint64_t mono_ns;
    uint64_t reserved[2];
};

/* Zeroed always works. Copied. */
struct hr_breaker_options {
    const char *name;      /* for messages and the hook; NULL is "" */
    uint32_t failures_max; /* in a row, below 2^29; 0 is 5; UINT32_MAX: not by count */
    uint32_t open_ms;      /* 0 is 60 s */
    uint32_t probes_max;   /* successes, one at a time, that close it; 0 is 1 */
    /* By rate: over the calls of the last window_ms, once there are calls_min of them. */
    uint32_t failure_rate_percent; /* 0: not by rate */
    uint32_t slow_call_ms;         /* a call that takes longer is slow */
    uint32_t slow_rate_percent;    /* 0: not by slowness; with slow_call_ms or not at all */
    uint32_t calls_min;            /* 0 is 100 */
    uint32_t window_ms;            /* 0 is 60 s */
    /* After each transition, on the thread that caused it; may call the breaker. NULL: none. */
    void (*on_transition)(void *user, const char *name,
                          const struct hr_breaker_transition *transition);
    void *user;
    uint64_t reserved[4];
};

/* Handed from enter to leave. The caller's. */
struct hr_breaker_pass {
    uint64_t entered_ns; /* 0 where nobody needs it */
    uint32_t generation; /* of the state it was let through in: a late result does not count */
    bool probe;
    uint64_t reserved[1];
};

/* The caller owns it. -EINVAL (names the option), -ENOMEM. Any thread. */
HR_API int hr_breaker_new(const struct hr_breaker_options *options, struct hr_error *error,
                          hr_breaker **breaker);
/* No thread may be between enter and leave. NULL: nothing. */
HR_API void hr_breaker_free(hr_breaker *breaker);

/* Asks to make a call. 0: make it, and say how it ended with hr_breaker_leave, once, with the same
 * `pass`. HR_ERR_BREAKER_OPEN: do not; `retry_after_ms` (NULL allowed) is the time until a probe
 * is due (0: one is under way). Never blocks; closed: one relaxed load. Any thread. */
HR_API int hr_breaker_enter(hr_breaker *breaker, struct hr_breaker_pass *pass,
                            uint64_t *retry_after_ms);
/* `error`: the failure's code, kept with the transition that it causes. Any thread. */
HR_API void hr_breaker_leave(hr_breaker *breaker, const struct hr_breaker_pass *pass,
                             enum hr_breaker_outcome outcome, int error);

/* A call's result, for hr_breaker_classify. */
struct hr_breaker_result {
    int code;        /* 0 and more: it has one; else an error */
    int http_status; /* 0: none */
};

/* How the HTTP client judges an attempt, for use with other calls: a code below 0 is a failure
 * unless it is this side's own (cancelled, arguments, sinks, sources, budget, pool), which is
 * ignored; a status of 500 and more is a failure; 4xx is a success of the other side. Of an S3
 * request that ended with HR_ERR_S3_SERVICE the status counts. Pure. */
HR_API enum hr_breaker_outcome hr_breaker_classify(struct hr_breaker_result result);

/* By hand: open for `open_ms` from now; closed, counts at zero. Any thread. */
HR_API void hr_breaker_open(hr_breaker *breaker);
HR_API void hr_breaker_reset(hr_breaker *breaker);

struct hr_breaker_status {
    enum hr_breaker_state state; /* half-open as soon as a probe is due */
    uint32_t failures;           /* in a row; half-open: 0 */
    uint64_t rejected;           /* calls since it was made */
    uint64_t opened;             /* times */
    uint64_t retry_after_ms;     /* 0 unless open */
    uint64_t window_calls, window_failures, window_slow;
    struct hr_breaker_transition transitions[8]; /* the last ones, newest first */
    unsigned transition_count;
    uint64_t reserved[4];
};
/* Any thread. */
HR_API void hr_breaker_status_get(const hr_breaker *breaker, struct hr_breaker_status *status);

HR_API const char *hr_breaker_state_name(enum hr_breaker_state state); /* "half-open" */
HR_API const char *hr_breaker_cause_name(enum hr_breaker_cause cause);

#ifdef __cplusplus
}
#endif

#endif
