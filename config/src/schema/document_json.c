/* The JSON Schema of a schema: draft 2020-12, which judges a document as the loader does. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <headrace/json_write.h>

#include "config_kind.h"
#include "config_scalar.h"
#include "document_forms.h"
#include "document_rows.h"

#define WINDOW           4096
#define DESCRIPTION_SIZE 1024
/* Integers that a double has exactly. */
#define EXACT 9007199254740992.0

#define URL_PATTERN                                                                                \
    "^(?:file://[^\\x00-\\x20\\x7f]+|[A-Za-z][A-Za-z0-9+.-]*://[^\\x00-\\x20\\x7f/]"               \
    "[^\\x00-\\x20\\x7f]*)$"
#define ENDPOINT_PATTERN                                                                           \
    "^(?:\\[[^ ]*\\]|[^\\[\\]: ]|[^\\[: ][^: ]*[^\\]: ]):0*(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|"      \
    "6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$"

/* A JSON Schema under way. */
struct page {
    struct hr_json_writer json;
    const struct hr_config_schema *schema;
    const struct hr_config_field *refused; /* its pattern is none */
};

/* A value: of a field, or of an item of its list. */
struct value {
    const struct hr_config_field *field;
    enum hr_config_kind kind;
    size_t size; /* of the member */
    bool null;   /* may be null */
};

static void put_object(struct page *page, struct hr__config_shape shape, const char *path);

/* ---- Types. */

static void put_types(struct page *page, const struct value *value, const char *const *names) {
    struct hr_json_writer *json = &page->json;
    hr_json_key(json, "type");
    if (!names[1] && !value->null) {
        hr_json_text(json, names[0]);
        return;
    }
    hr_json_array(json);
    for (; *names; names++) hr_json_text(json, *names);
    if (value->null) hr_json_text(json, "null");
    hr_json_end(json);
}
#define PUT_TYPES(page, value, ...) put_types(page, value, (const char *const[]){__VA_ARGS__, NULL})

static void put_member_u64(struct page *page, const char *key, uint64_t value) {
    hr_json_key(&page->json, key);
    hr_json_u64(&page->json, value);
}

static void put_member_text(struct page *page, const char *key, const char *text) {
    hr_json_key(&page->json, key);
    hr_json_text(&page->json, text);
}

static void put_number(struct page *page, const char *key, double value) {
    hr_json_key(&page->json, key);
    if (fabs(value) < EXACT && value == floor(value))
        hr_json_i64(&page->json, (int64_t)value);
    else
        hr_json_double(&page->json, value, 9);
}

static void put_range(struct page *page, struct hr__document_range range) {
    put_member_u64(page, "minimum", range.low);
    put_member_u64(page, "maximum", range.high);
}

static void put_signed(struct page *page, const struct value *value) {
    const struct hr_config_field *field = value->field;
    unsigned bits = (unsigned)(value->size >= 1 && value->size < 8 ? value->size * 8 : 64);
    int64_t high = (int64_t)(UINT64_MAX >> (65 - bits)), low = -high - 1;
    bool bounded = field->min < field->max;
    if (bounded && field->min > (double)low)
        put_number(page, "minimum", field->min);
    else {
        hr_json_key(&page->json, "minimum");
        hr_json_i64(&page->json, low);
    }
    if (bounded && field->max < (double)high)
        put_number(page, "maximum", field->max);
    else
        put_member_u64(page, "maximum", (uint64_t)high);
}

static void put_unsigned(struct page *page, const struct value *value) {
    if (value->field->none) {
        PUT_TYPES(page, value, "integer", "string");
        put_member_text(page, "pattern", "^" HR__CONFIG_NONE "$");
    } else {
        PUT_TYPES(page, value, "integer");
    }
    put_range(page, hr__document_bounds(value->field, value->size));
}

static void put_double(struct page *page, const struct value *value) {
    PUT_TYPES(page, value, "number");
    if (!(value->field->min < value->field->max)) return;
    if (isfinite(value->field->min)) put_number(page, "minimum", value->field->min);
    if (isfinite(value->field->max)) put_number(page, "maximum", value->field->max);
}

/* ---- Patterns. */

