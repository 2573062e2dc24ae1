/* Buckets: create and head. */
#include <errno.h>

#include "s3_prepare.h"

/* The body of CreateBucket names the bucket's region, at AWS and outside of us-east-1 only: other
 * stores accept no region but their own. */
int hr__s3_bucket_create_prepare(struct hr__s3_call *call) {
    static const char before[] = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/"
                                 "2006-03-01/\"><LocationConstraint>";
    static const char behind[] = "</LocationConstraint></CreateBucketConfiguration>";
    const struct hr__endpoint *endpoint = &call->client->endpoint;
    call->signed_payload = true;
    if (!endpoint->aws || strcmp(endpoint->region, "us-east-1") == 0) return 0;
    struct hr__s3_adder add = hr__s3_request_adder(call);
    size_t size = sizeof before - 1 + sizeof behind - 1 + strlen(endpoint->region);
    struct hr__writer out = hr__writer(hr__add_memory(&add, size), size);
    if (add.err) return add.err;
    hr__put_text(&out, before);
    hr__put_text(&out, endpoint->region);
    hr__put_text(&out, behind);
    call->http.body = hr_source_bytes(out.begin, hr__written(&out).size);
    return 0;
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
