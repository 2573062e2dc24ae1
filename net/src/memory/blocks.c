/* Free lists of borrowed memory. What is borrowed is charged to the requests that borrow it; what
 * rests here is bounded by the counts below. */
#include "blocks.h"

#include <stdlib.h>

static const struct {
    size_t size;
    unsigned kept_max; /* more are given back to the heap: 4 + 8 + 4 + 4 MiB a reactor at most */
} classes[HR_BLOCK_CLASSES] = {
    {HR_BLOCK_TINY, 4096},
    {HR_BLOCK_SMALL, 4096},
    {HR_BLOCK_MEDIUM, 256},
    {HR_BLOCK_LARGE, 32},
};

static unsigned class_of(size_t size) {
    unsigned index = 0;
    while (index < HR_BLOCK_CLASSES - 1 && size > classes[index].size) index++;
    return index;
}

size_t hr__block_size(size_t size) {
    return classes[class_of(size)].size;
}

void *hr__blocks_take(struct hr_blocks *blocks, size_t size) {
    unsigned index = class_of(size);
    void *block = blocks->classes[index].free;
    if (!block) return malloc(classes[index].size);
    blocks->classes[index].free = *(void **)block;
    blocks->classes[index].count--;
    return block;
}

void hr__blocks_give(struct hr_blocks *blocks, void *block, size_t size) {
    if (!block) return;
    unsigned index = class_of(size);
    if (blocks->classes[index].count == classes[index].kept_max) {
        free(block);
        return;
    }
    *(void **)block = blocks->classes[index].free;
    blocks->classes[index].free = block;
    blocks->classes[index].count++;
}

void hr__blocks_free(struct hr_blocks *blocks) {
    for (unsigned i = 0; i < HR_BLOCK_CLASSES; i++) {
        while (blocks->classes[i].free) {
            void *block = blocks->classes[i].free;
            blocks->classes[i].free = *(void **)block;
            free(block);
        }
        blocks->classes[i].count = 0;
    }
}
