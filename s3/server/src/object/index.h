/* An ordered map from bytes (hr_slice_compare) to a pointer: a skip list. Find, insert, remove and
 * "the first at or after" take O(log n), the next one O(1). The key's memory belongs to the value.
 * Not thread-safe: the store's lock is held around it. */
#ifndef S3_SERVER_INDEX_H
#define S3_SERVER_INDEX_H

#include <stdint.h>

#include <headrace/slice.h>

#define S3_INDEX_LEVELS 24 /* enough for 2^24 × 4 entries at one in four a level */

struct s3_index_node {
    struct hr_slice key;
    void *value;
    unsigned levels;
    struct s3_index_node *next[]; /* `levels` of them */
};

struct s3_index {
    struct s3_index_node *head[S3_INDEX_LEVELS];
    unsigned levels; /* in use */
    size_t count;
    uint64_t random;
};

/* The cost of one node, on average, for the store's account. */
#define S3_INDEX_NODE_BYTES (sizeof(struct s3_index_node) + 2 * sizeof(void *))

void s3_server__index_init(struct s3_index *index, uint64_t seed);
/* Frees the nodes; `free_value` (may be NULL) is called for every value. */
void s3_server__index_deinit(struct s3_index *index, void (*free_value)(void *value));

void *s3_server__index_find(const struct s3_index *index, struct hr_slice key); /* or NULL */
/* The first node whose key is ≥ (with `after`: >) `key`, or NULL. */
struct s3_index_node *s3_server__index_seek(const struct s3_index *index, struct hr_slice key,
                                            int after);
static inline struct s3_index_node *s3_server__index_first(const struct s3_index *index) {
    return index->head[0];
}
static inline struct s3_index_node *s3_server__index_next(const struct s3_index_node *node) {
    return node->next[0];
}

/* Puts `value` under `key`; `*old` is what was there before, or NULL. 0 or -ENOMEM. */
int s3_server__index_put(struct s3_index *index, struct hr_slice key, void *value, void **old);
/* Removes and returns the value, or NULL. */
void *s3_server__index_remove(struct s3_index *index, struct hr_slice key);

#endif
