/* A service's first second: its configuration, its log and its store, and 50 operations that use
 * all three; then 100 that the log tells of. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <headrace/clock.h>
#include <headrace/config.h>

#include "service_bench.h"
#include "service_tools.h"

enum { OPERATIONS = 50, LOGGED = 100, SERVICES = 5, LOOKUPS = 1000 };

struct parts {
    hr_config *config;
    double load_s;
    hr_log *log;
    struct perf_service_store store;
};

static int write_config(const char *path, struct hr_error *error) {
    FILE *file = fopen(path, "w");
    if (!file) return hr_error_set(error, -errno, "%s: %s", path, strerror(errno));
    fputs("name: perf_test\nlogging: {level: WARNING}\nservices:\n", file);
    for (int i = 0; i < SERVICES; i++)
        fprintf(file, "  service_%d: {host: 127.0.0.1, port: %d}\n", i, 7000 + i);
    int failed = ferror(file);
    return fclose(file) || failed ? hr_error_set(error, -EIO, "%s cannot be written", path) : 0;
}

static int load(const char *path, hr_config **config, struct hr_error *error) {
    const struct hr_config_options options = {
        .files = &path, .file_count = 1, .no_environment = true};
    return hr_config_load(&options, NULL, error, config);
}

static void close_parts(struct parts *parts, uint64_t *dropped) {
    struct hr_error error = {0};
    perf_service_store_close(&parts->store);
    if (parts->log) (void)perf_service_log_close(parts->log, dropped, &error);
    hr_config_free(parts->config);
}

static int open_parts(const struct perf_service_place *place, const char *path, struct parts *parts,
                      struct hr_error *error) {
    *parts = (struct parts){.config = NULL};
    uint64_t start = hr_clock_monotonic_ns();
    int err = load(path, &parts->config, error);
    if (err) return err;
    parts->load_s = perf_service_seconds_since(start);
    struct hr_slice level = hr_config_text(hr_config_find(parts->config, "logging.level"));
    char name[16];
    snprintf(name, sizeof name, "%.*s", (int)level.size, level.data);
    err = perf_service_log_open(place, name, &parts->log, error);
    return err ? err : perf_service_store_open(place, &parts->store, error);
}

/* A value that is asked for again stands in memory: a look-up beside the load, the seeds' cached
 * one. */
static double cached_share(const struct parts *parts, double load_s) {
    uint64_t start = hr_clock_monotonic_ns(), found = 0;
    for (int i = 0; i < LOOKUPS; i++)
        found += hr_config_find(parts->config, "services.service_3.port") != NULL;
    return found == LOOKUPS && load_s > 0 ? perf_service_seconds_since(start) / LOOKUPS / load_s
                                          : 1;
}

static int use(const struct perf_service_place *place, const struct parts *parts,
               struct hr_error *error) {
    struct perf_service_object object = {.bucket = place->bucket, .name = "together"};
    for (; object.index < OPERATIONS; object.index++) {
        char path[32];
        uint64_t port = 0;
        HR_DEBUG(parts->log, "Operation starting", "i", object.index);
        snprintf(path, sizeof path, "services.service_%u.port", object.index % SERVICES);
        int err = hr_config_u64(hr_config_find(parts->config, path), &port);
        if (err) return hr_error_set(error, err, "%s is not in the configuration", path);
        err = perf_service_upload(parts->store.client, &object, error);
        if (err) return err;
    }
    return 0;
}

/* Every upload is told of twice, at the configured level. */
static unsigned tell_of_uploads(const struct perf_service_place *place, const struct parts *parts) {
    struct perf_service_object object = {.bucket = place->bucket, .name = "logged"};
    unsigned good = 0;
    for (; object.index < LOGGED; object.index++) {
        struct hr_error error = {0};
        HR_WARN(parts->log, "Starting S3 operation", "i", object.index);
        if (perf_service_upload(parts->store.client, &object, &error) == 0) good++;
        HR_WARN(parts->log, "S3 operation ended", "i", object.index);
    }
    return good;
}

/* Of the calls at the configured level; those at DEBUG make none. */
static void put_lines(const struct parts *parts, struct perf_service_figures *figures) {
    struct hr_log_statistics statistics;
    hr_log_stop(parts->log, -1);
    hr_log_statistics_get(parts->log, &statistics);
    perf_service_put(figures, "together", "lines", (double)statistics.messages_processed);
}

int perf_service_together(const struct perf_service_place *place,
                          struct perf_service_figures *figures, struct hr_error *error) {
    struct parts parts = {.config = NULL};
    char path[PATH_MAX];
    uint64_t dropped = 0;
    snprintf(path, sizeof path, "%s/service.yaml", place->folder);
    int err = write_config(path, error);
    if (err) return err;
    uint64_t start = hr_clock_monotonic_ns();
    err = open_parts(place, path, &parts, error);
    perf_service_put(figures, "together", "setup_s", perf_service_seconds_since(start));
    uint64_t used = hr_clock_monotonic_ns();
    if (!err) err = use(place, &parts, error);
    perf_service_put(figures, "together", "operations_50_s", perf_service_seconds_since(used));
    perf_service_put(figures, "together", "total_s", perf_service_seconds_since(start));
    if (!err) {
        perf_service_put(figures, "together", "logged_uploads", tell_of_uploads(place, &parts));
        put_lines(&parts, figures);
        perf_service_put(figures, "together", "config_load_s", parts.load_s);
        perf_service_put(figures, "together", "config_cached_share",
                         cached_share(&parts, parts.load_s));
    }
    close_parts(&parts, &dropped);
    perf_service_put(figures, "together", "dropped", (double)dropped);
    return err;
}
