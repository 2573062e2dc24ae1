/* Requirements: read, compared, told. */
#include "requirement.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_put.h"

#define PATH_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.- "

/* Of two that begin alike the longer one stands first. */
static const struct {
    const char *text;
    enum perf_comparison comparison;
} operators[] = {{"<=", PERF_AT_MOST},
                 {">=", PERF_AT_LEAST},
                 {"==", PERF_EQUAL},
                 {"<", PERF_LESS},
                 {">", PERF_MORE}};
#define OPERATORS (sizeof operators / sizeof *operators)

static const char *operator_of(enum perf_comparison comparison) {
    size_t i = 0;
    while (operators[i].comparison != comparison) i++;
    return operators[i].text;
}

/* The length of the operator that `text` begins with; 0: none. */
static size_t read_operator(const char *text, enum perf_comparison *comparison) {
    for (size_t i = 0; i < OPERATORS; i++) {
        size_t size = strlen(operators[i].text);
        if (strncmp(text, operators[i].text, size) != 0) continue;
        *comparison = operators[i].comparison;
        return size;
    }
    return 0;
}

static int read_bound(const char *text, double *bound) {
    char *end;
    bool begins = strchr("0123456789.-", *text) && *text;
    errno = 0;
    *bound = strtod(text, &end);
    return begins && !*end && !errno && isfinite(*bound) ? 0 : -1;
}

int perf_requirement_parse(const char *text, struct perf_requirement *requirement, char *why,
                           size_t why_size) {
    struct perf_requirement read = {.text = text};
    size_t path = strspn(text, PATH_BYTES);
    if (path == 0 || path >= sizeof read.path) {
        snprintf(why, why_size, "'%.60s' has no path of a member of the report, 1 to %zu bytes",
                 text, sizeof read.path - 1);
        return -1;
    }
    memcpy(read.path, text, path);
    while (path && read.path[path - 1] == ' ') read.path[--path] = '\0';
    const char *rest = text + strspn(text, PATH_BYTES);
    size_t size = read_operator(rest, &read.comparison);
    if (size == 0) {
        snprintf(why, why_size, "'%.60s' has no operator; there are < <= > >= ==", text);
        return -1;
    }
    rest += size + strspn(rest + size, " ");
    if (read_bound(rest, &read.bound) != 0) {
        snprintf(why, why_size, "'%.60s': behind %s a number is wanted", text,
                 operator_of(read.comparison));
        return -1;
    }
    *requirement = read;
    return 0;
}

bool perf_requirement_allows_failures(const struct perf_requirement *requirement) {
    return strncmp(requirement->path, "errors.", 7) == 0 ||
           strncmp(requirement->path, "operations.", 11) == 0 ||
           strcmp(requirement->path, "success_rate") == 0;
}

static bool compare(double value, enum perf_comparison comparison, double bound) {
    switch (comparison) {
    case PERF_LESS:
        return value < bound;
    case PERF_AT_MOST:
        return value <= bound;
    case PERF_MORE:
        return value > bound;
    case PERF_AT_LEAST:
        return value >= bound;
    case PERF_EQUAL:
        return value >= bound && value <= bound;
    case PERF_COMPARISONS:
        break;
    }
    assert(!"a comparison that there is");
    return false;
}

size_t perf_requirements_hold(struct perf_requirement *list, size_t count,
                              const perf_members *members) {
    size_t missed = 0;
    for (size_t i = 0; i < count; i++) {
        struct perf_requirement *one = &list[i];
        one->measured = perf_members_number(members, one->path, &one->value) == 0;
        one->met = one->measured && compare(one->value, one->comparison, one->bound);
        missed += !one->met;
    }
    return missed;
}

void perf_requirements_json(struct hr_json_writer *json, const struct perf_requirement *list,
                            size_t count) {
    json_put_array(json, "requirements");
    for (size_t i = 0; i < count; i++) {
        hr_json_object(json);
        json_put_text(json, "require", list[i].text);
        json_put_text(json, "path", list[i].path);
        json_put_text(json, "comparison", operator_of(list[i].comparison));
        json_put_double(json, "bound", list[i].bound, 9);
        json_put_double(json, "value", list[i].measured ? list[i].value : NAN, 9);
        json_put_bool(json, "met", list[i].met);
        hr_json_end(json);
    }
    hr_json_end(json);
}

void perf_requirement_missed(const struct perf_requirement *requirement, char *text, size_t size) {
    if (requirement->measured)
        snprintf(text, size, "%s: it is %.9g", requirement->text, requirement->value);
    else
        snprintf(text, size, "%s: the run has no such value", requirement->text);
}

void perf_requirements_text(FILE *out, const struct perf_requirement *list, size_t count) {
    if (count) fputs("\nrequirements\n", out);
    for (size_t i = 0; i < count; i++) {
        char text[512];
        perf_requirement_missed(&list[i], text, sizeof text);
        fprintf(out, "  %-7s %s\n", list[i].met ? "met" : "missed", text);
    }
}
