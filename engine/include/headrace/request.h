/* A request: one thing wanted, in the caller's memory.
 *
 * Every request struct (hr_http_request, hr_s3_put, …) begins with `struct hr_request`. From a
 * start call that returned 0 until the callback (or until hr_wait returned) the struct and
 * everything it points to belong to the library; then they are the caller's again, to reuse or to
 * free, in the callback too. A start call that returns an error never calls back; one that returns
 * 0 calls back exactly once, on the reactor's thread, never from inside the start call. */
#ifndef HEADRACE_REQUEST_H
#define HEADRACE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/error.h>
#include <headrace/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* For a time-out of a request, a client or a server: none at all. 0 is the default that is named
 * there: of a request its client's. The logger's time-outs have an end. */
#define HR_NO_TIMEOUT UINT32_MAX

struct hr_reactor;
struct hr_request_class;

/* Where the time of one attempt went, in nanoseconds. A phase that did not happen is 0. */
struct hr_timings {
    uint64_t queue_ns;   /* waiting for the reactor, for budget and for a connection */
    uint64_t resolve_ns; /* name to address */
    uint64_t connect_ns; /* TCP */
    uint64_t tls_ns;     /* handshake */
    uint64_t
        first_byte_ns; /* request head's first byte handed over until the response's first byte */
    uint64_t body_ns;  /* from there to the end of the response */
    uint64_t total_ns; /* this attempt, all of it */
    uint64_t reserved[2];
};

/* One entry of the optional log of attempts. */
struct hr_attempt {
    int result;          /* 0 or an error code */
    int status;          /* of HTTP; 0 when no response came */
    uint64_t backoff_ns; /* waited before this attempt */
    struct hr_timings timings;
    uint64_t reserved[2];
};

/* Kept in a request by the library. */
struct hr_request_private {
    struct hr_reactor *reactor;
    const struct hr_request_class *class_;
    void *owner; /* what the class works on */
    uint32_t state;
    int32_t stop_reason;
    void *links[4];    /* nodes of the three queues that a request can stand in */
    uint64_t timer[6]; /* storage of its timer */
    uint64_t process;  /* where it was started: a forked child waits for none of its parent's */
};

struct hr_request {
    /* In. Zero is the default of each. */
    void (*on_done)(struct hr_request *request); /* NULL: the caller waits with hr_wait */
    void *user;                                  /* for the caller */
    uint32_t timeout_ms;                         /* all of it: queueing, attempts, backoff; 0 is the
                                                    client's, HR_NO_TIMEOUT none */
    uint32_t attempt_log_size;                   /* entries that `attempt_log` has room for */
    struct hr_attempt *attempt_log;              /* borrowed; NULL is none */
    struct hr_refusal *refusal; /* of S3: gets more of the store's last refusal; borrowed; NULL:
                                   nobody wants it */

    /* Out, valid in the callback or after hr_wait. */
    int result;                /* 0, or a negative code */
    uint32_t attempts;         /* attempts made; may exceed attempt_log_size */
    bool cancelled;            /* hr_cancel has ended it; false where a callback of the caller's
                                  (source, sink, head, entry) returned -ECANCELED itself */
    struct hr_timings timings; /* of the last attempt */
    uint64_t started_ns;       /* monotonic, when the start call accepted it */
    uint64_t total_ns;         /* from then to the end */
    struct hr_error error;     /* filled when result is negative */

    /* The library's. Zero before the first start; not to be touched. */
    struct hr_request_private private_;
    uint64_t reserved[2];
};

/* Asks for an early end. Any thread, as long as the caller keeps the request alive (it has not been
 * called back yet, or the caller owns the memory anyhow). Asynchronous: the callback still comes,
 * once, with -ECANCELED and `cancelled`, or with the request's own result where that was first.
 * NULL, a request never started (zeroed) and a finished one are ignored. Never blocks. */
HR_API void hr_cancel(struct hr_request *request);

/* Waits until a request without callback is done and returns its result. On a reactor thread:
 * -EDEADLK. On the thread that owns a caller-driven engine it runs the loop; any other thread
 * sleeps. A request that has a callback or was never started: -EINVAL. In a forked child, of a
 * request that was in progress in the parent: -ESHUTDOWN. */
HR_API int hr_wait(struct hr_request *request);

/* Goes on with a request whose producer or consumer had pushed back. Any thread; sticky: called
 * before the push-back has been noticed, it is not lost. NULL and a finished request are ignored.
 */
HR_API void hr_resume(struct hr_request *request);

#ifdef __cplusplus
}
#endif

#endif
