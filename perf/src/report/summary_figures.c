/* Reports of bench log and bench config: figures by their names, of this library and of its peers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "summary_parts.h"

#define LEVELS 3 /* caller_ns.paced.p50 */

/* Members that are no figures. */
static const char *const others[] = {"peers",  "limits",      "goals",   "spread", "ratios",
                                     "slower", "faster",      "times",   "keys",   "records",
                                     "repeat", "environment", "readers", "cores"};

static bool is_other(const char *name) {
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i]) == 0) return true;
    return false;
}

/* By the unit in the name. The largest of many calls is an accident, and is not compared. */
static enum perf_better better_of(const char *name) {
    const char *last = strrchr(name, '.');
    if (last && strcmp(last, ".max") == 0) return PERF_BETTER_UNKNOWN;
    static const char *const less[] = {"_ns", "_us", "_ms", "cpu", "_bytes"};
    const char *rate = strstr(name, "per_s");
    if (rate && (rate[5] == '.' || rate[5] == '\0')) return PERF_BETTER_MORE;
    for (size_t i = 0; i < sizeof less / sizeof *less; i++)
        if (strstr(name, less[i])) return PERF_BETTER_LESS;
    return PERF_BETTER_UNKNOWN;
}

/* Members of objects in objects, one after the other: a small stack in place of recursion. */
struct cursor {
    json_t *objects[LEVELS];
    void *members[LEVELS];
    unsigned depth; /* of the innermost */
};

static void name_of(const struct cursor *cursor, char name[PERF_NAME_MAX]) {
    size_t size = 0;
    name[0] = '\0';
    for (unsigned i = 0; i <= cursor->depth && size < PERF_NAME_MAX; i++)
        size += (size_t)snprintf(name + size, PERF_NAME_MAX - size, "%s%s", i ? "." : "",
                                 json_object_iter_key(cursor->members[i]));
}

/* The same figure's spread, where there is one. */
static void find_spread(const json_t *root, const struct cursor *cursor,
                        struct perf_number *number) {
    const json_t *at = json_object_get(root, "spread");
    for (unsigned i = 0; i <= cursor->depth; i++)
        at = json_object_get(at, json_object_iter_key(cursor->members[i]));
    const json_t *least = json_object_get(at, "least"), *most = json_object_get(at, "most");
    if (!json_is_number(least) || !json_is_number(most)) return;
    number->least = json_number_value(least);
    number->most = json_number_value(most);
}

static int take(const json_t *root, const struct cursor *cursor, const json_t *value,
                struct perf_subject *subject, struct hr_error *error) {
    char name[PERF_NAME_MAX];
    name_of(cursor, name);
    struct perf_number *number = perf_subject_number(subject, name, better_of(name));
    if (!number) return perf_member_refuse(error, "more than %d figures", PERF_NUMBERS_MAX);
    number->value = json_number_value(value);
    number->rounds[0] = number->value;
    number->count = 1;
    find_spread(root, cursor, number);
    return 0;
}

static void enter(struct cursor *cursor, json_t *object) {
    cursor->objects[++cursor->depth] = object;
    cursor->members[cursor->depth] = json_object_iter(object);
}

/* To the next member: of this object, or of one around it. False: there is none. */
static bool advance(struct cursor *cursor) {
    for (;; cursor->depth--) {
        void **member = &cursor->members[cursor->depth];
        if (*member) *member = json_object_iter_next(cursor->objects[cursor->depth], *member);
        if (*member) return true;
        if (cursor->depth == 0) return false;
    }
}

static int take_all(const json_t *root, struct perf_subject *subject, struct hr_error *error) {
    struct cursor cursor = {.objects = {(json_t *)root},
                            .members = {json_object_iter((json_t *)root)}};
    bool more = cursor.members[0] != NULL;
    int err = 0;
    while (more && !err) {
        json_t *value = json_object_iter_value(cursor.members[cursor.depth]);
        bool skip = cursor.depth == 0 && is_other(json_object_iter_key(cursor.members[0]));
        if (!skip && json_is_number(value)) err = take(root, &cursor, value, subject, error);
        if (!skip && json_object_size(value) > 0 && cursor.depth + 1 < LEVELS)
            enter(&cursor, value);
        else
            more = advance(&cursor);
    }
    return err;
}

static int add(struct perf_summary *summary, const struct perf_source *source, const char *name,
               const json_t *object) {
    struct perf_subject *subject = perf_subject_new(source, name);
    if (!subject) return hr_error_set(source->error, -ENOMEM, "out of memory");
    perf_text_of(object, "missing", subject->missing);
    snprintf(subject->key, sizeof subject->key, "figures %s", name);
    perf_facts_read(source->root, &subject->facts);
    int err = *subject->missing ? 0 : take_all(object, subject, source->error);
    if (!err && !*subject->missing && subject->number_count == 0)
        err = perf_member_refuse(source->error, "it has no figures");
    return perf_summary_add(summary, subject, err, source->error);
}

int perf_read_figures(struct perf_summary *summary, const struct perf_source *source) {
    const char *harness = json_string_value(json_object_get(source->root, "harness"));
    const char *peer;
    json_t *object;
    char name[PERF_NAME_MAX];
    snprintf(name, sizeof name, "bench %s", harness);
    int err = perf_check_protocol(source);
    if (!err) err = add(summary, source, name, source->root);
    json_object_foreach(json_object_get(source->root, "peers"), peer, object) {
        snprintf(name, sizeof name, "bench %.20s: %.30s", harness, peer);
        if (!err) err = add(summary, source, name, object);
    }
    return err;
}
