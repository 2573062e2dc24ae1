/* Memory that lives as long as one request: allocated piece by piece, released all at once. One
 * thread at a time. */
#ifndef S3_SERVER_ARENA_H
#define S3_SERVER_ARENA_H

#include <stdalign.h>
#include <stddef.h>

#include <headrace/slice.h>

#define S3_ARENA_INLINE 2048

struct s3_arena_block;

struct s3_arena {
    struct s3_arena_block *blocks; /* on the heap, when the inline part was not enough */
    char *next;
    size_t left;
    alignas(max_align_t) char first[S3_ARENA_INLINE];
};

void s3_server__arena_init(struct s3_arena *arena);
void s3_server__arena_deinit(struct s3_arena *arena);
/* Aligned for anything. NULL when there is no memory. */
void *s3_server__arena_allocate(struct s3_arena *arena, size_t size);
/* A copy with a NUL behind it. Data NULL when there is no memory. */
struct hr_slice s3_server__arena_copy(struct s3_arena *arena, struct hr_slice text);
/* The same with ASCII letters in lower case. */
struct hr_slice s3_server__arena_lower(struct s3_arena *arena, struct hr_slice text);
/* As printf writes it. Data NULL when there is no memory. */
struct hr_slice s3_server__arena_print(struct s3_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
