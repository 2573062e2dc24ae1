/* Memory of texts, in blocks. */
#include "texts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MIN 2048

struct hr__texts_block {
    struct hr__texts_block *next; /* older */
    size_t used, capacity;
    char data[];
};

static struct hr__texts_block *block_with(struct hr__texts *texts, size_t size) {
    struct hr__texts_block *block = texts->blocks;
    if (block && size <= block->capacity - block->used) return block;
    size_t capacity = size > BLOCK_MIN ? size : BLOCK_MIN;
    block = malloc(sizeof *block + capacity);
    if (!block) return NULL;
    *block = (struct hr__texts_block){.next = texts->blocks, .capacity = capacity};
    texts->blocks = block;
    return block;
}

const char *hr__texts_add(struct hr__texts *texts, struct hr_slice text) {
    struct hr__texts_block *block = block_with(texts, text.size + 1);
    if (!block) return NULL;
    char *copy = block->data + block->used;
    if (text.size > 0) memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    block->used += text.size + 1;
    assert(block->used <= block->capacity);
    return copy;
}

static void free_block(struct hr__texts_block *block) {
    explicit_bzero(block->data, block->used);
    free(block);
}

static void free_blocks(struct hr__texts_block *block) {
    while (block) {
        struct hr__texts_block *next = block->next;
        free_block(block);
        block = next;
    }
}

void hr__texts_clear(struct hr__texts *texts) {
    struct hr__texts_block *block = texts->blocks;
    if (!block) return;
    free_blocks(block->next);
    block->next = NULL;
    block->used = 0;
}

void hr__texts_free(struct hr__texts *texts) {
    free_blocks(texts->blocks);
    texts->blocks = NULL;
}
