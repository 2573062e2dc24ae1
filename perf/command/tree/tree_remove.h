/* Removing many: objects 1000 a request, files one by one. */
#ifndef COMMAND_TREE_REMOVE_H
#define COMMAND_TREE_REMOVE_H

#include "tree_run.h"

struct tree_batch;

struct tree_remover {
    struct tree_run *run;
    const struct tree_end *end;
    struct tree_batch *batch; /* the one that is being filled */
    bool bypass_governance;
};

/* Removes an entry of the end, with others later, or says what would be removed. */
void tree_remove(struct tree_remover *remover, const struct tree_entry *entry);
/* Sends what has been collected, and waits for all. */
void tree_remove_rest(struct tree_remover *remover);

#endif
