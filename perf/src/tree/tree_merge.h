/* Two sorted streams side by side. */
#ifndef PERF_TREE_MERGE_H
#define PERF_TREE_MERGE_H

#include "tree_entry.h"

/* An entry of one side, or of both under one name. */
struct tree_pair {
    const struct tree_entry *left, *right; /* NULL: not on this side */
};

/* Zeroed but for the sources; `right` NULL: there is none. Streams are borrowed. */
struct tree_merge {
    struct tree_source *left, *right;
    struct tree_side {
        struct tree_entry entry;
        bool waiting, ended; /* an entry waits for its turn; there are no more */
    } sides[2];
};

/* As tree_source.next. The pair is valid until the next call. */
int tree_merge_next(struct tree_merge *merge, struct tree_pair *pair, struct hr_error *error);

#endif