static void put_pattern(struct page *page, const struct value *value, bool amount) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        page->json.error = -ENOMEM;
        return;
    }
    int err = 0;
    if (amount)
        hr__document_amount(out, value->field, value->kind, value->size);
    else
        err = hr__document_regex(out, value->field->pattern);
    bool broken = ferror(out) != 0;
    if (fclose(out) || broken || err == -ENOMEM) page->json.error = -ENOMEM;
    if (err == -EINVAL) page->refused = value->field;
    hr_json_key(&page->json, "pattern");
    hr_json_string(&page->json, hr_slice_bytes(text, size));
    free(text);
}

/* Durations and sizes: a number without a unit is 0, or bytes. */
static void put_amount(struct page *page, const struct value *value) {
    struct hr__document_range range = hr__document_bounds(value->field, value->size);
    if (value->kind == HR_DURATION) range.high = 0;
    if (range.low <= range.high) {
        PUT_TYPES(page, value, "string", "integer");
        put_range(page, range);
    } else {
        PUT_TYPES(page, value, "string");
    }
    put_pattern(page, value, true);
}

/* ---- Texts. */

/* The loader counts bytes. Of a text that is not ASCII, only the largest number of characters is
 * known. */
static void put_lengths(struct page *page, uint32_t low, uint32_t high) {
    struct hr_json_writer *json = &page->json;
    if (high) put_member_u64(page, "maxLength", high);
    if (low == 1) put_member_u64(page, "minLength", 1);
    if (low < 2) return;
    hr_json_key(json, "anyOf");
    hr_json_array(json);
    hr_json_object(json);
    put_member_u64(page, "minLength", low);
    hr_json_end(json);
    hr_json_object(json);
    put_member_text(page, "pattern", "[^\\x00-\\x7f]");
    hr_json_end(json);
    hr_json_end(json);
}

/* Besides the one of its form. */
static void put_second_pattern(struct page *page, const struct value *value) {
    hr_json_key(&page->json, "allOf");
    hr_json_array(&page->json);
    hr_json_object(&page->json);
    put_pattern(page, value, false);
    hr_json_end(&page->json);
    hr_json_end(&page->json);
}

/* A text may stand there without quotes, and then looks like a number or a boolean. */
static void put_text(struct page *page, const struct value *value) {
    const struct hr_config_field *field = value->field;
    bool list = field->kind == HR_LIST, form = value->kind == HR_URL || value->kind == HR_ENDPOINT;
    uint32_t low = list ? 0 : field->length_min;
    if (value->kind == HR_PATH && low == 0) low = 1;
    if (form)
        PUT_TYPES(page, value, "string");
    else
        PUT_TYPES(page, value, "string", "number", "boolean");
    if (value->kind == HR_SECRET) {
        hr_json_key(&page->json, "writeOnly");
        hr_json_bool(&page->json, true);
    }
    put_lengths(page, low, list ? 0 : field->length_max);
    if (form)
        put_member_text(page, "pattern", value->kind == HR_URL ? URL_PATTERN : ENDPOINT_PATTERN);
    if (field->pattern && form) put_second_pattern(page, value);
    if (field->pattern && !form) put_pattern(page, value, false);
}

/* A plain text as the type that it looks like; nothing where it is a string, or has no room. */
static bool put_typed(struct page *page, struct hr_slice text) {
    enum hr_config_type type = hr__config_resolve(text);
    bool negative;
    uint64_t magnitude;
    double value;
    if (type == HR_CONFIG_BOOL)
        hr_json_bool(&page->json, hr__config_is_true(text));
    else if (type == HR_CONFIG_FLOAT && hr__config_float(text, &value) == 0 && isfinite(value))
        hr_json_double(&page->json, value, 9);
    else if (type != HR_CONFIG_INT || hr__config_integer(text, &negative, &magnitude) ||
             (negative && magnitude > INT64_MAX))
        return false;
    else if (negative)
        hr_json_i64(&page->json, -(int64_t)magnitude);
    else
        hr_json_u64(&page->json, magnitude);
    return true;
}

static void put_choices(struct page *page, const struct value *value) {
    hr_json_key(&page->json, "enum");
    hr_json_array(&page->json);
    for (const struct hr_config_choice *choice = value->field->choices; choice->name; choice++) {
        hr_json_text(&page->json, choice->name);
        put_typed(page, hr_slice_of(choice->name));
    }
    if (value->null) hr_json_null(&page->json);
    hr_json_end(&page->json);
}

