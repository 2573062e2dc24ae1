/* Tables are made in the order in which they are found, each for itself, and then closed in the
 * other direction: a struct is laid out before the one that it stands in. */
#include "schema_tables.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema_entries.h"
#include "schema_renamed.h"
#include "schema_scalar.h"

#define TABLES_MAX 1000
#define FIELDS_MAX 20000
#define DEPTH_MAX  30 /* of structs in one another */
#define PATH_SIZE  1024
#define MEMBER     sizeof(max_align_t) /* what each member but a struct takes */

/* A struct, or the items of a list or a map. */
struct table {
    const struct hr_config_node *object;
    size_t above;                  /* the table that it stands in, itself of the first */
    struct hr_config_field *owner; /* the field of that one; NULL of the first */
    struct hr_config_field *fields;
    size_t count, size;
    const char *path; /* "a.b." of its fields; NULL: in a list or a map */
    unsigned depth;
    bool open, needed; /* a value in it is required */
};

/* A map of scalars, whose member has no place yet. */
struct open_map {
    struct schema_entries *entries;
    const struct hr_config_field *field;
    size_t table;
};

struct building {
    struct schema_reading *reading;
    struct table *tables;
    struct open_map *open_maps;       /* of FIELDS_MAX */
    size_t count, fields, open_count; /* fields: of all tables */
    struct schema_renames renames;
};

/* ---- A new table. */

static const struct hr_config_node *properties_of(const struct building *building,
                                                  const struct hr_config_node *object) {
    return schema_keyword(building->reading, object, "properties");
}

static bool leads_to_itself(const struct building *building, const struct table *table) {
    for (size_t at = table->above;; at = building->tables[at].above) {
        if (building->tables[at].object == table->object) return true;
        if (at == building->tables[at].above) return false;
    }
}

static bool add_table(struct building *building, struct table table) {
    struct schema_reading *reading = building->reading;
    size_t count = hr_config_count(properties_of(building, table.object));
    if (table.owner && leads_to_itself(building, &table))
        return schema_refuse(reading, table.object,
                             "it leads to itself: recursion has no place in a table of fields");
    if (building->count == TABLES_MAX || building->fields + count > FIELDS_MAX ||
        table.depth > DEPTH_MAX)
        return schema_refuse(reading, table.object,
                             "it has more than %d objects, %d keys or %d levels", TABLES_MAX,
                             FIELDS_MAX, DEPTH_MAX);
    table.fields = schema_reading_take(reading, (count + 1) * sizeof *table.fields);
    building->fields += count;
    building->tables[building->count++] = table;
    return table.fields;
}

/* Other keys of an object: *open, or the schema of each entry. */
static bool read_rest(struct building *building, const struct hr_config_node *object, bool *open,
                      const struct hr_config_node **entries) {
    const struct hr_config_node *rest =
        schema_keyword(building->reading, object, "additionalProperties");
    *entries = NULL;
    *open = !rest;
    if (!rest || hr_config_bool(rest, open) == 0) return true;
    if (hr_config_type_of(rest) != HR_CONFIG_MAP)
        return schema_refuse(building->reading, rest, "this is no schema");
    *open = hr_config_count(rest) == 0;
    if (!*open) *entries = rest;
    if (*entries && hr_config_count(properties_of(building, object)) > 0)
        return schema_refuse(building->reading, rest,
                             "other keys with a schema, beside properties, have no place in a "
                             "table of fields");
    return true;
}

/* ---- Fields. */

static const char object_keywords[] = "type properties required additionalProperties";

static bool add_struct(struct building *building, size_t at, struct hr_config_field *field,
                       const struct schema_view *view) {
    const struct table *above = &building->tables[at];
    struct table table = {
        .object = view->node, .above = at, .owner = field, .depth = above->depth + 1};
    char path[PATH_SIZE];
    const struct hr_config_node *entries;
    if (!read_rest(building, view->node, &table.open, &entries)) return false;
    if (entries) /* of entries that are lists or maps of their own */
        return schema_refuse(building->reading, entries,
                             "maps in lists and in maps have no place in a table of fields");
    if (field->kind == HR_STRUCT && above->path) {
        int size = snprintf(path, sizeof path, "%s%s.", above->path, field->name);
        if (size < 0 || (size_t)size >= sizeof path)
            return schema_refuse(building->reading, view->node, "its path is too long");
        table.path = schema_reading_copy(building->reading, hr_slice_bytes(path, (size_t)size));
        if (!table.path) return false;
    }
    return schema_view_knows(building->reading, view, object_keywords) &&
           add_table(building, table);
}

