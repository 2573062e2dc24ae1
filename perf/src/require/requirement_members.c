/* The numeric members of a report, by their paths. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "requirement.h"

#define DEPTH_MAX 8 /* of objects in each other; a report has four */
#define ERRORS    "errors."

struct perf_members_s {
    json_t *root;
};

perf_members *perf_members_read(const char *text, size_t size) {
    perf_members *members = calloc(1, sizeof *members);
    if (!members) return NULL;
    members->root = json_loadb(text, size, JSON_DISABLE_EOF_CHECK, NULL);
    if (json_is_object(members->root)) return members;
    perf_members_free(members);
    return NULL;
}

void perf_members_free(perf_members *members) {
    if (!members) return;
    json_decref(members->root);
    free(members);
}

static bool is_error(const char *path) {
    return strncmp(path, ERRORS, sizeof ERRORS - 1) == 0 && path[sizeof ERRORS - 1];
}

/* The member of that path, and the object above the one that it is in. NULL: there is none. */
static const json_t *find(const json_t *root, const char *path, const json_t **above) {
    const json_t *at = root, *parent = NULL;
    *above = NULL;
    for (unsigned depth = 0; at && depth < DEPTH_MAX; depth++) {
        const char *dot = strchr(path, '.');
        char name[PERF_REQUIREMENT_PATH_MAX];
        size_t size = dot ? (size_t)(dot - path) : strlen(path);
        if (!json_is_object(at) || size >= sizeof name) return NULL;
        memcpy(name, path, size);
        name[size] = '\0';
        *above = parent;
        parent = at;
        at = json_object_get(at, name);
        if (!dot) return at;
        path = dot + 1;
    }
    return NULL;
}

/* The rest of a path behind "errors." is one name, dots and all. */
static const json_t *find_member(const json_t *root, const char *path, const json_t **above) {
    *above = NULL;
    if (is_error(path))
        return json_object_get(json_object_get(root, "errors"), path + sizeof ERRORS - 1);
    return find(root, path, above);
}

/* A latency of no operation: what is above it counts none that succeeded. */
static bool is_of_nothing(const char *path, const json_t *above) {
    const json_t *succeeded = json_object_get(json_object_get(above, "operations"), "succeeded");
    return strstr(path, "latency_ms.") && json_is_integer(succeeded) &&
           json_integer_value(succeeded) == 0;
}

int perf_members_number(const perf_members *members, const char *path, double *value) {
    const json_t *above;
    const json_t *member = find_member(members->root, path, &above);
    bool found = json_is_number(member) && !is_of_nothing(path, above);
    if (!found && !is_error(path)) return -1;
    *value = found ? json_number_value(member) : 0;
    return 0;
}

const char *perf_members_text(const perf_members *members, const char *path) {
    const json_t *above;
    return json_string_value(find(members->root, path, &above));
}

bool perf_members_may_have(const perf_members *members, const char *path) {
    const json_t *above;
    return is_error(path) || json_is_number(find_member(members->root, path, &above));
}

/* One level of the walk. */
struct level {
    json_t *object;
    void *at;
    size_t path_size;
};

static void tell(const struct level *level, char path[PERF_REQUIREMENT_PATH_MAX],
                 perf_members_each_fn *each, void *user) {
    size_t room = PERF_REQUIREMENT_PATH_MAX - level->path_size;
    const char *name = json_object_iter_key(level->at);
    int size = snprintf(path + level->path_size, room, "%s", name);
    if (size >= 0 && (size_t)size < room && json_is_number(json_object_iter_value(level->at)))
        each(user, path);
}

/* Goes into the object under `level`, which has its path behind it. False: it is none. */
static bool enter(struct level *level, struct level *below, char *path) {
    json_t *object = json_object_iter_value(level->at);
    size_t size = strlen(path);
    if (!json_is_object(object) || size + 1 >= PERF_REQUIREMENT_PATH_MAX) return false;
    path[size] = '.';
    path[size + 1] = '\0';
    *below = (struct level){object, json_object_iter(object), size + 1};
    return true;
}

void perf_members_each(const perf_members *members, perf_members_each_fn *each, void *user) {
    struct level levels[DEPTH_MAX] = {{members->root, json_object_iter(members->root), 0}};
    char path[PERF_REQUIREMENT_PATH_MAX] = "";
    for (unsigned depth = 1; depth > 0;) {
        struct level *level = &levels[depth - 1];
        if (!level->at) {
            depth--;
            continue;
        }
        tell(level, path, each, user);
        bool below = depth < DEPTH_MAX && enter(level, &levels[depth], path);
        level->at = json_object_iter_next(level->object, level->at);
        depth += below;
    }
}
