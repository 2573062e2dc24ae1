/* The memory of a content coding: counted, and bounded by the codec's cost. */
#include "decode_stage.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

/* Blocks carry their size, so that a codec's memory can be counted. */
struct block {
    size_t size;
    max_align_t data[];
};

void *hr__decode_stage_allocate(void *opaque, size_t size) {
    struct hr_decode_stage *stage = opaque;
    assert(stage->memory <= stage->codec->cost);
    if (size > stage->codec->cost - stage->memory) return NULL;
    struct block *block = malloc(sizeof *block + size);
    if (!block) return NULL;
    block->size = size;
    stage->memory += size;
    return block->data;
}

void hr__decode_stage_release(void *opaque, void *memory) {
    struct hr_decode_stage *stage = opaque;
    if (!memory) return;
    struct block *block = (struct block *)((char *)memory - offsetof(struct block, data));
    assert(stage->memory >= block->size);
    stage->memory -= block->size;
    free(block);
}
