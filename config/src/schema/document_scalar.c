/* Single values in documents: defaults, examples, and how YAML has them. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include <headrace/json_write.h>

#include "config_kind.h"
#include "config_node.h"
#include "config_scalar.h"
#include "document_forms.h"
#include "document_rows.h"

#define WINDOW       256
#define EXAMPLE_SIZE 256

const char *hr__document_default(const struct hr_config_field *field) {
    return hr__field_scalar(field) == HR_SECRET ? NULL : field->default_value;
}

bool hr__document_is_true(struct hr_slice text) {
    static const char *const words[] = {"true", "yes", "on", "1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (hr_slice_equal_nocase(text, hr_slice_of(words[i]))) return true;
    return false;
}

/* The field of an item, whose lengths are not those of the list. */
static struct hr_config_field item_of(const struct hr_config_field *field) {
    struct hr_config_field item = *field;
    item.kind = field->item;
    item.size = field->item_size;
    item.length_min = item.length_max = 0;
    return item;
}

/* Returns the bytes written. */
static size_t put_counts(const struct hr_config_field *field, char *out, size_t capacity) {
    const char *noun = field->kind == HR_MAP ? "a map" : "a list";
    int size;
    if (field->length_max)
        size = snprintf(out, capacity, "%s of %" PRIu32 " to %" PRIu32 ", each ", noun,
                        field->length_min, field->length_max);
    else if (field->length_min)
        size =
            snprintf(out, capacity, "%s of at least %" PRIu32 ", each ", noun, field->length_min);
    else
        size = snprintf(out, capacity, "%s, each ", noun);
    return (size_t)size < capacity ? (size_t)size : capacity - 1;
}

void hr__document_allowed(const struct hr_config_field *field, char *out, size_t capacity) {
    if (field->kind != HR_LIST && field->kind != HR_MAP) {
        hr__config_kind_allowed(field, field->kind, out, capacity);
        return;
    }
    struct hr_config_field item = item_of(field);
    if (field->kind == HR_MAP) item.kind = HR_STRUCT;
    size_t size = put_counts(field, out, capacity);
    hr__config_kind_allowed(&item, item.kind, out + size, capacity - size);
}

/* ---- In YAML. */

static bool is_plain(struct hr_slice text) {
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./";
    for (size_t i = 0; i < text.size; i++)
        if (!memchr(i ? "+-" : "", text.data[i], i ? 2 : 0) &&
            !memchr(safe, text.data[i], sizeof safe - 1))
            return false;
    return text.size > 0 && hr__config_resolve(text) == HR_CONFIG_STRING;
}

static int put_out(void *user, const char *data, size_t size) {
    return fwrite(data, 1, size, user) == size ? 0 : -1;
}

static void put_quoted(FILE *out, struct hr_slice text) {
    char window[WINDOW];
    struct hr_json_writer json;
    hr_json_init(&json, window, sizeof window, put_out, out);
    hr_json_string(&json, text);
    hr_json_finish(&json);
}

void hr__document_scalar(FILE *out, enum hr_config_kind kind, struct hr_slice text) {
    bool bare = kind == HR_INT || kind == HR_UINT || kind == HR_DOUBLE || kind == HR_OPEN ||
                kind == HR_DURATION || kind == HR_SIZE;
    if (kind == HR_BOOL)
        fputs(hr__document_is_true(text) ? "true" : "false", out);
    else if (bare || is_plain(text))
        fwrite(text.data, 1, text.size, out);
    else
        put_quoted(out, text);
}

/* ---- Examples. */

static bool is_taken(const struct hr_config_field *field, enum hr_config_kind kind,
                     const char *text) {
    union {
        uint64_t number;
        double real;
        const char *text;
        struct hr_slice slice;
        bool truth;
    } member;
    struct hr_slice given = hr_slice_of(text);
    bool number = kind == HR_BOOL || kind == HR_INT || kind == HR_UINT || kind == HR_DOUBLE;
    struct hr_config_node node = {.text = given, .type = HR_CONFIG_STRING};
    if (number) node.type = (uint8_t)hr__config_resolve(given);
    return hr__config_kind_fill(field, kind, &node, &member,
                                kind == HR_CHOICE ? sizeof(int) : field->size);
}

