/* The walk over fields and nodes: defaults, unknown keys, and each value into its member. */
#include "config_bind.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include <config/config_nearest.h>

#include "config_kind.h"
#include "config_renamed.h"
#include "config_shape.h"

#define ALLOWED_SIZE 300
#define PATH_SIZE    256
#define SHOWN_MAX    60
#define DEPTH_MAX    32 /* of structs in one another, in a schema */

struct binding {
    struct hr__config_load *load;
    const struct hr_config_schema *schema;
    unsigned depth;
};

static void bind_struct(struct binding *binding, struct hr_config_node *map,
                        struct hr__config_shape shape, char *base);

static void *allocate(struct binding *binding, size_t count, size_t size) {
    void *memory = NULL;
    size_t bytes;
    if (!__builtin_mul_overflow(count, size, &bytes))
        memory = hr__config_allocate(&binding->load->tree.arena, bytes);
    if (memory)
        memset(memory, 0, bytes);
    else
        binding->load->no_memory = true;
    return memory;
}

/* ---- Saying what is wrong. */

static bool is_given(const struct hr_config_node *node) {
    return node && node->type != HR_CONFIG_NULL;
}

/* A value is shown only where it comes from a file and is no secret. */
static bool may_show(const struct binding *binding, const struct hr_config_node *node,
                     enum hr_config_kind kind) {
    const struct hr__config_load *load = binding->load;
    return kind != HR_SECRET && node->veil == HR__CONFIG_PLAIN && !node->secret &&
           node->place.source < load->source_count &&
           load->sources[node->place.source].kind == HR_CONFIG_FROM_FILE;
}

/* The table is at fault, and not the value. */
static void refuse_pattern(struct binding *binding, const struct hr_config_node *node) {
    char path[PATH_SIZE], sentence[PATH_SIZE + ALLOWED_SIZE];
    hr__config_path(node, path, sizeof path);
    snprintf(sentence, sizeof sentence,
             "schema: field %s: its pattern is no POSIX extended regular expression", path);
    struct hr__config_load *load = binding->load;
    load->faulty = hr__config_copy(&load->scratch, hr_slice_of(sentence)).data;
    load->no_memory |= !load->faulty;
}

static void refuse_value(struct binding *binding, const struct hr_config_node *node,
                         const struct hr_config_field *field, enum hr_config_kind kind) {
    char allowed[ALLOWED_SIZE];
    if (field->pattern && !hr__config_pattern_is_good(field->pattern)) {
        refuse_pattern(binding, node);
        return;
    }
    hr__config_kind_allowed(field, kind, allowed, sizeof allowed);
    bool quoted = node->type == HR_CONFIG_STRING;
    if (hr__config_is_container(node) || !is_given(node) || !may_show(binding, node, kind))
        hr__config_problem(binding->load, HR_CONFIG_ERROR, node, "%s is there; allowed is %s",
                           hr__config_type_name((enum hr_config_type)node->type), allowed);
    else
        hr__config_problem(binding->load, HR_CONFIG_ERROR, node, "%s%.*s%s is there; allowed is %s",
                           quoted ? "the string \"" : "",
                           (int)(node->text.size < SHOWN_MAX ? node->text.size : SHOWN_MAX),
                           node->text.data, quoted ? "\"" : "", allowed);
}

/* ---- Defaults. */

static bool is_struct_like(const struct hr_config_field *field) {
    return field->kind == HR_STRUCT && !field->optional;
}

/* The node of a field that is not given; NULL: there is none. */
static struct hr_config_node *make_default(struct binding *binding, struct hr_config_node *map,
                                           const struct hr_config_field *field,
                                           struct hr_config_node *null) {
    bool container = is_struct_like(field);
    if (!container && !field->default_value) return NULL;
    const struct hr__config_place place = {.source = HR__CONFIG_DEFAULT};
    struct hr_config_node *node =
        null ? null : hr__config_make(binding->load, map, field->name, HR_CONFIG_NULL, place);
    if (!node) return NULL;
    hr__config_become(node, container ? HR_CONFIG_MAP : HR_CONFIG_NULL);
    if (container) return node;
    const struct hr__config_assignment assignment = {.place = place,
                                                     .text = hr_slice_of(field->default_value)};
    node->field = field;
    hr__config_set(binding->load, node, &assignment);
    return node;
}

/* ---- Values. */

static void bind_scalar(struct binding *binding, const struct hr_config_node *node,
                        const struct hr_config_field *field, enum hr_config_kind kind, void *member,
                        size_t size) {
    struct hr__config_load *load = binding->load;
    bool secret = kind == HR_SECRET || node->veil == HR__CONFIG_OF_ENV_FILE;
    if (secret && node->place.source < load->source_count)
        load->sources[node->place.source].holds_secret = true;
    if (hr__config_is_container(node) || !is_given(node) ||
        !hr__config_kind_fill(field, kind, node, member, size))
        refuse_value(binding, node, field, kind);
}

static void bind_item(struct binding *binding, struct hr_config_node *node,
                      const struct hr_config_field *field, enum hr_config_kind kind, char *slot) {
    struct hr__config_shape shape = hr__config_shape_of(field);
    if (kind == HR_OPEN)
        *(const struct hr_config_node **)(void *)slot = node;
    else if (kind != HR_STRUCT)
        bind_scalar(binding, node, field, kind, slot, field->item_size);
    else if (node->type == HR_CONFIG_MAP)
        bind_struct(binding, node, shape, slot);
    else
        refuse_value(binding, node, field, HR_STRUCT);
}

