/* Lent buffers: received bytes go up in them and come back within one callback. Used ones are given
 * back to the kernel in one batch a turn. A receive that finds none is parked and asked again when
 * buffers have come back; its owner sees nothing of it. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "reactor_core.h"

int hr__buffers_open(struct hr_reactor *reactor, struct hr_error *error) {
    struct hr_buffers *buffers = &reactor->buffers;
    assert(!buffers->memory);
    buffers->count = reactor->group->buffer_count;
    buffers->size = reactor->group->buffer_size_bytes;
    size_t bytes = (size_t)buffers->count * buffers->size;
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return hr_error_set(error, -ENOMEM, "no memory for receive buffers (%zu bytes)", bytes);
    buffers->memory = memory;
    buffers->returning = calloc(buffers->count, sizeof *buffers->returning);
    if (!buffers->returning) return hr_error_set(error, -ENOMEM, "no memory for receive buffers");
    int result = reactor->vtable->buffers_open(reactor->backend, buffers->memory, buffers->count,
                                               buffers->size);
    if (result < 0)
        hr_error_set(error, result, "the kernel refused the receive buffers: %s",
                     hr_error_text(result));
    return result;
}

void hr__buffers_close(struct hr_reactor *reactor) {
    struct hr_buffers *buffers = &reactor->buffers;
    assert(!buffers->parked.first);
    free(buffers->returning);
    if (buffers->memory) munmap(buffers->memory, (size_t)buffers->count * buffers->size);
    *buffers = (struct hr_buffers){.memory = NULL};
}

void hr__buffers_park(struct hr_reactor *reactor, struct hr_operation *operation) {
    assert(operation->kind == HR_OP_RECV_LENT && hr__operation_active(operation));
    hr__count(&reactor->counters.buffers_exhausted, 1);
    if (operation->list) hr__operation_list_remove(operation->list, operation);
    hr__operation_list_push(&reactor->buffers.parked, operation);
    if (!operation->cancelling) return;
    operation->cancelling = false; /* its cancel had not been asked or came too late */
    hr__operation_cancel(reactor, operation);
}

/* At the end of a turn nothing is lent any more. As many of the parked are asked again as there are
 * buffers; the others in the next turns, which do not sleep before. */
void hr__buffers_flush(struct hr_reactor *reactor) {
    struct hr_buffers *buffers = &reactor->buffers;
    assert(buffers->returning_count <= buffers->count);
    if (buffers->returning_count && !reactor->broken) {
        reactor->vtable->buffers_return(reactor->backend, buffers->returning,
                                        buffers->returning_count);
        buffers->returning_count = 0;
    }
    for (unsigned i = 0; i < buffers->count && buffers->parked.first; i++)
        hr__operation_ask(reactor, hr__operation_list_pop(&buffers->parked));
}
