/* A file of results: read, parsed, and given to the reader of its kind. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read_all.h"
#include "summary_parts.h"

#define FILE_MAX ((size_t)16 << 20)

/* All suites of one run. */
static int read_suites(struct perf_summary *summary, const struct perf_source *source) {
    const json_t *list = json_object_get(source->root, "suites");
    if (!json_is_array(list)) return perf_member_refuse(source->error, "suites is no list");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const struct perf_source one = {source->name, json_array_get(list, i), source->error};
        int err = perf_read_suite(summary, &one);
        if (!err) continue;
        const struct hr_error why = *source->error;
        return hr_error_set(source->error, err, "suites[%zu]: %s", i, why.message);
    }
    return 0;
}

static int read_any(struct perf_summary *summary, const struct perf_source *source) {
    const json_t *root = source->root;
    const char *kind = json_string_value(json_object_get(root, "kind"));
    const char *harness = json_string_value(json_object_get(root, "harness"));
    if (!json_is_object(root)) return perf_member_refuse(source->error, "it is no JSON object");
    if (kind && strcmp(kind, "suite") == 0) return perf_read_suite(summary, source);
    if (kind && strcmp(kind, "suites") == 0) return read_suites(summary, source);
    if (!harness) return perf_member_refuse(source->error, "it has no harness, and is no suite");
    if (strcmp(harness, "bench s3") == 0 || strcmp(harness, "bench http") == 0)
        return perf_read_bench(summary, source);
    if (json_object_get(root, "programs")) return perf_read_beside(summary, source);
    if (strcmp(harness, "log") == 0 || strcmp(harness, "config") == 0)
        return perf_read_figures(summary, source);
    return perf_member_refuse(source->error, "harness '%.40s' is none that is known", harness);
}

/* The sentence about a member, with the file in front. */
static int name_file(const char *name, int err, struct hr_error *error) {
    const struct hr_error why = *error;
    return hr_error_set(error, err, "%.120s: %s", name, why.message);
}

int perf_summary_read_text(struct perf_summary *summary, const char *name, struct hr_slice text,
                           struct hr_error *error) {
    json_error_t problem;
    unsigned subjects = summary->subject_count, suites = summary->suite_count;
    json_t *root = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, &problem);
    struct perf_source source = {.name = name, .root = root, .error = error};
    int err = root ? read_any(summary, &source)
                   : perf_member_refuse(error, "line %d, column %d: %.80s", problem.line,
                                        problem.column, problem.text);
    json_decref(root);
    if (!err) return 0;
    while (summary->subject_count > subjects)
        perf_subject_free(summary->subjects[--summary->subject_count]);
    while (summary->suite_count > suites) perf_suite_free(summary->suites[--summary->suite_count]);
    return name_file(name, err, error);
}

int perf_summary_read(struct perf_summary *summary, const char *path, struct hr_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return hr_error_set(error, -errno, "%.120s: %s", path, strerror(errno));
    char *data = malloc(FILE_MAX + 1);
    size_t size = 0;
    int err = data ? perf_read_all(fd, data, FILE_MAX + 1, &size) : -ENOMEM;
    close(fd);
    if (err == -EFBIG)
        hr_error_set(error, err, "%.120s: it has more than %zu MiB", path, FILE_MAX >> 20);
    else if (err)
        hr_error_set(error, err, "%.120s: %s", path, strerror(-err));
    else
        err = perf_summary_read_text(summary, path, hr_slice_bytes(data, size), error);
    free(data);
    return err;
}
