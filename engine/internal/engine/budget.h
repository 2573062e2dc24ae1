/* The engine's byte budget. Hard: what is reserved never exceeds the limit. Reactors lease chunks
 * of 1 MiB from an atomic total, so the common case touches no shared line. Reactor thread only,
 * but for give_back. */
#ifndef HR_ENGINE_BUDGET_H
#define HR_ENGINE_BUDGET_H

#include <stddef.h>
#include <stdint.h>

#include <headrace/engine.h>

struct hr_reactor;

/* Waits its turn for bytes: first come, first served, on one reactor exactly and between reactors
 * by the ticket that it draws. */
struct hr_budget_waiter {
    struct hr_budget_waiter *next, *prev; /* NULL: not waiting */
    size_t bytes;
    uint64_t ticket; /* the engine's */
    void (*on_granted)(struct hr_budget_waiter
                           *waiter); /* the bytes are reserved; called from the reactor's FIFO */
};

/* 0, or -ENOBUFS when they are not there now (or others wait) or never will be (bytes > limit). */
int hr__budget_reserve(struct hr_reactor *reactor, size_t bytes);
/* More for one that holds some already and cannot wait for it: goes before those that wait, whom it
 * delays where a refusal would end it. 0, or -ENOBUFS when they are not there now. */
int hr__budget_grow(struct hr_reactor *reactor, size_t bytes);
/* Queues for them. -ENOBUFS at once when bytes > limit. Never wait while holding any. */
int hr__budget_wait(struct hr_reactor *reactor, struct hr_budget_waiter *waiter);
void hr__budget_unwait(struct hr_reactor *reactor, struct hr_budget_waiter *waiter);
void hr__budget_release(struct hr_reactor *reactor, size_t bytes);

/* Bytes for bulk, which its owner fills and empties by further requests: at most half of the limit
 * for all of it, or those requests would find no room. Nobody queues for it here, so that small
 * ones never wait behind it. 0, or -ENOBUFS: not now. */
int hr__budget_bulk_reserve(struct hr_reactor *reactor, size_t bytes);
void hr__budget_bulk_release(struct hr_reactor *reactor, size_t bytes);
/* The most that there can ever be. Any thread. */
uint64_t hr__budget_bulk_limit(const struct hr_reactor *reactor);
/* Somebody waits for bulk from now on, or no more; and whether anybody does, on any reactor: bulk
 * that is free again is then given back rather than used again. */
void hr__budget_bulk_waits(struct hr_reactor *reactor, bool waits);
bool hr__budget_bulk_wanted(const struct hr_reactor *reactor);

/* For memory that outlives a request and is freed on any thread (hr_buffer): an engine-wide
 * account. */
void hr__budget_give_back(hr_engine *engine, size_t bytes);

#endif
