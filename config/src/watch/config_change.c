/* The differences of two configurations. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_snapshot.h"
#include "config_watch_state.h"

#define PATH_SIZE 512

static bool restarts(const struct hr_config_node *node) {
    for (; node; node = node->parent)
        if (node->field && node->field->restart) return true;
    return false;
}

static void add(struct hr__config_changes *changes, const struct hr_config_node *before,
                const struct hr_config_node *after) {
    if (changes->count == changes->room) {
        size_t room = changes->room ? changes->room * 2 : 16;
        struct hr_config_change *items = realloc(changes->items, room * sizeof *items);
        if (!items) {
            changes->err = -ENOMEM;
            return;
        }
        changes->items = items;
        changes->room = room;
    }
    char path[PATH_SIZE];
    hr__config_path(after ? after : before, path, sizeof path);
    struct hr_config_change change = {.path = strdup(path), .before = before, .after = after};
    change.restart = restarts(after ? after : before);
    if (!change.path) {
        changes->err = -ENOMEM;
        return;
    }
    changes->items[changes->count++] = change;
}

static bool same_scalar(const struct hr_config_node *a, const struct hr_config_node *b) {
    return a->type == b->type && hr_slice_equal(a->text, b->text);
}

/* The node of the other tree that is where `node` is in its own; NULL: there is none. */
static const struct hr_config_node *partner(const hr_config *other,
                                            const struct hr_config_node *node) {
    if (!node->parent) return other->tree.root;
    const struct hr_config_node *steps[1024];
    size_t count = 0;
    for (; node->parent && count < sizeof steps / sizeof steps[0]; node = node->parent)
        steps[count++] = node;
    const struct hr_config_node *at = other->tree.root;
    while (at && count > 0) {
        const struct hr_config_node *step = steps[--count];
        at = step->parent->type == HR_CONFIG_MAP ? hr__config_get(&other->tree, at, step->key)
                                                 : NULL;
    }
    return at;
}

/* Both lists and all that is in them, item by item. */
static bool same_list(const struct hr_config_node *a, const struct hr_config_node *b) {
    const struct hr_config_node *x = a, *y = b;
    while (x && y) {
        if (!same_scalar(x, y) || x->count != y->count ||
            (x != a && !hr_slice_equal(x->key, y->key)))
            return false;
        x = hr__config_walk(a, x);
        y = hr__config_walk(b, y);
    }
    return !x && !y;
}

static bool is_leaf(const struct hr_config_node *node) {
    return node->type != HR_CONFIG_MAP;
}

/* The next node behind a list: its items are not looked at alone. */
static const struct hr_config_node *next_of(const struct hr_config_node *top,
                                            const struct hr_config_node *node) {
    if (!is_leaf(node)) return hr__config_walk(top, node);
    while (node != top && !node->next) node = node->parent;
    return node == top ? NULL : node->next;
}

static void compare(struct hr__config_changes *changes, const struct hr_config_node *before,
                    const struct hr_config_node *after) {
    if (is_leaf(before) != is_leaf(after)) {
        add(changes, before, after);
        return;
    }
    if (!is_leaf(after)) return;
    bool list = after->type == HR_CONFIG_LIST && before->type == HR_CONFIG_LIST;
    if (list ? !same_list(before, after) : !same_scalar(before, after)) add(changes, before, after);
}

/* Values of `after` that are new or other; then those of `before` that are gone. */
static void collect(struct hr__config_changes *changes, const hr_config *before,
                    const hr_config *after) {
    const struct hr_config_node *root = after->tree.root, *node, *other;
    for (node = root; node; node = next_of(root, node)) {
        other = partner(before, node);
        if (other)
            compare(changes, other, node);
        else if (is_leaf(node) || !node->first)
            add(changes, NULL, node);
    }
    root = before->tree.root;
    for (node = root; node; node = next_of(root, node))
        if ((is_leaf(node) || !node->first) && !partner(after, node)) add(changes, node, NULL);
}

int hr__config_changes_collect(const hr_config *before, const hr_config *after,
                               struct hr__config_changes *changes) {
    collect(changes, before, after);
    int err = changes->err;
    if (err) hr__config_changes_free(changes);
    return err;
}

void hr__config_changes_free(struct hr__config_changes *changes) {
    for (size_t i = 0; i < changes->count; i++) free((void *)(uintptr_t)changes->items[i].path);
    free(changes->items);
    *changes = (struct hr__config_changes){.items = NULL};
}
