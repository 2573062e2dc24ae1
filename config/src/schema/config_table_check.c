/* The tables of a schema: whether they mean something, and fit the struct that they describe. */
#include "config_table_check.h"

#include <errno.h>
#include <stdio.h>

#include "config_node.h"

#define FIELDS_MAX 100000 /* of all tables, each counted wherever it is named */
#define DEPTH_MAX  32     /* of structs in one another */
#define PATH_SIZE  256

struct checking {
    struct hr_error *error;
    uint32_t field_count;
};

/* A table, and the bytes of the struct that its fields lie in. */
struct table {
    struct hr__config_table level;
    const struct table *above;
    size_t size;
    unsigned depth;
    bool items; /* it, or a table above, is that of items */
};

/* ---- Kinds. */

static bool is_text(enum hr_config_kind kind) {
    return kind == HR_STRING || (kind >= HR_URL && kind <= HR_SECRET);
}

static bool is_number(enum hr_config_kind kind) {
    return kind >= HR_INT && kind <= HR_SIZE;
}

static bool has_table(const struct hr_config_field *field) {
    return field->kind == HR_STRUCT || field->kind == HR_MAP ||
           (field->kind == HR_LIST && field->item == HR_STRUCT);
}

/* The kind of one value: of a list that of an item. */
static enum hr_config_kind kind_of(const struct hr_config_field *field) {
    return field->kind == HR_LIST ? field->item : field->kind;
}

static size_t size_of(const struct hr_config_field *field) {
    return field->kind == HR_LIST ? field->item_size : field->size;
}

