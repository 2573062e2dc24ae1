/* A request of the S3 client, prepared and written as its first attempt would be. */
#include "prepared.h"

#include "endpoint_bucket.h"
#include "s3_rows.h"

#include <stdlib.h>

static int write_it(struct prepared *made) {
    static const struct hr__endpoint_use use;
    const struct hr__s3_parameters *parameters = &made->call->parameters;
    struct hr__endpoint endpoint = made->client.endpoint;
    int err = 0;
    if (made->accelerate)
        err = hr__endpoint_bucket_resolve(&made->client.endpoint, parameters->bucket, &use,
                                          &made->error, &endpoint);
    made->memory = malloc(HR__S3_MESSAGE_MAX);
    if (err) return err;
    return hr__s3_write(parameters, &endpoint, made->memory, HR__S3_MESSAGE_MAX, &made->message);
}

int prepared_make(struct prepared *made, enum hr__s3_kind kind, void *request,
                  const char *endpoint) {
    struct hr_request *base = request;
    struct hr__s3_call *call = calloc(1, sizeof *call);
    const struct hr__s3_row *row = &hr__s3_rows[kind];
    struct hr__endpoint_settings settings = {.url = endpoint,
                                             .source = "endpoint",
                                             .region = made->region ? made->region : "us-east-1",
                                             .addressing = made->addressing,
                                             .dual_stack = made->dual_stack,
                                             .accelerate = made->accelerate};
    int err = hr__endpoint_make(&settings, &made->error, &made->client.endpoint);
    made->call = call;
    if (err) return err;
    base->private_.class_ = &row->base;
    memset(&base->error, 0, sizeof base->error);
    call->client = &made->client;
    call->request = base;
    call->row = row;
    call->http.body = hr_source_none();
    if (row->check) err = row->check(base);
    if (!err && row->operation.response == HR__S3_RESPONSE_LISTING) err = hr__s3_page_open(call);
    if (!err) err = hr__s3_request_read(call);
    if (!err) err = hr__s3_check(&call->parameters, &base->error);
    if (!err) err = hr__s3_body_plan(call);
    if (!err) err = write_it(made);
    made->error = base->error;
    return err;
}

void prepared_free(struct prepared *made) {
    if (made->call) {
        hr__s3_page_free(&made->call->page);
        hr__s3_details_free(made->call->details);
        hr_s3_hasher_deinit(&made->call->hasher);
    }
    free(made->call);
    free(made->memory);
    made->call = NULL;
    made->memory = NULL;
}

struct hr_slice prepared_field(const struct prepared *made, const char *name) {
    for (size_t i = 0; i < made->message.field_count; i++)
        if (hr_slice_equal_nocase(made->message.fields[i].name, hr_slice_of(name)))
            return made->message.fields[i].value;
    return hr_slice_bytes(NULL, 0);
}

bool prepared_has(const struct prepared *made, const char *name, const char *value) {
    struct hr_slice found = prepared_field(made, name);
    if (!value) return !found.data;
    return found.data && hr_slice_equal(found, hr_slice_of(value));
}
