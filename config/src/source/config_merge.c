/* One document over another. */
#include <assert.h>

#include "config_sources.h"

static bool both_maps(const struct hr_config_node *a, const struct hr_config_node *b) {
    return a->type == HR_CONFIG_MAP && b->type == HR_CONFIG_MAP;
}

/* The child goes into `map`, or over what is there. */
static void put_over(struct hr__config_load *load, struct hr_config_node *map,
                     struct hr_config_node *child) {
    struct hr_config_node *before = hr__config_get(&load->tree, map, child->key);
    struct hr__config_place place = child->key_place;
    if (before && both_maps(before, child)) return; /* its children come next */
    hr__config_detach(child);
    if (!before) {
        if (hr__config_put(&load->tree, map, child)) load->no_memory = true;
        return;
    }
    hr__config_replace(&load->tree, before, child);
    child->key_place = place;
}

/* The node of `root` that is where `node` is in its own document. */
static void merge_children(struct hr__config_load *load, struct hr_config_node *map,
                           struct hr_config_node *document) {
    struct hr_config_node *from = document, *to = map, *child = document->first;
    while (!load->no_memory) {
        if (!child) {
            if (from == document) return;
            child = from->next;
            from = from->parent;
            to = to->parent;
            continue;
        }
        struct hr_config_node *next = child->next;
        put_over(load, to, child);
        if (child->parent == from && child->type == HR_CONFIG_MAP) { /* it stayed */
            to = hr__config_get(&load->tree, to, child->key);
            from = child;
            next = child->first;
            assert(to);
        }
        child = next;
    }
}

void hr__config_merge(struct hr__config_load *load, struct hr_config_node *document) {
    if (!load->tree.root)
        load->tree.root = document;
    else
        merge_children(load, load->tree.root, document);
}
