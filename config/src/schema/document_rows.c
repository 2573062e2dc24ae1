/* The walk over the tables of a schema. */
#include "document_rows.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

bool hr__field_nests(const struct hr_config_field *field) {
    return field->kind == HR_STRUCT || field->kind == HR_MAP ||
           (field->kind == HR_LIST && field->item == HR_STRUCT);
}

enum hr_config_kind hr__field_scalar(const struct hr_config_field *field) {
    return field->kind == HR_LIST ? field->item : field->kind;
}

static bool needed_at(const struct hr_config_field *field, bool renamed, unsigned depth) {
    if (field->kind != HR_STRUCT || field->optional)
        return field->required && !field->default_value && (renamed || !field->was);
    struct hr__config_shape shape = hr__config_shape_of(field);
    for (size_t i = 0; i < shape.count && depth < HR__ROWS_DEPTH_MAX; i++)
        if (shape.fields[i].kind != HR_KEY && needed_at(&shape.fields[i], renamed, depth + 1))
            return true;
    return false;
}

bool hr__field_needed(const struct hr_config_field *field) {
    return needed_at(field, true, 0);
}

bool hr__field_needed_by_name(const struct hr_config_field *field) {
    return needed_at(field, false, 0);
}

void hr__rows_begin(struct hr__rows *rows, const struct hr_config_schema *schema) {
    *rows = (struct hr__rows){.depth = 1};
    rows->levels[0] =
        (struct hr__rows_level){.shape = hr__config_shape_of_schema(schema), .needed = true};
}

/* Whether a file has to give it, where all that is around it is there. */
static bool is_needed(const struct hr__rows_level *level, const struct hr_config_field *field) {
    return level->needed && hr__field_needed(field);
}

/* The table below the field where the walk is. */
static void enter(struct hr__rows *rows) {
    const struct hr_config_field *field = rows->field;
    const char *item = field->kind == HR_LIST ? ".N" : field->kind == HR_MAP ? ".NAME" : "";
    size_t before = strlen(rows->path);
    int size = snprintf(NULL, 0, "%s%s.", rows->path, item);
    rows->too_deep |= rows->depth == HR__ROWS_DEPTH_MAX || (size_t)size >= sizeof rows->path;
    if (rows->too_deep) return;
    rows->levels[rows->depth++] =
        (struct hr__rows_level){.shape = hr__config_shape_of(field),
                                .path_size = before + strlen(item) + 1,
                                .needed = rows->needed,
                                .items = rows->items || field->kind != HR_STRUCT};
    snprintf(rows->path + before, sizeof rows->path - before, "%s.", item);
}

/* The innermost table that has a field left; NULL: none has. */
static struct hr__rows_level *level_left(struct hr__rows *rows) {
    while (rows->depth > 0 && !rows->too_deep) {
        struct hr__rows_level *level = &rows->levels[rows->depth - 1];
        const struct hr__config_shape *shape = &level->shape;
        while (level->next < shape->count && shape->fields[level->next].kind == HR_KEY)
            level->next++;
        if (level->next < shape->count) return level;
        rows->depth--;
    }
    return NULL;
}

bool hr__rows_next(struct hr__rows *rows) {
    if (rows->field && hr__field_nests(rows->field)) enter(rows);
    struct hr__rows_level *level = level_left(rows);
    if (!level) return false;
    assert(level->next < level->shape.count);
    rows->field = &level->shape.fields[level->next++];
    rows->needed = is_needed(level, rows->field);
    rows->items = level->items;
    size_t room = sizeof rows->path - level->path_size;
    int size = snprintf(rows->path + level->path_size, room, "%s", rows->field->name);
    rows->too_deep |= (size_t)size >= room;
    return !rows->too_deep;
}

int hr__rows_too_deep(const char *path, struct hr_error *error) {
    return hr_error_set(error, -EINVAL, "the schema has too many structs in one another%s%s",
                        *path ? " at " : "", path);
}
