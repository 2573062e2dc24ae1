/* Memory for expat that is wiped before it is given back. */
#include "xml_memory.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

/* In front of each block. */
union size {
    size_t bytes;
    max_align_t align;
};

static void *acquire(size_t size) {
    union size *block = size <= SIZE_MAX - sizeof *block ? malloc(sizeof *block + size) : NULL;
    if (!block) return NULL;
    block->bytes = size;
    return block + 1;
}

static void release(void *memory) {
    if (!memory) return;
    union size *block = (union size *)memory - 1;
    OPENSSL_cleanse(memory, block->bytes);
    free(block);
}

static void *resize(void *memory, size_t size) {
    void *moved = acquire(size);
    if (!moved || !memory) return moved;
    size_t before = ((union size *)memory - 1)->bytes;
    memcpy(moved, memory, before < size ? before : size);
    release(memory);
    return moved;
}

const XML_Memory_Handling_Suite hr__xml_memory_wiped = {acquire, resize, release};
