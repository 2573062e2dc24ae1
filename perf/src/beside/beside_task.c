/* A peer's input and output: a workload by jansson, a result by the library's JSON writer. */
#include "beside_task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "beside_result.h"
#include "json_histogram.h"
#include "json_put.h"
#include "result_members.h"

#define WINDOW 4096

/* ---- The workload. */

static int check_head(const json_t *root, const char *kind, struct hr_error *error) {
    const char *told = json_string_value(json_object_get(root, "kind"));
    if (!json_is_object(root)) return perf_member_refuse(error, "the workload is no object");
    if (json_integer_value(json_object_get(root, "protocol")) != PERF_BESIDE_PROTOCOL)
        return perf_member_refuse(error, "the workload's protocol is not %d", PERF_BESIDE_PROTOCOL);
    if (told && strcmp(told, kind) == 0) return 0;
    return perf_member_refuse(error, "the workload's kind is not %s", kind);
}

int perf_task_read(FILE *in, const char *kind, json_t **workload, struct hr_error *error) {
    json_error_t problem;
    char *text = malloc(PERF_TASK_INPUT_MAX + 1);
    if (!text) return hr_error_set(error, -ENOMEM, "no memory for the workload");
    size_t size = fread(text, 1, PERF_TASK_INPUT_MAX + 1, in);
    int err = ferror(in) ? hr_error_set(error, -EIO, "the workload cannot be read") : 0;
    if (!err && size > PERF_TASK_INPUT_MAX)
        err = hr_error_set(error, -EMSGSIZE, "the workload has more than %d bytes",
                           PERF_TASK_INPUT_MAX);
    json_t *root = err ? NULL : json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
    if (!err && !root)
        err = perf_member_refuse(error, "the workload is no JSON: line %d, column %d: %s",
                                 problem.line, problem.column, problem.text);
    if (!err) err = check_head(root, kind, error);
    free(text);
    if (err)
        json_decref(root);
    else
        *workload = root;
    return err;
}

int perf_task_text(const json_t *workload, const char *name, const char **text,
                   struct hr_error *error) {
    const json_t *found = json_object_get(workload, name);
    if (!json_is_string(found)) return perf_member_refuse(error, "%s is no text", name);
    *text = json_string_value(found);
    return 0;
}

int perf_task_path(const json_t *workload, char path[PATH_MAX], struct hr_error *error) {
    const char *text = "";
    int err = perf_task_text(workload, "path", &text, error);
    if (err) return err;
    if (!*text || strlen(text) >= PATH_MAX) return perf_member_refuse(error, "path is no path");
    memcpy(path, text, strlen(text) + 1);
    return 0;
}

int perf_task_number(const json_t *workload, const char *name, struct perf_task_bounds bounds,
                     uint64_t *number, struct hr_error *error) {
    uint64_t read;
    int err = perf_member_count(workload, name, &read, error);
    if (err) return err;
    if (read < bounds.least || read > bounds.most)
        return perf_member_refuse(error, "%s is not from %llu to %llu", name,
                                  (unsigned long long)bounds.least,
                                  (unsigned long long)bounds.most);
    *number = read;
    return 0;
}

/* ---- The result. */

static int flush(void *user, const char *data, size_t size) {
    return fwrite(data, 1, size, user) == size ? 0 : -EIO;
}

static int finish(struct hr_json_writer *json, FILE *out) {
    int err = hr_json_finish(json);
    if (err) return err;
    return fputc('\n', out) == EOF || fflush(out) != 0 ? -EIO : 0;
}

static void put_facts(struct hr_json_writer *json, const char *key,
                      const struct perf_task_fact *facts) {
    json_put_object(json, key);
    for (; facts && facts->name; facts++) json_put_text(json, facts->name, facts->value);
    hr_json_end(json);
}

static void put_operations(struct hr_json_writer *json, const struct perf_task_result *result) {
    json_put_object(json, "operations");
    json_put_u64(json, "submitted", result->succeeded + result->failed);
    json_put_u64(json, "succeeded", result->succeeded);
    json_put_u64(json, "failed", result->failed);
    json_put_u64(json, "cancelled", 0);
    hr_json_end(json);
    json_put_object(json, "error_examples");
    if (result->failure) json_put_text(json, "failed", result->failure);
    hr_json_end(json);
}

int perf_task_put_result(FILE *out, const struct perf_task_result *result) {
    struct hr_json_writer json;
    char window[WINDOW];
    hr_json_init(&json, window, sizeof window, flush, out);
    hr_json_object(&json);
    json_put_u64(&json, "protocol", PERF_BESIDE_PROTOCOL);
    put_facts(&json, "versions", result->versions);
    put_facts(&json, "settings", result->settings);
    put_operations(&json, result);
    json_put_double(&json, "duration_s", result->duration_s, 9);
    json_put_double(&json, "cpu_s", result->cpu_s, 9);
    json_put_u64(&json, "bytes_sent", result->bytes_sent);
    json_put_u64(&json, "bytes_received", result->bytes_received);
    json_put_u64(&json, "rss_peak_bytes", result->rss_peak_bytes);
    json_put_histogram(&json, "latency_histogram", result->latency_ns);
    hr_json_end(&json);
    return finish(&json, out);
}

int perf_task_put_missing(FILE *out, const char *reason, const char *install) {
    struct hr_json_writer json;
    char window[WINDOW];
    hr_json_init(&json, window, sizeof window, flush, out);
    hr_json_object(&json);
    json_put_u64(&json, "protocol", PERF_BESIDE_PROTOCOL);
    json_put_text(&json, "missing", reason);
    json_put_text(&json, "install", install);
    hr_json_end(&json);
    return finish(&json, out);
}
