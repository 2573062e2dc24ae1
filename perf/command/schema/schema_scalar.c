/* Texts, numbers, booleans and enumerations. */
#include "schema_scalar.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema_amount.h"
#include "schema_pattern.h"

#define EXACT           9007199254740992.0    /* integers that a double has exactly */
#define SIGNED_END      9223372036854775808.0 /* 2^63 */
#define LENGTH_SIZE     32
#define ITEM_LENGTH_MAX 255 /* of an item, as the interval of a regular expression */

/* ---- Lengths and counts. */

bool schema_count_read(struct schema_reading *reading, const struct schema_view *view,
                       const char *keyword, uint32_t *count) {
    const struct hr_config_node *node = schema_keyword(reading, view->node, keyword);
    uint64_t number = 0;
    if (!node) return true;
    if (hr_config_u64(node, &number))
        return schema_refuse(reading, node, "it is no number of 0 or more");
    bool is_max = strncmp(keyword, "max", 3) == 0;
    if (is_max && number == 0)
        return schema_refuse(reading, node, "a bound of 0 has no place in a table of fields");
    if (number > UINT32_MAX) number = is_max ? 0 : UINT32_MAX;
    *count = (uint32_t)number;
    return true;
}

/* "anyOf": lengths count characters there, and bytes here. */
static bool read_own_length(struct schema_reading *reading, const struct hr_config_node *any,
                            uint32_t *count) {
    const struct hr_config_node *one = hr_config_first(any), *other = hr_config_next(one);
    struct schema_view view = {.node = one};
    if (hr_config_count(any) == 2 && hr_config_count(one) == 1 && hr_config_count(other) == 1 &&
        schema_keyword(reading, one, "minLength") &&
        schema_text_is(schema_keyword(reading, other, "pattern"), "[^\\x00-\\x7f]"))
        return schema_count_read(reading, &view, "minLength", count);
    return schema_refuse(reading, any, "alternatives have no place in a table of fields");
}

static bool read_lengths(struct schema_reading *reading, const struct schema_view *view,
                         struct hr_config_field *field) {
    const struct hr_config_node *any = schema_keyword(reading, view->node, "anyOf");
    return schema_count_read(reading, view, "minLength", &field->length_min) &&
           schema_count_read(reading, view, "maxLength", &field->length_max) &&
           (!any || read_own_length(reading, any, &field->length_min));
}

/* Of an item, as the lengths of its field are those of the list. */
static bool lengths_to_pattern(struct schema_reading *reading, const struct schema_view *view,
                               struct hr_config_field *field) {
    uint32_t low = field->length_min, high = field->length_max;
    field->length_min = field->length_max = 0;
    if (low == 0 && high == 0) return true;
    if (field->pattern || low > ITEM_LENGTH_MAX || high > ITEM_LENGTH_MAX)
        return schema_refuse(reading, view->node,
                             "items with lengths above %d, or with lengths and a pattern, have no "
                             "place in a table of fields",
                             ITEM_LENGTH_MAX);
    char *pattern = schema_reading_take(reading, LENGTH_SIZE);
    if (!pattern) return false;
    if (high)
        snprintf(pattern, LENGTH_SIZE, ".{%" PRIu32 ",%" PRIu32 "}", low, high);
    else
        snprintf(pattern, LENGTH_SIZE, ".{%" PRIu32 ",}", low);
    field->pattern = pattern;
    return true;
}

/* ---- Texts. */

/* A second pattern, beside that of a URL or an endpoint. */
static bool read_second_pattern(struct schema_reading *reading, const struct schema_view *view,
                                struct hr_config_field *field) {
    const struct hr_config_node *all = schema_keyword(reading, view->node, "allOf"),
                                *one = hr_config_first(all);
    const struct hr_config_node *pattern = schema_keyword(reading, one, "pattern");
    if (!all) return true;
    if (hr_config_count(all) != 1 || hr_config_count(one) != 1 || !pattern || field->pattern)
        return schema_refuse(reading, all, "a sum of schemas has no place in a table of fields");
    field->pattern = schema_pattern(reading, pattern);
    return field->pattern;
}

static bool has_bounds(const struct schema_reading *reading, const struct schema_view *view) {
    static const char *const bounds[] = {"minimum", "maximum", "exclusiveMinimum",
                                         "exclusiveMaximum", "multipleOf"};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        if (schema_keyword(reading, view->node, bounds[i])) return true;
    return false;
}

