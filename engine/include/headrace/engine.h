/* The engine: N reactors, each one ring, one thread, one core. */
#ifndef HEADRACE_ENGINE_H
#define HEADRACE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/error.h>
#include <headrace/export.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hr_engine_s;
typedef struct hr_engine_s hr_engine;

enum hr_engine_mode {
    HR_ENGINE_THREADS = 0, /* the engine has a thread of its own per reactor */
    HR_ENGINE_CALLER = 1,  /* one reactor, run by the thread that made the engine */
};

/* The interface of the kernel that the reactors run on. */
enum hr_engine_backend {
    HR_BACKEND_AUTO = 0,     /* HEADRACE_BACKEND where the environment has it; else io_uring, or,
                                where that is refused, epoll with a notice that names the cause */
    HR_BACKEND_IO_URING = 1, /* refused: hr_engine_new fails */
    HR_BACKEND_EPOLL = 2,
};

/* Zeroed always works, as does NULL in its place. Copied by hr_engine_new. */
struct hr_engine_options {
    enum hr_engine_mode mode;
    enum hr_engine_backend backend;
    unsigned reactors;     /* threads mode: 0 is one per core of the cpuset; caller mode: 0 or 1 */
    unsigned ring_entries; /* submission entries per reactor; 0 is 1024; made smaller if memlock is
                              short */
    unsigned buffer_count; /* lent receive buffers per reactor, a power of two; 0 is 128 */
    unsigned buffer_size_bytes; /* of each; 0 is 8192 */
    unsigned requests_max; /* accepted and not yet done, whole engine; 0 is 65536; more: -ENOBUFS */
    uint64_t budget_bytes; /* hard limit of what requests may hold; 0 is a quarter of the cgroup's
                              memory.max, else of physical memory */
    bool pinned;      /* bind each reactor's thread to a core of the cpuset, in its order: for a
                         process that has those cores to itself */
    unsigned spin_us; /* before it sleeps a reactor with something in progress looks for events
                         this long; lower latency for a busy core; 0: not; at most 1000 */
    void (*on_notice)(void *user,
                      const char *text); /* one-line notices (a smaller ring, unregistered memory),
                       once each; during hr_engine_new only, on its thread. NULL: stderr */
    void *user;
    uint64_t reserved[7];
};

/* Makes an engine and, in threads mode, starts its threads. The caller owns `*engine` and closes
 * it. Blocks until every reactor has its ring and a first operation has come back from it. Errors:
 * -EINVAL (options, or an unknown HEADRACE_BACKEND), -ENOMEM, -EMFILE; where only io_uring is
 * allowed also -EPERM (refused: sysctl or seccomp), -ENOSYS (kernel too old), -ENOMEM (memlock);
 * `error` (NULL allowed) names the cause and the remedy. Any thread. */
HR_API int hr_engine_new(const struct hr_engine_options *options, struct hr_error *error,
                         hr_engine **engine);

/* Stops accepting, lets everything in progress end, ends the threads and frees the engine. Clients
 * and servers must have been closed (or be closing): else -EBUSY and nothing changed. With
 * `on_closed` NULL it blocks until all is done (on a reactor thread: -EDEADLK); else it returns at
 * once and `on_closed(user)` is the last call, after which the handle is gone, on a thread of the
 * engine that has left its loop (caller mode: inside hr_engine_run or hr_engine_poll; or in this
 * call when nothing is in progress). NULL engine: 0; in a forked child: 0 and nothing happens. Any
 * thread in threads mode, the owner's in caller mode (-EPERM elsewhere). */
HR_API int hr_engine_close(hr_engine *engine, void (*on_closed)(void *user), void *user);

/* Caller mode, owner's thread: runs turns until hr_engine_stop or until a closing engine has come
 * to its end. Returns 0, or -EINVAL in threads mode, -EDEADLK from inside a callback, -EPERM on
 * another thread than the owner's, -ESHUTDOWN in a forked child. */
HR_API int hr_engine_run(hr_engine *engine);

/* Makes hr_engine_run return after its current turn. Any thread, sticky until a run has seen it. */
HR_API void hr_engine_stop(hr_engine *engine);

/* Caller mode, owner's thread: one turn. Waits at most `timeout_ms` for something to happen (0:
 * does not wait, negative: no limit). Returns the number of things dispatched or a negative code as
 * hr_engine_run. Afterwards the engine is asleep and hr_engine_fd tells when to call again. */
HR_API int hr_engine_poll(hr_engine *engine, int timeout_ms);

/* Caller mode, owner's thread: a descriptor that becomes readable when hr_engine_poll has work
 * (events, posts or a timer due), to sit in another loop. The first call makes it, so an engine
 * that nobody asks pays nothing. The engine's; do not read or close it. It may be readable with
 * nothing visible: poll again. -EINVAL in threads mode, -EMFILE, -ESHUTDOWN in a forked child. */
HR_API int hr_engine_fd(const hr_engine *engine);

/* "io_uring" or "epoll": what the reactors run on. Any thread. */
HR_API const char *hr_engine_backend_name(const hr_engine *engine);

/* Number of reactors. Any thread. */
HR_API unsigned hr_engine_reactors(const hr_engine *engine);

/* Counters since hr_engine_new, summed over the reactors. submitted = in_progress + succeeded +
 * failed + cancelled holds in every snapshot that is taken while nothing is in progress. */
struct hr_engine_metrics {
    uint64_t submitted, succeeded, failed, cancelled, in_progress;
    uint64_t attempts, retries;
    uint64_t connections_opened, connections_open, connections_peak;
    uint64_t bytes_sent, bytes_received;
    uint64_t turns, operations, events,
        wakes; /* enters, things asked, completions, sleepers woken */
    uint64_t buffers_exhausted,
        overflows; /* times the lent ring was empty, the completion queue full */
    uint64_t budget_limit_bytes, budget_used_bytes, budget_peak_bytes;
    uint64_t reserved[8];
};

/* Any thread. */
HR_API void hr_engine_metrics_get(const hr_engine *engine, struct hr_engine_metrics *metrics);

#ifdef __cplusplus
}
#endif

#endif