/* Values that are scalars: which ones is checked later. */
static bool read_scalar_map(struct building *building, size_t at, struct hr_config_field *field,
                            const struct schema_view *view, const struct schema_view *entry) {
    struct schema_reading *reading = building->reading;
    const char *above = building->tables[at].path;
    char path[PATH_SIZE];
    if (!above || !entry->types || entry->types & (SCHEMA_OBJECT | SCHEMA_ARRAY))
        return schema_refuse(reading, entry->node,
                             "a map of such values has no place in a table of fields, which could "
                             "not check them: say additionalProperties: true");
    field->kind = HR_OPEN;
    field->size = sizeof(void *);
    snprintf(path, sizeof path, "%s%s", above, field->name);
    struct schema_entries *entries = schema_reading_take(reading, sizeof *entries);
    if (!entries) return false;
    *entries = (struct schema_entries){.next = reading->entries,
                                       .path = schema_reading_copy(reading, hr_slice_of(path)),
                                       .types = entry->types,
                                       .nullable = entry->nullable};
    reading->entries = entries;
    building->open_maps[building->open_count++] = (struct open_map){entries, field, at};
    return entries->path && schema_view_knows(reading, view, object_keywords) &&
           schema_view_knows(reading, entry, "type");
}

static bool read_map(struct building *building, size_t at, struct hr_config_field *field,
                     const struct schema_view *view, const struct hr_config_node *entries) {
    struct schema_reading *reading = building->reading;
    struct schema_view entry;
    if (!schema_view_open(reading, entries, &entry)) return false;
    if (entry.types != SCHEMA_OBJECT || entry.nullable)
        return read_scalar_map(building, at, field, view, &entry);
    field->kind = HR_MAP;
    field->size = sizeof(struct hr_config_items);
    return schema_view_knows(reading, view,
                             "type properties required additionalProperties minProperties "
                             "maxProperties") &&
           schema_count_read(reading, view, "minProperties", &field->length_min) &&
           schema_count_read(reading, view, "maxProperties", &field->length_max) &&
           add_struct(building, at, field, &entry);
}

static bool read_object(struct building *building, size_t at, struct hr_config_field *field,
                        const struct schema_view *view) {
    const struct hr_config_node *entries;
    bool open;
    if (!read_rest(building, view->node, &open, &entries)) return false;
    if (entries) return read_map(building, at, field, view, entries);
    field->kind = HR_STRUCT;
    return add_struct(building, at, field, view);
}

static bool is_anything(const struct schema_reading *reading, const struct schema_view *view) {
    static const char *const asserting[] = {"enum", "const"};
    for (size_t i = 0; i < 2; i++)
        if (schema_keyword(reading, view->node, asserting[i])) return false;
    return view->types == 0;
}

/* {} or true, or {"not": {"type": "null"}}, which is for what is required. */
static bool read_anything(struct schema_reading *reading, struct schema_view *view,
                          struct hr_config_field *field) {
    const struct hr_config_node *not = schema_keyword(reading, view->node, "not");
    bool not_null =
        hr_config_count(not ) == 1 && schema_text_is(schema_keyword(reading, not, "type"), "null");
    field->kind = HR_OPEN;
    field->size = sizeof(void *);
    view->nullable |= !not_null;
    if (!schema_view_knows(reading, view, not_null ? "not" : "")) return false;
    return true;
}

