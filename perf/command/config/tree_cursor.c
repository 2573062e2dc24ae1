/* A walk with frames of its own, so that neither depth nor a long list costs more than a step. */
#include "tree_cursor.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGITS_SIZE 24

struct tree_frame {
    const struct hr_config_node *node, *peer;
    size_t parent_size; /* of the path that it is added to */
    size_t index;
};

bool tree_is_leaf(const struct hr_config_node *node) {
    return !hr_config_first(node);
}

/* ---- The path. */

static void add(struct tree_cursor *cursor, struct hr_slice text) {
    if (byte_buffer_add(&cursor->path, text) != 0) cursor->failed = true;
}

static void add_key(struct tree_cursor *cursor, struct hr_slice key) {
    size_t from = 0;
    do {
        size_t at = from;
        while (at < key.size && key.data[at] != '.' && key.data[at] != '\\') at++;
        add(cursor, hr_slice_bytes(key.data + from, at - from)); /* also where it is empty: a NUL */
        if (at < key.size) {
            add(cursor, hr_slice_of("\\"));
            add(cursor, hr_slice_bytes(key.data + at++, 1));
        }
        from = at;
    } while (from < key.size);
}

static void add_step(struct tree_cursor *cursor, const struct hr_config_node *node, size_t index) {
    char digits[DIGITS_SIZE];
    const struct hr_config_node *parent = hr_config_parent(node);
    if (hr_config_parent(parent)) add(cursor, hr_slice_of("."));
    if (hr_config_type_of(parent) == HR_CONFIG_MAP) {
        add_key(cursor, hr_config_key(node));
        return;
    }
    snprintf(digits, sizeof digits, "%zu", index);
    add(cursor, hr_slice_of(digits));
}

static size_t index_of(const struct hr_config_node *node) {
    const struct hr_config_node *at = hr_config_first(hr_config_parent(node));
    size_t index = 0;
    for (; at != node; at = hr_config_next(at)) index++;
    return index;
}

/* The path of the node where the walk begins. */
static void add_ancestors(struct tree_cursor *cursor, const struct hr_config_node *top) {
    size_t depth = 0;
    for (const struct hr_config_node *at = top; hr_config_parent(at); at = hr_config_parent(at))
        depth++;
    for (; depth > 0; depth--) {
        const struct hr_config_node *at = top;
        for (size_t i = 1; i < depth; i++) at = hr_config_parent(at);
        add_step(cursor, at, index_of(at));
    }
}

/* ---- Steps. */

static bool reserve(struct tree_cursor *cursor) {
    if (cursor->depth < cursor->room) return true;
    size_t room = cursor->room ? cursor->room * 2 : 16;
    struct tree_frame *grown = realloc(cursor->frames, room * sizeof *grown);
    if (!grown) {
        cursor->failed = true;
        return false;
    }
    cursor->frames = grown;
    cursor->room = room;
    return true;
}

/* The peers of a list's items have their numbers, those of a map's children their keys. */
static const struct hr_config_node *peer_of(const struct tree_cursor *cursor,
                                            const struct tree_frame *parent,
                                            const struct hr_config_node *child,
                                            const struct hr_config_node *before) {
    if (hr_config_type_of(parent->node) == HR_CONFIG_MAP)
        return hr_config_child(cursor->other, parent->peer, hr_config_key(child));
    if (hr_config_type_of(parent->peer) != HR_CONFIG_LIST) return NULL;
    return child == hr_config_first(parent->node) ? hr_config_first(parent->peer)
                                                  : hr_config_next(before);
}

/* At a child of what the frame before the last one is of. */
static void stand_at(struct tree_cursor *cursor, const struct hr_config_node *child) {
    assert(cursor->depth > 1);
    struct tree_frame *frame = &cursor->frames[cursor->depth - 1];
    frame->peer = peer_of(cursor, frame - 1, child, frame->peer);
    frame->node = child;
    cursor->node = child;
    cursor->peer = frame->peer;
    cursor->path.size = frame->parent_size;
    add_step(cursor, child, frame->index);
}

static bool descend(struct tree_cursor *cursor) {
    if (!reserve(cursor)) return false;
    cursor->frames[cursor->depth++] = (struct tree_frame){.parent_size = cursor->path.size};
    stand_at(cursor, hr_config_first(cursor->node));
    return !cursor->failed;
}

void tree_cursor_open(struct tree_cursor *cursor, const struct hr_config_node *top,
                      const hr_config *other, const struct hr_config_node *peer) {
    *cursor = (struct tree_cursor){.node = top, .peer = peer, .other = other};
    if (!reserve(cursor)) return;
    cursor->frames[cursor->depth++] = (struct tree_frame){.node = top, .peer = peer};
    add_ancestors(cursor, top);
}

bool tree_cursor_next(struct tree_cursor *cursor, bool enter) {
    if (cursor->failed) return false;
    if (enter && hr_config_first(cursor->node)) return descend(cursor);
    while (cursor->depth > 1 && !hr_config_next(cursor->frames[cursor->depth - 1].node))
        cursor->depth--;
    if (cursor->depth == 1) return false;
    struct tree_frame *frame = &cursor->frames[cursor->depth - 1];
    frame->index++;
    stand_at(cursor, hr_config_next(frame->node));
    return !cursor->failed;
}

void tree_cursor_close(struct tree_cursor *cursor) {
    byte_buffer_free(&cursor->path);
    free(cursor->frames);
    cursor->frames = NULL;
}
