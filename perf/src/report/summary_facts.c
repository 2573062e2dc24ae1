/* Where and when results were made. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <headrace/text.h>

#include "summary_parts.h"

void perf_text_of(const json_t *object, const char *name, char text[PERF_SHOWN_MAX]) {
    const char *found = json_string_value(json_object_get(object, name));
    hr_text_shorten(text, PERF_SHOWN_MAX, hr_slice_of(found ? found : ""));
}

const char *perf_fact_of(const struct perf_facts *facts, const char *name) {
    for (unsigned i = 0; i < facts->count; i++)
        if (strcmp(facts->list[i].name, name) == 0) return facts->list[i].value;
    return "";
}

/* A text, number or truth as text; false where it is none of these. */
static bool show(const json_t *value, char text[PERF_SHOWN_MAX]) {
    if (json_is_string(value))
        hr_text_shorten(text, PERF_SHOWN_MAX, hr_slice_of(json_string_value(value)));
    else if (json_is_integer(value))
        snprintf(text, PERF_SHOWN_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        snprintf(text, PERF_SHOWN_MAX, "%g", json_real_value(value));
    else if (json_is_boolean(value))
        snprintf(text, PERF_SHOWN_MAX, "%s", json_is_true(value) ? "true" : "false");
    else
        return false;
    return true;
}

static void add(struct perf_facts *facts, const char *group, const char *name,
                const json_t *value) {
    char text[PERF_SHOWN_MAX];
    if (facts->count == PERF_FACTS_MAX || !show(value, text) || !*text) return;
    struct perf_fact *fact = &facts->list[facts->count++];
    snprintf(fact->name, sizeof fact->name, "%.20s%s%.40s", group, *group ? "." : "", name);
    memcpy(fact->value, text, sizeof text);
}

static void add_all(struct perf_facts *facts, const char *group, const json_t *object) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) add(facts, group, name, value);
}

void perf_facts_read(const json_t *root, struct perf_facts *facts) {
    static const char *const of_older[] = {"kernel", "machine", "headrace", "cores", "backend"};
    const json_t *environment = json_object_get(root, "environment");
    const char *name;
    json_t *value;
    add(facts, "", "started_at", json_object_get(root, "started_at"));
    json_object_foreach((json_t *)environment, name, value) {
        if (json_is_object(value))
            add_all(facts, name, value);
        else
            add(facts, "", name, value);
    }
    for (size_t i = 0; i < sizeof of_older / sizeof *of_older; i++)
        if (!*perf_fact_of(facts, of_older[i]))
            add(facts, "", of_older[i], json_object_get(root, of_older[i]));
    add_all(facts, "versions", json_object_get(root, "versions"));
}

#define BETWEEN " | "

/* Whether one of the parts is all of `value`. */
static bool has_part(const char *parts, const char *value) {
    for (const char *at = parts, *end; at; at = end ? end + strlen(BETWEEN) : NULL) {
        end = strstr(at, BETWEEN);
        size_t size = end ? (size_t)(end - at) : strlen(at);
        if (size == strlen(value) && memcmp(at, value, size) == 0) return true;
    }
    return false;
}

static void join(struct perf_fact *into, const char *value) {
    size_t size = strlen(into->value);
    if (has_part(into->value, value) || strcmp(into->value, value) == 0) return;
    snprintf(into->value + size, sizeof into->value - size, BETWEEN "%s", value);
}

void perf_facts_merge(struct perf_facts *into, const struct perf_facts *from) {
    for (unsigned i = 0; i < from->count; i++) {
        struct perf_fact *same = NULL;
        for (unsigned j = 0; j < into->count && !same; j++)
            if (strcmp(into->list[j].name, from->list[i].name) == 0) same = &into->list[j];
        if (same)
            join(same, from->list[i].value);
        else if (into->count < PERF_FACTS_MAX)
            into->list[into->count++] = from->list[i];
    }
}

/* Of "2026-11-30T14:15:16.123Z"; 0: it is no time. */
static double seconds_of(const char *text) {
    struct tm day = {0};
    double seconds = 0;
    if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%lfZ", &day.tm_year, &day.tm_mon, &day.tm_mday,
                        &day.tm_hour, &day.tm_min, &seconds) != 6)
        return 0;
    if (day.tm_year < 1970 || day.tm_mon < 1 || day.tm_mon > 12 || !(seconds >= 0 && seconds < 62))
        return 0;
    day.tm_year -= 1900;
    day.tm_mon -= 1;
    return (double)timegm(&day) + seconds;
}

struct perf_window perf_window_read(const json_t *root, double duration_s) {
    double begin = seconds_of(json_string_value(json_object_get(root, "started_at")));
    return begin > 0 ? (struct perf_window){begin, begin + duration_s} : (struct perf_window){0, 0};
}
