/* Workloads, member by member. */
#include "soak_workload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result_members.h"

#define WINDOW    8192
#define SHOWN_MAX 60

/* Members that tell how a run went, not what was asked for. */
static const char *const told[] = {"started_at", "warm_up", "populated", "held_together"};

static int flush(void *user, const char *data, size_t size) {
    return fwrite(data, 1, size, user) == size ? 0 : -EIO;
}

/* NULL: no memory. */
static json_t *json_of(const struct perf_soak_workload *workload) {
    char *text = NULL, window[WINDOW];
    size_t size = 0;
    struct hr_json_writer json;
    FILE *file = open_memstream(&text, &size);
    if (!file) return NULL;
    hr_json_init(&json, window, sizeof window, flush, file);
    workload->put(&json, workload->user);
    int err = hr_json_finish(&json);
    if (fclose(file) != 0) err = -1;
    json_t *object = err ? NULL : json_loadb(text, size, 0, NULL);
    free(text);
    return object;
}

/* A server that a bench starts has another port each time. */
static bool is_told(const json_t *object, const char *name) {
    const char *server = json_string_value(json_object_get(object, "server"));
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (strcmp(name, told[i]) == 0) return true;
    return strcmp(name, "endpoint") == 0 && server && strcmp(server, "embedded") == 0;
}

static int refuse(const char *name, const json_t *saved, const json_t *asked,
                  struct hr_error *error) {
    char *was = saved ? json_dumps(saved, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    char *is = asked ? json_dumps(asked, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    hr_error_set(error, -EINVAL, "it is of another workload: %.40s was %.*s, and is %.*s now", name,
                 SHOWN_MAX, was ? was : "not there", SHOWN_MAX, is ? is : "not there");
    free(was);
    free(is);
    return -EINVAL;
}

/* Whether each member of `left` is in `right`. */
static int compare(const json_t *saved, const json_t *asked, const json_t *names,
                   struct hr_error *error) {
    const char *name;
    json_t *unused;
    json_object_foreach((json_t *)names, name, unused) {
        const json_t *was = json_object_get(saved, name), *is = json_object_get(asked, name);
        if (is_told(asked, name)) continue;
        if (!was || !is || !json_equal(was, is)) return refuse(name, was, is, error);
    }
    return 0;
}

int soak_workload_compare(const json_t *saved, const struct perf_soak_workload *workload,
                          struct hr_error *error) {
    if (!json_is_object(saved)) return perf_member_refuse(error, "workload is no object");
    json_t *asked = json_of(workload);
    if (!asked) return hr_error_set(error, -ENOMEM, "out of memory");
    int err = compare(saved, asked, asked, error);
    if (!err) err = compare(saved, asked, saved, error);
    json_decref(asked);
    return err;
}
