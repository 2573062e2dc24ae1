/* Tables of fields: that of a struct, and the word that stands for no bound. */
#ifndef HR_CONFIG_SHAPE_H
#define HR_CONFIG_SHAPE_H

#include <headrace/config_schema.h>

/* The text of a field's `none`. */
#define HR__CONFIG_NONE "none"

struct hr__config_shape {
    const struct hr_config_field *fields;
    size_t count;
    bool open; /* keys that no field has may be there */
};

static inline struct hr__config_shape
hr__config_shape_of_schema(const struct hr_config_schema *schema) {
    return (struct hr__config_shape){schema->fields, schema->field_count, schema->open};
}

/* Below a field; empty where nothing is. */
static inline struct hr__config_shape hr__config_shape_of(const struct hr_config_field *field) {
    struct hr__config_shape shape = {field->fields, field->field_count, false};
    if (field->schema) shape = hr__config_shape_of_schema(field->schema);
    shape.open |= field->open;
    return shape;
}

/* The fields of a struct or of items, in a walk over tables. */
struct hr__config_table {
    struct hr__config_shape shape;
    const struct hr__config_table *above; /* that which it stands in; NULL: it is the document's */
    const struct hr_config_field *field;  /* of `above`, whose value it is */
};

/* Whether its table is that of a level above: a table may lead to itself. */
static inline bool hr__config_table_is_seen(const struct hr__config_table *level) {
    for (const struct hr__config_table *above = level->above; above; above = above->above)
        if (above->shape.fields == level->shape.fields) return true;
    return false;
}

#endif
