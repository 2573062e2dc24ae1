/* Free lists of ciphertext buffers. Small ones are not charged: they are out for the length of one
 * send. */
#include "tls_buffers.h"

#include <stdlib.h>

#include <engine/budget.h>

static const struct {
    size_t capacity;
    unsigned kept_max; /* more are given back to the heap: 1 + 1 + 1 + 1 MiB at most */
} classes[HR_TLS_BUFFER_CLASSES] = {
    {HR_TLS_BUFFER_SMALL, 256},
    {HR_TLS_BUFFER_RECORD, 64},
    {HR_TLS_BUFFER_LARGE, 16},
    {HR_TLS_BUFFER_BULK, 4},
};
#define CHARGED_FROM HR_TLS_BUFFER_LARGE

static unsigned class_of(size_t size) {
    unsigned index = 0;
    while (index < HR_TLS_BUFFER_CLASSES && size > classes[index].capacity) index++;
    return index;
}

struct hr_tls_buffer *hr__tls_buffers_acquire(struct hr_tls_buffers *buffers, size_t size) {
    unsigned index = class_of(size);
    if (index == HR_TLS_BUFFER_CLASSES) return NULL;
    size_t capacity = classes[index].capacity;
    if (capacity >= CHARGED_FROM && hr__budget_grow(buffers->reactor, capacity)) return NULL;
    struct hr_tls_buffer *buffer = buffers->classes[index].free;
    if (buffer) {
        buffers->classes[index].free = buffer->next;
        buffers->classes[index].count--;
    } else {
        buffer = malloc(sizeof *buffer + capacity);
        if (!buffer) {
            if (capacity >= CHARGED_FROM) hr__budget_release(buffers->reactor, capacity);
            return NULL;
        }
        buffer->capacity = capacity;
    }
    buffer->next = NULL;
    buffer->size = 0;
    return buffer;
}

void hr__tls_buffers_release(struct hr_tls_buffers *buffers, struct hr_tls_buffer *buffer) {
    if (!buffer) return;
    if (buffer->capacity >= CHARGED_FROM) hr__budget_release(buffers->reactor, buffer->capacity);
    unsigned index = class_of(buffer->capacity);
    if (buffers->classes[index].count == classes[index].kept_max) {
        free(buffer);
        return;
    }
    buffer->next = buffers->classes[index].free;
    buffers->classes[index].free = buffer;
    buffers->classes[index].count++;
}

void hr__tls_buffers_free(struct hr_tls_buffers *buffers) {
    for (unsigned i = 0; i < HR_TLS_BUFFER_CLASSES; i++) {
        while (buffers->classes[i].free) {
            struct hr_tls_buffer *buffer = buffers->classes[i].free;
            buffers->classes[i].free = buffer->next;
            free(buffer);
        }
        buffers->classes[i].count = 0;
    }
}
