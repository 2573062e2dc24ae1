/* Many requests in flight, started and finished by one thread that may block on files meanwhile. */
#ifndef PERF_TREE_POOL_H
#define PERF_TREE_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <headrace/request.h>

struct tree_pool;

/* One request at a time, in its owner's struct. */
struct tree_work {
    struct tree_pool *pool;
    struct hr_request *request;
    unsigned weight; /* of the pool's limit; 0 always has room */
    void (*finish)(
        struct tree_work *work); /* on the pool's thread; may start it again, or free it */
    struct tree_work *next_done;
    struct tree_work *previous, *next; /* under way */
};

struct tree_pool {
    unsigned limit, used; /* weights */
    unsigned count;       /* requests under way */
    struct tree_work *first;
    _Atomic(struct tree_work *) done; /* the last one that reactors have pushed */
    int event_fd;
    uint32_t timeout_ms; /* of each request */
};

/* 0 or a negative code. */
int tree_pool_open(struct tree_pool *pool, unsigned limit, uint32_t timeout_ms);
/* Nothing is under way, and the engine is closed: a reactor's last touch of the pool may come
 * behind the end of the last request. */
void tree_pool_close(struct tree_pool *pool);

/* Whether a work of this weight may start: it fits, or nothing that weighs is under way. */
bool tree_pool_has_room(const struct tree_pool *pool, unsigned weight);

/* Before the start call: `request` becomes the work's. */
void tree_pool_prepare(struct tree_pool *pool, struct tree_work *work, struct hr_request *request);
/* Behind it, with its result: a start that was refused ends as the request would, by `finish`. */
void tree_pool_started(struct tree_work *work, int started);

/* Calls `finish` for all that is done; how many. Waits first, up to `timeout_ms` (-1: as long as it
 * takes), until something is, or until `signal_fd` can be read, which `signalled` then says. */
unsigned tree_pool_wait(struct tree_pool *pool, int timeout_ms, int signal_fd, bool *signalled);

/* Asks all that is under way to end. */
void tree_pool_cancel(struct tree_pool *pool);

#endif