/* The smallest duration of the field, or a size. */
static void least(const struct hr_config_field *field, enum hr_config_kind kind, char *out,
                  size_t capacity) {
    static const uint64_t factors[] = {1,           1000,          1000000,       1000000000,
                                       60000000000, 3600000000000, 86400000000000};
    static const char *const names[] = {"ns", "us", "ms", "s", "m", "h", "d"};
    uint64_t low = hr__document_bounds(field, field->size).low;
    uint64_t unit = field->unit_ns ? field->unit_ns : factors[2];
    const char *name = kind == HR_DURATION ? "" : NULL;
    for (size_t i = 0; name && i < sizeof factors / sizeof factors[0]; i++)
        if (factors[i] == unit) name = names[i];
    if (low == 0) name = NULL;
    snprintf(out, capacity, "%" PRIu64 "%s", low, name ? name : "");
}

static bool take_first(const struct hr_config_field *field, enum hr_config_kind kind,
                       const char *const *texts, char *out, size_t capacity) {
    for (; *texts; texts++) {
        if (!is_taken(field, kind, *texts)) continue;
        snprintf(out, capacity, "%s", *texts);
        return true;
    }
    return false;
}
#define TAKE_FIRST(...)                                                                            \
    take_first(field, kind, (const char *const[]){__VA_ARGS__, NULL}, out, capacity)

/* The bound of a number that is one: the lower, or else the upper. */
static double bound_of(const struct hr_config_field *field, enum hr_config_kind kind) {
    double bound = isfinite(field->min) ? field->min : field->max;
    if (kind != HR_INT) return bound;
    return isfinite(field->min) ? ceil(bound) : floor(bound);
}

static bool number_example(const struct hr_config_field *field, enum hr_config_kind kind, char *out,
                           size_t capacity) {
    char low[EXAMPLE_SIZE];
    if (kind == HR_DURATION && TAKE_FIRST("30s", "1s", "250ms", "1h", "1d")) return true;
    if (kind == HR_SIZE && TAKE_FIRST("64KiB", "1MiB", "1GiB")) return true;
    if (TAKE_FIRST("1", "0", "10", "0.5")) return true;
    if (kind == HR_INT || kind == HR_DOUBLE)
        snprintf(low, sizeof low, kind == HR_INT ? "%.0f" : "%.17g", bound_of(field, kind));
    else
        least(field, kind, low, sizeof low);
    return TAKE_FIRST(low);
}

/* "change-me" in a length that the field takes, or a text that its pattern may take. */
static bool text_example(const struct hr_config_field *field, enum hr_config_kind kind, char *out,
                         size_t capacity) {
    char text[EXAMPLE_SIZE];
    size_t size = strlen("change-me");
    if (field->length_max && field->length_max < size) size = field->length_max;
    if (field->length_min > size) size = field->length_min;
    if (size >= sizeof text) return false;
    for (size_t i = 0; i < size; i++) text[i] = "change-me"[i < 9 ? i : 8];
    text[size] = '\0';
    return TAKE_FIRST(text, "changeme", "CHANGE-ME", "CHANGEME", "/change/me", "a", "a-1", "0",
                      "1.0", "1.0.0", "2000-01-01", "eu-west-1", "name@example.com", "example.com",
                      "00000000-0000-0000-0000-000000000000");
}

bool hr__document_example(const struct hr_config_field *field, enum hr_config_kind kind, char *out,
                          size_t capacity) {
    struct hr_config_field item = item_of(field);
    if (field->kind == HR_LIST) field = &item;
    switch (kind) {
    case HR_BOOL:
        return TAKE_FIRST("false");
    case HR_CHOICE:
        return TAKE_FIRST(field->choices->name);
    case HR_URL:
        return TAKE_FIRST("https://example.com", "http://localhost:8080", "file:///change/me");
    case HR_ENDPOINT:
        return TAKE_FIRST("localhost:8080", "127.0.0.1:8080");
    case HR_PATH:
        return TAKE_FIRST("/path/to/change") || text_example(field, kind, out, capacity);
    case HR_STRING:
    case HR_SECRET:
        return text_example(field, kind, out, capacity);
    case HR_OPEN:
        return snprintf(out, capacity, "{}") > 0;
    default:
        return number_example(field, kind, out, capacity);
    }
}
