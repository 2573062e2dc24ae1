/* One value into one member. */
#include "config_kind.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>

#include <headrace/text.h>

#include "config_node.h"
#include "config_scalar.h"

#define NS_OF_UNIT UINT64_C(1000000)

/* ---- Numbers. */

static bool in_bounds(const struct hr_config_field *field, double value) {
    return !(field->min < field->max) || (value >= field->min && value <= field->max);
}

static bool put_unsigned(uint64_t value, void *member, size_t size) {
    if (size < 8 && value >> (size * 8)) return false;
    switch (size) {
    case 1:
        *(uint8_t *)member = (uint8_t)value;
        return true;
    case 2:
        *(uint16_t *)member = (uint16_t)value;
        return true;
    case 4:
        *(uint32_t *)member = (uint32_t)value;
        return true;
    case 8:
        *(uint64_t *)member = value;
        return true;
    default:
        return false;
    }
}

static bool put_signed(int64_t value, void *member, size_t size) {
    if (size < 8 &&
        (value < -(INT64_C(1) << (size * 8 - 1)) || value >= INT64_C(1) << (size * 8 - 1)))
        return false;
    uint64_t mask = size < 8 ? (UINT64_C(1) << (size * 8)) - 1 : UINT64_MAX;
    return put_unsigned((uint64_t)value & mask, member, size);
}

static bool is_none(const struct hr_config_field *field, const struct hr_config_node *node) {
    return field->none && hr_slice_equal(node->text, hr_slice_of(HR__CONFIG_NONE));
}

static bool fill_signed(const struct hr_config_field *field, const struct hr_config_node *node,
                        void *member, size_t size) {
    int64_t value;
    return hr_config_i64(node, &value) == 0 && in_bounds(field, (double)value) &&
           put_signed(value, member, size);
}

static bool fill_unsigned(const struct hr_config_field *field, const struct hr_config_node *node,
                          void *member, size_t size) {
    uint64_t value;
    if (is_none(field, node)) return put_unsigned(field->none, member, size);
    return hr_config_u64(node, &value) == 0 && in_bounds(field, (double)value) &&
           put_unsigned(value, member, size);
}

static bool fill_double(const struct hr_config_field *field, const struct hr_config_node *node,
                        void *member, size_t size) {
    double value;
    if (size != sizeof value || hr_config_double(node, &value) || isnan(value) ||
        !in_bounds(field, value))
        return false;
    *(double *)member = value;
    return true;
}

static bool fill_duration(const struct hr_config_field *field, const struct hr_config_node *node,
                          void *member, size_t size) {
    uint64_t ns, unit = field->unit_ns ? field->unit_ns : NS_OF_UNIT;
    if (is_none(field, node)) return put_unsigned(field->none, member, size);
    return hr__config_duration(node->text, &ns) && ns % unit == 0 &&
           in_bounds(field, (double)(ns / unit)) && put_unsigned(ns / unit, member, size);
}

static bool fill_size(const struct hr_config_field *field, const struct hr_config_node *node,
                      void *member, size_t size) {
    uint64_t bytes;
    if (is_none(field, node)) return put_unsigned(field->none, member, size);
    return hr__config_size(node->text, &bytes) && in_bounds(field, (double)bytes) &&
           put_unsigned(bytes, member, size);
}

/* ---- Texts. */

bool hr__config_pattern_is_good(const char *pattern) {
    regex_t expression;
    if (regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB)) return false;
    regfree(&expression);
    return true;
}

static bool matches(const char *pattern, struct hr_slice text) {
    regex_t expression;
    regmatch_t match;
    if (regcomp(&expression, pattern, REG_EXTENDED)) return false;
    bool found = regexec(&expression, text.data, 1, &match, 0) == 0 && match.rm_so == 0 &&
                 (size_t)match.rm_eo == text.size;
    regfree(&expression);
    return found;
}

/* scheme "://" host …, without blanks. */
static bool is_url(struct hr_slice text) {
    const char *mark = text.size ? memmem(text.data, text.size, "://", 3) : NULL;
    if (!mark || mark == text.data || mark + 3 >= text.data + text.size) return false;
    for (const char *at = text.data; at < mark; at++)
        if (!((*at | 0x20) >= 'a' && (*at | 0x20) <= 'z') &&
            !(at > text.data && strchr("+-.0123456789", *at)))
            return false;
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] <= 0x20 || text.data[i] == 0x7f) return false;
    return mark[3] != '/' || hr_slice_equal(hr_slice_bytes(text.data, (size_t)(mark - text.data)),
                                            hr_slice_of("file"));
}

static bool is_endpoint(struct hr_slice text) {
    const char *colon = text.size ? memrchr(text.data, ':', text.size) : NULL;
    uint64_t port;
    if (!colon || colon == text.data) return false;
    struct hr_slice host = hr_slice_bytes(text.data, (size_t)(colon - text.data));
    struct hr_slice digits = hr_slice_bytes(colon + 1, text.size - host.size - 1);
    bool bracketed = host.data[0] == '[';
    if (bracketed != (host.data[host.size - 1] == ']')) return false;
    if (!bracketed && memchr(host.data, ':', host.size)) return false;
    if (memchr(host.data, ' ', host.size)) return false;
    return hr_text_u64(digits, 65535, &port) == 0 && port > 0;
}

static bool has_form(enum hr_config_kind kind, struct hr_slice text) {
    if (kind == HR_URL) return is_url(text);
    if (kind == HR_ENDPOINT) return is_endpoint(text);
    return kind != HR_PATH || text.size > 0;
}

/* The lengths of a list are those of the list. */
static bool length_fits(const struct hr_config_field *field, struct hr_slice text) {
    return field->kind == HR_LIST || (text.size >= field->length_min &&
                                      (!field->length_max || text.size <= field->length_max));
}

