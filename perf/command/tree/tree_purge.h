/* Removing all objects below a prefix. */
#ifndef COMMAND_TREE_PURGE_H
#define COMMAND_TREE_PURGE_H

#include "s3_object_values.h"
#include "tree_run.h"

struct tree_purge {
    const char *from;
    const struct connection_options *connection;
    const struct s3_object_values *object;
    const struct tree_values *values;
    bool bypass_governance;
    bool json;
};

/* Runs it; the exit code. */
int tree_purge_run(const struct tree_purge *purge);

#endif
