/* Secrets that were planted where a service has them, looked for in its log and its errors when
 * things go wrong. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/log_hooks.h>
#include <headrace/text.h>

#include "service_bench.h"
#include "service_tools.h"

#define ACCESS_KEY "AKIDPLANTEDSENSITIVE"
#define SECRET_KEY "PLANTED/SENSITIVE/SECRET/67890"
#define PASSWORD   "planted_db_password_123"
#define SAID_MAX   65536

static const char *const planted[] = {SECRET_KEY, PASSWORD};

static unsigned found_in(const char *text) {
    unsigned found = 0;
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i++)
        for (const char *at = text; (at = strstr(at, planted[i])); at++) found++;
    return found;
}

/* A store that nobody answers for: every attempt's event is logged at DEBUG, and so is the end. */
static int fail_an_upload(const struct perf_service_place *place, hr_log *log, unsigned *found,
                          struct hr_error *error) {
    struct hr_s3_client_options options = {.endpoint = "http://127.0.0.1:9",
                                           .access_key = ACCESS_KEY,
                                           .secret_key = SECRET_KEY,
                                           .http = {.retry.backoff_base_ms = 1,
                                                    .retry.backoff_max_ms = 2,
                                                    .on_event = hr_log_on_event,
                                                    .event_user = log}};
    const struct perf_service_place nowhere = {
        .folder = place->folder, .engine = place->engine, .store = &options, .bucket = "nowhere"};
    const struct perf_service_object object = {.bucket = "nowhere", .name = "secret"};
    struct perf_service_store store;
    struct hr_error failure = {0};
    int err = perf_service_store_open(&nowhere, &store, error);
    if (err) return err;
    err = perf_service_upload(store.client, &object, &failure);
    HR_ERROR(log, "Operation failed", "error", failure.message, "secret_key", SECRET_KEY,
             "password", PASSWORD);
    *found += found_in(failure.message);
    perf_service_store_close(&store);
    return err ? 0 : hr_error_set(error, -EPROTO, "an upload to nowhere succeeded");
}

/* *read: how much there is of it, so that nothing found in nothing is seen. */
static int search_log(const struct perf_service_place *place, unsigned *found, size_t *read,
                      struct hr_error *error) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/log", place->folder);
    FILE *file = fopen(path, "r");
    char *text = file ? calloc(1, SAID_MAX + 1) : NULL;
    if (text) *read = fread(text, 1, SAID_MAX, file);
    if (text) *found += found_in(text);
    free(text);
    if (file) fclose(file);
    return text ? 0 : hr_error_set(error, -EIO, "%s cannot be read", path);
}

int perf_service_secrets(const struct perf_service_place *place,
                         struct perf_service_figures *figures, struct hr_error *error) {
    hr_log *log;
    uint64_t dropped = 0;
    unsigned found = 0;
    size_t read = 0;
    int err = perf_service_log_open(place, "DEBUG", &log, error);
    if (err) return err;
    err = fail_an_upload(place, log, &found, error);
    int closed = perf_service_log_close(log, &dropped, err ? &(struct hr_error){0} : error);
    if (!err) err = closed;
    if (!err) err = search_log(place, &found, &read, error);
    perf_service_put(figures, "secrets", "found", found);
    perf_service_put(figures, "secrets", "searched_bytes", (double)read);
    return err;
}
