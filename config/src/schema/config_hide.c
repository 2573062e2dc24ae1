/* Which lines hold a secret: those of its values, and those with its name. */
#include "config_hide.h"

#include "config_shape.h"

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

static void hide_names(hr_config_problems *problems, const struct hr__config_table *level) {
    for (size_t i = 0; i < level->shape.count && !hr__config_table_is_seen(level); i++) {
        const struct hr_config_field *field = &level->shape.fields[i];
        const struct hr__config_table inner = {hr__config_shape_of(field), level, field};
        if (hr__config_declares_secret(field)) hide_name(problems, field);
        if (inner.shape.count > 0) hide_names(problems, &inner);
    }
}

void hr__config_hide_secrets(struct hr__config_load *load, const struct hr_config_schema *schema) {
    const struct hr_config_node *root = load->tree.root, *node;
    if (hr_config_problems_count(load->problems) == 0) return;
    const struct hr__config_table level = {.shape = hr__config_shape_of_schema(schema)};
    hide_names(load->problems, &level);
    for (node = root; node; node = hr__config_walk(root, node))
        if (!hr__config_is_container(node) && hr_config_is_secret(node)) hide_value(load, node);
}
