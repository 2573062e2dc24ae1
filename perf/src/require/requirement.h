/* Requirements of a report: a numeric member by its path, an operator, a bound. */
#ifndef PERF_REQUIREMENT_H
#define PERF_REQUIREMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <headrace/json_write.h>

#define PERF_REQUIREMENT_PATH_MAX 128

enum perf_comparison {
    PERF_LESS,
    PERF_AT_MOST,
    PERF_MORE,
    PERF_AT_LEAST,
    PERF_EQUAL,
    PERF_COMPARISONS
};

struct perf_requirement {
    const char *text; /* as it was given; borrowed */
    char path[PERF_REQUIREMENT_PATH_MAX];
    enum perf_comparison comparison;
    double bound;
    /* Set by perf_requirements_hold. */
    bool measured; /* `value` is one */
    double value;
    bool met;
};

/* "latency_ms.p99<10": a path, one of < <= > >= ==, a number. 0, or -1 with the reason in `why`. */
int perf_requirement_parse(const char *text, struct perf_requirement *requirement, char *why,
                           size_t why_size);

/* Whether it says which part of failed operations is allowed: it is about `success_rate`,
 * `operations` or `errors`. */
bool perf_requirement_allows_failures(const struct perf_requirement *requirement);

/* A report that has been read; NULL where it is no JSON object. */
struct perf_members_s;
typedef struct perf_members_s perf_members;
perf_members *perf_members_read(const char *text, size_t size);
void perf_members_free(perf_members *members);

/* The numeric member of that path. A latency of nothing (no operation beside it has succeeded) is
 * none, and an error that never came is 0. 0, or -1: there is no such number. */
int perf_members_number(const perf_members *members, const char *path, double *value);
/* The text member of that path, the members' own; NULL: there is none. */
const char *perf_members_text(const perf_members *members, const char *path);
/* Whether such a member can be in a report like this one: `errors.` has members of any name. */
bool perf_members_may_have(const perf_members *members, const char *path);

/* Calls `each` with every numeric member's path, which is borrowed for the call. */
typedef void perf_members_each_fn(void *user, const char *path);
void perf_members_each(const perf_members *members, perf_members_each_fn *each, void *user);

/* Compares each with its member. A member that is not there is a requirement that is missed. The
 * number of those that are. */
size_t perf_requirements_hold(struct perf_requirement *list, size_t count,
                              const perf_members *members);

/* An array of them. */
void perf_requirements_json(struct hr_json_writer *json, const struct perf_requirement *list,
                            size_t count);
/* A line each. */
void perf_requirements_text(FILE *out, const struct perf_requirement *list, size_t count);
/* "latency_ms.p99<10: it is 12.5" */
void perf_requirement_missed(const struct perf_requirement *requirement, char *text, size_t size);

#endif
