/* A line's fields and their memory. */
#include "cat_fields.h"

#include <assert.h>
#include <stdlib.h>

#define CHUNK_SIZE (64u << 10)

struct cat_chunk {
    struct cat_chunk *next;
    size_t size, used;
    char memory[];
};

char *cat_fields_memory(struct cat_fields *fields, size_t size) {
    struct cat_chunk *chunk = fields->chunks;
    if (!chunk || chunk->size - chunk->used < size) {
        size_t wanted = size > CHUNK_SIZE ? size : CHUNK_SIZE;
        chunk = malloc(sizeof *chunk + wanted);
        if (!chunk) {
            fields->failed = true;
            return NULL;
        }
        *chunk = (struct cat_chunk){.next = fields->chunks, .size = wanted};
        fields->chunks = chunk;
    }
    chunk->used += size;
    assert(chunk->used <= chunk->size);
    return chunk->memory + chunk->used - size;
}

bool cat_fields_add(struct cat_fields *fields, const struct cat_field *field) {
    if (fields->count == CAT_FIELDS_MAX) return false;
    if (fields->count == fields->capacity) {
        size_t capacity = fields->capacity ? fields->capacity * 2 : 32;
        struct cat_field *grown = realloc(fields->list, capacity * sizeof *grown);
        if (!grown) {
            fields->failed = true;
            return false;
        }
        fields->list = grown;
        fields->capacity = capacity;
    }
    fields->list[fields->count++] = *field;
    return true;
}

/* Frees all chunks but one, which the next line uses. */
static void free_chunks(struct cat_fields *fields) {
    while (fields->chunks && fields->chunks->next) {
        struct cat_chunk *next = fields->chunks->next;
        free(fields->chunks);
        fields->chunks = next;
    }
    if (fields->chunks) fields->chunks->used = 0;
}

void cat_fields_clear(struct cat_fields *fields) {
    free_chunks(fields);
    fields->count = 0;
    fields->failed = false;
}

void cat_fields_free(struct cat_fields *fields) {
    free_chunks(fields);
    free(fields->chunks);
    free(fields->list);
    *fields = (struct cat_fields){.list = NULL};
}
