/* References, alternatives with null, types, and the keywords that a table has no place for. */
#include "schema_view.h"

#include <stdio.h>
#include <string.h>

#define HOPS_MAX 32 /* of references to references */
#define STEP_MAX 128

/* ---- Keywords. */

#define ANY     (~0u)
#define NUMBERS (SCHEMA_INTEGER | SCHEMA_NUMBER)

/* Keywords that say what is taken, and the types that they speak of. */
static const struct {
    const char *name;
    unsigned types;
} assertions[] = {
    {"minLength", SCHEMA_STRING},
    {"maxLength", SCHEMA_STRING},
    {"pattern", SCHEMA_STRING},
    {"minimum", NUMBERS},
    {"maximum", NUMBERS},
    {"exclusiveMinimum", NUMBERS},
    {"exclusiveMaximum", NUMBERS},
    {"multipleOf", NUMBERS},
    {"items", SCHEMA_ARRAY},
    {"prefixItems", SCHEMA_ARRAY},
    {"additionalItems", SCHEMA_ARRAY},
    {"contains", SCHEMA_ARRAY},
    {"minContains", SCHEMA_ARRAY},
    {"maxContains", SCHEMA_ARRAY},
    {"uniqueItems", SCHEMA_ARRAY},
    {"unevaluatedItems", SCHEMA_ARRAY},
    {"minItems", SCHEMA_ARRAY},
    {"maxItems", SCHEMA_ARRAY},
    {"properties", SCHEMA_OBJECT},
    {"patternProperties", SCHEMA_OBJECT},
    {"additionalProperties", SCHEMA_OBJECT},
    {"unevaluatedProperties", SCHEMA_OBJECT},
    {"propertyNames", SCHEMA_OBJECT},
    {"required", SCHEMA_OBJECT},
    {"minProperties", SCHEMA_OBJECT},
    {"maxProperties", SCHEMA_OBJECT},
    {"dependentRequired", SCHEMA_OBJECT},
    {"dependentSchemas", SCHEMA_OBJECT},
    {"dependencies", SCHEMA_OBJECT},
};

/* Keywords that take nothing away. */
static const char *const remarks[] = {
    "$schema",
    "$id",
    "$comment",
    "$vocabulary",
    "$anchor",
    "$defs",
    "definitions",
    "title",
    "description",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "examples",
    "format",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "enumDescriptions",
    "defaultSnippets",
    "markdownDescription",
};

static bool is_remark(struct hr_slice name) {
    for (size_t i = 0; i < sizeof remarks / sizeof *remarks; i++)
        if (hr_slice_equal(name, hr_slice_of(remarks[i]))) return true;
    return name.size > 2 && memcmp(name.data, "x-", 2) == 0;
}

/* The types that a keyword speaks of. */
static unsigned types_of(struct hr_slice name) {
    for (size_t i = 0; i < sizeof assertions / sizeof *assertions; i++)
        if (hr_slice_equal(name, hr_slice_of(assertions[i].name))) return assertions[i].types;
    return ANY;
}

static bool is_among(const char *names, struct hr_slice name) {
    struct hr_slice rest = hr_slice_of(names), one;
    while (hr_slice_cut(&rest, ' ', &one))
        if (hr_slice_equal(one, name)) return true;
    return false;
}

/* "uniqueItems: false" and lengths of 0. */
static bool says_nothing(const struct hr_config_node *keyword) {
    bool truth = true;
    uint64_t number = 1;
    struct hr_slice name = hr_config_key(keyword);
    if (hr_slice_equal(name, hr_slice_of("uniqueItems")))
        return hr_config_bool(keyword, &truth) == 0 && !truth;
    return is_among("minItems minLength minProperties", name) &&
           hr_config_u64(keyword, &number) == 0 && number == 0;
}

bool schema_view_knows(struct schema_reading *reading, const struct schema_view *view,
                       const char *known) {
    const struct hr_config_node *keyword = hr_config_first(view->node);
    for (; keyword; keyword = hr_config_next(keyword)) {
        struct hr_slice name = hr_config_key(keyword);
        unsigned types = types_of(name), has = view->types ? view->types : ANY;
        if (is_remark(name) || is_among(known, name) || !(types & has) || says_nothing(keyword))
            continue;
        return schema_refuse(reading, keyword, "this keyword has no place in a table of fields");
    }
    return true;
}

/* ---- References. */

/* "a~1b" is "a/b". False: it does not fit. */
static bool unescape(struct hr_slice step, char out[STEP_MAX], struct hr_slice *plain) {
    size_t size = 0;
    if (step.size >= STEP_MAX) return false;
    for (size_t i = 0; i < step.size; i++) {
        bool escaped = step.data[i] == '~' && i + 1 < step.size;
        out[size++] = escaped ? (step.data[++i] == '1' ? '/' : '~') : step.data[i];
    }
    *plain = hr_slice_bytes(out, size);
    return true;
}

static const struct hr_config_node *child_at(const struct schema_reading *reading,
                                             const struct hr_config_node *node,
                                             struct hr_slice step) {
    if (hr_config_type_of(node) != HR_CONFIG_LIST)
        return hr_config_child(reading->document, node, step);
    size_t index = 0;
    for (size_t i = 0; i < step.size; i++) index = index * 10 + (size_t)(step.data[i] - '0');
    for (node = hr_config_first(node); node && index > 0; index--) node = hr_config_next(node);
    return node;
}

