/* Nodes in an arena, and a table with open addressing over the children of all maps. */
#include "config_node.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include <headrace/text.h>

#include "config_hash.h"

#define SLOTS_FIRST 64u

void hr__config_tree_init(struct hr__config_tree *tree, uint32_t nodes_max) {
    *tree = (struct hr__config_tree){.nodes_max = nodes_max};
    /* So that nobody can choose keys that collide. */
    if (getrandom(&tree->seed, sizeof tree->seed, GRND_NONBLOCK) != sizeof tree->seed)
        tree->seed = hr__config_mix(0, (uintptr_t)tree);
}

void hr__config_tree_free(struct hr__config_tree *tree) {
    hr__config_arena_free(&tree->arena);
    free(tree->slots);
    *tree = (struct hr__config_tree){.root = NULL};
}

/* ---- The table. */

static uint32_t hash_of(const struct hr__config_tree *tree, const struct hr_config_node *map,
                        struct hr_slice key) {
    return hr__config_hash(hr__config_mix(tree->seed, (uintptr_t)map), key);
}

/* The slot of the child, or the empty one where it would be. */
static uint32_t slot_of(const struct hr__config_tree *tree, const struct hr_config_node *map,
                        struct hr_slice key, uint32_t hash) {
    uint32_t mask = tree->slot_count - 1, at = hash & mask;
    for (;; at = (at + 1) & mask) {
        const struct hr_config_node *node = tree->slots[at];
        if (!node) return at;
        if (node->hash == hash && node->parent == map && hr_slice_equal(node->key, key)) return at;
    }
}

static void insert(struct hr__config_tree *tree, struct hr_config_node *node) {
    uint32_t at = slot_of(tree, node->parent, node->key, node->hash);
    tree->used += tree->slots[at] == NULL;
    tree->slots[at] = node;
}

static int grow(struct hr__config_tree *tree) {
    uint32_t count = tree->slot_count ? tree->slot_count * 2 : SLOTS_FIRST, old = tree->slot_count;
    struct hr_config_node **before = tree->slots, **slots = calloc(count, sizeof(void *));
    if (!slots) return -ENOMEM;
    tree->slots = slots;
    tree->slot_count = count;
    tree->used = 0;
    for (uint32_t i = 0; i < old; i++)
        if (before[i]) insert(tree, before[i]);
    free(before);
    return 0;
}

/* ---- Nodes. */

struct hr_config_node *hr__config_node_new(struct hr__config_tree *tree, enum hr_config_type type,
                                           struct hr__config_place place) {
    if (tree->nodes == tree->nodes_max) return NULL;
    struct hr_config_node *node = hr__config_allocate(&tree->arena, sizeof *node);
    if (!node) return NULL;
    tree->nodes++;
    *node = (struct hr_config_node){.type = (uint8_t)type, .place = place};
    node->text = node->key = hr_slice_bytes("", 0);
    return node;
}

void hr__config_append(struct hr_config_node *list, struct hr_config_node *child) {
    assert(hr__config_is_container(list) && !child->parent);
    child->parent = list;
    child->previous = list->last;
    child->next = NULL;
    if (list->last)
        list->last->next = child;
    else
        list->first = child;
    list->last = child;
    list->count++;
}

static bool has_capital(struct hr_slice key) {
    for (size_t i = 0; i < key.size; i++)
        if (key.data[i] >= 'A' && key.data[i] <= 'Z') return true;
    return false;
}

int hr__config_put(struct hr__config_tree *tree, struct hr_config_node *map,
                   struct hr_config_node *child) {
    assert(map->type == HR_CONFIG_MAP && !hr__config_get(tree, map, child->key));
    if (tree->used >= tree->slot_count / 2 && grow(tree)) return -ENOMEM;
    hr__config_append(map, child);
    map->capitals |= has_capital(child->key);
    child->hash = hash_of(tree, map, child->key);
    insert(tree, child);
    return 0;
}

struct hr_config_node *hr__config_get(const struct hr__config_tree *tree,
                                      const struct hr_config_node *map, struct hr_slice key) {
    if (map->type != HR_CONFIG_MAP || !tree->slots) return NULL;
    return tree->slots[slot_of(tree, map, key, hash_of(tree, map, key))];
}

struct hr_config_node *hr__config_item(const struct hr_config_node *list, struct hr_slice number) {
    uint64_t index;
    if (hr_text_u64(number, UINT32_MAX, &index) || index >= list->count) return NULL;
    struct hr_config_node *item = list->first;
    while (index-- > 0) item = item->next;
    return item;
}

void hr__config_replace(struct hr__config_tree *tree, struct hr_config_node *old,
                        struct hr_config_node *fresh) {
    struct hr_config_node *parent = old->parent;
    assert(parent && !fresh->parent);
    fresh->parent = parent;
    fresh->previous = old->previous;
    fresh->next = old->next;
    fresh->key = old->key;
    fresh->key_place = old->key_place;
    fresh->hash = old->hash;
    if (old->previous) old->previous->next = fresh;
    if (old->next) old->next->previous = fresh;
    if (parent->first == old) parent->first = fresh;
    if (parent->last == old) parent->last = fresh;
    if (parent->type == HR_CONFIG_MAP)
        tree->slots[slot_of(tree, parent, old->key, old->hash)] = fresh;
    old->parent = old->previous = old->next = NULL;
}

void hr__config_detach(struct hr_config_node *child) {
    struct hr_config_node *parent = child->parent;
    assert(parent && parent->count > 0);
    if (child->previous)
        child->previous->next = child->next;
    else
        parent->first = child->next;
    if (child->next)
        child->next->previous = child->previous;
    else
        parent->last = child->previous;
    parent->count--;
    child->parent = child->previous = child->next = NULL;
}

struct hr_config_node *hr__config_walk(const struct hr_config_node *top,
                                       const struct hr_config_node *node) {
    if (node->first) return node->first;
    while (node != top && !node->next) node = node->parent;
    return node == top ? NULL : node->next;
}

/* Of one node, into `parent`, which is a copy already; NULL: it has none. */
static struct hr_config_node *clone_one(struct hr__config_tree *tree,
                                        const struct hr_config_node *node,
                                        struct hr_config_node *parent) {
    struct hr_config_node *copy = hr__config_node_new(tree, node->type, node->place);
    if (!copy) return NULL;
    copy->text = node->text;
    copy->typed = node->typed;
    copy->secret = node->secret;
    copy->veil = node->veil;
    if (!parent) return copy;
    copy->key = node->key;
    copy->key_place = node->key_place;
    if (parent->type == HR_CONFIG_MAP) return hr__config_put(tree, parent, copy) ? NULL : copy;
    hr__config_append(parent, copy);
    return copy;
}

struct hr_config_node *hr__config_clone(struct hr__config_tree *tree,
                                        const struct hr_config_node *node) {
    struct hr_config_node *top = clone_one(tree, node, NULL), *copy = top;
    const struct hr_config_node *at = node;
    while (copy) {
        if (at->first) {
            at = at->first;
        } else {
            while (at != node && !at->next) {
                at = at->parent;
                copy = copy->parent;
            }
            if (at == node) return top;
            at = at->next;
            copy = copy->parent;
        }
        copy = clone_one(tree, at, copy);
    }
    return NULL;
}