static bool read_text(struct schema_reading *reading, const struct schema_view *view,
                      struct hr_config_field *field) {
    const struct hr_config_node *pattern = schema_keyword(reading, view->node, "pattern");
    bool uri = schema_text_is(schema_keyword(reading, view->node, "format"), "uri");
    if (has_bounds(reading, view) && view->types != SCHEMA_STRING)
        return schema_refuse(reading, view->node,
                             "texts beside numbers with bounds have no place in a table of fields");
    field->size = sizeof(const char *);
    field->kind = view->secret ? HR_SECRET : uri ? HR_URL : HR_STRING;
    if (pattern && !(field->pattern = schema_pattern(reading, pattern))) return false;
    return schema_view_knows(reading, view,
                             "type pattern minLength maxLength anyOf allOf minimum maximum "
                             "exclusiveMinimum exclusiveMaximum multipleOf") &&
           read_lengths(reading, view, field) && read_second_pattern(reading, view, field);
}

/* Whether it is a kind of ours with a pattern that no other has. */
static bool is_own_form(const struct schema_reading *reading, const struct schema_view *view,
                        struct hr_config_field *field) {
    const struct hr_config_node *pattern = schema_keyword(reading, view->node, "pattern");
    if (!(view->types & SCHEMA_STRING) || hr_config_type_of(pattern) != HR_CONFIG_STRING ||
        view->secret)
        return false;
    return schema_amount_find(hr_config_text(pattern).data, field);
}

static bool read_own_form(struct schema_reading *reading, const struct schema_view *view,
                          struct hr_config_field *field) {
    return schema_view_knows(reading, view,
                             "type pattern minLength maxLength anyOf allOf minimum maximum") &&
           read_lengths(reading, view, field) && read_second_pattern(reading, view, field);
}

/* ---- Numbers. */

struct bounds {
    double low, high;
};

static bool read_bound(struct schema_reading *reading, const struct schema_view *view,
                       const char *keyword, double *value) {
    const struct hr_config_node *node = schema_keyword(reading, view->node, keyword);
    if (!node) return true;
    if (hr_config_double(node, value) || !isfinite(*value))
        return schema_refuse(reading, node, "it is no number");
    return true;
}

static bool read_bounds(struct schema_reading *reading, const struct schema_view *view,
                        struct bounds *bounds) {
    bool whole = view->types & SCHEMA_INTEGER;
    double low = -HUGE_VAL, high = HUGE_VAL, above = -HUGE_VAL, below = HUGE_VAL;
    if (!read_bound(reading, view, "minimum", &low) ||
        !read_bound(reading, view, "maximum", &high) ||
        !read_bound(reading, view, "exclusiveMinimum", &above) ||
        !read_bound(reading, view, "exclusiveMaximum", &below))
        return false;
    if (isfinite(above)) above = whole ? floor(above) + 1 : nextafter(above, HUGE_VAL);
    if (isfinite(below)) below = whole ? ceil(below) - 1 : nextafter(below, -HUGE_VAL);
    bounds->low = fmax(whole ? ceil(low) : low, above);
    bounds->high = fmin(whole ? floor(high) : high, below);
    if (bounds->low > bounds->high)
        return schema_refuse(reading, view->node, "no number is within its bounds");
    return true;
}

/* Bounds count where min < max. */
static void set_bounds(struct hr_config_field *field, struct bounds bounds) {
    if (bounds.low <= -HUGE_VAL && bounds.high >= HUGE_VAL) return;
    field->min = bounds.low;
    field->max = bounds.high;
    if (!(bounds.low < bounds.high)) field->max = nextafter(bounds.high, HUGE_VAL);
}

static bool is_exact(double bound) {
    return !isfinite(bound) || fabs(bound) <= EXACT;
}