static bool read_items(struct building *building, size_t at, struct hr_config_field *field,
                       const struct hr_config_node *items) {
    struct schema_reading *reading = building->reading;
    struct schema_view item;
    struct hr_config_field one = {.kind = HR_OPEN, .size = sizeof(void *)};
    if (items && !schema_view_open(reading, items, &item)) return false;
    if (items && is_anything(reading, &item)) {
        if (!read_anything(reading, &item, &one)) return false;
    } else if (items && item.nullable) {
        return schema_refuse(reading, items, "items that may be null have no place in a table");
    } else if (items && item.types == SCHEMA_OBJECT) {
        field->item = HR_STRUCT;
        return add_struct(building, at, field, &item);
    } else if (items && !schema_scalar_read(reading, &item, true, &one)) {
        return false;
    }
    field->item = one.kind;
    field->item_size = one.size;
    field->min = one.min;
    field->max = one.max;
    field->pattern = one.pattern;
    field->choices = one.choices;
    field->unit_ns = one.unit_ns;
    field->none = one.none;
    return true;
}

static bool read_array(struct building *building, size_t at, struct hr_config_field *field,
                       const struct schema_view *view) {
    field->kind = HR_LIST;
    field->size = sizeof(struct hr_config_items);
    return schema_view_knows(building->reading, view, "type items minItems maxItems") &&
           schema_count_read(building->reading, view, "minItems", &field->length_min) &&
           schema_count_read(building->reading, view, "maxItems", &field->length_max) &&
           read_items(building, at, field, schema_keyword(building->reading, view->node, "items"));
}

/* ---- Properties. */

static bool is_required(const struct building *building, const struct hr_config_node *object,
                        struct hr_slice key) {
    const struct hr_config_node *one =
        hr_config_first(schema_keyword(building->reading, object, "required"));
    for (; one; one = hr_config_next(one))
        if (hr_slice_equal(hr_config_text(one), key)) return true;
    return false;
}

static bool is_path(const char *whole, const char *path, const char *key) {
    size_t size = path ? strlen(path) : 0;
    return path && strncmp(whole, path, size) == 0 && strcmp(whole + size, key) == 0;
}

static bool is_old_name(const struct building *building, const struct table *table,
                        const char *key) {
    for (size_t i = 0; i < building->renames.count; i++)
        if (is_path(building->renames.items[i].was, table->path, key)) return true;
    return false;
}

/* An old name may stand for a value in an object that is not given. */
static void require_above(const struct building *building, size_t at) {
    for (; building->tables[at].owner; at = building->tables[at].above)
        building->tables[at].owner->required = true;
}

static void take_old_name(const struct building *building, size_t at,
                          struct hr_config_field *field) {
    for (size_t i = 0; i < building->renames.count; i++) {
        const struct schema_renamed *renamed = &building->renames.items[i];
        if (!is_path(renamed->is, building->tables[at].path, field->name)) continue;
        field->was = renamed->was;
        field->required |= renamed->needed;
        if (renamed->needed) require_above(building, at);
    }
}

static bool read_value(struct building *building, size_t at, struct hr_config_field *field,
                       struct schema_view *view) {
    if (is_anything(building->reading, view)) return read_anything(building->reading, view, field);
    if (view->types == SCHEMA_OBJECT) return read_object(building, at, field, view);
    if (view->types == SCHEMA_ARRAY) return read_array(building, at, field, view);
    return schema_scalar_read(building->reading, view, false, field);
}

static bool read_property(struct building *building, size_t at,
                          const struct hr_config_node *property) {
    struct table *table = &building->tables[at];
    struct hr_config_field *field = &table->fields[table->count];
    struct schema_view view;
    field->name = hr_config_key(property).data;
    if (is_old_name(building, table, field->name)) return true;
    table->count++;
    bool by_name = is_required(building, table->object, hr_config_key(property));
    field->required = by_name;
    take_old_name(building, at, field);
    if (!schema_view_open(building->reading, property, &view)) return false;
    if (view.doc) field->doc = schema_reading_copy(building->reading, hr_config_text(view.doc));
    if (!read_value(building, at, field, &view)) return false;
    if (by_name && view.nullable)
        return schema_refuse(building->reading, property,
                             "it is required and may be null, which a table of fields takes for "
                             "not given: say the one or the other");
    return schema_default_read(building->reading, &view, field);
}

