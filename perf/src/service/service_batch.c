/* Requests that are started together and waited for together. */
#include "service_batch.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 96

struct transfer {
    char key[KEY_SIZE];
    char *body;
    int started; /* as the start call returned it */
    struct hr_s3_put put;
    struct hr_s3_get get;
};

static void note(struct hr_error *error, const struct transfer *transfer, int result,
                 const struct hr_error *told) {
    if (error->code) return;
    if (told->code)
        *error = *told;
    else
        hr_error_set(error, result, "%s: %s", transfer->key, hr_error_text(result));
}

/* The bytes of an object follow from its number. */
static void fill_body(char *body, size_t size, unsigned index) {
    for (size_t i = 0; i < size; i++) body[i] = (char)(index * 31 + i * 7 + (i >> 8));
}

static bool is_body(const char *body, size_t size, unsigned index) {
    for (size_t i = 0; i < size; i++)
        if (body[i] != (char)(index * 31 + i * 7 + (i >> 8))) return false;
    return true;
}

static void begin_put(const struct perf_service_batch *batch, struct transfer *transfer,
                      unsigned index) {
    fill_body(transfer->body, batch->size_bytes, index);
    transfer->put = (struct hr_s3_put){.bucket = batch->bucket, .key = transfer->key};
    transfer->put.body = hr_source_bytes(transfer->body, batch->size_bytes);
    transfer->started = hr_s3_put_start(batch->client, &transfer->put);
}

static void begin_get(const struct perf_service_batch *batch, struct transfer *transfer) {
    transfer->get = (struct hr_s3_get){.bucket = batch->bucket, .key = transfer->key};
    transfer->get.sink = hr_sink_bytes(transfer->body, batch->size_bytes);
    transfer->started = hr_s3_get_start(batch->client, &transfer->get);
}

/* Whether it failed. */
static bool end_put(struct transfer *transfer, struct hr_error *error) {
    int result = transfer->started ? transfer->started : hr_wait(&transfer->put.request);
    if (result) note(error, transfer, result, &transfer->put.request.error);
    return result != 0;
}

static bool end_get(const struct perf_service_batch *batch, struct transfer *transfer,
                    unsigned index, struct hr_error *error) {
    int result = transfer->started ? transfer->started : hr_wait(&transfer->get.request);
    bool whole = !result && transfer->get.body_bytes == batch->size_bytes &&
                 is_body(transfer->body, batch->size_bytes, index);
    if (!result && !whole) result = -EBADMSG;
    if (result) note(error, transfer, result, &transfer->get.request.error);
    return result != 0;
}

/* NULL: no memory. Freed as one block. */
static struct transfer *make(const struct perf_service_batch *batch) {
    assert(batch->count <= PERF_BATCH_MAX && batch->size_bytes <= PERF_BATCH_BYTES);
    size_t table = batch->count * sizeof(struct transfer);
    struct transfer *transfers = calloc(1, table + batch->count * batch->size_bytes);
    for (unsigned i = 0; transfers && i < batch->count; i++) {
        transfers[i].body = (char *)transfers + table + i * batch->size_bytes;
        snprintf(transfers[i].key, KEY_SIZE, "service/%s-%u.txt", batch->name, batch->first + i);
    }
    return transfers;
}

static unsigned run(const struct perf_service_batch *batch, bool puts, struct hr_error *error) {
    struct transfer *transfers = make(batch);
    unsigned failed = 0;
    if (!transfers) {
        hr_error_set(error, -ENOMEM, "out of memory");
        return batch->count;
    }
    for (unsigned i = 0; i < batch->count; i++)
        if (puts)
            begin_put(batch, &transfers[i], batch->first + i);
        else
            begin_get(batch, &transfers[i]);
    for (unsigned i = 0; i < batch->count; i++)
        failed += puts ? end_put(&transfers[i], error)
                       : end_get(batch, &transfers[i], batch->first + i, error);
    free(transfers);
    return failed;
}

unsigned perf_service_batch_put(const struct perf_service_batch *batch, struct hr_error *error) {
    return run(batch, true, error);
}

unsigned perf_service_batch_get(const struct perf_service_batch *batch, struct hr_error *error) {
    return run(batch, false, error);
}
