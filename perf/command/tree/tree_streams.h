/* Both ends of a run as sorted streams. */
#ifndef COMMAND_TREE_STREAMS_H
#define COMMAND_TREE_STREAMS_H

#include "tree_listing.h"
#include "tree_merge.h"
#include "tree_run.h"
#include "tree_walk.h"

struct tree_streams {
    tree_walk *walks[2];
    tree_listing *listings[2];
    struct tree_merge merge;
};

/* Opens the source, and the target where it is wanted: with a local one that is not there the right
 * side is empty. `follow` is of links in a local source; those of a target are never followed.
 * EXIT_DONE, or the exit code after a complaint. */
struct tree_streams_options {
    bool with_target, follow;
};
int tree_streams_open(struct tree_run *run, const struct tree_streams_options *options,
                      struct tree_streams *streams);

/* The next pair, waiting for what it takes; false: there are no more, a stream broke off (the run
 * is incomplete then), or a signal came. */
bool tree_streams_next(struct tree_run *run, struct tree_streams *streams, struct tree_pair *pair);

/* Waits for listings that are under way. */
void tree_streams_close(struct tree_run *run, struct tree_streams *streams);

#endif
