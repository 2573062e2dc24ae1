/* Values at other paths: those of former days, and second ones. */
#include "config_renamed.h"

#include <assert.h>

#include "config_shape.h"

#define PATH_SIZE 160

static struct hr_config_node *old_of(const struct hr__config_tree *tree, const char *path) {
    struct hr_config_node *node = tree->root;
    struct hr_slice rest = hr_slice_of(path), step;
    while (node && hr_slice_cut(&rest, '.', &step)) node = hr__config_get(tree, node, step);
    return node && node->type != HR_CONFIG_NULL ? node : NULL;
}

/* The map that holds the fields of a level, made where there is none; NULL: something else is
 * there, which is refused later. */
static struct hr_config_node *map_of(struct hr__config_load *load,
                                     const struct hr__config_table *level,
                                     struct hr__config_place place) {
    if (!level->above) return load->tree.root;
    struct hr_config_node *map = map_of(load, level->above, place);
    if (!map) return NULL;
    const char *name = level->field->name;
    struct hr_config_node *node = hr__config_get(&load->tree, map, hr_slice_of(name));
    if (!node) return hr__config_make(load, map, name, HR_CONFIG_MAP, place);
    if (node->type == HR_CONFIG_NULL) hr__config_become(node, HR_CONFIG_MAP);
    return node->type == HR_CONFIG_MAP ? node : NULL;
}

/* Maps that held nothing but what has been moved away. */
static void drop_empty(struct hr_config_node *map) {
    while (map && map->parent && map->count == 0) {
        struct hr_config_node *above = map->parent;
        hr__config_detach(map);
        map = above;
    }
}

static void move(struct hr__config_load *load, struct hr_config_node *old,
                 const struct hr_config_field *field, struct hr_config_node *map) {
    struct hr_config_node *before = old->parent,
                          *node = hr__config_get(&load->tree, map, hr_slice_of(field->name));
    hr__config_problem(load, HR_CONFIG_WARNING, old,
                       "this is an old name: %s is the one to be used", field->name);
    hr__config_detach(old);
    old->key = hr_slice_of(field->name);
    if (node)
        hr__config_replace(&load->tree, node, old);
    else if (hr__config_put(&load->tree, map, old))
        load->no_memory = true;
    drop_empty(before);
}

/* ---- Second paths. */

static bool are_same(const struct hr_config_node *one, const struct hr_config_node *other) {
    const struct hr_config_node *a = one, *b = other;
    while (a && b) {
        if (a->type != b->type || a->count != b->count || !hr_slice_equal(a->text, b->text) ||
            (a != one && !hr_slice_equal(a->key, b->key)))
            return false;
        a = hr__config_walk(one, a);
        b = hr__config_walk(other, b);
    }
    return a == b;
}

/* A copy of `from` as the child `key` of a map, in the place of a null. */
static void copy_into(struct hr__config_load *load, struct hr_config_node *map, struct hr_slice key,
                      const struct hr_config_node *from) {
    struct hr_config_node *copy = hr__config_clone(&load->tree, from),
                          *null = hr__config_get(&load->tree, map, key);
    load->no_memory |= !copy;
    if (!copy) return;
    copy->key = key;
    copy->key_place = from->key_place;
    if (null)
        hr__config_replace(&load->tree, null, copy);
    else if (hr__config_put(&load->tree, map, copy))
        load->no_memory = true;
}

static void refuse_second(struct hr__config_load *load, const struct hr_config_node *node,
                          const struct hr_config_node *other) {
    char path[PATH_SIZE];
    hr__config_path(other, path, sizeof path);
    hr__config_problem(load, HR_CONFIG_ERROR, node, "%s is given too, with another value", path);
}

/* A walk over the children in `from`, each beside the one of its path in `into`. */
struct pair_walk {
    const struct hr_config_node *from;
    struct hr_config_node *one, *into; /* `into` is the map beside the one's */
};

static struct pair_walk pairs_of(const struct hr_config_node *from, struct hr_config_node *into) {
    struct hr_config_node *first = from->type == HR_CONFIG_MAP ? from->first : NULL;
    return (struct pair_walk){from, first, into};
}

/* Into both, where both are maps and the first has something. */
static bool enter_pair(struct pair_walk *walk, struct hr_config_node *other) {
    struct hr_config_node *one = walk->one;
    if (!other || other->type != HR_CONFIG_MAP || one->type != HR_CONFIG_MAP || !one->first)
        return false;
    walk->into = other;
    walk->one = one->first;
    return true;
}

/* Past the one and all that is in it; `one` is NULL behind the last. */
static void leave_pair(struct pair_walk *walk) {
    struct hr_config_node *one = walk->one;
    for (; one != walk->from && !one->next; walk->into = walk->into->parent) one = one->parent;
    walk->one = one == walk->from ? NULL : one->next;
}

/* All of `from` into `into`; what both have is the same, or an error. */
static void merge(struct hr__config_load *load, struct hr_config_node *into,
                  const struct hr_config_node *from) {
    struct pair_walk walk = pairs_of(from, into);
    while (walk.one && !load->no_memory) {
        const struct hr_config_node *one = walk.one;
        struct hr_config_node *other = hr__config_get(&load->tree, walk.into, one->key);
        if (enter_pair(&walk, other)) continue;
        bool maps = other && other->type == HR_CONFIG_MAP && one->type == HR_CONFIG_MAP;
        if (!other || other->type == HR_CONFIG_NULL)
            copy_into(load, walk.into, one->key, one);
        else if (!maps && one->type != HR_CONFIG_NULL && !are_same(one, other))
            refuse_second(load, one, other);
        leave_pair(&walk);
    }
}

