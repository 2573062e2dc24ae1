/* The queues of the epoll back end: what is submitted, what waits at a descriptor, and what has
 * ended and is to be told. */
#include <assert.h>
#include <errno.h>

#include "backend_epoll.h"

/* A link holds when what was asked for has been done, all of it. */
static bool link_holds(const struct hr_epoll_slot *slot) {
    const struct hr_operation *operation = slot->operation;
    bool moves = operation->kind == HR_OP_READ || operation->kind == HR_OP_WRITE;
    return slot->result >= 0 && (!moves || (size_t)slot->result == operation->u.buffer.size);
}

static void end(struct hr_epoll *epoll, struct hr_epoll_slot *slot, int32_t result) {
    assert(slot->id && !slot->done);
    if (slot->queue) hr__epoll_queue_remove(slot);
    slot->result = result;
    slot->done = true;
    hr__epoll_queue_push(&epoll->done, slot);
    epoll->done_count++;
}

/* The slot ends, and the one that is linked to it begins, or ends too. */
void hr__epoll_finish(struct hr_epoll *epoll, struct hr_epoll_slot *slot, int32_t result) {
    end(epoll, slot, result);
    while (slot->follower) {
        struct hr_epoll_slot *next = slot->follower;
        assert(!next->queue && !next->done);
        slot->follower = NULL;
        if (link_holds(slot) && !next->cancelled) {
            hr__epoll_queue_push(&epoll->submitted, next);
            return;
        }
        end(epoll, next, -ECANCELED);
        slot = next;
    }
}

void hr__epoll_tell_done(struct hr_epoll *epoll) {
    struct hr_epoll_slot *slot;
    while (epoll->count < epoll->max && (slot = epoll->done.first)) {
        hr__epoll_queue_remove(slot);
        assert(slot->done && epoll->done_count > 0);
        epoll->done_count--;
        epoll->events[epoll->count++] = (struct hr_event){
            .user_data = slot->id,
            .result = slot->result,
            .flags = slot->flags,
            .buffer = slot->buffer,
        };
        slot->id = 0;
    }
}
