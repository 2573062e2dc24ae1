/* The seam to the kernel. Everything above is the same for io_uring, epoll and the simulated
 * kernel.
 *
 * Contract: one final event (without MORE) per prepare; after a final -ENOBUFS a multishot is over;
 * events come only from `turn`, those of one descriptor in the order in which things happened (a
 * send's before the receive of its response, and behind the receive of what was there before the
 * turn sent it); a cancelled operation still ends with its own event (the backend keeps the
 * cancel's own completion to itself); EINTR never surfaces. */
#ifndef HR_ENGINE_BACKEND_H
#define HR_ENGINE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <engine/operation.h>
#include <headrace/engine.h>
#include <headrace/error.h>

enum hr_event_flags {
    HR_EVENT_MORE = 1,   /* not the final one */
    HR_EVENT_BUFFER = 2, /* `buffer` is lent: to be given back by buffers_return */
};

struct hr_event {
    uint64_t user_data; /* the operation's id */
    int32_t result;
    uint16_t flags;
    uint16_t buffer;
};

enum hr_backend_capability {
    HR_CAPABILITY_LENT_MULTI = 1,
    HR_CAPABILITY_REGISTERED = 2,
};

struct hr_backend_options {
    unsigned entries;     /* submissions; made smaller where memory is short */
    unsigned completions; /* 0 is four times `entries`; at least that many */
    void (*on_notice)(void *user, const char *text); /* NULL: nobody listens */
    void *user;
};

struct hr_backend {
    const struct hr_backend_vtable *vtable;
    unsigned capabilities; /* valid after open */
    uint64_t overflows;    /* times the completion queue was found overflown */
};

#define HR_NO_DEADLINE UINT64_MAX

struct hr_backend_vtable {
    const char *name;
    /* On the owning thread. 0 or negative with `error` naming the cause and the remedy. */
    int (*open)(const struct hr_backend_options *options, struct hr_error *error,
                struct hr_backend **backend);
    void (*close)(struct hr_backend *backend);
    /* Tagged union → submission; flushes when full. 0, or negative: not asked (nothing will come).
     */
    int (*prepare)(struct hr_backend *backend, struct hr_operation *operation);
    int (*cancel)(struct hr_backend *backend, uint64_t user_data);
    /* Submits all, waits until `wait_n` events are there or `deadline_ns` (monotonic; 0: does not
     * wait; HR_NO_DEADLINE) or a wake, collects up to `max`. Returns how many, or negative. */
    int (*turn)(struct hr_backend *backend, uint64_t deadline_ns, unsigned wait_n,
                struct hr_event *events, unsigned max);
    /* Submits all, and waits for nothing. NULL: nothing ever waits for the turn. */
    void (*submit)(struct hr_backend *backend);
    /* Any thread that has won the sleeping flag. */
    void (*wake)(struct hr_backend *backend);
    /* One group of `count` (power of two) buffers of `size` bytes, in `memory`. */
    int (*buffers_open)(struct hr_backend *backend, char *memory, unsigned count, unsigned size);
    void (*buffers_return)(struct hr_backend *backend, const uint16_t *buffers, unsigned count);
    int (*memory_register)(struct hr_backend *backend, const struct iovec *iov,
                           unsigned count); /* may be -ENOTSUP */
    uint64_t (*now)(struct hr_backend *backend);
    int (*fd)(struct hr_backend *backend);
    /* Caller mode, before going to sleep outside: arm so that `fd` becomes readable at
     * `deadline_ns` at the latest. */
    int (*arm)(struct hr_backend *backend, uint64_t deadline_ns);
    /* The back end is lost: only `now`, `wake`, `fd` and `close` are called from here on. Waits
     * until nothing works on the memory of what was asked between turns. NULL: nothing does. */
    void (*abandon)(struct hr_backend *backend);
};

extern const struct hr_backend_vtable hr__backend_uring, hr__backend_epoll;

/* A first operation there and back, as set-up alone proves little: 0, or negative with `error`. */
int hr__backend_probe(struct hr_backend *backend, struct hr_error *error);

/* HEADRACE_BACKEND where `choice` is auto, else as it is. 0 or -EINVAL with `error`. */
int hr__backend_choose(enum hr_engine_backend *choice, struct hr_error *error);

#endif
