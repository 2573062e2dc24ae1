/* The users' request structs: where the call stands in them, and how they are read. */
#include "s3_call.h"

#include <assert.h>
#include <errno.h>

#include "object_options.h"
#include "xml_writer.h"

const struct hr__s3_row *hr__s3_request_row(const struct hr_request *request) {
    return hr__container_of(request->private_.class_, struct hr__s3_row, base);
}

static const void *place(const struct hr_request *request, size_t at) {
    return (const char *)request + at;
}

static struct hr__s3_call **slot(const struct hr_request *request) {
    return (struct hr__s3_call **)(uintptr_t)place(request, hr__s3_request_row(request)->call_at);
}

void hr__s3_request_set_call(struct hr_request *request, struct hr__s3_call *call) {
    assert(!call || call->request == request);
    *slot(request) = call;
}

struct hr__s3_call *hr__s3_request_call(const struct hr_request *request) {
    return *slot(request);
}

int hr__s3_request_read(struct hr__s3_call *call) {
    const struct hr__s3_row *row = call->row;
    struct hr__s3_parameters *parameters = &call->parameters;
    parameters->operation = &row->operation;
    if (row->operation.bucket)
        parameters->bucket =
            hr_slice_of(*(const char *const *)place(call->request, row->bucket_at));
    if (row->operation.key)
        parameters->key = hr_slice_of(*(const char *const *)place(call->request, row->key_at));
    int err = row->prepare ? row->prepare(call) : 0;
    parameters->details = call->details;
    return err;
}

struct hr__s3_adder hr__s3_request_adder(struct hr__s3_call *call) {
    return (struct hr__s3_adder){.details = &call->details,
                                 .error = &call->request->error,
                                 .tls = call->client->endpoint.tls};
}

void hr__s3_request_body(struct hr__s3_call *call, const struct hr_source *body,
                         enum hr_s3_payload payload) {
    call->http.body = *body;
    call->body_plan.payload = payload ? payload : call->client->payload;
}

struct hr__memory hr__s3_request_memory(struct hr__s3_adder *add, int err, size_t size) {
    struct hr__memory memory = {NULL, size};
    if (err != -ENOBUFS && !add->err) add->err = err;
    if (!add->err) memory.data = hr__add_memory(add, size);
    return memory;
}

void hr__s3_request_document(struct hr__s3_call *call, struct hr_slice document) {
    call->http.body = hr_source_bytes(document.data, document.size);
    call->body_plan.payload = HR_S3_PAYLOAD_SIGNED;
}

/* AWS takes any checksum, and directory buckets no Content-MD5; stores that are older than the new
 * ones look for that. */
void hr__s3_request_summed_document(struct hr__s3_call *call, struct hr__s3_adder *add,
                                    struct hr_slice document) {
    const struct hr__endpoint *endpoint = &call->client->endpoint;
    if (!endpoint->aws && !hr__endpoint_bucket_express(endpoint, call->parameters.bucket))
        hr__add_content_md5(add, document);
    call->body_plan.is_default = call->body_plan.is_required = true;
    hr__s3_request_document(call, document);
}

void hr__s3_request_mend_answer(struct hr__s3_call *call) {
    struct hr_slice key = call->parameters.key;
    if (key.size > 0 && !hr__xml_can_hold(key)) hr__xml_mend(call->body.data, call->body.size);
}

struct hr_slice hr__s3_request_answer(const struct hr__s3_call *call) {
    return hr_slice_bytes(call->body.data, call->body.size);
}