static bool is_integer_size(size_t size) {
    return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool member_fits(enum hr_config_kind kind, size_t size) {
    if (is_text(kind)) return size == sizeof(char *) || size == sizeof(struct hr_slice);
    if (kind == HR_BOOL) return size == sizeof(bool);
    if (kind == HR_DOUBLE) return size == sizeof(double);
    if (kind == HR_KEY || kind == HR_OPEN) return size == sizeof(void *);
    if (kind == HR_LIST || kind == HR_MAP) return size == sizeof(struct hr_config_items);
    return kind == HR_STRUCT || is_integer_size(size); /* an open one may have no members */
}

/* ---- One field. Each returns a sentence; NULL: nothing is wrong. */

static const char *kind_fault(const struct hr_config_field *field, const struct table *table) {
    if (field->kind > HR_OPEN) return "there is no such kind";
    if (field->kind == HR_LIST && (field->item > HR_OPEN || field->item == HR_LIST ||
                                   field->item == HR_MAP || field->item == HR_KEY))
        return "a list is of scalars, of structs, or of HR_OPEN: name it in HR_ITEMS";
    if (field->offset > table->size || field->size > table->size - field->offset)
        return "its member reaches beyond the struct";
    if (!member_fits(field->kind, field->size)) return "its member is of no size of that kind";
    if (field->kind == HR_LIST && !member_fits(field->item, field->item_size))
        return "item_size is no size of the items' kind";
    return NULL;
}

static const char *bounds_fault(const struct hr_config_field *field) {
    bool lengths = field->length_min || field->length_max;
    if ((field->min != 0 || field->max != 0) && !is_number(kind_of(field)))
        return "min and max are of numbers, durations and sizes";
    if ((field->min != 0 || field->max != 0) && !(field->min < field->max))
        return "min is not below max: give both";
    if (lengths && !is_text(field->kind) && field->kind != HR_LIST && field->kind != HR_MAP)
        return "length_min and length_max are of texts, lists and maps";
    return field->length_max && field->length_min > field->length_max
               ? "length_min is above length_max"
               : NULL;
}

static const char *rules_fault(const struct hr_config_field *field) {
    enum hr_config_kind kind = kind_of(field);
    bool amount = kind == HR_UINT || kind == HR_DURATION || kind == HR_SIZE;
    size_t size = size_of(field);
    if (field->pattern && !is_text(kind)) return "a pattern is of texts";
    if (kind == HR_CHOICE && (!field->choices || !field->choices->name))
        return "choices are missing";
    if (field->unit_ns && kind != HR_DURATION) return "unit_ns is of durations";
    if (field->none && !amount) return "none is of HR_UINT, HR_DURATION and HR_SIZE";
    if (field->none && size < 8 && field->none >> (size * 8)) return "none has no room in it";
    return NULL;
}

static const char *presence_fault(const struct hr_config_field *field) {
    if (field->required && field->default_value) return "it is required, and has a default";
    if (field->default_value && (has_table(field) || field->kind == HR_KEY))
        return "a default is of scalars, and of lists of them";
    if (field->optional && field->kind != HR_STRUCT) return "optional is of an HR_STRUCT";
    return field->open && !has_table(field) ? "open is of structs, and of items that are some"
                                            : NULL;
}

static const char *paths_fault(const struct hr_config_field *field, const struct table *table) {
    if (!field->was && !field->alias) return NULL;
    if (table->items || field->kind == HR_KEY)
        return "was and alias are of fields of structs, not of items";
    return (field->was && !*field->was) || (field->alias && !*field->alias)
               ? "was or alias is an empty path"
               : NULL;
}

static unsigned count_keys(struct hr__config_shape shape) {
    unsigned count = 0;
    for (size_t i = 0; i < shape.count; i++) count += shape.fields[i].kind == HR_KEY;
    return count;
}

static const char *table_fault(const struct hr_config_field *field) {
    struct hr__config_shape shape = hr__config_shape_of(field);
    size_t size = field->kind == HR_STRUCT ? field->size : field->item_size;
    if (!has_table(field))
        return shape.fields || shape.count ? "fields are of structs, lists and maps of them" : NULL;
    if (field->schema && field->fields) return "fields and schema exclude each other";
    if (shape.count && !shape.fields) return "fields is NULL, and field_count is not 0";
    if (field->schema && field->schema->size != size) return "its schema is of another struct";
    if (field->kind == HR_MAP && count_keys(shape) > 1)
        return "more than one field of a map's entries is an HR_KEY";
    return NULL;
}

static const char *reserved_fault(const struct hr_config_field *field) {
    for (size_t i = 0; i < sizeof field->reserved / sizeof field->reserved[0]; i++)
        if (field->reserved[i]) return "reserved has to be zero";
    return NULL;
}

static const char *field_fault(const struct hr_config_field *field, const struct table *table) {
    const char *why = kind_fault(field, table);
    if (!why) why = bounds_fault(field);
    if (!why) why = rules_fault(field);
    if (!why) why = presence_fault(field);
    if (!why) why = paths_fault(field, table);
    if (!why) why = table_fault(field);
    return why ? why : reserved_fault(field);
}

/* ---- Saying it. */

/* Writes the names that lead to a table, the outermost first. */
static size_t put_names(const struct table *table, char path[PATH_SIZE]) {
    const struct table *way[DEPTH_MAX + 1];
    size_t count = 0, size = 0;
    for (; table->level.field; table = table->above) way[count++] = table;
    while (count > 0 && size < PATH_SIZE)
        size +=
            (size_t)snprintf(path + size, PATH_SIZE - size, "%s.", way[--count]->level.field->name);
    return size < PATH_SIZE ? size : PATH_SIZE - 1;
}

static int refuse(const struct checking *checking, const struct table *table, const char *name,
                  const char *why) {
    char path[PATH_SIZE];
    size_t size = put_names(table, path);
    snprintf(path + size, sizeof path - size, "%s", name);
    return hr_error_set(checking->error, -EINVAL, "schema: field %s: %s", path, why);
}

/* ---- All of them. */

static bool is_twice(struct hr__config_shape shape, size_t index) {
    const char *name = shape.fields[index].name;
    if (shape.fields[index].kind == HR_KEY) return false;
    for (size_t i = 0; i < index; i++)
        if (shape.fields[i].name[0] == name[0] && shape.fields[i].kind != HR_KEY &&
            strcmp(shape.fields[i].name, name) == 0)
            return true;
    return false;
}

/* A value that is at the field, or in it, would count as the whole field. */
static bool leads_into_itself(const struct table *table, const struct hr_config_field *field) {
    char path[PATH_SIZE];
    if (!field->alias) return false;
    size_t size = put_names(table, path);
    snprintf(path + size, sizeof path - size, "%s", field->name);
    size = strlen(path);
    return strncmp(field->alias, path, size) == 0 &&
           (field->alias[size] == '.' || !field->alias[size]);
}

static int check_field(struct checking *checking, const struct table *table, size_t index) {
    const struct hr_config_field *field = &table->level.shape.fields[index];
    if (!field->name || !*field->name) return refuse(checking, table, "?", "a field has no name");
    if (is_twice(table->level.shape, index))
        return refuse(checking, table, field->name, "it is there twice");
    if (checking->field_count++ == FIELDS_MAX)
        return refuse(checking, table, field->name, "more than 100000 fields are in it");
    const char *why = field_fault(field, table);
    if (!why && leads_into_itself(table, field)) why = "its alias is the field itself, or in it";
    return why ? refuse(checking, table, field->name, why) : 0;
}

/* Structs alone lead back to the table, which so would have no end. */
static bool holds_itself(const struct table *table) {
    for (const struct table *at = table; at->level.field && at->level.field->kind == HR_STRUCT;
         at = at->above)
        if (at->above->level.shape.fields == table->level.shape.fields) return true;
    return false;
}

static int check_table(struct checking *checking, const struct table *table) {
    const struct hr__config_table *level = &table->level;
    if (level->field && holds_itself(table))
        return refuse(checking, table->above, level->field->name, "it is a struct in itself");
    if (hr__config_table_is_seen(level)) return 0;
    if (table->depth > DEPTH_MAX)
        return refuse(checking, table->above, level->field->name,
                      "more than 32 structs are in one another");
    for (size_t i = 0; i < level->shape.count; i++) {
        int err = check_field(checking, table, i);
        if (err) return err;
        const struct hr_config_field *field = &level->shape.fields[i];
        if (!has_table(field)) continue;
        bool items = field->kind != HR_STRUCT;
        const struct table inner = {{hr__config_shape_of(field), level, field},
                                    table,
                                    items ? field->item_size : field->size,
                                    table->depth + 1,
                                    table->items || items};
        err = check_table(checking, &inner);
        if (err) return err;
    }
    return 0;
}

int hr__config_tables_check(const struct hr_config_schema *schema, struct hr_error *error) {
    struct checking checking = {.error = error};
    const struct table table = {.level.shape = hr__config_shape_of_schema(schema),
                                .size = schema->size};
    for (size_t i = 0; i < sizeof schema->reserved / sizeof schema->reserved[0]; i++)
        if (schema->reserved[i])
            return hr_error_set(error, -EINVAL, "schema: reserved is not zero");
    if (schema->field_count && !schema->fields)
        return hr_error_set(error, -EINVAL, "schema: fields is NULL, and field_count is not 0");
    return check_table(&checking, &table);
}
