/* Things of one size that come in bursts and go again. They live in pieces of memory of their own:
 * on the heap they would leave holes between what stays. A piece in which nothing lives goes back
 * to the kernel, but for one. One owner thread. */
#ifndef HR_NET_SLAB_H
#define HR_NET_SLAB_H

#include <stddef.h>

struct hr_slab_piece;

/* All zero: empty. */
struct hr_slabs {
    struct hr_slab_piece *roomy; /* those with room, the one used last first */
};

/* `size` bytes, zeroed, aligned as malloc's; NULL: no memory. The same size each time, at most
 * HR_SLAB_SIZE_MAX. */
void *hr__slab_take(struct hr_slabs *slab, size_t size);
void hr__slab_give(struct hr_slabs *slab, void *thing);
/* After all have been given back. */
void hr__slab_deinit(struct hr_slabs *slab);

#define HR_SLAB_SIZE_MAX 16384

#endif
