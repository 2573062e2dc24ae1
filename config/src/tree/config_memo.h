/* Paths that have been looked up in a tree which changes no more, and what stood there. */
#ifndef HR_CONFIG_MEMO_H
#define HR_CONFIG_MEMO_H

#include "config_node.h"

struct hr__config_memo;

/* As hr__config_find. *memo, NULL at first, is the tree's: it is made by the first call and freed
 * with free(). Where it is full or there is no memory, the tree is walked. Any thread. */
struct hr_config_node *hr__config_memo_find(struct hr__config_memo **memo,
                                            const struct hr__config_tree *tree, const char *path);

#endif
