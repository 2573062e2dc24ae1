/* Reports of bench s3 and bench http. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#include "summary_parts.h"

#define PROTOCOL 1 /* of the reports: docs/peers.md */

/* Appends as much as there is room for. */
static void append(char *text, size_t capacity, const char *more) {
    size_t size = strlen(text);
    snprintf(text + size, capacity - size, "%s", more);
}

static bool is_embedded(const json_t *root) {
    const char *server = json_string_value(json_object_get(root, "server"));
    return server && strcmp(server, "embedded") == 0;
}

/* The server that a bench starts has another port each time. */
static void make_target(const json_t *root, char target[PERF_SHOWN_MAX]) {
    const char *url = json_string_value(json_array_get(json_object_get(root, "urls"), 0));
    if (is_embedded(root))
        hr_text_copy(target, PERF_SHOWN_MAX, hr_slice_of("embedded server"));
    else if (url)
        hr_text_shorten(target, PERF_SHOWN_MAX, hr_slice_of(url));
    else
        perf_text_of(root, "endpoint", target);
}

static void describe(const json_t *root, char text[PERF_SHOWN_MAX]) {
    static const char *const shown[] = {"loop",       "rate_per_s", "concurrency", "method",
                                        "size_bytes", "mix",        "payload",     "checksum"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        const json_t *value = json_object_get(root, shown[i]);
        char *word =
            !perf_key_is_default(value) ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
        if (!word) continue;
        if (*text) append(text, PERF_SHOWN_MAX, ", ");
        append(text, PERF_SHOWN_MAX, shown[i]);
        append(text, PERF_SHOWN_MAX, " ");
        for (const char *at = word; *at; at++) /* braces and quotes are noise to people */
            if (!strchr("\"{}", *at)) append(text, PERF_SHOWN_MAX, (char[]){*at, '\0'});
        free(word);
    }
}

static int read_part(const json_t *object, struct perf_part *part, struct hr_error *error) {
    const json_t *histogram = json_object_get(object, "latency_histogram");
    int err =
        perf_member_operations(json_object_get(object, "operations"), &part->operations, error);
    if (err || json_is_null(histogram)) return err;
    err = perf_member_histogram(histogram, &part->latency_ns, error);
    if (err || part->latency_ns.count == part->operations.succeeded) return err;
    return perf_member_refuse(error, "latency_histogram counts other than operations.succeeded");
}

/* The sentence about a member of a kind, with the kind in front. */
static int in_kind(const char *kind, struct hr_error *error) {
    const struct hr_error why = *error;
    return perf_member_refuse(error, "kinds.%.20s.%s", kind, why.message);
}

static int read_kinds(const json_t *kinds, struct perf_subject *subject, struct hr_error *error) {
    const char *name;
    json_t *kind;
    if (json_object_size(kinds) > PERF_PARTS_MAX)
        return perf_member_refuse(error, "kinds has more than %d members", PERF_PARTS_MAX);
    json_object_foreach((json_t *)kinds, name, kind) {
        struct perf_part *part = perf_subject_part(subject, name);
        if (!part) return hr_error_set(error, -ENOMEM, "out of memory");
        if (read_part(kind, part, error) != 0) return in_kind(name, error);
    }
    return 0;
}

static int read_failures(const json_t *root, struct perf_subject *subject, struct hr_error *error) {
    const json_t *examples = json_object_get(root, "error_examples");
    const char *name;
    json_t *count;
    json_object_foreach(json_object_get(root, "errors"), name, count) {
        struct perf_failure *failure = perf_subject_failure(subject, name);
        uint64_t times = 0;
        int err = perf_member_count(json_object_get(root, "errors"), name, &times, error);
        if (err) return err;
        failure->count += times;
        if (!*failure->example) perf_text_of(examples, name, failure->example);
    }
    return 0;
}