static bool read_integer(struct schema_reading *reading, const struct schema_view *view,
                         struct hr_config_field *field) {
    struct bounds bounds;
    if (!read_bounds(reading, view, &bounds)) return false;
    bool is_unsigned = bounds.low >= 0 && bounds.high > SIGNED_END;
    if (bounds.low <= -SIGNED_END) bounds.low = -HUGE_VAL;
    if (bounds.high >= (is_unsigned ? 2 * SIGNED_END : SIGNED_END)) bounds.high = HUGE_VAL;
    if (is_unsigned && bounds.low <= 0 && bounds.high >= HUGE_VAL) bounds.low = -HUGE_VAL;
    if (!is_exact(bounds.low) || !is_exact(bounds.high))
        return schema_refuse(reading, view->node,
                             "a bound beyond 2^53 has no place in a table of fields");
    field->kind = is_unsigned ? HR_UINT : HR_INT;
    field->size = sizeof(uint64_t);
    set_bounds(field, bounds);
    return true;
}

static bool read_double(struct schema_reading *reading, const struct schema_view *view,
                        struct hr_config_field *field) {
    struct bounds bounds;
    if (!read_bounds(reading, view, &bounds)) return false;
    field->kind = HR_DOUBLE;
    field->size = sizeof(double);
    set_bounds(field, bounds);
    return true;
}

static bool read_number(struct schema_reading *reading, const struct schema_view *view,
                        struct hr_config_field *field) {
    static const char known[] = "type minimum maximum exclusiveMinimum exclusiveMaximum";
    if (!schema_view_knows(reading, view, known)) return false;
    return (view->types & SCHEMA_NUMBER ? read_double : read_integer)(reading, view, field);
}

/* An integer, or "none", which is one of ours. */
static bool is_integer_or_none(const struct schema_reading *reading,
                               const struct schema_view *view) {
    return view->types == (SCHEMA_STRING | SCHEMA_INTEGER) &&
           schema_text_is(schema_keyword(reading, view->node, "pattern"), "^none$") &&
           schema_keyword(reading, view->node, "minimum");
}

static bool read_integer_or_none(struct schema_reading *reading, const struct schema_view *view,
                                 struct hr_config_field *field) {
    if (!schema_view_knows(reading, view, "type pattern minimum maximum") ||
        !read_integer(reading, view, field))
        return false;
    if (field->kind == HR_INT && field->min < 0)
        return schema_refuse(reading, view->node, "\"none\" beside numbers below 0 has no place");
    field->kind = HR_UINT;
    field->none = UINT64_MAX;
    return true;
}

/* ---- Enumerations. */

static bool is_scalar_text(const struct hr_config_node *node) {
    return hr_config_type_of(node) == HR_CONFIG_STRING;
}

/* Whether a text of the list looks like this boolean or number, as texts without quotes do. */
static bool has_twin(const struct hr_config_node *list, const struct hr_config_node *node) {
    struct hr_slice text = hr_config_text(node);
    bool number = hr_config_type_of(node) != HR_CONFIG_BOOL;
    for (const struct hr_config_node *one = hr_config_first(list); one; one = hr_config_next(one)) {
        if (!is_scalar_text(one)) continue;
        char *end;
        double value = strtod(hr_config_text(one).data, &end), wanted = strtod(text.data, NULL);
        bool same =
            *end == '\0' && end > hr_config_text(one).data && value >= wanted && value <= wanted;
        if (number ? same : hr_slice_equal_nocase(hr_config_text(one), text)) return true;
    }
    return false;
}

static bool is_choice(const struct hr_config_node *list, const struct hr_config_node *one,
                      bool *nullable) {
    enum hr_config_type type = hr_config_type_of(one);
    *nullable |= type == HR_CONFIG_NULL;
    return type == HR_CONFIG_NULL || type == HR_CONFIG_STRING ||
           (type < HR_CONFIG_LIST && has_twin(list, one));
}

static bool read_enumeration(struct schema_reading *reading, const struct schema_view *view,
                             struct hr_config_field *field) {
    const struct hr_config_node *list = schema_keyword(reading, view->node, "enum");
    bool nullable = false;
    struct hr_config_choice *choices =
        schema_reading_take(reading, (hr_config_count(list) + 1) * sizeof *choices);
    if (!choices) return false;
    field->kind = HR_CHOICE;
    field->size = sizeof(int);
    field->choices = choices;
    const struct hr_config_node *one = hr_config_first(list);
    for (; one; one = hr_config_next(one)) {
        if (!is_choice(list, one, &nullable))
            return schema_refuse(reading, one, "an enumeration in a table of fields is of texts");
        if (is_scalar_text(one)) choices++->name = hr_config_text(one).data;
    }
    if (!field->choices->name) return schema_refuse(reading, view->node, "its enum has no text");
    return schema_view_knows(reading, view, "type enum");
}

