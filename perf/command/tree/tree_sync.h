/* Copies of whole trees. */
#ifndef COMMAND_TREE_SYNC_H
#define COMMAND_TREE_SYNC_H

#include "s3_upload_values.h"
#include "tree_run.h"

struct tree_sync {
    const char *verb;
    const char *from, *to;
    const struct connection_options *connection;
    const struct s3_object_values *object;
    const struct s3_upload_values *upload;
    const struct tree_values *values;
    uint64_t part_size, concurrency; /* 0: the defaults */
    bool compare;                    /* what is the same at the target is not copied */
    enum tree_compare_by by;
    bool remove; /* what the source has not is removed from the target */
    bool no_follow;
    bool json;
};

/* Runs it; the exit code. */
int tree_sync_run(const struct tree_sync *sync);

#endif
