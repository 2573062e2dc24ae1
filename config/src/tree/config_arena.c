/* Memory in blocks, each twice as large as all before it up to a bound. Values may be secrets: the
 * pages are in no core file, and are wiped. */
#include "config_arena.h"

#include <assert.h>
#include <stdint.h>
#include <sys/mman.h>

#define ALIGNMENT ((size_t)8)
#define BLOCK_MIN ((size_t)8192)
#define BLOCK_MAX ((size_t)1 << 18)

struct hr__config_block {
    struct hr__config_block *next;
    size_t bytes;
    _Alignas(ALIGNMENT) char data[];
};

/* All of them will be written: they are made at once. */
void *hr__config_pages(size_t bytes) {
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (pages == MAP_FAILED) return NULL;
    madvise(pages, bytes,
            MADV_DONTDUMP); /* older kernels and other memory: they are wiped anyhow */
    return pages;
}

void hr__config_pages_free(void *pages, size_t bytes) {
    if (!pages) return;
    explicit_bzero(pages, bytes);
    munmap(pages, bytes);
}

void hr__config_arena_free(struct hr__config_arena *arena) {
    while (arena->blocks) {
        struct hr__config_block *block = arena->blocks;
        arena->blocks = block->next;
        hr__config_pages_free(block, block->bytes);
    }
    *arena = (struct hr__config_arena){.blocks = NULL};
}

static bool add_block(struct hr__config_arena *arena, size_t size) {
    size_t capacity = arena->bytes < BLOCK_MIN ? BLOCK_MIN : arena->bytes;
    if (capacity > BLOCK_MAX) capacity = BLOCK_MAX;
    if (capacity < sizeof(struct hr__config_block) + size)
        capacity = sizeof(struct hr__config_block) + size;
    struct hr__config_block *block = hr__config_pages(capacity);
    if (!block) return false;
    block->bytes = capacity;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->next = block->data;
    arena->left = capacity - sizeof *block;
    arena->bytes += capacity;
    return true;
}

void *hr__config_allocate(struct hr__config_arena *arena, size_t size) {
    if (size > SIZE_MAX / 2) return NULL;
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (size > arena->left && !add_block(arena, size)) return NULL;
    assert(size <= arena->left);
    void *memory = arena->next;
    arena->next += size;
    arena->left -= size;
    return memory;
}

struct hr_slice hr__config_copy(struct hr__config_arena *arena, struct hr_slice text) {
    char *copy = hr__config_allocate(arena, text.size + 1);
    if (!copy) return hr_slice_bytes(NULL, 0);
    if (text.size > 0) memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return hr_slice_bytes(copy, text.size);
}
