/* Shared by the files of the epoll back end: its descriptors, the operations that wait on them,
 * and how an operation is tried. */
#ifndef HR_ENGINE_BACKEND_EPOLL_H
#define HR_ENGINE_BACKEND_EPOLL_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "backend.h"
#include "file_threads.h"

struct hr_epoll_slot;

struct hr_epoll_queue {
    struct hr_epoll_slot *first, *last;
};

/* An operation in flight, found by the low half of its id. Its address never changes. */
struct hr_epoll_slot {
    struct hr_file_job job; /* with a helper thread */
    struct hr_operation *operation;
    struct hr_epoll_queue *queue; /* where it waits; NULL: in none */
    struct hr_epoll_slot *next, *prev;
    struct hr_epoll_slot *follower; /* is linked to this one */
    uint64_t id;                    /* 0: free */
    size_t moved;                   /* MSG_WAITALL: bytes until now */
    int32_t result;
    uint16_t flags, buffer; /* of the final event */
    bool done;              /* has its result, is to be told */
    bool helped;            /* is with the pool */
    bool cancelled;         /* before the one that it is linked to has ended */
};

enum hr_epoll_side { HR_EPOLL_READ, HR_EPOLL_WRITE, HR_EPOLL_POLL, HR_EPOLL_SIDES };

/* A number that the process uses for something. What is behind it may be closed and another thing
 * get the number without a word, so the flags are hints except for what this back end made itself:
 * an operation is always tried, never believed to succeed. */
struct hr_epoll_descriptor {
    struct hr_epoll_queue waiting[HR_EPOLL_SIDES];
    struct hr_epoll_descriptor *next_ready;
    int fd;
    unsigned ready; /* a bit a side: an edge that has not been used up */
    bool listed;    /* in the ready list */
    bool own;       /* made by this back end: closed by it too */
    bool registered;
    bool tcp;         /* a receive that is short has emptied it */
    bool ended;       /* the peer's end or an error is behind the last bytes */
    bool nonblocking; /* known to be */
};

#define HR_EPOLL_HELD 64 /* events that `arm` takes at most */

struct hr_epoll_buffers {
    char *memory;
    uint16_t *free;       /* a stack of those that are not lent */
    unsigned count, size; /* of the free ones; bytes of each */
};

struct hr_epoll {
    struct hr_backend base;
    int fd, wake_fd;
    int timer_fd; /* -1: not needed yet */
    bool watched; /* a loop of the caller's sleeps on `fd` */
    bool skipped; /* the last turn has not looked at the kernel */
    bool sends;   /* a send is among the submitted */
    uint64_t now_ns, armed_ns;
    struct hr_epoll_slot **slots; /* blocks of them */
    struct hr_epoll_descriptor **descriptors;
    unsigned slot_blocks, descriptor_blocks;
    struct hr_epoll_queue submitted, done;
    unsigned done_count;
    struct hr_epoll_slot *chain; /* the last prepared one, when it links to the next */
    struct hr_epoll_descriptor *ready_first, *ready_last;
    struct hr_file_threads *pool;
    struct hr_epoll_buffers lent;
    bool starved; /* one receive of this turn was told that no buffer is left */
    struct epoll_event *edges;
    struct hr_event held[HR_EPOLL_HELD]; /* taken by `arm`, for the next turn */
    unsigned held_count;
    /* Of the turn. */
    struct hr_event *events;
    unsigned count, max;
};

/* backend_epoll_queue.c */
void hr__epoll_finish(struct hr_epoll *epoll, struct hr_epoll_slot *slot, int32_t result);
void hr__epoll_tell_done(struct hr_epoll *epoll); /* in the events of this turn */
static inline void hr__epoll_queue_push(struct hr_epoll_queue *queue, struct hr_epoll_slot *slot) {
    assert(!slot->queue);
    slot->queue = queue;
    slot->next = NULL;
    slot->prev = queue->last;
    if (queue->last)
        queue->last->next = slot;
    else
        queue->first = slot;
    queue->last = slot;
}

static inline void hr__epoll_queue_remove(struct hr_epoll_slot *slot) {
    assert(slot->queue);
    if (slot->prev)
        slot->prev->next = slot->next;
    else
        slot->queue->first = slot->next;
    if (slot->next)
        slot->next->prev = slot->prev;
    else
        slot->queue->last = slot->prev;
    slot->queue = NULL;
}

/* backend_epoll_descriptor.c */
struct hr_epoll_descriptor *hr__epoll_descriptor(struct hr_epoll *epoll, int fd);
void hr__epoll_descriptors_free(struct hr_epoll *epoll);
/* The number stands for something new, or for nothing: what waited on it ends cancelled. */
void hr__epoll_forget(struct hr_epoll *epoll, int fd);
/* The number stands for a socket that this back end has just made. */
void hr__epoll_adopt(struct hr_epoll *epoll, int fd, bool tcp);
/* Makes it wait for the next edge. Negative: it cannot; -EPERM: what has no edges. */
int hr__epoll_wait_on(struct hr_epoll *epoll, struct hr_epoll_slot *slot, enum hr_epoll_side side);
void hr__epoll_edge(struct hr_epoll *epoll, int fd, uint32_t edge);
void hr__epoll_ready(struct hr_epoll *epoll, struct hr_epoll_descriptor *descriptor);

/* backend_epoll_try.c */
/* Carries out what does not wait, else makes it wait. */
void hr__epoll_start(struct hr_epoll *epoll, struct hr_epoll_slot *slot);
/* Tries what waits there, a piece of it; fairness is the caller's. */
void hr__epoll_serve(struct hr_epoll *epoll, struct hr_epoll_descriptor *descriptor);

/* backend_epoll_file.c: for a helper thread, its result is in the slot then. */
void hr__epoll_help(struct hr_epoll *epoll, struct hr_epoll_slot *slot);
/* READ, WRITE. -EAGAIN: it would wait; -EINPROGRESS: for a helper thread. */
int32_t hr__epoll_transfer(const struct hr_operation *operation);

#endif
