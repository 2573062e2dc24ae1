/* The values of options: numbers with units, choices, lists. */
#include "options.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#include "shown.h"

#define SHOWN_SIZE   204 /* of a text as shown_argument cuts it, in quotes */
#define ORIGIN_SHOWN 60

/* Splits "64KiB" into 64 and "KiB". */
static int read_number(const char *text, uint64_t *number, const char **suffix) {
    size_t digits = strspn(text, "0123456789");
    *suffix = text + digits;
    return hr_text_u64(hr_slice_bytes(text, digits), UINT64_MAX, number);
}

struct unit {
    const char *name;
    uint64_t factor;
};

static int read_unit(const char *text, const struct unit *units, size_t count, uint64_t *value) {
    uint64_t number;
    const char *suffix;
    if (read_number(text, &number, &suffix) != 0) return -1;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(suffix, units[i].name) != 0) continue;
        return __builtin_mul_overflow(number, units[i].factor, value) ? -1 : 0;
    }
    return -1;
}

int option_read_size(const char *text, uint64_t *bytes) {
    static const struct unit units[] = {{"", 1},           {"B", 1},          {"KiB", 1u << 10},
                                        {"MiB", 1u << 20}, {"GiB", 1u << 30}, {"TiB", 1ull << 40}};
    return read_unit(text, units, sizeof units / sizeof *units, bytes);
}

int option_read_duration(const char *text, uint64_t *milliseconds) {
    static const struct unit units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    return read_unit(text, units, sizeof units / sizeof *units, milliseconds);
}

/* "2.5", digits on one side of the point at least. What is not nothing is a millisecond at least.
 */
static int read_decimal_seconds(const char *text, uint64_t *milliseconds) {
    size_t whole = strspn(text, "0123456789");
    const char *fraction = text + whole + (text[whole] == '.');
    size_t digits = strspn(fraction, "0123456789");
    uint64_t seconds = 0, ms = 0;
    if (fraction[digits] || whole + digits == 0) return -1;
    if (whole && hr_text_u64(hr_slice_bytes(text, whole), UINT32_MAX, &seconds) != 0) return -1;
    for (size_t i = 0; i < 3; i++) ms = ms * 10 + (i < digits ? (uint64_t)(fraction[i] - '0') : 0);
    bool some = strspn(fraction, "0") < digits;
    *milliseconds = seconds * 1000 + ms + (!seconds && !ms && some);
    return 0;
}

int option_read_seconds(const char *text, uint64_t *milliseconds) {
    if (read_decimal_seconds(text, milliseconds) == 0) return 0;
    return option_read_duration(text, milliseconds);
}

static int read_choice(const char *text, const char *choices, int *index) {
    size_t size = strlen(text);
    int number = 0;
    for (const char *at = choices; at; number++) {
        const char *end = strchr(at, '|');
        size_t length = end ? (size_t)(end - at) : strlen(at);
        if (length == size && memcmp(at, text, size) == 0) {
            *index = number;
            return 0;
        }
        at = end ? end + 1 : NULL;
    }
    return -1;
}