static bool is_inside(const struct hr_config_node *node, const struct hr_config_node *of) {
    while (node && node != of) node = node->parent;
    return node != NULL;
}

static void take_old(struct hr__config_load *load, const struct hr__config_table *level,
                     const struct hr_config_field *field) {
    struct hr_config_node *old = old_of(&load->tree, field->was);
    struct hr_config_node *map = old && old->parent ? map_of(load, level, old->place) : NULL;
    if (!map || is_inside(map, old)) return; /* was "pool", is "pool.size": it is the new one */
    struct hr_config_node *node = hr__config_get(&load->tree, map, hr_slice_of(field->name));
    if (old == node) return;
    if (!node || node->type == HR_CONFIG_NULL) {
        move(load, old, field, map);
        return;
    }
    hr__config_problem(load, HR_CONFIG_ERROR, old, "this is the old name of %s, which is given too",
                       field->name);
    struct hr_config_node *before = old->parent;
    hr__config_detach(old); /* it is known, and nothing more is to be said of it */
    drop_empty(before);
}

static void take_second(struct hr__config_load *load, const struct hr__config_table *level,
                        const struct hr_config_field *field) {
    struct hr_config_node *second = old_of(&load->tree, field->alias);
    struct hr_config_node *map =
        second && second->parent ? map_of(load, level, second->place) : NULL;
    if (!map || is_inside(map, second)) return;
    struct hr_config_node *node = hr__config_get(&load->tree, map, hr_slice_of(field->name));
    assert(!node || !is_inside(second, node));
    if (node && node->type == HR_CONFIG_MAP && second->type == HR_CONFIG_MAP)
        merge(load, node, second);
    else if (!node || node->type == HR_CONFIG_NULL)
        copy_into(load, map, hr_slice_of(field->name), second);
    else if (!are_same(second, node))
        refuse_second(load, second, node);
}

/* ---- Secrets at second paths. */

static bool holds_secret(const struct hr_config_node *top) {
    for (const struct hr_config_node *node = top; node; node = hr__config_walk(top, node))
        if (hr_config_is_secret(node)) return true;
    return false;
}

static void mark_all(struct hr_config_node *top) {
    for (struct hr_config_node *node = top; node; node = hr__config_walk(top, node))
        node->secret = true;
}

/* A secret in `into` is one in `from`, too, where no field is known; of a list all is. */
static void mark_secrets(const struct hr__config_tree *tree, struct hr_config_node *from,
                         struct hr_config_node *into) {
    struct pair_walk walk = pairs_of(from, into);
    if (from->type != HR_CONFIG_MAP && holds_secret(into)) mark_all(from);
    while (walk.one) {
        struct hr_config_node *other = hr__config_get(tree, walk.into, walk.one->key);
        if (enter_pair(&walk, other)) continue;
        if (other && holds_secret(other)) mark_all(walk.one);
        leave_pair(&walk);
    }
}

static void mark_second(struct hr__config_load *load, const struct hr__config_table *level,
                        const struct hr_config_field *field) {
    struct hr_config_node *second = old_of(&load->tree, field->alias);
    struct hr_config_node *map =
        second && second->parent ? map_of(load, level, second->place) : NULL;
    struct hr_config_node *node =
        map ? hr__config_get(&load->tree, map, hr_slice_of(field->name)) : NULL;
    if (node && node != second && !is_inside(map, second)) mark_secrets(&load->tree, second, node);
}

static void mark_level(struct hr__config_load *load, const struct hr__config_table *level) {
    for (size_t i = 0; i < level->shape.count && !hr__config_table_is_seen(level); i++) {
        const struct hr_config_field *field = &level->shape.fields[i];
        const struct hr__config_table inner = {hr__config_shape_of(field), level, field};
        if (field->alias && !load->no_memory) mark_second(load, level, field);
        if (field->kind == HR_STRUCT) mark_level(load, &inner);
    }
}

void hr__config_renamed_mark(struct hr__config_load *load, const struct hr_config_schema *schema) {
    const struct hr__config_table level = {.shape = hr__config_shape_of_schema(schema)};
    mark_level(load, &level);
}

/* ---- All of them. */

/* No struct holds itself: that level is left out. */
static void take_level(struct hr__config_load *load, const struct hr__config_table *level) {
    for (size_t i = 0; i < level->shape.count && !hr__config_table_is_seen(level); i++) {
        const struct hr_config_field *field = &level->shape.fields[i];
        const struct hr__config_table inner = {hr__config_shape_of(field), level, field};
        if (field->was && !load->no_memory) take_old(load, level, field);
        if (field->alias && !load->no_memory) take_second(load, level, field);
        if (field->kind == HR_STRUCT) take_level(load, &inner);
    }
}

void hr__config_renamed_take(struct hr__config_load *load, const struct hr_config_schema *schema) {
    const struct hr__config_table level = {.shape = hr__config_shape_of_schema(schema)};
    take_level(load, &level);
}
