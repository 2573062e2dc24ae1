/* Merges two sorted streams by name. */
#include "tree_merge.h"

#include <assert.h>

/* 0, or the code with which the stream cannot go on now. */
static int fill(struct tree_side *side, struct tree_source *source, struct hr_error *error) {
    if (side->waiting || side->ended) return 0;
    int got = source ? source->next(source, &side->entry, error) : 0;
    if (got < 0) return got;
    side->waiting = got > 0;
    side->ended = got == 0;
    return 0;
}

int tree_merge_next(struct tree_merge *merge, struct tree_pair *pair, struct hr_error *error) {
    struct tree_side *left = &merge->sides[0], *right = &merge->sides[1];
    int err = fill(left, merge->left, error);
    if (!err) err = fill(right, merge->right, error);
    if (err) return err;
    assert(left->waiting || left->ended);
    if (left->ended && right->ended) return 0;
    int order = left->ended    ? 1
                : right->ended ? -1
                               : tree_name_compare(left->entry.name, right->entry.name);
    if (order <= 0) left->waiting = false;
    if (order >= 0) right->waiting = false;
    pair->left = order <= 0 ? &left->entry : NULL;
    pair->right = order >= 0 ? &right->entry : NULL;
    return 1;
}
