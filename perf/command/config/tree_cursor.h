/* A walk over a configuration in the order of its text, with the path of each node, and beside it
 * the node of the same path in another configuration. */
#ifndef COMMAND_TREE_CURSOR_H
#define COMMAND_TREE_CURSOR_H

#include <headrace/config.h>

#include "byte_buffer.h"

struct tree_frame;

/* `node`, `peer` and `path` are the caller's to read. */
struct tree_cursor {
    const struct hr_config_node *node, *peer; /* peer NULL: the other has none */
    struct byte_buffer path;                  /* as hr_config_find takes it */
    const hr_config *other;
    struct tree_frame *frames; /* the first is the top's, the last the node's */
    size_t depth, room;
    bool failed; /* there was no memory: it has ended early */
};

/* Stands at `top`, whose peer is `peer` of `other`; both are NULL where nothing is compared. */
void tree_cursor_open(struct tree_cursor *cursor, const struct hr_config_node *top,
                      const hr_config *other, const struct hr_config_node *peer);
/* Goes on to the first child with `enter`, where there is one, else to what follows. False: that
 * was the last. */
bool tree_cursor_next(struct tree_cursor *cursor, bool enter);
void tree_cursor_close(struct tree_cursor *cursor);

/* A scalar, or a container without children. */
bool tree_is_leaf(const struct hr_config_node *node);

#endif
