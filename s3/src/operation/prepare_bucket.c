/* Buckets: create and head. */
#include "s3_prepare.h"

/* The body of CreateBucket names the bucket's region, at AWS and outside of us-east-1 only: other
 * stores accept no region but their own. */
int hr__s3_bucket_create_prepare(struct hr__s3_call *call) {
    const struct hr__endpoint *endpoint = &call->client->endpoint;
    call->body_plan.payload = HR_S3_PAYLOAD_SIGNED;
    if (!endpoint->aws || strcmp(endpoint->region, "us-east-1") == 0) return 0;
    struct hr__s3_adder add = hr__s3_request_adder(call);
    const struct hr__bucket_configuration wanted = {.region = hr_slice_of(endpoint->region)};
    size_t size = 0;
    int err =
        hr__write_bucket_configuration(&wanted, (struct hr__memory){NULL, 0}, add.error, &size);
    struct hr__memory memory = hr__s3_request_memory(&add, err, size);
    if (!memory.data) return add.err;
    hr__write_bucket_configuration(&wanted, memory, add.error, &size);
    hr__s3_request_document(call, hr_slice_bytes(memory.data, size));
    return add.err;
}

int hr__s3_bucket_head_prepare(struct hr__s3_call *call) {
    hr__container_of(call->request, struct hr_s3_bucket_head, request)->region[0] = 0;
    return 0;
}

int hr__s3_bucket_head_head(struct hr__s3_call *call, const struct hr_http_head *head,
                            struct hr_error *error) {
    struct hr_s3_bucket_head *bucket =
        hr__container_of(call->request, struct hr_s3_bucket_head, request);
    (void)head;
    (void)error;
    hr__copy_whole(bucket->region, sizeof bucket->region, hr_slice_of(call->attempt.ids.region));
    return 0;
}
