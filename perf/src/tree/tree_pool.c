/* Requests in flight: reactors push those that are done onto a list, the pool's thread takes all of
 * it. */
#include "tree_pool.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

int tree_pool_open(struct tree_pool *pool, unsigned limit, uint32_t timeout_ms) {
    memset(pool, 0, sizeof *pool);
    pool->limit = limit;
    pool->timeout_ms = timeout_ms;
    pool->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return pool->event_fd < 0 ? -errno : 0;
}

void tree_pool_close(struct tree_pool *pool) {
    assert(pool->count == 0);
    if (pool->event_fd >= 0) close(pool->event_fd);
    pool->event_fd = -1;
}

bool tree_pool_has_room(const struct tree_pool *pool, unsigned weight) {
    return weight == 0 || pool->used == 0 || pool->used + weight <= pool->limit;
}

/* Any thread. The work is the pool thread's as soon as it is pushed; one wake-up is enough for a
 * list that was empty. */
static void push(struct tree_work *work) {
    struct tree_pool *pool = work->pool;
    struct tree_work *last = atomic_load_explicit(&pool->done, memory_order_relaxed);
    do {
        work->next_done = last;
    } while (!atomic_compare_exchange_weak_explicit(&pool->done, &last, work, memory_order_release,
                                                    memory_order_relaxed));
    uint64_t one = 1;
    if (!last) (void)!write(pool->event_fd, &one, sizeof one);
}

static void on_done(struct hr_request *request) {
    push(request->user);
}

void tree_pool_prepare(struct tree_pool *pool, struct tree_work *work, struct hr_request *request) {
    work->pool = pool;
    work->request = request;
    request->on_done = on_done;
    request->user = work;
    request->timeout_ms = pool->timeout_ms;
    pool->count++;
    pool->used += work->weight;
    work->previous = NULL;
    work->next = pool->first;
    if (pool->first) pool->first->previous = work;
    pool->first = work;
}

void tree_pool_started(struct tree_work *work, int started) {
    if (!started) return;
    work->request->result = started;
    if (!work->request->error.code)
        hr_error_set(&work->request->error, started, "%s", hr_error_text(started));
    push(work);
}

static void take_out(struct tree_work *work) {
    struct tree_pool *pool = work->pool;
    assert(pool->count > 0 && pool->used >= work->weight);
    pool->count--;
    pool->used -= work->weight;
    if (work->next) work->next->previous = work->previous;
    if (work->previous)
        work->previous->next = work->next;
    else
        pool->first = work->next;
}

/* In the order in which they were done. */
static struct tree_work *take_done(struct tree_pool *pool) {
    struct tree_work *last = atomic_exchange_explicit(&pool->done, NULL, memory_order_acquire);
    struct tree_work *first = NULL;
    while (last) {
        struct tree_work *before = last->next_done;
        last->next_done = first;
        first = last;
        last = before;
    }
    return first;
}

static unsigned finish_done(struct tree_pool *pool) {
    unsigned count = 0;
    struct tree_work *next;
    for (struct tree_work *work = take_done(pool); work; work = next, count++) {
        next = work->next_done;
        take_out(work);
        work->finish(work);
    }
    return count;
}

unsigned tree_pool_wait(struct tree_pool *pool, int timeout_ms, int signal_fd, bool *signalled) {
    struct pollfd ready[2] = {{.fd = pool->event_fd, .events = POLLIN},
                              {.fd = signal_fd, .events = POLLIN}};
    uint64_t number;
    *signalled = false;
    if (poll(ready, 2, timeout_ms) > 0) {
        *signalled = ready[1].revents != 0;
        if (ready[0].revents) (void)!read(pool->event_fd, &number, sizeof number);
    }
    return finish_done(pool);
}

void tree_pool_cancel(struct tree_pool *pool) {
    for (struct tree_work *work = pool->first; work; work = work->next) hr_cancel(work->request);
}