/* The bounds of --require, held already. */
static int read_requirements(const json_t *root, struct perf_subject *subject,
                             struct hr_error *error) {
    const json_t *list = json_object_get(root, "requirements");
    if (!list || json_is_null(list)) return 0;
    if (!json_is_array(list) || json_array_size(list) > PERF_CHECKS_MAX)
        return perf_member_refuse(error, "requirements is no list of at most %d", PERF_CHECKS_MAX);
    subject->requirements = calloc(json_array_size(list) + 1, sizeof *subject->requirements);
    if (!subject->requirements) return hr_error_set(error, -ENOMEM, "out of memory");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *object = json_array_get(list, i), *met = json_object_get(object, "met");
        const json_t *value = json_object_get(object, "value");
        struct perf_check *check = &subject->requirements[subject->requirement_count++];
        perf_text_of(object, "require", check->name);
        if (!*check->name || !json_is_boolean(met))
            return perf_member_refuse(error, "requirements[%zu] has no text require or no met", i);
        check->outcome = json_is_true(met) ? PERF_CHECK_PASSED : PERF_CHECK_FAILED;
        check->has_value = json_is_number(value);
        check->value = json_number_value(value);
    }
    return 0;
}

/* Of newer reports alone: 0 where it is not there. */
static int read_optional(const json_t *root, const char *name, uint64_t *value,
                         struct hr_error *error) {
    return json_object_get(root, name) ? perf_member_count(root, name, value, error) : 0;
}

static int read_load(const json_t *root, struct perf_subject *subject, struct hr_error *error) {
    struct perf_load *load = &subject->load;
    int err = perf_member_seconds(root, "duration_s", &load->duration_s, error);
    if (!err) err = perf_member_seconds(root, "cpu_s", &load->cpu_s, error);
    if (!err) err = perf_member_count(root, "bytes_sent", &load->bytes_sent, error);
    if (!err) err = perf_member_count(root, "bytes_received", &load->bytes_received, error);
    if (!err) err = read_optional(root, "rss_peak_bytes", &load->rss_peak_bytes, error);
    if (!err) err = read_optional(root, "retries", &load->retries, error);
    if (!err) err = read_optional(root, "not_started", &load->not_started, error);
    if (err) return err;
    if (subject->all->operations.succeeded == 0) return 0;
    if (!(load->duration_s > 0)) return perf_member_refuse(error, "duration_s is 0");
    load->rate = (double)subject->all->operations.succeeded / load->duration_s;
    load->bytes_rate = ((double)load->bytes_sent + (double)load->bytes_received) / load->duration_s;
    return 0;
}

/* Puts it on the store's clock. */
static void shift(struct perf_window *window, double shift_s) {
    if (!(window->begin_s > 0)) return;
    window->begin_s += shift_s;
    window->end_s += shift_s;
}

static int read_subject(const struct perf_source *source, struct perf_subject *subject) {
    const json_t *root = source->root;
    subject->all = calloc(1, sizeof *subject->all);
    if (!subject->all) return hr_error_set(source->error, -ENOMEM, "out of memory");
    subject->is_load = true;
    hr_histogram_init(&subject->all->latency_ns, HR_HISTOGRAM_SECONDS);
    hr_text_copy(subject->all->name, PERF_NAME_MAX, hr_slice_of("all"));
    int err = read_part(root, subject->all, source->error);
    if (!err) err = read_load(root, subject, source->error);
    if (!err) err = read_kinds(json_object_get(root, "kinds"), subject, source->error);
    if (!err) err = read_failures(root, subject, source->error);
    if (!err) err = read_requirements(root, subject, source->error);
    if (!err) err = perf_read_series(source, subject);
    if (err) return err;
    err = perf_key_of_bench(root, subject->key);
    if (err) return hr_error_set(source->error, err, "out of memory");
    make_target(root, subject->target);
    describe(root, subject->workload);
    perf_text_of(json_object_get(root, "error"), "message", subject->error);
    perf_facts_read(root, &subject->facts);
    err = perf_shard_read(root, &subject->shard, source->error);
    if (err) return err;
    subject->window = perf_window_read(root, subject->load.duration_s);
    shift(&subject->window, perf_shard_shift_s(&subject->shard));
    perf_numbers_of_load(subject);
    perf_numbers_as_round(subject);
    return 0;
}

int perf_read_bench(struct perf_summary *summary, const struct perf_source *source) {
    const json_t *root = source->root;
    if (json_integer_value(json_object_get(root, "protocol")) != PROTOCOL)
        return perf_member_refuse(source->error, "protocol is not %d", PROTOCOL);
    struct perf_subject *subject =
        perf_subject_new(source, json_string_value(json_object_get(root, "harness")));
    if (!subject) return hr_error_set(source->error, -ENOMEM, "out of memory");
    return perf_summary_add(summary, subject, read_subject(source, subject), source->error);
}
