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

#endif
