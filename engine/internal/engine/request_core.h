/* How a module turns a struct that begins with hr_request into work on a reactor. */
#ifndef HR_ENGINE_REQUEST_CORE_H
#define HR_ENGINE_REQUEST_CORE_H

#include <headrace/engine.h>
#include <headrace/request.h>

/* All three on the request's reactor, from its FIFO, never from inside the caller's start, cancel
 * or resume. */
struct hr_request_class {
    const char *name;
    void (*start)(
        struct hr_request *request); /* must end in hr__request_finish, once, now or later */
    void (*stop)(struct hr_request *request,
                 int reason); /* -ECANCELED or -ETIMEDOUT: stop the operations, wait for the
                                 last of them, then finish with `reason`. At most once; never
                                 before start or after finish. */
    void (*resume)(
        struct hr_request *request); /* hr_resume was called; may come when nothing is paused */
    /* The request was called back or its waiter woken, and may be gone: `owner` may follow. NULL
     * where nobody asks. Not from hr__request_finish itself: a node may still be queued then. */
    void (*ended)(void *owner);
    /* The time that bounds in all a request whose own timeout_ms is 0; UINT64_MAX: none. NULL:
     * none. On its reactor. */
    uint64_t (*timeout_ns)(const struct hr_request *request);
};

/* A time-out as a public struct has it: `otherwise_ns` where it is 0, UINT64_MAX where it is
 * HR_NO_TIMEOUT. */
static inline uint64_t hr__timeout_ns(uint32_t timeout_ms, uint64_t otherwise_ns) {
    if (timeout_ms == 0) return otherwise_ns;
    return timeout_ms == HR_NO_TIMEOUT ? UINT64_MAX : timeout_ms * UINT64_C(1000000);
}

/* A start is refused: says why in the request's error, and returns `code`. A request that is in
 * progress is left alone, and the code is -EBUSY. Any thread. */
int hr__request_refuse(struct hr_request *request, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Accepts a request and posts it to `reactor` (intrusive, no allocation). Clears the out-part.
 * Starts its `timeout_ms`. 0, -EBUSY (in progress), -ESHUTDOWN (engine closing), -ENOBUFS
 * (requests_max), and its error says why. Any thread.
 * `owner` is kept in private_.owner. */
int hr__request_submit(struct hr_request *request, struct hr_reactor *reactor,
                       const struct hr_request_class *class_, void *owner);
/* A part of a request that is in progress, on the current reactor: always accepted, beyond
 * requests_max and of an engine that closes too, which waits for the two of them. Not -EBUSY: the
 * caller knows that it is not in progress. Reactor thread. */
void hr__request_submit_part(struct hr_request *request, const struct hr_request_class *class_,
                             void *owner);

/* Ends it: fills result, error.code (and, where the message is empty, the text of the code),
 * total_ns, counts it, stops its timer, then calls back or wakes the waiter, after the last cancel
 * or resume node has left the queue. The last touch of the request by the library. Reactor thread.
 * The callback runs inside when nothing is queued. */
void hr__request_finish(struct hr_request *request, int result);

/* The time that bounds it in all, from its start on; UINT64_MAX: none. Reactor thread. */
uint64_t hr__request_timeout_ns(const struct hr_request *request);

/* Whether a cancel or time-out has asked this request to stop: its reason, or 0. Reactor thread. */
int hr__request_stopping(const struct hr_request *request);

#endif