/* ---- Values. */

static void put_scalar(struct page *page, const struct value *value) {
    switch (value->kind) {
    case HR_BOOL:
        PUT_TYPES(page, value, "boolean");
        break;
    case HR_INT:
        PUT_TYPES(page, value, "integer");
        put_signed(page, value);
        break;
    case HR_UINT:
        put_unsigned(page, value);
        break;
    case HR_DOUBLE:
        put_double(page, value);
        break;
    case HR_DURATION:
    case HR_SIZE:
        put_amount(page, value);
        break;
    case HR_CHOICE:
        put_choices(page, value);
        break;
    default:
        put_text(page, value);
    }
}

static void put_counts(struct page *page, const struct hr_config_field *field, bool map) {
    if (field->length_min)
        put_member_u64(page, map ? "minProperties" : "minItems", field->length_min);
    if (field->length_max)
        put_member_u64(page, map ? "maxProperties" : "maxItems", field->length_max);
}

static void put_struct(struct page *page, const struct value *value, const char *path) {
    PUT_TYPES(page, value, "object");
    put_object(page, hr__config_shape_of(value->field), path);
}

/* Each item, or each entry, of which none is null. */
static void put_items(struct page *page, const struct hr_config_field *field) {
    enum hr_config_kind kind = field->kind == HR_MAP ? HR_STRUCT : field->item;
    struct value item = {.field = field, .kind = kind, .size = field->item_size};
    hr_json_key(&page->json, field->kind == HR_MAP ? "additionalProperties" : "items");
    hr_json_object(&page->json);
    if (kind == HR_STRUCT)
        put_struct(page, &item, NULL);
    else if (kind != HR_OPEN)
        put_scalar(page, &item);
    hr_json_end(&page->json);
}

static void put_open(struct page *page, const struct value *value) {
    if (value->null) return;
    hr_json_key(&page->json, "not");
    hr_json_object(&page->json);
    put_member_text(page, "type", "null");
    hr_json_end(&page->json);
}

static void put_value(struct page *page, const struct value *value, const char *path) {
    const struct hr_config_field *field = value->field;
    if (field->kind == HR_OPEN) {
        put_open(page, value);
    } else if (field->kind == HR_STRUCT) {
        put_struct(page, value, path);
    } else if (field->kind == HR_LIST || field->kind == HR_MAP) {
        bool map = field->kind == HR_MAP;
        PUT_TYPES(page, value, map ? "object" : "array");
        put_counts(page, field, map);
        put_items(page, field);
    } else {
        put_scalar(page, value);
    }
}

/* ---- Defaults. */

static void put_default_scalar(struct page *page, enum hr_config_kind kind, struct hr_slice text) {
    bool number = kind == HR_INT || kind == HR_UINT || kind == HR_DOUBLE;
    if (kind == HR_BOOL)
        hr_json_bool(&page->json, hr__document_is_true(text));
    else if (!number || !put_typed(page, text))
        hr_json_string(&page->json, text);
}

static void put_default(struct page *page, const struct hr_config_field *field) {
    const char *text = hr__document_default(field);
    if (!text) return;
    hr_json_key(&page->json, "default");
    struct hr_slice rest = hr_slice_of(text), part;
    if (field->kind != HR_LIST) {
        put_default_scalar(page, field->kind, rest);
        return;
    }
    hr_json_array(&page->json);
    while (hr_slice_cut(&rest, ',', &part))
        put_default_scalar(page, field->item, hr_slice_trim(part));
    hr_json_end(&page->json);
}

/* ---- Structs. */

static void put_description(struct page *page, const struct hr_config_field *field) {
    static const char restart[] = "a change counts after a restart";
    char words[DESCRIPTION_SIZE];
    if (!field->doc && !field->restart) return;
    if (!field->restart || !field->doc)
        snprintf(words, sizeof words, "%s", field->doc ? field->doc : restart);
    else
        snprintf(words, sizeof words, "%s (%s)", field->doc, restart);
    put_member_text(page, "description", words);
}

static void put_property(struct page *page, const struct hr_config_field *field, const char *path) {
    struct value value = {.field = field, .kind = field->kind, .size = field->size};
    value.null = !hr__field_needed_by_name(field);
    hr_json_key(&page->json, field->name);
    hr_json_object(&page->json);
    put_description(page, field);
    put_default(page, field);
    put_value(page, &value, path);
    hr_json_end(&page->json);
}

