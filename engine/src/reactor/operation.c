/* Operations: the slab that gives them a slot and a generation, and the way of an event to its
 * owner. */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "reactor_core.h"

#define SLOTS_FIRST 256
#define DROPS_MAX   20 /* in a row: then something else is wrong */

/* Slots. An id is generation << 32 | slot; slot 0 is never given. */

static int slab_grow(struct hr_slab *slab) {
    uint32_t capacity = slab->capacity ? slab->capacity * 2 : SLOTS_FIRST;
    if (capacity > HR_OPERATION_SLOTS_MAX) return -ENOMEM;
    assert(slab->free == 0);
    struct hr_slot *slots = realloc(slab->slots, capacity * sizeof *slots);
    if (!slots) return -ENOMEM;
    for (uint32_t i = capacity - 1; i >= slab->capacity && i > 0; i--) {
        slots[i] = (struct hr_slot){.generation = 1, .next_free = slab->free};
        slab->free = i;
    }
    if (slab->capacity == 0) slots[0] = (struct hr_slot){.generation = 1};
    slab->slots = slots;
    slab->capacity = capacity;
    return 0;
}

int hr__slab_open(struct hr_slab *slab) {
    assert(!slab->slots);
    *slab = (struct hr_slab){.slots = NULL};
    return slab_grow(slab);
}

void hr__slab_close(struct hr_slab *slab) {
    assert(slab->live == 0);
    free(slab->slots);
    slab->slots = NULL;
}

static int slab_acquire(struct hr_slab *slab, struct hr_operation *operation) {
    if (slab->free == 0) {
        int result = slab_grow(slab);
        if (result < 0) return result;
    }
    uint32_t index = slab->free;
    struct hr_slot *slot = &slab->slots[index];
    assert(index < slab->capacity && !slot->operation);
    slab->free = slot->next_free;
    slab->live++;
    slot->operation = operation;
    operation->id = (uint64_t)slot->generation << 32 | index;
    return 0;
}

static void slab_release(struct hr_slab *slab, struct hr_operation *operation) {
    uint32_t index = (uint32_t)operation->id;
    struct hr_slot *slot = &slab->slots[index];
    assert(slot->operation == operation);
    slot->operation = NULL;
    if (++slot->generation == 0) slot->generation = 1;
    slot->next_free = slab->free;
    slab->free = index;
    slab->live--;
    operation->id = 0;
}

/* Lists. */

void hr__operation_list_push(struct hr_operation_list *list, struct hr_operation *operation) {
    assert(!operation->list);
    operation->list = list;
    operation->next = NULL;
    operation->prev = list->last;
    if (list->last)
        list->last->next = operation;
    else
        list->first = operation;
    list->last = operation;
}

void hr__operation_list_remove(struct hr_operation_list *list, struct hr_operation *operation) {
    assert(operation->list == list);
    if (operation->prev)
        operation->prev->next = operation->next;
    else
        list->first = operation->next;
    if (operation->next)
        operation->next->prev = operation->prev;
    else
        list->last = operation->prev;
    operation->list = NULL;
}

struct hr_operation *hr__operation_list_pop(struct hr_operation_list *list) {
    struct hr_operation *operation = list->first;
    if (operation) hr__operation_list_remove(list, operation);
    return operation;
}

/* Asking. */

static void end_without_kernel(struct hr_reactor *reactor, struct hr_operation *operation,
                               int32_t result) {
    assert(hr__operation_active(operation));
    operation->ending = result;
    hr__operation_list_push(&reactor->ending, operation);
}

/* The kernel has not been asked and will not be. A descriptor is not lost for that: its close is
 * made at once. */
static void end_unasked(struct hr_reactor *reactor, struct hr_operation *operation,
                        int32_t result) {
    assert(result < 0);
    if (operation->kind == HR_OP_CLOSE) {
        reactor->group->sockets->close(operation->fd);
        result = 0;
    }
    end_without_kernel(reactor, operation, result);
}

/* Hands it to the kernel, or keeps it where the kernel takes none now; keeps the order. */
void hr__operation_ask(struct hr_reactor *reactor, struct hr_operation *operation) {
    assert(hr__slab_find(&reactor->slab, operation->id) == operation);
    int result = reactor->broken;
    if (result == 0)
        result = reactor->unasked.first ? -EAGAIN
                                        : reactor->vtable->prepare(reactor->backend, operation);
    if (result == -EAGAIN)
        hr__operation_list_push(&reactor->unasked, operation);
    else if (result < 0)
        end_unasked(reactor, operation, result);
}

void hr__operation_start(struct hr_reactor *reactor, struct hr_operation *operation) {
    assert(operation->id == 0 && operation->on_event);
    operation->list = NULL;
    operation->cancelling = false;
    operation->drops = 0;
    hr__count(&reactor->counters.operations, 1);
    if (slab_acquire(&reactor->slab, operation) < 0) {
        operation->id = UINT64_MAX; /* active, in no slot */
        end_unasked(reactor, operation, -ENOMEM);
        return;
    }
    hr__operation_ask(reactor, operation);
}

