/* Filters of log cat: KEY=VALUE, KEY!=VALUE, KEY~PART, levels, times. */
#include "cat_filter.h"

#include <string.h>

#include <headrace/clock.h>
#include <headrace/log_level.h>

#include "cat_time.h"

enum comparison { EQUAL, UNEQUAL, CONTAINS };

struct condition {
    struct hr_slice key, value;
    enum comparison comparison;
};

/* Splits a condition at the first =, != or ~; false: there is none, or nothing in front of it. */
static bool read_condition(const char *text, struct condition *condition) {
    size_t at = strcspn(text, "=~");
    if (at == 0 || !text[at]) return false;
    condition->comparison = text[at] == '~' ? CONTAINS : text[at - 1] == '!' ? UNEQUAL : EQUAL;
    condition->value = hr_slice_of(text + at + 1);
    condition->key = hr_slice_bytes(text, condition->comparison == UNEQUAL ? at - 1 : at);
    return condition->key.size > 0;
}

int cat_filter_check_where(const char *text, char *why, size_t why_size) {
    struct condition condition;
    if (read_condition(text, &condition)) return 0;
    snprintf(why, why_size, "'%.100s' is none of KEY=VALUE, KEY!=VALUE, KEY~PART", text);
    return -1;
}

int cat_filter_check_level(const char *text, char *why, size_t why_size) {
    struct hr_error error = {0};
    int level;
    if (hr_log_level_parse(hr_slice_of(text), &error, &level) == 0) return 0;
    snprintf(why, why_size, "%s", error.message);
    return -1;
}

int cat_filter_check_time(const char *text, char *why, size_t why_size) {
    uint64_t ns;
    if (cat_time_parse_option(text, hr_clock_wall_ns(), &ns) == 0) return 0;
    snprintf(
        why, why_size,
        "'%.60s' is neither a time (2026-11-22T10:00:00Z, UTC without a zone) nor how long ago "
        "(30s, 10m, 2h, 1d, 1w)",
        text);
    return -1;
}

static bool holds(const struct condition *condition, const struct cat_line *line) {
    struct cat_field made;
    const struct cat_field *field = cat_line_find(line, condition->key, &made);
    if (!field) return condition->comparison == UNEQUAL;
    if (condition->comparison == CONTAINS)
        return condition->value.size == 0 ||
               memmem(field->value.data, field->value.size, condition->value.data,
                      condition->value.size) != NULL;
    return hr_slice_equal(field->value, condition->value) == (condition->comparison == EQUAL);
}

bool cat_filter_fits(const struct cat_filter *filter, const struct cat_line *line) {
    if (line->level < filter->level || line->time_ns < filter->since_ns ||
        line->time_ns > filter->until_ns)
        return false;
    for (size_t i = 0; i < filter->where.count; i++) {
        struct condition condition;
        if (read_condition(filter->where.items[i], &condition) && !holds(&condition, line))
            return false;
    }
    return true;
}
