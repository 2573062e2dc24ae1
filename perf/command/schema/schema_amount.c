/* A pattern is read for the bounds that it must be of, and counts where the table with these bounds
 * writes the very same one. */
#include "schema_amount.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/config_document.h>

#define UNIT_END "(?:\\.0{1,9})?)" /* of numbers that have no part of the field's unit */

/* ---- The pattern that is written for a field. */

/* Whether the JSON string at `json` is `text`. */
static bool is_written(const char *json, const char *text) {
    for (; *json && *json != '"'; json++, text++) {
        if (*json == '\\') json++;
        if (*json != *text) return false;
    }
    return *json == '"' && !*text;
}

static bool writes(struct hr_config_field *field, const char *pattern) {
    static const char key[] = "\"pattern\": \"";
    const struct hr_config_schema schema = {.fields = field, .field_count = 1, .size = 16};
    char *text = NULL;
    size_t size;
    if (hr_config_document_write(&schema, NULL, NULL, &text, &size)) return false;
    const char *at = strstr(text, key);
    bool same = at && is_written(at + sizeof key - 1, pattern);
    free(text);
    return same;
}

/* ---- Bounds. */

struct range {
    uint64_t low, high;
};

static unsigned number_at(const char **at) {
    unsigned value = 0;
    for (; **at >= '0' && **at <= '9' && value < 1000; (*at)++)
        value = value * 10 + (unsigned)(**at - '0');
    return value;
}

static void append(uint64_t *value, char digit, unsigned times) {
    for (; times > 0; times--)
        if (__builtin_mul_overflow(*value, UINT64_C(10), value) ||
            __builtin_add_overflow(*value, (uint64_t)(digit - '0'), value))
            *value = UINT64_MAX / 2;
}

/* The smallest and the largest number of one alternative, "12[3-5][0-9]{2}"; returns what is behind
 * it. */
static const char *read_alternative(const char *at, struct range *range) {
    *range = (struct range){0, 0};
    while (*at && *at != '|' && *at != ')') {
        char first = *at, last = *at;
        unsigned least = 1, most = 1;
        if (at[0] == '[' && at[1] && at[2] == '-' && at[3] && at[4] == ']') {
            first = at[1];
            last = at[3];
            at += 4;
        }
        at++;
        if (*at == '{') {
            at++;
            least = most = number_at(&at);
            if (*at == ',') at++, most = *at == '}' ? 99 : number_at(&at);
            if (*at == '}') at++;
        }
        append(&range->low, first, least);
        append(&range->high, last, most);
    }
    return at;
}

/* Of the numbers that end at `end`, which are "0*(?:A|B|C)" or "[0-9]+". */
static struct range read_range(const char *pattern, const char *end) {
    struct range all = {0, UINT64_MAX}, one;
    const char *at = NULL;
    if (end == pattern || end[-1] != ')') return all;
    for (const char *begin = pattern; (begin = strstr(begin, "0*(?:")) && begin < end; begin++)
        at = begin + strlen("0*(?:");
    if (!at) return all;
    for (bool first = true; at < end && *at != ')'; first = false) {
        at = read_alternative(at, &one);
        if (first) all.low = one.low;
        all.high = one.high;
        at += *at == '|';
    }
    return all;
}

/* ---- Kinds. */

static void set_bounds(struct hr_config_field *field, struct range range) {
    bool open = range.high >= UINT64_MAX / 2;
    field->min = (double)range.low;
    field->max = open ? HUGE_VAL : (double)range.high;
    if (open && range.low == 0) field->max = 0;
    if (!open && range.low == range.high) field->max = nextafter(field->max, HUGE_VAL);
}

/* Whether it is an amount whose own unit's numbers end with UNIT_END and `end`. */
static bool is_amount(const char *pattern, const char *end, struct hr_config_field *field) {
    char mark[64];
    snprintf(mark, sizeof mark, UNIT_END "%s", end);
    const char *at = strstr(pattern, mark);
    if (at) {
        set_bounds(field, read_range(pattern, at));
    } else { /* of numbers without bounds */
        field->min = field->max = 0;
    }
    return writes(field, pattern);
}

static bool is_duration(const char *pattern, struct hr_config_field *field) {
    static const struct {
        uint64_t ns;
        const char *end;
    } units[] = {{UINT64_C(1000000), "ms|"},    {UINT64_C(1000000000), "s|"},
                 {UINT64_C(1), "ns|"},          {UINT64_C(1000), "(?:us|µs)|"},
                 {UINT64_C(60000000000), "m|"}, {UINT64_C(3600000000000), "h|"}};
    field->kind = HR_DURATION;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        field->unit_ns = units[i].ns;
        if (is_amount(pattern, units[i].end, field)) return true;
    }
    return false;
}

static bool is_text_form(const char *pattern, struct hr_config_field *field) {
    field->kind = HR_URL;
    if (writes(field, pattern)) return true;
    field->kind = HR_ENDPOINT;
    return writes(field, pattern);
}

bool schema_amount_find(const char *pattern, struct hr_config_field *field) {
    struct hr_config_field own = {.name = "a", .size = 8};
    bool none = strncmp(pattern, "^(?:none|", 9) == 0 || strncmp(pattern, "^(?:0|none|", 11) == 0;
    bool found = is_text_form(pattern, &own);
    if (!found) {
        own.none = none ? UINT64_MAX : 0;
        own.kind = HR_SIZE;
        found = is_amount(pattern, " ?(?:|B))$", &own) || is_duration(pattern, &own);
    }
    if (!found) return false;
    field->kind = own.kind;
    field->size = own.size;
    field->unit_ns = own.unit_ns;
    field->none = own.none;
    field->min = own.min;
    field->max = own.max;
    return true;
}