/* The member of an entry that takes its key. */
static void fill_key(const struct hr_config_field *field, const struct hr_config_node *node,
                     char *slot) {
    struct hr__config_shape shape = hr__config_shape_of(field);
    for (size_t i = 0; i < shape.count; i++)
        if (shape.fields[i].kind == HR_KEY)
            *(const char **)(void *)(slot + shape.fields[i].offset) = node->key.data;
}

static bool count_fits(const struct hr_config_field *field, const struct hr_config_node *node) {
    return node->count >= field->length_min &&
           (!field->length_max || node->count <= field->length_max);
}

/* Of a list or a map of structs. */
static void bind_items(struct binding *binding, struct hr_config_node *node,
                       const struct hr_config_field *field, struct hr_config_items *items) {
    bool map = field->kind == HR_MAP;
    if (node->type != (map ? HR_CONFIG_MAP : HR_CONFIG_LIST)) {
        refuse_value(binding, node, field, field->kind);
        return;
    }
    if (!count_fits(field, node)) {
        hr__config_problem(binding->load, HR_CONFIG_ERROR, node,
                           "there are %u; allowed are %u to %u", node->count, field->length_min,
                           field->length_max ? field->length_max : UINT32_MAX);
        return;
    }
    if (node->count == 0) return;
    items->items = allocate(binding, node->count, field->item_size);
    char *slot = items->items;
    for (struct hr_config_node *child = node->first; child && slot; child = child->next) {
        child->field = field;
        bind_item(binding, child, field, map ? HR_STRUCT : field->item, slot);
        if (map) fill_key(field, child, slot);
        slot += field->item_size;
        items->count++;
    }
}

static void bind_value(struct binding *binding, struct hr_config_node *node,
                       const struct hr_config_field *field, char *member) {
    struct hr__config_shape shape = hr__config_shape_of(field);
    switch (field->kind) {
    case HR_OPEN:
        *(const struct hr_config_node **)(void *)member = node;
        break;
    case HR_STRUCT:
        if (node->type == HR_CONFIG_MAP)
            bind_struct(binding, node, shape, member);
        else
            refuse_value(binding, node, field, HR_STRUCT);
        break;
    case HR_LIST:
    case HR_MAP:
        bind_items(binding, node, field, (struct hr_config_items *)(void *)member);
        break;
    default:
        bind_scalar(binding, node, field, field->kind, member, field->size);
    }
}

static void bind_field(struct binding *binding, struct hr_config_node *map,
                       const struct hr_config_field *field, char *base) {
    struct hr_config_node *node =
        hr__config_get(&binding->load->tree, map, hr_slice_of(field->name));
    if (!is_given(node)) {
        struct hr_config_node *made = make_default(binding, map, field, node);
        if (!made && node) node->field = field;
        if (field->required && !field->default_value && !binding->load->unread)
            hr__config_problem(binding->load, HR_CONFIG_ERROR, map, "%s is required", field->name);
        node = made;
    }
    if (!node) return;
    node->field = field;
    bind_value(binding, node, field, base + field->offset);
}

static void refuse_unknown(struct binding *binding, const struct hr_config_node *node,
                           struct hr__config_shape shape) {
    const struct hr__config_load *load = binding->load;
    uint32_t source = node->key_place.source;
    bool variable =
        source < load->source_count && (load->sources[source].kind == HR_CONFIG_FROM_VARIABLE ||
                                        load->sources[source].kind == HR_CONFIG_FROM_ENV_FILE ||
                                        load->sources[source].kind == HR_CONFIG_FROM_SECRET);
    const char *near = hr__config_is_full(load->problems)
                           ? NULL
                           : hr__config_nearest(node->key, shape.fields, shape.count);
    hr__config_problem(binding->load,
                       variable || binding->schema->unknown_warn ? HR_CONFIG_WARNING
                                                                 : HR_CONFIG_ERROR,
                       node, "there is no such key%s%s%s", near ? ": is \"" : "", near ? near : "",
                       near ? "\" meant?" : "");
}

static void bind_struct(struct binding *binding, struct hr_config_node *map,
                        struct hr__config_shape shape, char *base) {
    assert(map->type == HR_CONFIG_MAP);
    if (binding->depth == DEPTH_MAX) {
        hr__config_problem(binding->load, HR_CONFIG_ERROR, map,
                           "the schema has more than %d structs in one another", DEPTH_MAX);
        return;
    }
    binding->depth++;
    for (size_t i = 0; i < shape.count && !binding->load->no_memory; i++)
        if (shape.fields[i].kind != HR_KEY) bind_field(binding, map, &shape.fields[i], base);
    for (const struct hr_config_node *child = map->first; child; child = child->next)
        if (!child->field && !shape.open) refuse_unknown(binding, child, shape);
    binding->depth--;
}

/* ---- All of it. */

struct hr_config_check {
    struct binding *binding;
};

void hr_config_check_report(struct hr_config_check *check, enum hr_config_severity severity,
                            const char *path, const char *format, ...) {
    char message[ALLOWED_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const struct hr_config_node *node = hr__config_find(&check->binding->load->tree, path);
    hr__config_problem(check->binding->load, severity,
                       node ? node : check->binding->load->tree.root, "%s", message);
}

void hr__config_bind(struct hr__config_load *load, const struct hr_config_schema *schema,
                     void **values) {
    struct binding binding = {.load = load, .schema = schema};
    struct hr__config_shape shape = hr__config_shape_of_schema(schema);
    *values = allocate(&binding, 1, schema->size);
    if (!*values) return;
    hr__config_renamed_take(load, schema);
    bind_struct(&binding, load->tree.root, shape, *values);
    hr__config_renamed_mark(load, schema);
    struct hr_config_check check = {&binding};
    if (schema->check && load->problems->errors == 0 && !load->no_memory)
        schema->check(*values, &check);
}
