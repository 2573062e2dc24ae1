/* Reading a result: JSON by jansson, every member checked. */
#include "beside_result.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <headrace/text.h>

#include "result_members.h"

/* An object of texts and numbers. */
static void read_settings(const json_t *object, struct perf_beside_settings *settings) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        if (json_is_string(value))
            perf_beside_setting_add(settings, name, "%s", json_string_value(value));
        else if (json_is_integer(value))
            perf_beside_setting_add(settings, name, "%" JSON_INTEGER_FORMAT,
                                    json_integer_value(value));
    }
}

static void read_text(const json_t *object, const char *name, char text[PERF_BESIDE_TEXT_MAX]) {
    const char *found = json_string_value(json_object_get(object, name));
    hr_text_shorten(text, PERF_BESIDE_TEXT_MAX, hr_slice_of(found ? found : ""));
}

static int read_operations(const json_t *object, struct perf_beside_result *result,
                           struct hr_error *error) {
    struct perf_operations read;
    int err = perf_member_operations(object, &read, error);
    if (err) return err;
    result->succeeded = read.succeeded;
    result->failed = read.failed;
    result->cancelled = read.cancelled;
    return 0;
}

/* The first example of a failure. */
static void read_failure(const json_t *object, char text[PERF_BESIDE_TEXT_MAX]) {
    const char *name;
    json_t *value;
    text[0] = '\0';
    json_object_foreach((json_t *)object, name, value) {
        hr_text_shorten(text, PERF_BESIDE_TEXT_MAX,
                        hr_slice_of(json_is_string(value) ? json_string_value(value) : name));
        return;
    }
}

/* null: it cannot tell. */
static int read_latency(const json_t *found, struct perf_beside_result *result,
                        struct hr_error *error) {
    if (json_is_null(found)) return 0;
    int err = perf_member_histogram(found, &result->latency_ns, error);
    if (err || result->latency_ns.count == result->succeeded) return err;
    return perf_member_refuse(error, "latency_histogram counts other than operations.succeeded");
}

static int read_object(const json_t *object, struct perf_beside_result *result,
                       struct hr_error *error) {
    int err = read_operations(json_object_get(object, "operations"), result, error);
    if (!err) err = perf_member_seconds(object, "duration_s", &result->duration_s, error);
    if (!err) err = perf_member_seconds(object, "cpu_s", &result->cpu_s, error);
    if (!err) err = perf_member_count(object, "bytes_sent", &result->bytes_sent, error);
    if (!err) err = perf_member_count(object, "bytes_received", &result->bytes_received, error);
    if (!err && json_object_get(object, "rss_peak_bytes"))
        err = perf_member_count(object, "rss_peak_bytes", &result->rss_peak_bytes, error);
    if (!err) err = read_latency(json_object_get(object, "latency_histogram"), result, error);
    if (err) return err;
    if (result->succeeded > 0 && !(result->duration_s > 0))
        return perf_member_refuse(error, "duration_s is 0");
    struct perf_beside_settings versions = {.count = 0};
    read_settings(json_object_get(object, "versions"), &versions);
    read_settings(json_object_get(object, "settings"), &result->named);
    perf_beside_settings_text(&versions, result->versions);
    perf_beside_settings_text(&result->named, result->settings);
    read_failure(json_object_get(object, "error_examples"), result->failure);
    return 0;
}

static int read_root(const json_t *root, struct perf_beside_result *result,
                     struct perf_beside_missing *missing, struct hr_error *error) {
    const json_t *protocol = json_object_get(root, "protocol");
    if (!json_is_object(root)) return perf_member_refuse(error, "it is no object");
    if (json_integer_value(protocol) != PERF_BESIDE_PROTOCOL)
        return perf_member_refuse(error, "protocol is not %d", PERF_BESIDE_PROTOCOL);
    if (!json_is_string(json_object_get(root, "missing"))) return read_object(root, result, error);
    read_text(root, "missing", missing->reason);
    read_text(root, "install", missing->install);
    return -ENOENT;
}

/* The sentence about a member, as one about the whole result. */
static void explain(struct hr_error *error) {
    const struct hr_error why = *error;
    hr_error_set(error, -EPROTO, "its result is not understood: %s", why.message);
}

int perf_beside_result_read(struct hr_slice text, struct perf_beside_result *result,
                            struct perf_beside_missing *missing, struct hr_error *error) {
    json_error_t problem;
    *result = (struct perf_beside_result){.versions = ""};
    *missing = (struct perf_beside_missing){.reason = ""};
    json_t *root = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, &problem);
    int err = root ? read_root(root, result, missing, error)
                   : perf_member_refuse(error, "line %d, column %d: %s", problem.line,
                                        problem.column, problem.text);
    json_decref(root);
    if (err == -EPROTO) explain(error);
    return err;
}