/* "#/$defs/pool". NULL: it leads nowhere. */
static const struct hr_config_node *target_of(const struct schema_reading *reading,
                                              struct hr_slice pointer) {
    const struct hr_config_node *node = hr_config_root(reading->document);
    struct hr_slice rest, step, plain;
    char text[STEP_MAX];
    if (pointer.size == 0 || pointer.data[0] != '#') return NULL;
    if (pointer.size == 1) return node;
    rest = hr_slice_bytes(pointer.data + 1, pointer.size - 1);
    if (!hr_slice_cut(&rest, '/', &step) || step.size > 0) return NULL;
    while (node && hr_slice_cut(&rest, '/', &step))
        node = unescape(step, text, &plain) ? child_at(reading, node, plain) : NULL;
    return node;
}

static const struct hr_config_node *follow_reference(struct schema_reading *reading,
                                                     const struct hr_config_node *reference) {
    struct hr_slice text = hr_config_text(reference);
    const struct hr_config_node *target = target_of(reading, text);
    if (!target)
        schema_refuse(reading, reference, "'%.*s' is no \"#/…\" that leads to a place in this file",
                      (int)(text.size < 60 ? text.size : 60), text.data ? text.data : "");
    return target;
}

/* ---- Alternatives. */

static bool is_null_schema(const struct schema_reading *reading,
                           const struct hr_config_node *node) {
    return hr_config_count(node) == 1 &&
           schema_text_is(schema_keyword(reading, node, "type"), "null");
}

/* Of two schemas, one of which takes null alone, the other one. NULL: they are not such. */
static const struct hr_config_node *beside_null(const struct schema_reading *reading,
                                                const struct hr_config_node *list) {
    const struct hr_config_node *one = hr_config_first(list), *other = hr_config_next(one);
    if (hr_config_type_of(list) != HR_CONFIG_LIST || hr_config_count(list) != 2) return NULL;
    if (is_null_schema(reading, other)) return one;
    return is_null_schema(reading, one) ? other : NULL;
}

/* ---- Types. */

static unsigned type_of(const struct hr_config_node *name, bool *nullable) {
    static const char *const names[] = {"string",  "integer", "number",
                                        "boolean", "object",  "array"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (schema_text_is(name, names[i])) return 1u << i;
    *nullable |= schema_text_is(name, "null");
    return 0;
}

static bool read_types(struct schema_reading *reading, struct schema_view *view) {
    const struct hr_config_node *type = schema_keyword(reading, view->node, "type"), *one = type;
    bool null = false;
    if (!type) return true;
    if (hr_config_type_of(type) == HR_CONFIG_LIST) one = hr_config_first(type);
    for (; one; one = one == type ? NULL : hr_config_next(one)) {
        unsigned bit = type_of(one, &null);
        if (!bit && !schema_text_is(one, "null"))
            return schema_refuse(reading, one, "there is no such type");
        view->types |= bit;
    }
    if (!view->types) return schema_refuse(reading, type, "null alone has no place in a table");
    if (view->types & SCHEMA_NUMBER) view->types &= ~(unsigned)SCHEMA_INTEGER;
    view->nullable |= null;
    return true;
}

/* ---- All of it. */

static void take_remarks(const struct schema_reading *reading, struct schema_view *view) {
    const struct hr_config_node *doc = schema_keyword(reading, view->node, "description");
    bool secret = false;
    if (!doc) doc = schema_keyword(reading, view->node, "title");
    if (!view->doc) view->doc = doc;
    if (!view->fallback) view->fallback = schema_keyword(reading, view->node, "default");
    hr_config_bool(schema_keyword(reading, view->node, "writeOnly"), &secret);
    view->secret |= secret;
}

/* The schema that a keyword leads to; NULL: to none. */
static const struct hr_config_node *led_to(struct schema_reading *reading,
                                           const struct hr_config_node *keyword) {
    struct hr_slice name = hr_config_key(keyword);
    const struct hr_config_node *one = hr_config_first(keyword);
    if (hr_slice_equal(name, hr_slice_of("$ref"))) return follow_reference(reading, keyword);
    if (!hr_slice_equal(name, hr_slice_of("allOf"))) return beside_null(reading, keyword);
    return hr_config_count(keyword) == 1 && schema_keyword(reading, one, "$ref") ? one : NULL;
}

/* *next: the schema that this one stands for; NULL: for itself. False: it is refused. */
static bool follow(struct schema_reading *reading, struct schema_view *view,
                   const struct hr_config_node **next) {
    static const char *const keywords[] = {"$ref", "anyOf", "oneOf", "allOf"};
    struct schema_view alone = *view;
    *next = NULL;
    alone.types = 0;
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        const struct hr_config_node *keyword = schema_keyword(reading, view->node, keywords[i]);
        *next = keyword ? led_to(reading, keyword) : NULL;
        if (!*next) continue;
        view->nullable |= i == 1 || i == 2;
        return schema_view_knows(reading, &alone, keywords[i]);
    }
    return reading->result == 0;
}

bool schema_view_open(struct schema_reading *reading, const struct hr_config_node *node,
                      struct schema_view *view) {
    *view = (struct schema_view){.node = node};
    for (int hops = 0; hops < HOPS_MAX; hops++) {
        bool truth = false;
        if (hr_config_type_of(view->node) == HR_CONFIG_BOOL &&
            (hr_config_bool(view->node, &truth), truth))
            return true;
        if (hr_config_type_of(view->node) != HR_CONFIG_MAP)
            return schema_refuse(reading, view->node, "this is no schema that takes a value");
        take_remarks(reading, view);
        const struct hr_config_node *next;
        if (!follow(reading, view, &next)) return false;
        if (!next) return read_types(reading, view);
        view->node = next;
    }
    return schema_refuse(reading, node, "its references lead to more than %d others", HOPS_MAX);
}
