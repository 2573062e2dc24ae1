/* A log, an engine with a client, and uploads of a few bytes. */
#include "service_tools.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>

#define NAME_SIZE 96

int perf_service_log_open(const struct perf_service_place *place, const char *level, hr_log **log,
                          struct hr_error *error) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/log", place->folder);
    unlink(path); /* of the part before */
    const struct hr_log_service_options options = {
        .name = "seeds", .level = level, .file = path, .no_console = true};
    int err = hr_log_service(&options, error, log);
    if (err) return err;
    err = hr_log_start(*log);
    if (!err) return 0;
    hr_log_close(*log);
    return hr_error_set(error, err, "the log could not be started: %s", hr_error_text(err));
}

int perf_service_log_close(hr_log *log, uint64_t *dropped, struct hr_error *error) {
    struct hr_log_statistics statistics;
    int left = hr_log_stop(log, -1);
    hr_log_statistics_get(log, &statistics);
    *dropped += statistics.messages_dropped;
    int closed = hr_log_close(log);
    if (!left && !closed) return 0;
    return hr_error_set(error, -EIO, "%d records could not be written", left ? left : closed);
}

double perf_service_seconds_since(uint64_t start_ns) {
    return (double)(hr_clock_monotonic_ns() - start_ns) / 1e9;
}

int perf_service_count_lines(const char *path, uint64_t *lines) {
    FILE *file = fopen(path, "r");
    if (!file) return -errno;
    for (int c; (c = getc(file)) != EOF;) *lines += c == '\n';
    fclose(file);
    return 0;
}

int perf_service_store_open(const struct perf_service_place *place,
                            struct perf_service_store *store, struct hr_error *error) {
    *store = (struct perf_service_store){.engine = NULL};
    int err = hr_engine_new(place->engine, error, &store->engine);
    if (!err) err = hr_s3_client_new(store->engine, place->store, error, &store->client);
    if (err) perf_service_store_close(store);
    return err;
}

void perf_service_store_close(struct perf_service_store *store) {
    hr_s3_client_close(store->client, NULL, NULL);
    hr_engine_close(store->engine, NULL, NULL);
    *store = (struct perf_service_store){.engine = NULL};
}

/* 0, a status of 404, or a negative code. */
static int look_for_bucket(hr_s3_client *client, const char *name, struct hr_error *error) {
    struct hr_s3_bucket_head head = {.bucket = name};
    int err = hr_s3_bucket_head_start(client, &head);
    if (!err) err = hr_wait(&head.request);
    if (err && head.request.error.http_status == 404) return 404;
    if (err) *error = head.request.error;
    return err;
}

static int make_bucket(hr_s3_client *client, const char *name, struct hr_error *error) {
    struct hr_s3_bucket_create create = {.bucket = name};
    int err = hr_s3_bucket_create_start(client, &create);
    if (!err) err = hr_wait(&create.request);
    if (err) *error = create.request.error;
    return err;
}

int perf_service_bucket(const struct perf_service_place *place, struct hr_error *error) {
    struct perf_service_store store;
    int err = perf_service_store_open(place, &store, error);
    if (err) return err;
    err = look_for_bucket(store.client, place->bucket, error);
    if (err == 404) err = make_bucket(store.client, place->bucket, error);
    perf_service_store_close(&store);
    return err;
}

int perf_service_upload(hr_s3_client *client, const struct perf_service_object *object,
                        struct hr_error *error) {
    char key[NAME_SIZE], body[NAME_SIZE];
    snprintf(key, sizeof key, "service/%s-%u.txt", object->name, object->index);
    int size = snprintf(body, sizeof body, "data of %s %u", object->name, object->index);
    struct hr_s3_put put = {.bucket = object->bucket, .key = key};
    put.body = hr_source_bytes(body, (size_t)size);
    int err = hr_s3_put_start(client, &put);
    if (!err) err = hr_wait(&put.request);
    if (!err) return 0;
    *error = put.request.error;
    if (!error->code) hr_error_set(error, err, "%s: %s", key, hr_error_text(err));
    return err;
}
