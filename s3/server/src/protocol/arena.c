/* Blocks of memory, from which a request allocates. */
#include "arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_SIZE ((size_t)8192)

struct s3_arena_block {
    struct s3_arena_block *next;
    alignas(max_align_t) char data[];
};

void s3_server__arena_init(struct s3_arena *arena) {
    arena->blocks = NULL;
    arena->next = arena->first;
    arena->left = sizeof arena->first;
}

void s3_server__arena_deinit(struct s3_arena *arena) {
    while (arena->blocks) {
        struct s3_arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    s3_server__arena_init(arena);
}

void *s3_server__arena_allocate(struct s3_arena *arena, size_t size) {
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX / 2) return NULL;
    size = (size + align - 1) / align * align;
    if (size > arena->left) {
        size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        struct s3_arena_block *block = malloc(sizeof *block + capacity);
        if (!block) return NULL;
        block->next = arena->blocks;
        arena->blocks = block;
        arena->next = block->data;
        arena->left = capacity;
    }
    assert(size <= arena->left);
    void *memory = arena->next;
    arena->next += size;
    arena->left -= size;
    return memory;
}

struct hr_slice s3_server__arena_copy(struct s3_arena *arena, struct hr_slice text) {
    char *copy = s3_server__arena_allocate(arena, text.size + 1);
    if (!copy) return hr_slice_bytes(NULL, 0);
    if (text.size > 0) memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return hr_slice_bytes(copy, text.size);
}

struct hr_slice s3_server__arena_lower(struct s3_arena *arena, struct hr_slice text) {
    struct hr_slice copy = s3_server__arena_copy(arena, text);
    char *lower = (char *)copy.data; /* the arena's, just made */
    for (size_t i = 0; i < copy.size; i++)
        if (lower[i] >= 'A' && lower[i] <= 'Z') lower[i] = (char)(lower[i] + 32);
    return copy;
}

struct hr_slice s3_server__arena_print(struct s3_arena *arena, const char *format, ...) {
    va_list first, second;
    va_start(first, format);
    va_copy(second, first);
    int size = vsnprintf(NULL, 0, format, first);
    va_end(first);
    char *text = size < 0 ? NULL : s3_server__arena_allocate(arena, (size_t)size + 1);
    if (text) vsnprintf(text, (size_t)size + 1, format, second);
    va_end(second);
    return hr_slice_bytes(text, text ? (size_t)size : 0);
}
