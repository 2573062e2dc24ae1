/* A skip list from keys to values. */
#include "index.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

void s3_server__index_init(struct s3_index *index, uint64_t seed) {
    memset(index, 0, sizeof *index);
    index->levels = 1;
    index->random = seed | 1;
}

void s3_server__index_deinit(struct s3_index *index, void (*free_value)(void *value)) {
    struct s3_index_node *node = index->head[0];
    while (node) {
        struct s3_index_node *next = node->next[0];
        if (free_value) free_value(node->value);
        free(node);
        node = next;
    }
    s3_server__index_init(index, index->random);
}

/* One in four goes a level up (xorshift64). */
static unsigned random_levels(struct s3_index *index) {
    uint64_t x = index->random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    index->random = x;
    unsigned levels = 1;
    while (levels < S3_INDEX_LEVELS && (x & 3) == 0) {
        levels++;
        x >>= 2;
    }
    return levels;
}

/* The first node not before `key` (with `after`: behind it). Where `links` is given, it is filled
 * with the pointers, one a level, that lead past that place. */
static struct s3_index_node *find_place(const struct s3_index *index, struct hr_slice key,
                                        int after, struct s3_index_node ***links) {
    struct s3_index_node *const *row = index->head;
    struct s3_index_node *node = NULL;
    for (unsigned level = index->levels; level-- > 0;) {
        for (node = row[level]; node; node = row[level]) {
            int order = hr_slice_compare(node->key, key);
            if (order > 0 || (order == 0 && !after)) break;
            row = node->next;
        }
        if (links) links[level] = (struct s3_index_node **)&row[level];
    }
    return node;
}

void *s3_server__index_find(const struct s3_index *index, struct hr_slice key) {
    struct s3_index_node *node = find_place(index, key, 0, NULL);
    return node && hr_slice_equal(node->key, key) ? node->value : NULL;
}

struct s3_index_node *s3_server__index_seek(const struct s3_index *index, struct hr_slice key,
                                            int after) {
    return find_place(index, key, after, NULL);
}

int s3_server__index_put(struct s3_index *index, struct hr_slice key, void *value, void **old) {
    struct s3_index_node **links[S3_INDEX_LEVELS];
    struct s3_index_node *node = find_place(index, key, 0, links);
    if (node && hr_slice_equal(node->key, key)) {
        *old = node->value;
        node->key = key; /* the old value's memory goes away with it */
        node->value = value;
        return 0;
    }
    unsigned levels = random_levels(index);
    node = malloc(sizeof *node + levels * sizeof node->next[0]);
    if (!node) return -ENOMEM;
    while (index->levels < levels) {
        links[index->levels] = &index->head[index->levels];
        index->levels++;
    }
    node->key = key;
    node->value = value;
    node->levels = levels;
    assert(levels > 0 && levels <= index->levels);
    for (unsigned level = 0; level < levels; level++) {
        node->next[level] = *links[level];
        *links[level] = node;
    }
    index->count++;
    *old = NULL;
    return 0;
}

void *s3_server__index_remove(struct s3_index *index, struct hr_slice key) {
    struct s3_index_node **links[S3_INDEX_LEVELS];
    struct s3_index_node *node = find_place(index, key, 0, links);
    if (!node || !hr_slice_equal(node->key, key)) return NULL;
    for (unsigned level = 0; level < node->levels; level++) *links[level] = node->next[level];
    while (index->levels > 1 && !index->head[index->levels - 1]) index->levels--;
    assert(index->count > 0);
    void *value = node->value;
    free(node);
    index->count--;
    return value;
}