static bool read_constant(struct schema_reading *reading, const struct schema_view *view,
                          struct hr_config_field *field) {
    const struct hr_config_node *one = schema_keyword(reading, view->node, "const");
    if (!is_scalar_text(one)) return schema_refuse(reading, one, "a constant has to be a text");
    struct hr_config_choice *choices = schema_reading_take(reading, 2 * sizeof *choices);
    if (!choices) return false;
    choices->name = hr_config_text(one).data;
    field->kind = HR_CHOICE;
    field->size = sizeof(int);
    field->choices = choices;
    return schema_view_knows(reading, view, "type const");
}

/* ---- All of it. */

static bool read_kind(struct schema_reading *reading, const struct schema_view *view,
                      struct hr_config_field *field) {
    static const unsigned numbers = SCHEMA_INTEGER | SCHEMA_NUMBER;
    if (schema_keyword(reading, view->node, "enum")) return read_enumeration(reading, view, field);
    if (schema_keyword(reading, view->node, "const")) return read_constant(reading, view, field);
    if (is_integer_or_none(reading, view)) return read_integer_or_none(reading, view, field);
    if (is_own_form(reading, view, field)) return read_own_form(reading, view, field);
    if (view->types == SCHEMA_BOOLEAN) {
        field->kind = HR_BOOL;
        field->size = sizeof(bool);
        return schema_view_knows(reading, view, "type");
    }
    if (view->types && !(view->types & ~numbers)) return read_number(reading, view, field);
    if (view->types & SCHEMA_STRING) return read_text(reading, view, field);
    return schema_refuse(reading, view->node, "%s",
                         view->types ? "several types have no place in a table of fields"
                                     : "\"type\" is missing");
}

bool schema_scalar_read(struct schema_reading *reading, const struct schema_view *view, bool item,
                        struct hr_config_field *field) {
    if (view->types & (SCHEMA_OBJECT | SCHEMA_ARRAY))
        return schema_refuse(reading, view->node,
                             "several types have no place in a table of fields");
    if (!read_kind(reading, view, field)) return false;
    if (view->secret && field->kind != HR_SECRET)
        return schema_refuse(reading, view->node, "a secret (writeOnly) has to be a text");
    return !item || lengths_to_pattern(reading, view, field);
}

/* ---- Defaults. */

static bool is_plain_item(struct hr_slice text) {
    return text.size > 0 && !memchr(text.data, ',', text.size) &&
           hr_slice_trim(text).size == text.size;
}

/* The items parted by commas, as a variable has them. */
static const char *join(struct schema_reading *reading, const struct hr_config_node *list) {
    size_t size = 0, at = 0;
    const struct hr_config_node *one;
    for (one = hr_config_first(list); one; one = hr_config_next(one)) {
        if (!is_plain_item(hr_config_text(one))) {
            schema_refuse(reading, one, "such an item has no place in the default of a list");
            return NULL;
        }
        size += hr_config_text(one).size + 1;
    }
    char *text = schema_reading_take(reading, size + 1);
    for (one = hr_config_first(list); one && text; one = hr_config_next(one)) {
        if (at > 0) text[at++] = ',';
        memcpy(text + at, hr_config_text(one).data, hr_config_text(one).size);
        at += hr_config_text(one).size;
    }
    return text;
}

bool schema_default_read(struct schema_reading *reading, const struct schema_view *view,
                         struct hr_config_field *field) {
    const struct hr_config_node *value = view->fallback;
    enum hr_config_type type = hr_config_type_of(value);
    bool list = field->kind == HR_LIST, empty = type >= HR_CONFIG_LIST && !hr_config_first(value);
    if (!value || type == HR_CONFIG_NULL || field->required) return true;
    if (type < HR_CONFIG_LIST && !list && field->kind != HR_STRUCT && field->kind != HR_MAP) {
        field->default_value = hr_config_text(value).data;
        return true;
    }
    if (list && type == HR_CONFIG_LIST && field->item != HR_STRUCT && field->item != HR_OPEN) {
        field->default_value = join(reading, value);
        return field->default_value;
    }
    return empty || schema_refuse(reading, value, "this default has no place in a table of fields");
}
