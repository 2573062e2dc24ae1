/* Bytes that arrived and were not wanted yet, in order. Charged to the engine's budget. */
#ifndef HR_NET_SPILL_H
#define HR_NET_SPILL_H

#include <stddef.h>

#include <engine/reactor.h>

/* Zeroed is empty, and takes no memory. */
struct hr_spill {
    char *data;
    size_t start, size, capacity; /* the bytes are `size` from data + start */
};

/* Appends. -ENOBUFS (no budget) or -ENOMEM: nothing was added. */
int hr__spill_add(struct hr_spill *spill, struct hr_reactor *reactor, const char *data,
                  size_t size);
/* The first `size` bytes are done with. Frees the memory when they were the last. */
void hr__spill_take(struct hr_spill *spill, struct hr_reactor *reactor, size_t size);
void hr__spill_free(struct hr_spill *spill, struct hr_reactor *reactor);

#endif
