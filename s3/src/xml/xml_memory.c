/* Memory for expat that is wiped when it is freed. */
#include "xml_memory.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The size stands before the bytes. */
struct block {
    size_t size;
    alignas(max_align_t) char data[];
};

static struct block *block_of(void *data) {
    return (struct block *)(void *)((char *)data - offsetof(struct block, data));
}

static void *allocate(size_t size) {
    if (size > SIZE_MAX - sizeof(struct block)) return NULL;
    struct block *block = malloc(sizeof *block + size);
    if (!block) return NULL;
    block->size = size;
    return block->data;
}

static void release(void *data) {
    if (!data) return;
    struct block *block = block_of(data);
    explicit_bzero(block->data, block->size);
    free(block);
}

/* realloc would leave a copy behind. */
static void *resize(void *data, size_t size) {
    void *new = allocate(size);
    if (!new || !data) return new;
    size_t old = block_of(data)->size;
    memcpy(new, data, old < size ? old : size);
    release(data);
    return new;
}

const XML_Memory_Handling_Suite *hr__xml_memory(void) {
    static const XML_Memory_Handling_Suite suite = {allocate, resize, release};
    return &suite;
}