static bool fill_text(const struct hr_config_field *field, enum hr_config_kind kind,
                      const struct hr_config_node *node, void *member, size_t size) {
    struct hr_slice text = node->text;
    if (!length_fits(field, text)) return false;
    if (!has_form(kind, text) || (field->pattern && !matches(field->pattern, text))) return false;
    if (size == sizeof text)
        *(struct hr_slice *)member = text;
    else
        *(const char **)member = text.data;
    return true;
}

static bool fill_choice(const struct hr_config_field *field, const struct hr_config_node *node,
                        void *member, size_t size) {
    for (const struct hr_config_choice *choice = field->choices; choice->name; choice++) {
        if (!hr_slice_equal(node->text, hr_slice_of(choice->name))) continue;
        return put_signed(choice->value, member, size);
    }
    return false;
}

bool hr__config_kind_fill(const struct hr_config_field *field, enum hr_config_kind kind,
                          const struct hr_config_node *node, void *member, size_t size) {
    assert(!hr__config_is_container(node));
    switch (kind) {
    case HR_BOOL:
        return hr_config_bool(node, member) == 0;
    case HR_INT:
        return fill_signed(field, node, member, size);
    case HR_UINT:
        return fill_unsigned(field, node, member, size);
    case HR_DOUBLE:
        return fill_double(field, node, member, size);
    case HR_DURATION:
        return fill_duration(field, node, member, size);
    case HR_SIZE:
        return fill_size(field, node, member, size);
    case HR_CHOICE:
        return fill_choice(field, node, member, size);
    default:
        return fill_text(field, kind, node, member, size);
    }
}

/* ---- Words. */

struct words {
    char *out;
    size_t size, capacity;
};

static void put(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct words *words, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int size =
        vsnprintf(words->out + words->size, words->capacity - words->size, format, arguments);
    va_end(arguments);
    if (size > 0) words->size += (size_t)size;
    if (words->size >= words->capacity) words->size = words->capacity - 1;
}

static const char *noun_of(enum hr_config_kind kind) {
    static const char *const nouns[] = {[HR_STRING] = "a text",
                                        [HR_BOOL] = "true or false",
                                        [HR_INT] = "an integer",
                                        [HR_UINT] = "an integer",
                                        [HR_DOUBLE] = "a number",
                                        [HR_DURATION] = "a duration such as 250ms, 30s or 1h30m",
                                        [HR_SIZE] = "a size such as 512, 64KiB or 10MB",
                                        [HR_CHOICE] = "one of ",
                                        [HR_URL] = "a URL",
                                        [HR_ENDPOINT] = "host:port",
                                        [HR_PATH] = "a path",
                                        [HR_SECRET] = "a secret",
                                        [HR_STRUCT] = "a map",
                                        [HR_LIST] = "a list",
                                        [HR_MAP] = "a map",
                                        [HR_KEY] = "a key",
                                        [HR_OPEN] = "anything"};
    return nouns[kind];
}

/* The bound that the size of the member, or of an item, sets. */
static void put_room(struct words *words, const struct hr_config_field *field,
                     enum hr_config_kind kind) {
    size_t size = field->kind == HR_LIST ? field->item_size : field->size;
    bool known = size > 0 && size < 8;
    uint64_t room = known ? (UINT64_C(1) << (size * 8)) - 1 : UINT64_MAX;
    if (kind == HR_UINT && known) put(words, " from 0 to %" PRIu64, room);
    if (kind == HR_UINT && !known) put(words, " of 0 or more");
    if (kind == HR_INT && known)
        put(words, " from -%" PRIu64 " to %" PRIu64, room / 2 + 1, room / 2);
}

static void put_bounds(struct words *words, const struct hr_config_field *field,
                       enum hr_config_kind kind) {
    const char *unit = kind == HR_SIZE ? " bytes" : "";
    if (kind == HR_DURATION) {
        uint64_t ns = field->unit_ns ? field->unit_ns : NS_OF_UNIT;
        unit = ns == 1 ? " ns" : ns == 1000 ? " us" : ns == NS_OF_UNIT ? " ms" : " s";
    }
    if (field->min < field->max)
        put(words, " from %.16g to %.16g%s", field->min, field->max, unit);
    else
        put_room(words, field, kind);
}

static void put_lengths(struct words *words, const struct hr_config_field *field) {
    bool list = field->kind == HR_LIST;
    if (field->length_max && !list)
        put(words, " of %" PRIu32 " to %" PRIu32 " bytes", field->length_min, field->length_max);
    if (!field->length_max && field->length_min == 1 && !list) put(words, " that is not empty");
    if (!field->length_max && field->length_min > 1 && !list)
        put(words, " of at least %" PRIu32 " bytes", field->length_min);
    if (field->pattern) put(words, " that matches %s", field->pattern);
}

void hr__config_kind_allowed(const struct hr_config_field *field, enum hr_config_kind kind,
                             char *out, size_t capacity) {
    struct words words = {.out = out, .capacity = capacity};
    put(&words, "%s", noun_of(kind));
    if (kind == HR_CHOICE)
        for (const struct hr_config_choice *choice = field->choices; choice->name; choice++)
            put(&words, "%s%s", choice == field->choices ? "" : ", ", choice->name);
    if (kind >= HR_INT && kind <= HR_SIZE) put_bounds(&words, field, kind);
    if (field->none && (kind == HR_UINT || kind == HR_DURATION || kind == HR_SIZE))
        put(&words, ", or " HR__CONFIG_NONE);
    if (kind == HR_STRING || (kind >= HR_URL && kind <= HR_SECRET)) put_lengths(&words, field);
}
