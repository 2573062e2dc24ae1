/* Anchors, aliases, which become copies, and merge keys. */
#include <assert.h>
#include <errno.h>

#include "yaml_state.h"

#define SHOWN(text) ((int)((text).size < 60 ? (text).size : 60)), (text).data

void hr__yaml_anchor(struct hr__yaml_state *state, struct hr_slice name,
                     struct hr_config_node *node) {
    struct hr__config_tree *tree = state->options->tree;
    if (!state->anchors) state->anchors = hr__yaml_node(state, HR_CONFIG_MAP, node->place);
    struct hr_config_node *entry =
        state->anchors ? hr__config_get(tree, state->anchors, name) : NULL;
    if (state->anchors && !entry) {
        entry = hr__yaml_node(state, HR_CONFIG_NULL, node->place);
        if (entry) entry->key = hr__config_copy(&tree->arena, name);
        if (!entry || !entry->key.data || hr__config_put(tree, state->anchors, entry)) {
            hr__yaml_exhausted(state, node->place);
            return;
        }
    }
    if (entry) entry->first = node; /* which is no child of it */
}

const struct hr_config_node *hr__yaml_anchored(struct hr__yaml_state *state, struct hr_slice name,
                                               struct hr__config_place place) {
    const struct hr_config_node *entry =
        state->anchors ? hr__config_get(state->options->tree, state->anchors, name) : NULL;
    if (!entry) {
        hr__yaml_refuse(state, place, "no anchor &%.*s has come before this alias", SHOWN(name));
        return NULL;
    }
    if (!entry->first->open) return entry->first;
    hr__yaml_refuse(state, place, "the alias *%.*s stands inside of what it names", SHOWN(name));
    return NULL;
}

struct hr_config_node *hr__yaml_expand(struct hr__yaml_state *state,
                                       const struct hr_config_node *node, struct hr_slice name,
                                       struct hr__config_place place) {
    struct hr__config_tree *tree = state->options->tree;
    uint32_t room = state->options->alias_nodes_max - state->alias_nodes, before = tree->nodes;
    uint32_t limit = tree->nodes_max;
    assert(state->alias_nodes <= state->options->alias_nodes_max);
    if (limit - before > room) tree->nodes_max = before + room;
    struct hr_config_node *copy = hr__config_clone(tree, node);
    bool full = tree->nodes == tree->nodes_max;
    tree->nodes_max = limit;
    state->alias_nodes += tree->nodes - before;
    if (copy) return copy;
    if (!full || tree->nodes == limit) {
        hr__yaml_exhausted(state, place);
        return NULL;
    }
    hr__yaml_refuse(state, place,
                    "with *%.*s aliases make more than %u values (limits.alias_nodes_max)",
                    SHOWN(name), state->options->alias_nodes_max);
    state->stop = true;
    return NULL;
}

static void take_over(struct hr__yaml_state *state, struct hr_config_node *map,
                      struct hr_config_node *source) {
    struct hr__config_tree *tree = state->options->tree;
    for (struct hr_config_node *child = source->first, *next; child; child = next) {
        next = child->next;
        if (hr__config_get(tree, map, child->key)) continue;
        hr__config_detach(child);
        if (hr__config_put(tree, map, child)) {
            hr__yaml_exhausted(state, child->place);
            return;
        }
    }
}

static void merge_one(struct hr__yaml_state *state, struct hr_config_node *map,
                      struct hr_config_node *source) {
    if (source->type == HR_CONFIG_MAP)
        take_over(state, map, source);
    else if (source->type != HR_CONFIG_NULL)
        hr__yaml_refuse(state, source->place, "the merge key << takes a map, or a list of maps");
}

void hr__yaml_merge(struct hr__yaml_state *state, struct hr__yaml_frame *frame) {
    if (!frame->merged) return;
    for (struct hr_config_node *one = frame->merged->first; one; one = one->next) {
        if (one->type != HR_CONFIG_LIST) {
            merge_one(state, frame->node, one);
            continue;
        }
        for (struct hr_config_node *item = one->first; item; item = item->next)
            merge_one(state, frame->node, item);
    }
}