/* Names that are required and have no property. */
static bool check_required(struct building *building, const struct hr_config_node *object) {
    const struct hr_config_node *properties = properties_of(building, object);
    const struct hr_config_node *one =
        hr_config_first(schema_keyword(building->reading, object, "required"));
    for (; one; one = hr_config_next(one))
        if (!hr_config_child(building->reading->document, properties, hr_config_text(one)))
            return schema_refuse(building->reading, one,
                                 "it is required, and none of the properties");
    return true;
}

static bool fill_table(struct building *building, size_t at) {
    const struct hr_config_node *object = building->tables[at].object;
    const struct hr_config_node *property = hr_config_first(properties_of(building, object));
    for (; property; property = hr_config_next(property))
        if (!read_property(building, at, property)) return false;
    return check_required(building, object);
}

/* ---- Layout. */

static void lay_out(struct table *table) {
    for (size_t i = 0; i < table->count; i++) {
        struct hr_config_field *field = &table->fields[i];
        size_t size = field->kind == HR_STRUCT ? field->size : MEMBER;
        assert(size >= field->size && size % MEMBER == 0);
        field->offset = table->size;
        table->size += size;
        table->needed |= field->required;
    }
    if (table->size == 0) table->size = MEMBER;
}

/* An object that is not given is no error, whatever it would require. */
static void close_table(struct table *table) {
    struct hr_config_field *owner = table->owner;
    lay_out(table);
    if (!owner) return;
    owner->fields = table->fields;
    owner->field_count = table->count;
    owner->open = table->open;
    if (owner->kind != HR_STRUCT) {
        owner->item_size = table->size;
        return;
    }
    owner->size = table->size;
    owner->optional = table->needed && !owner->required;
}

/* ---- All of it. */

static bool open_root(struct building *building, struct hr_config_schema *schema) {
    struct schema_reading *reading = building->reading;
    struct schema_view view;
    struct table table = {.path = ""};
    const struct hr_config_node *root = hr_config_root(reading->document), *entries;
    if (!schema_view_open(reading, root, &view)) return false;
    if (view.types != SCHEMA_OBJECT && !(view.types == 0 && properties_of(building, view.node)))
        return schema_refuse(reading, root, "a configuration is an object with properties");
    table.object = view.node;
    if (!read_rest(building, view.node, &table.open, &entries)) return false;
    if (entries)
        return schema_refuse(reading, entries,
                             "a configuration that is a map has no place in a table of fields");
    const struct hr_config_node *title = schema_keyword(reading, root, "title");
    if (title) schema->title = schema_reading_copy(reading, hr_config_text(title));
    view.types = SCHEMA_OBJECT;
    return schema_renamed_read(reading, &building->renames) &&
           schema_view_knows(reading, &view,
                             "type properties required additionalProperties allOf") &&
           add_table(building, table);
}

static size_t offset_of(const struct building *building, const struct open_map *map) {
    size_t offset = map->field->offset;
    for (size_t at = map->table; building->tables[at].owner; at = building->tables[at].above)
        offset += building->tables[at].owner->offset;
    return offset;
}

static void close_all(struct building *building, struct hr_config_schema *schema) {
    for (size_t at = building->count; at-- > 0;) close_table(&building->tables[at]);
    for (size_t i = 0; i < building->open_count; i++)
        building->open_maps[i].entries->offset = offset_of(building, &building->open_maps[i]);
    if (building->open_count > 0) schema->check = schema_entries_check;
    schema->fields = building->tables[0].fields;
    schema->field_count = building->tables[0].count;
    schema->size = building->tables[0].size;
    schema->open = building->tables[0].open;
}

bool schema_tables_read(struct schema_reading *reading, struct hr_config_schema *schema) {
    struct building building = {.reading = reading};
    building.tables = calloc(TABLES_MAX, sizeof *building.tables);
    building.open_maps = calloc(FIELDS_MAX, sizeof *building.open_maps);
    *schema = (struct hr_config_schema){.title = NULL};
    bool room = building.tables && building.open_maps;
    if (!room) reading->result = hr_error_set(&reading->error, -ENOMEM, "no memory for the schema");
    bool good = room && open_root(&building, schema);
    for (size_t at = 0; good && at < building.count; at++) good = fill_table(&building, at);
    if (good) close_all(&building, schema);
    free(building.tables);
    free(building.open_maps);
    assert(good || reading->result);
    return good;
}