void hr__operation_cancel(struct hr_reactor *reactor, struct hr_operation *operation) {
    if (!operation || operation->id == 0 || operation->cancelling) return;
    assert(operation->id == UINT64_MAX ||
           hr__slab_find(&reactor->slab, operation->id) == operation);
    operation->cancelling = true;
    if (operation->list == &reactor->ending) return;
    if (operation->list) { /* the kernel does not have it */
        hr__operation_list_remove(operation->list, operation);
        end_without_kernel(reactor, operation, -ECANCELED);
    } else if (reactor->vtable->cancel(reactor->backend, operation->id) < 0) {
        hr__operation_list_push(&reactor->unasked, operation); /* its cancel is not asked yet */
    }
}

/* Once a turn: what had found the submission queue full. */
void hr__operation_ask_unasked(struct hr_reactor *reactor) {
    struct hr_operation_list waiting = reactor->unasked;
    reactor->unasked = (struct hr_operation_list){NULL, NULL};
    for (struct hr_operation *operation = waiting.first, *next; operation; operation = next) {
        next = operation->next;
        assert(operation->list == &reactor->unasked);
        operation->list = NULL;
        if (!operation->cancelling)
            hr__operation_ask(reactor, operation);
        else if (reactor->unasked.first ||
                 reactor->vtable->cancel(reactor->backend, operation->id) < 0)
            hr__operation_list_push(&reactor->unasked, operation);
    }
}

void hr__operation_end_all(struct hr_reactor *reactor, int32_t result) {
    const struct hr_slab *slab = &reactor->slab;
    assert(reactor->broken);
    for (uint32_t i = 1; i < slab->capacity; i++) {
        struct hr_operation *operation = slab->slots[i].operation;
        if (!operation || operation->list == &reactor->ending) continue;
        bool unasked = operation->list != NULL && !operation->cancelling;
        if (operation->list) hr__operation_list_remove(operation->list, operation);
        if (unasked)
            end_unasked(reactor, operation, result);
        else
            end_without_kernel(reactor, operation, result);
    }
}

/* Events. */

static void finish(struct hr_reactor *reactor, struct hr_operation *operation,
                   struct hr_completion *completion) {
    assert(hr__operation_active(operation));
    if (operation->list) hr__operation_list_remove(operation->list, operation);
    if (operation->id == UINT64_MAX)
        operation->id = 0;
    else
        slab_release(&reactor->slab, operation);
    completion->more = false;
    operation->on_event(operation, completion);
}

unsigned hr__operation_deliver_ending(struct hr_reactor *reactor) {
    unsigned count = 0;
    struct hr_operation *last = reactor->ending.last;
    for (bool more = last != NULL; more; count++) { /* what ends meanwhile is for the next turn */
        struct hr_operation *operation = reactor->ending.first;
        more = operation != last && operation != NULL;
        if (!operation) break;
        assert(operation->list == &reactor->ending);
        struct hr_completion completion = {.result = operation->ending};
        finish(reactor, operation, &completion);
    }
    return count;
}

/* A multishot that ended although neither its socket nor its owner did: the completion queue was
 * full (io_uring ends it in silence then). */
static bool ended_early(const struct hr_operation *operation, const struct hr_event *event) {
    if (!operation->multi || operation->cancelling) return false;
    switch (operation->kind) {
    case HR_OP_ACCEPT:
        return event->result >= 0;
    case HR_OP_RECV_LENT:
        return event->result > 0; /* 0 is the end of the stream */
    case HR_OP_POLL:
        return event->result > 0 && !(event->result & (POLLERR | POLLHUP | POLLNVAL));
    default:
        return false;
    }
}

/* Work on a file for a thread of io_uring's that was not made: the kernel gives up when signals
 * have hindered it a few times (io-wq's WORKER_INIT_LIMIT), and ends what waits for it as a cancel
 * does. Nothing was done. What is in a chain stays cancelled: an fsync alone may be behind a write.
 */
static bool was_dropped(struct hr_operation *operation, const struct hr_event *event) {
    if (event->result != -ECANCELED || operation->cancelling || operation->link) return false;
    bool of_file = operation->kind >= HR_OP_OPEN && operation->kind <= HR_OP_UNLINK;
    if (!of_file || operation->kind == HR_OP_FSYNC) return false;
    return operation->drops++ < DROPS_MAX;
}

void hr__operation_deliver(struct hr_reactor *reactor, struct hr_operation *operation,
                           const struct hr_event *event, const char *data) {
    struct hr_completion completion = {.result = event->result, .data = data};
    assert(operation->id == event->user_data && operation->list != &reactor->ending);
    if (event->flags & HR_EVENT_MORE) {
        assert(operation->multi);
        completion.more = true;
        operation->on_event(operation, &completion);
    } else if (was_dropped(operation, event)) {
        hr__operation_ask(reactor, operation);
    } else if (ended_early(operation, event)) {
        hr__operation_ask(reactor, operation); /* first, so that the owner may cancel it */
        completion.more = true;
        operation->on_event(operation, &completion);
    } else {
        finish(reactor, operation, &completion);
    }
}