/* A duration as it would be typed. */
static void put_duration(uint64_t ms, char text[24]) {
    static const struct {
        uint64_t ms;
        const char *name;
    } units[] = {{3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    size_t unit = 0;
    while (ms % units[unit].ms || ms < units[unit].ms) {
        if (units[unit].ms == 1) break;
        unit++;
    }
    snprintf(text, 24, "%llu%s", (unsigned long long)(ms / units[unit].ms), units[unit].name);
}

/* A value, and the sentence about it. */
struct reading {
    const struct option *option;
    const char *text;
    char shown[SHOWN_SIZE]; /* the text in quotes, or "the value" */
    char *why;
};

static int wrong_range(const struct reading *reading) {
    const struct option *option = reading->option;
    const char *unit = option->type == OPTION_SIZE ? " bytes" : "";
    char min[24], max[24];
    if (option->type == OPTION_DURATION || option->type == OPTION_SECONDS) {
        put_duration(option->min, min);
        put_duration(option->max, max);
    } else {
        snprintf(min, sizeof min, "%llu", (unsigned long long)option->min);
        snprintf(max, sizeof max, "%llu", (unsigned long long)option->max);
    }
    if (option->max)
        snprintf(reading->why, OPTION_WHY_SIZE, "%s is not within %s and %s%s", reading->shown, min,
                 max, unit);
    else
        snprintf(reading->why, OPTION_WHY_SIZE, "%s is less than %s%s", reading->shown, min, unit);
    return -1;
}

static int set_number(const struct reading *reading, uint64_t *variable) {
    const struct option *option = reading->option;
    const char *text = reading->text;
    uint64_t value;
    int err;
    const char *form;
    if (option->type == OPTION_UINT) {
        err = hr_text_u64(hr_slice_of(text), UINT64_MAX, &value);
        form = "a whole number";
    } else if (option->type == OPTION_SIZE) {
        err = option_read_size(text, &value);
        form = "a size such as 4096, 64KiB, 1MiB or 5GiB";
    } else if (option->type == OPTION_SECONDS) {
        err = option_read_seconds(text, &value);
        form = "a number of seconds, or a duration such as 500ms, 30s or 5m";
    } else {
        err = option_read_duration(text, &value);
        form = "a duration such as 500ms, 30s or 5m";
    }
    if (err) {
        snprintf(reading->why, OPTION_WHY_SIZE, "%s is not %s", reading->shown, form);
        return -1;
    }
    if (value < option->min || (option->max && value > option->max)) return wrong_range(reading);
    *variable = value;
    return 0;
}

static int set_list(const struct reading *reading, struct option_list *list) {
    if (list->count == OPTION_LIST_MAX) {
        snprintf(reading->why, OPTION_WHY_SIZE, "given more than %d times", OPTION_LIST_MAX);
        return -1;
    }
    list->tags[list->count] = reading->option->tag;
    list->items[list->count++] = reading->text;
    return 0;
}

static int set_choice(const struct reading *reading, int *variable) {
    if (read_choice(reading->text, reading->option->choices, variable) == 0) return 0;
    snprintf(reading->why, OPTION_WHY_SIZE, "%s is none of %s", reading->shown,
             reading->option->choices);
    return -1;
}

/* The reason of a check may quote the text, unless there is none. */
static int check(const struct option *option, const char *text, bool hidden, char *why) {
    char reason[OPTION_WHY_SIZE - 64] = "";
    if (!option->check || option->check(text, reason, sizeof reason) >= 0) return 0;
    if (hidden && *text)
        snprintf(why, OPTION_WHY_SIZE, "the value is no %s that --%s takes",
                 option->placeholder ? option->placeholder : "value", option->name);
    else
        snprintf(why, OPTION_WHY_SIZE, "%s", reason);
    return -1;
}

static void *variable_of(const struct option_group *group, const struct option *option,
                         void *values) {
    return (char *)values + group->base + option->offset;
}

void option_list_clear(const struct option_group *group, const struct option *option,
                       void *values) {
    struct option_list *list = variable_of(group, option, values);
    size_t kept = 0;
    assert(option->type == OPTION_LIST);
    for (size_t i = 0; i < list->count; i++) {
        if (list->tags[i] == option->tag) continue;
        list->tags[kept] = list->tags[i];
        list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

int option_fill(const struct option_group *group, const struct option *option, void *values,
                const char *text, bool hidden, char why[OPTION_WHY_SIZE]) {
    void *variable = variable_of(group, option, values);
    struct reading reading = {.option = option, .text = text, .shown = "the value", .why = why};
    if (check(option, text, hidden, why) != 0) return -1;
    if (!hidden) snprintf(reading.shown, sizeof reading.shown, "'%s'", shown_argument(text));
    switch (option->type) {
    case OPTION_STRING:
        memcpy(variable, &text, sizeof text);
        return 0;
    case OPTION_FLAG:
        *(bool *)variable = strcmp(text, "false") != 0;
        return 0;
    case OPTION_CHOICE:
        return set_choice(&reading, variable);
    case OPTION_LIST:
        return set_list(&reading, variable);
    case OPTION_ARGUMENT:
        return 0;
    case OPTION_UINT:
    case OPTION_SIZE:
    case OPTION_DURATION:
    case OPTION_SECONDS:
        break;
    }
    return set_number(&reading, variable);
}

int option_set(const struct option_group *group, const struct option *option, void *values,
               const char *origin, const char *text, char why[OPTION_WHY_SIZE]) {
    char reason[OPTION_WHY_SIZE] = "";
    if (option_fill(group, option, values, text, false, reason) == 0) return 0;
    snprintf(why, OPTION_WHY_SIZE, "%.*s: %.*s", ORIGIN_SHOWN, origin,
             OPTION_WHY_SIZE - ORIGIN_SHOWN - 3, reason);
    return -1;
}