/* Whether `old` is the path of a key right below `path`: then *name is the key. */
static bool is_below(const char *old, const char *path, const char **name) {
    size_t size = strlen(path);
    if (strncmp(old, path, size) != 0) return false;
    *name = old + size;
    return **name && !strchr(*name, '.');
}

/* Old names with their place in the struct at `path`. */
static void put_old(struct page *page, const char *path) {
    struct hr__rows rows;
    const char *name;
    hr__rows_begin(&rows, page->schema);
    while (hr__rows_next(&rows)) {
        if (rows.items || !rows.field->was || !is_below(rows.field->was, path, &name)) continue;
        char words[HR__ROWS_PATH_SIZE + 64];
        struct value value = {
            .field = rows.field, .kind = rows.field->kind, .size = rows.field->size};
        snprintf(words, sizeof words, "The old name of %s.", rows.path);
        hr_json_key(&page->json, name);
        hr_json_object(&page->json);
        put_member_text(page, "description", words);
        hr_json_key(&page->json, "deprecated");
        hr_json_bool(&page->json, true);
        put_value(page, &value, "\x7f"); /* no old name is below it */
        hr_json_end(&page->json);
    }
}

static void put_required(struct page *page, struct hr__config_shape shape) {
    bool any = false;
    for (size_t i = 0; i < shape.count; i++) {
        const struct hr_config_field *field = &shape.fields[i];
        if (field->kind == HR_KEY || !hr__field_needed_by_name(field)) continue;
        if (!any) hr_json_key(&page->json, "required");
        if (!any) hr_json_array(&page->json);
        hr_json_text(&page->json, field->name);
        any = true;
    }
    if (any) hr_json_end(&page->json);
}

/* `path` ends in ".", or is "" or, of items, NULL. */
static void put_object(struct page *page, struct hr__config_shape shape, const char *path) {
    struct hr_json_writer *json = &page->json;
    char below[HR__ROWS_PATH_SIZE];
    hr_json_key(json, "properties");
    hr_json_object(json);
    for (size_t i = 0; i < shape.count && !json->error; i++) {
        const struct hr_config_field *field = &shape.fields[i];
        if (path) snprintf(below, sizeof below, "%s%s.", path, field->name);
        if (field->kind != HR_KEY) put_property(page, field, path ? below : NULL);
    }
    if (path) put_old(page, path);
    hr_json_end(json);
    put_required(page, shape);
    hr_json_key(json, "additionalProperties");
    hr_json_bool(json, page->schema->unknown_warn || shape.open);
}

/* ---- All of it. */

static int put_out(void *user, const char *data, size_t size) {
    return fwrite(data, 1, size, user) == size ? 0 : -ENOMEM;
}

static bool is_needed(const struct hr_config_schema *schema) {
    for (size_t i = 0; i < schema->field_count; i++)
        if (hr__field_needed(&schema->fields[i])) return true;
    return false;
}

static void put_all(struct page *page) {
    const struct hr_config_schema *schema = page->schema;
    struct value root = {.null = !is_needed(schema)};
    hr_json_object(&page->json);
    put_member_text(page, "$schema", "https://json-schema.org/draft/2020-12/schema");
    if (schema->title) put_member_text(page, "title", schema->title);
    PUT_TYPES(page, &root, "object");
    put_object(page, hr__config_shape_of_schema(schema), "");
    hr__document_rules(&page->json, page->schema);
    hr_json_end(&page->json);
}

int hr__document_json(FILE *out, const struct hr_config_schema *schema, struct hr_error *error) {
    char window[WINDOW];
    struct page page = {.schema = schema};
    hr_json_init(&page.json, window, sizeof window, put_out, out);
    page.json.pretty = true;
    put_all(&page);
    int err = hr_json_finish(&page.json);
    if (page.refused)
        return hr_error_set(error, -EINVAL,
                            "the pattern of %s is no POSIX extended expression, or "
                            "one that JSON Schema cannot have",
                            page.refused->name);
    if (err == -EINVAL) return hr__rows_too_deep("", error);
    if (!err) fputc('\n', out);
    return err;
}
