/* A store and a client on one engine. */
#include "transfer_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "needs_kernel.h"

hr_engine *transfer_engine;
hr_s3_client *transfer_client;
static s3_server *server;

void transfer_open(const struct hr_engine_options *engine, struct hr_s3_client_options options,
                   const char *faults) {
    struct hr_error error = {0};
    char url[64];
    cr_assert_eq(hr_engine_new(engine, &error, &transfer_engine), 0, "%s", error.message);
    const struct s3_server_options store = {.access_key = "access",
                                            .secret_key = "secret",
                                            .store_bytes_max = 256 * MEBIBYTE,
                                            .faults = faults,
                                            .fault_seed = 7};
    cr_assert_eq(s3_server_new(transfer_engine, &store, &error, &server), 0, "%s", error.message);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", s3_server_port(server));
    options.endpoint = url;
    options.access_key = "access";
    options.secret_key = "secret";
    options.profile = "";
    cr_assert_eq(hr_s3_client_new(transfer_engine, &options, &error, &transfer_client), 0, "%s",
                 error.message);
    struct hr_s3_bucket_create create = {.bucket = "bucket"};
    transfer_wait(hr_s3_bucket_create_start(transfer_client, &create), &create.request);
}

void transfer_begin(void) {
    NEEDS_KERNEL("a store on the same engine");
    transfer_open(&(struct hr_engine_options){.reactors = 1}, (struct hr_s3_client_options){0},
                  NULL);
}

void transfer_end(void) {
    if (!transfer_engine) return; /* skipped */
    hr_s3_client_close(transfer_client, NULL, NULL);
    s3_server_close(server, NULL, NULL);
    cr_assert_eq(hr_engine_close(transfer_engine, NULL, NULL), 0);
}

int transfer_wait(int err, struct hr_request *request) {
    cr_assert_eq(err, 0, "%s", request->error.message);
    return hr_wait(request);
}

char *transfer_body(uint64_t size) {
    char *body = malloc(size + 1);
    cr_assert_not_null(body);
    for (uint64_t i = 0; i < size; i++) body[i] = transfer_byte(i);
    return body;
}

struct seen {
    uint64_t at, wrong;
};

static ssize_t compare(void *user, const void *data, size_t size) {
    struct seen *seen = user;
    const char *bytes = data;
    for (size_t i = 0; i < size; i++) seen->wrong += bytes[i] != transfer_byte(seen->at + i);
    seen->at += size;
    return (ssize_t)size;
}

void transfer_expect(const char *key, uint64_t size) {
    struct seen seen = {0, 0};
    struct hr_s3_get get = {
        .bucket = "bucket", .key = key, .sink = hr_sink_consumer(compare, &seen)};
    int result = transfer_wait(hr_s3_get_start(transfer_client, &get), &get.request);
    cr_assert_eq(result, 0, "%s", get.request.error.message);
    cr_expect_eq(seen.at, size, "%s has %llu bytes, not %llu", key, (unsigned long long)seen.at,
                 (unsigned long long)size);
    cr_expect_eq(seen.wrong, 0, "%llu bytes of %s are wrong", (unsigned long long)seen.wrong, key);
}

static int count(struct hr_s3_upload_list *list, const struct hr_s3_upload_info *upload) {
    (void)list;
    (void)upload;
    return 0;
}

unsigned transfer_uploads(void) {
    struct hr_s3_upload_list list = {.bucket = "bucket", .on_upload = count};
    int result = transfer_wait(hr_s3_upload_list_start(transfer_client, &list), &list.request);
    cr_assert_eq(result, 0, "%s", list.request.error.message);
    return (unsigned)list.uploads;
}

int transfer_file(uint64_t size) {
    int fd = memfd_create("transfer", MFD_CLOEXEC);
    char *body = transfer_body(size);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, body, size), (ssize_t)size);
    free(body);
    return fd;
}
