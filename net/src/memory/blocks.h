/* Pieces of memory that a reactor's requests borrow: for heads, for parts of files, for what a
 * producer makes. Four sizes with a free list each. One owner thread. */
#ifndef HR_NET_BLOCKS_H
#define HR_NET_BLOCKS_H

#include <stddef.h>

#define HR_BLOCK_TINY   1024 /* most heads; what a burst of requests leaves in the heap */
#define HR_BLOCK_SMALL  2048
#define HR_BLOCK_MEDIUM 16384
#define HR_BLOCK_LARGE  131072

#define HR_BLOCK_CLASSES 4

struct hr_blocks {
    struct {
        void *free; /* each begins with a pointer to the next */
        unsigned count;
    } classes[HR_BLOCK_CLASSES];
};

/* The size of the block that `size` bytes would get, at most HR_BLOCK_LARGE. */
size_t hr__block_size(size_t size);
/* A block of hr__block_size(size) bytes, or NULL: no memory. */
void *hr__blocks_take(struct hr_blocks *blocks, size_t size);
/* `size` as it was asked for. NULL block: nothing. */
void hr__blocks_give(struct hr_blocks *blocks, void *block, size_t size);
void hr__blocks_free(struct hr_blocks *blocks);

#endif
