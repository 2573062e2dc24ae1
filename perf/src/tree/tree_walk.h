/* Files below a folder, in the order of S3's keys. */
#ifndef PERF_TREE_WALK_H
#define PERF_TREE_WALK_H

#include "tree_entry.h"

#define TREE_WALK_DEPTH_MAX 512     /* folders inside one another; each is an open descriptor */
#define TREE_WALK_NAMES_MAX 4000000 /* names of all folders on the way at once */
#define TREE_WALK_PATH_MAX  4096

struct tree_walk_options {
    bool follow;      /* links count as what they lead to */
    size_t names_max; /* 0: TREE_WALK_NAMES_MAX */
    unsigned depth_max;
};

struct tree_walk_s;
typedef struct tree_walk_s tree_walk;

/* Opens `path`, a folder. Memory is that of the names of the folders on the way to the entry. A
 * folder that cannot be read, that leads back to one above it (-ELOOP) or is beyond a limit
 * (-E2BIG) is an entry of kind TREE_PROBLEM, and the walk goes on. What is gone when its turn comes
 * is left out. 0 or a negative code. */
int tree_walk_open(const char *path, const struct tree_walk_options *options, tree_walk **walk);
struct tree_source *tree_walk_source(tree_walk *walk);
void tree_walk_close(tree_walk *walk);

#endif
