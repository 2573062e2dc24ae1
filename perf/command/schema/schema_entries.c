/* The check of a schema has no argument of its own: the maps are those of the schema in force. */
#include "schema_entries.h"

#include <stdio.h>

static const struct schema_entries *in_force;

void schema_entries_enforce(const struct schema_reading *reading) {
    in_force = reading ? reading->entries : NULL;
}

/* As the loader has it: any scalar is a text, an integer is a number. */
static bool is_taken(const struct schema_entries *map, const struct hr_config_node *value) {
    switch (hr_config_type_of(value)) {
    case HR_CONFIG_NULL:
        return map->nullable;
    case HR_CONFIG_BOOL:
        return map->types & (SCHEMA_STRING | SCHEMA_BOOLEAN);
    case HR_CONFIG_INT:
        return map->types & (SCHEMA_STRING | SCHEMA_INTEGER | SCHEMA_NUMBER);
    case HR_CONFIG_FLOAT:
        return map->types & (SCHEMA_STRING | SCHEMA_NUMBER);
    case HR_CONFIG_STRING:
        return map->types & SCHEMA_STRING;
    default:
        return false;
    }
}

static const char *allowed_by(const struct schema_entries *map) {
    if (map->types & SCHEMA_STRING) return "a text";
    if (map->types == SCHEMA_BOOLEAN) return "true or false";
    return map->types == SCHEMA_INTEGER ? "an integer" : "a number";
}

static void check_map(const struct schema_entries *map, const struct hr_config_node *node,
                      struct hr_config_check *check) {
    if (hr_config_type_of(node) != HR_CONFIG_MAP) {
        hr_config_check_report(check, HR_CONFIG_ERROR, map->path, "allowed is a map");
        return;
    }
    const struct hr_config_node *value = hr_config_first(node);
    for (; value; value = hr_config_next(value)) {
        struct hr_slice key = hr_config_key(value);
        if (is_taken(map, value)) continue;
        hr_config_check_report(check, HR_CONFIG_ERROR, map->path,
                               "the value of %.*s is not taken; allowed is %s",
                               (int)(key.size < 60 ? key.size : 60), key.data, allowed_by(map));
    }
}

void schema_entries_check(const void *values, struct hr_config_check *check) {
    for (const struct schema_entries *map = in_force; map; map = map->next) {
        const struct hr_config_node *const *member =
            (const void *)((const char *)values + map->offset);
        if (*member) check_map(map, *member, check);
    }
}
