/* Values at the paths of former days. */
#include "config_renamed.h"

/* The fields of a struct, with the struct that it stands in; above NULL: the document's. */
struct level {
    const struct hr_config_field *fields;
    size_t count;
    const struct level *above;
    const struct hr_config_field *field; /* of `above`, which is this struct */
};

static struct hr_config_node *old_of(const struct hr__config_tree *tree, const char *path) {
    struct hr_config_node *node = tree->root;
    struct hr_slice rest = hr_slice_of(path), step;
    while (node && hr_slice_cut(&rest, '.', &step)) node = hr__config_get(tree, node, step);
    return node && node->type != HR_CONFIG_NULL ? node : NULL;
}

/* The map that holds the fields of a level, made where there is none; NULL: something else is
 * there, which is refused later. */
static struct hr_config_node *map_of(struct hr__config_load *load, const struct level *level,
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

static bool is_inside(const struct hr_config_node *node, const struct hr_config_node *of) {
    while (node && node != of) node = node->parent;
    return node != NULL;
}

static void take_old(struct hr__config_load *load, const struct level *level,
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

/* A table may lead to itself, but no struct holds itself: that level is left out. */
static bool is_seen(const struct level *level) {
    for (const struct level *above = level->above; above; above = above->above)
        if (above->fields == level->fields) return true;
    return false;
}

static void take_level(struct hr__config_load *load, const struct level *level) {
    for (size_t i = 0; i < level->count && !is_seen(level); i++) {
        const struct hr_config_field *field = &level->fields[i];
        const struct level inner = {field->fields, field->field_count, level, field};
        if (field->was && !load->no_memory) take_old(load, level, field);
        if (field->kind == HR_STRUCT) take_level(load, &inner);
    }
}

void hr__config_renamed_take(struct hr__config_load *load, const struct hr_config_schema *schema) {
    const struct level level = {.fields = schema->fields, .count = schema->field_count};
    take_level(load, &level);
}
