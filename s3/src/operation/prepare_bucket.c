/* Buckets: create, head and delete. */
#include "bucket_name.h"
#include "object_options.h"
#include "s3_prepare.h"

#define DIRECTORY_SUFFIX "--x-s3"

/* The zone in NAME--ZONE--x-s3; empty: there is none. */
static struct hr_slice zone_of(struct hr_slice bucket) {
    size_t end = bucket.size - strlen(DIRECTORY_SUFFIX), begin = end;
    while (begin > 2 && memcmp(bucket.data + begin - 2, "--", 2) != 0) begin--;
    return begin > 2 ? hr_slice_bytes(bucket.data + begin, end - begin) : hr_slice_bytes(NULL, 0);
}

/* Local Zones are named after a city too: usw2-lax1-az1 beside usw2-az1. */
static bool is_local(struct hr_slice zone) {
    unsigned hyphens = 0;
    for (size_t i = 0; i < zone.size; i++) hyphens += zone.data[i] == '-';
    return hyphens > 1;
}

static bool is_directory(const struct hr__s3_call *call) {
    struct hr_slice bucket = call->parameters.bucket;
    return hr__endpoint_bucket_express(&call->client->endpoint, bucket) &&
           hr__bucket_kind(bucket) == HR__BUCKET_EXPRESS;
}

/* The body of CreateBucket names the bucket's region, at AWS and outside of us-east-1 only: other
 * stores accept no region but their own. A directory bucket has a zone in place of it. False: there
 * is no body. */
static bool configure(struct hr__s3_call *call, struct hr__s3_adder *add,
                      struct hr__bucket_configuration *wanted) {
    const struct hr__endpoint *endpoint = &call->client->endpoint;
    *wanted = (struct hr__bucket_configuration){.local_zone = false};
    if (!is_directory(call)) {
        wanted->region = hr_slice_of(endpoint->region);
        return endpoint->aws && strcmp(endpoint->region, "us-east-1") != 0;
    }
    wanted->zone = zone_of(call->parameters.bucket);
    wanted->local_zone = is_local(wanted->zone);
    if (wanted->zone.size == 0)
        hr__add_refuse(
            add, HR_ERR_S3_BUCKET_INVALID,
            "no zone stands in the name of the directory bucket: NAME--ZONE" DIRECTORY_SUFFIX);
    return true;
}

static void add_configuration(struct hr__s3_call *call, struct hr__s3_adder *add) {
    struct hr__bucket_configuration wanted;
    if (!configure(call, add, &wanted) || add->err) return;
    size_t size = 0;
    int err =
        hr__write_bucket_configuration(&wanted, (struct hr__memory){NULL, 0}, add->error, &size);
    struct hr__memory memory = hr__s3_request_memory(add, err, size);
    if (!memory.data) return;
    hr__write_bucket_configuration(&wanted, memory, add->error, &size);
    hr__s3_request_document(call, hr_slice_bytes(memory.data, size));
}

int hr__s3_bucket_create_prepare(struct hr__s3_call *call) {
    const struct hr_s3_bucket_create *create =
        hr__container_of(call->request, struct hr_s3_bucket_create, request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    call->body_plan.payload = HR_S3_PAYLOAD_SIGNED;
    hr__add_field_text(&add, "x-amz-acl", create->acl);
    hr__add_field_text(&add, "x-amz-object-ownership", create->ownership);
    if (create->object_lock) hr__add_field_text(&add, "x-amz-bucket-object-lock-enabled", "true");
    add_configuration(call, &add);
    return add.err;
}

int hr__s3_bucket_head_prepare(struct hr__s3_call *call) {
    struct hr_s3_bucket_head *head =
        hr__container_of(call->request, struct hr_s3_bucket_head, request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    head->region[0] = 0;
    hr__add_payer(&add, false, head->expected_owner);
    return add.err;
}

int hr__s3_bucket_delete_prepare(struct hr__s3_call *call) {
    const struct hr_s3_bucket_delete *del =
        hr__container_of(call->request, struct hr_s3_bucket_delete, request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    hr__add_payer(&add, false, del->expected_owner);
    return add.err;
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
