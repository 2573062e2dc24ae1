/* Loads of one file, timed, and their result. */
#include "config_task.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <headrace/clock.h>
#include <headrace/config.h>
#include <headrace/version.h>

#include "config_bench_documents.h"
#include "config_bench_schema.h"
#include "resources.h"
#include "result_members.h"

/* ---- The workload. */

static int read_load(const json_t *workload, bool *schema, struct hr_error *error) {
    const char *text;
    int err = perf_task_text(workload, "load", &text, error);
    if (err) return err;
    *schema = strcmp(text, "schema") == 0;
    if (*schema || strcmp(text, "tree") == 0) return 0;
    return perf_member_refuse(error, "load is neither tree nor schema");
}

int perf_config_task_read(FILE *in, struct perf_config_task *task, struct hr_error *error) {
    const struct perf_task_bounds bounds = {1, PERF_CONFIG_TASK_LOADS_MAX};
    json_t *workload = NULL;
    uint64_t loads = 0;
    int err = perf_task_read(in, "config", &workload, error);
    if (!err) err = perf_task_path(workload, task->path, error);
    if (!err) err = read_load(workload, &task->schema, error);
    if (!err) err = perf_task_number(workload, "operations", bounds, &loads, error);
    task->loads = (uint32_t)loads;
    json_decref(workload);
    return err;
}

/* ---- The run. */

static int run_loads(const struct perf_config_loader *loader, const struct perf_config_task *task,
                     struct hr_histogram *latency_ns, struct hr_error *error) {
    int err = 0;
    for (uint32_t i = 0; i < task->loads && !err; i++) {
        uint64_t start_ns = hr_clock_monotonic_ns();
        err = loader->load(task, error);
        hr_histogram_record(latency_ns, hr_clock_monotonic_ns() - start_ns);
    }
    return err;
}

static uint64_t size_of(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 ? (uint64_t)facts.st_size : 0;
}

static int measure(const struct perf_config_loader *loader, const struct perf_config_task *task,
                   struct hr_error *error) {
    static struct hr_histogram latency_ns;
    hr_histogram_init(&latency_ns, HR_HISTOGRAM_SECONDS);
    int err = loader->load(task, error);
    uint64_t cpu_ns = perf_cpu_ns(), start_ns = hr_clock_monotonic_ns();
    if (!err) err = run_loads(loader, task, &latency_ns, error);
    if (err) return err;
    const struct perf_task_result result = {
        .versions = loader->versions,
        .settings = loader->settings,
        .succeeded = task->loads,
        .duration_s = (double)(hr_clock_monotonic_ns() - start_ns) / 1e9,
        .cpu_s = (double)(perf_cpu_ns() - cpu_ns) / 1e9,
        .bytes_received = task->loads * size_of(task->path),
        .rss_peak_bytes = perf_rss_peak_bytes(),
        .latency_ns = &latency_ns,
    };
    return perf_task_put_result(stdout, &result);
}

int perf_config_task_serve(const struct perf_config_loader *loader) {
    static struct perf_config_task task;
    struct hr_error error = {.code = 0};
    int err = perf_config_task_read(stdin, &task, &error);
    if (!err) err = measure(loader, &task, &error);
    if (err)
        fprintf(stderr, "%s: %s\n", loader->name,
                *error.message ? error.message : hr_error_text(err));
    return err ? 1 : 0;
}

/* ---- This library. */

static int load(const struct perf_config_task *task, struct hr_error *error) {
    const char *path = task->path;
    const struct hr_config_options options = {.files = &path,
                                              .file_count = 1,
                                              .prefix = PERF_CONFIG_PREFIX,
                                              .schema = task->schema ? &perf_config_schema : NULL};
    hr_config *config = NULL;
    int err = hr_config_load(&options, NULL, error, &config);
    hr_config_free(config);
    return err;
}

int perf_config_serve_headrace(void) {
    const struct perf_task_fact versions[] = {{"headrace", hr_version_string()}, {NULL, NULL}};
    static const struct perf_task_fact settings[] = {{"variables", "looked through"}, {NULL, NULL}};
    const struct perf_config_loader loader = {"headrace", versions, settings, load};
    return perf_config_task_serve(&loader);
}
