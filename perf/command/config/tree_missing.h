/* A path that leads to nothing, and the one that may have been meant. */
#ifndef COMMAND_TREE_MISSING_H
#define COMMAND_TREE_MISSING_H

#include <headrace/config.h>

/* Says on standard error (and with `json` on standard output) that `path` is not there: where the
 * way ends, and the nearest path that is. Returns EXIT_FAILED. */
int tree_missing(const hr_config *config, const char *path, const char *command, bool json);

/* The node at `path`; NULL, said by tree_missing: there is none. */
const struct hr_config_node *tree_find(const hr_config *config, const char *path,
                                       const char *command, bool json);

#endif
