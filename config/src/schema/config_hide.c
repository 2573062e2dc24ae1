/* Which lines hold a secret: those of its values, and those with its name. */
#include "config_hide.h"

/* The fields of a struct, and of that which it stands in. */
struct shape {
    const struct hr_config_field *fields;
    size_t count;
    const struct shape *above;
};

static void hide_value(struct hr__config_load *load, const struct hr_config_node *node) {
    const struct hr__config_place *at = &node->place, *key = &node->key_place;
    if (at->source >= load->source_count || at->line == 0) return;
    bool together = key->source == at->source && key->line > 0 && key->line < at->line;
    hr__config_hide(load->problems, load->sources[at->source].name, together ? key->line : at->line,
                    at->line);
}

static void hide_name(hr_config_problems *problems, const struct hr_config_field *field) {
    const char *was = field->was ? strrchr(field->was, '.') : NULL;
    hr__config_hide_word(problems, field->name);
    if (field->was) hr__config_hide_word(problems, was ? was + 1 : field->was);
}

/* A table may lead to itself. */
static bool is_seen(const struct shape *shape) {
    for (const struct shape *above = shape->above; above; above = above->above)
        if (above->fields == shape->fields) return true;
    return false;
}

static void hide_names(hr_config_problems *problems, const struct shape *shape) {
    for (size_t i = 0; i < shape->count && !is_seen(shape); i++) {
        const struct hr_config_field *field = &shape->fields[i];
        const struct shape inner = {field->fields, field->field_count, shape};
        if (hr__config_declares_secret(field)) hide_name(problems, field);
        if (inner.count > 0) hide_names(problems, &inner);
    }
}

void hr__config_hide_secrets(struct hr__config_load *load, const struct hr_config_schema *schema) {
    const struct hr_config_node *root = load->tree.root, *node;
    if (hr_config_problems_count(load->problems) == 0) return;
    const struct shape shape = {schema->fields, schema->field_count, NULL};
    hide_names(load->problems, &shape);
    for (node = root; node; node = hr__config_walk(root, node))
        if (!hr__config_is_container(node) && hr_config_is_secret(node)) hide_value(load, node);
}
