/* Memory that is allocated piece by piece and released all at once. One thread at a time. */
#ifndef HR_CONFIG_ARENA_H
#define HR_CONFIG_ARENA_H

#include <stddef.h>

#include <headrace/slice.h>

struct hr__config_block;

/* Zeroed is empty. */
struct hr__config_arena {
    struct hr__config_block *blocks;
    char *next;
    size_t left;
    size_t bytes; /* of all blocks */
};

/* Whole pages of zeros, in no core file. NULL when there is no memory. */
void *hr__config_pages(size_t bytes);
/* Wipes them first. NULL: nothing. */
void hr__config_pages_free(void *pages, size_t bytes);

void hr__config_arena_free(struct hr__config_arena *arena);
/* Aligned for a pointer or a double. NULL when there is no memory. */
void *hr__config_allocate(struct hr__config_arena *arena, size_t size);
/* A copy with a NUL behind it. Data NULL when there is no memory. */
struct hr_slice hr__config_copy(struct hr__config_arena *arena, struct hr_slice text);

#endif
