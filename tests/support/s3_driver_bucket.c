/* The S3 driver: operations on buckets, listings, and the pass-through. */
#include "s3_driver.h"

static const struct s3_member nothing[] = {{.name = NULL}};

static const struct s3_member list_in[] = {
    MEMBER(hr_s3_list, bucket, S3_TEXT),         MEMBER(hr_s3_list, prefix, S3_TEXT),
    MEMBER(hr_s3_list, delimiter, S3_TEXT),      MEMBER(hr_s3_list, start_after, S3_TEXT),
    MEMBER(hr_s3_list, page_size, S3_NUMBER),    MEMBER(hr_s3_list, one_page, S3_FLAG),
    MEMBER(hr_s3_list, next_token, S3_TOKEN),    MEMBER(hr_s3_list, request_payer, S3_FLAG),
    MEMBER(hr_s3_list, expected_owner, S3_TEXT), {.name = NULL},
};

static const struct s3_member list_out[] = {
    MEMBER(hr_s3_list, objects, S3_NUMBER),  MEMBER(hr_s3_list, prefixes, S3_NUMBER),
    MEMBER(hr_s3_list, pages, S3_NUMBER),    MEMBER(hr_s3_list, truncated, S3_FLAG),
    MEMBER(hr_s3_list, next_token, S3_TEXT), {.name = NULL},
};

static const struct s3_member version_list_in[] = {
    MEMBER(hr_s3_version_list, bucket, S3_TEXT),
    MEMBER(hr_s3_version_list, prefix, S3_TEXT),
    MEMBER(hr_s3_version_list, delimiter, S3_TEXT),
    MEMBER(hr_s3_version_list, key_after, S3_TEXT),
    MEMBER(hr_s3_version_list, version_id_after, S3_TEXT),
    MEMBER(hr_s3_version_list, page_size, S3_NUMBER),
    MEMBER(hr_s3_version_list, request_payer, S3_FLAG),
    MEMBER(hr_s3_version_list, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member version_list_out[] = {
    MEMBER(hr_s3_version_list, versions, S3_NUMBER),
    MEMBER(hr_s3_version_list, prefixes, S3_NUMBER),
    MEMBER(hr_s3_version_list, pages, S3_NUMBER),
    {.name = NULL},
};

static const struct s3_member bucket_create_in[] = {
    MEMBER(hr_s3_bucket_create, bucket, S3_TEXT),
    MEMBER(hr_s3_bucket_create, acl, S3_TEXT),
    MEMBER(hr_s3_bucket_create, ownership, S3_TEXT),
    MEMBER(hr_s3_bucket_create, object_lock, S3_FLAG),
    {.name = NULL},
};

static const struct s3_member bucket_head_in[] = {
    MEMBER(hr_s3_bucket_head, bucket, S3_TEXT),
    MEMBER(hr_s3_bucket_head, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member bucket_head_out[] = {
    MEMBER(hr_s3_bucket_head, region, S3_CHARS),
    {.name = NULL},
};

static const struct s3_member health_in[] = {
    MEMBER(hr_s3_health, bucket, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member health_out[] = {
    MEMBER(hr_s3_health, status, S3_NUMBER),
    MEMBER(hr_s3_health, endpoint, S3_CHARS),
    MEMBER(hr_s3_health, region, S3_CHARS),
    {.name = NULL},
};

static const struct s3_member exists_in[] = {
    MEMBER(hr_s3_exists, bucket, S3_TEXT),
    MEMBER(hr_s3_exists, key, S3_TEXT),
    MEMBER(hr_s3_exists, version_id, S3_TEXT),
    MEMBER(hr_s3_exists, customer_key, S3_TEXT),
    MEMBER(hr_s3_exists, request_payer, S3_FLAG),
    MEMBER(hr_s3_exists, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member exists_out[] = {
    MEMBER(hr_s3_exists, exists, S3_FLAG),
    {.name = NULL},
};

static const struct s3_member bucket_delete_in[] = {
    MEMBER(hr_s3_bucket_delete, bucket, S3_TEXT),
    MEMBER(hr_s3_bucket_delete, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member bucket_list_in[] = {
    MEMBER(hr_s3_bucket_list, prefix, S3_TEXT),
    MEMBER(hr_s3_bucket_list, bucket_region, S3_TEXT),
    MEMBER(hr_s3_bucket_list, page_size, S3_NUMBER),
    {.name = NULL},
};

static const struct s3_member bucket_list_out[] = {
    MEMBER(hr_s3_bucket_list, buckets, S3_NUMBER),
    {.name = NULL},
};

static const struct s3_member bucket_location_in[] = {
    MEMBER(hr_s3_bucket_location, bucket, S3_TEXT),
    MEMBER(hr_s3_bucket_location, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member bucket_location_out[] = {
    MEMBER(hr_s3_bucket_location, region, S3_CHARS),
    {.name = NULL},
};

static const struct s3_member versioning_get_in[] = {
    MEMBER(hr_s3_versioning_get, bucket, S3_TEXT),
    MEMBER(hr_s3_versioning_get, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member versioning_get_out[] = {
    MEMBER(hr_s3_versioning_get, status, S3_NUMBER),
    MEMBER(hr_s3_versioning_get, mfa_delete, S3_FLAG),
    {.name = NULL},
};

static const struct s3_member versioning_put_in[] = {
    MEMBER(hr_s3_versioning_put, bucket, S3_TEXT),
    MEMBER(hr_s3_versioning_put, expected_owner, S3_TEXT),
    MEMBER(hr_s3_versioning_put, mfa, S3_TEXT),
    MEMBER(hr_s3_versioning_put, status, S3_NUMBER),
    {.name = NULL},
};

static const struct s3_member request_in[] = {
    MEMBER(hr_s3_request, operation, S3_TEXT),
    MEMBER(hr_s3_request, method, S3_TEXT),
    MEMBER(hr_s3_request, bucket, S3_TEXT),
    MEMBER(hr_s3_request, key, S3_TEXT),
    ROWS(hr_s3_request, query, S3_SLICES, 2),
    ROWS(hr_s3_request, fields, S3_SLICES, 2),
    MEMBER(hr_s3_request, body, S3_SOURCE),
    MEMBER(hr_s3_request, payload, S3_NUMBER),
    MEMBER(hr_s3_request, repeatable, S3_FLAG),
    MEMBER(hr_s3_request, error_in_body, S3_FLAG),
    {.name = NULL},
};

static const struct s3_member request_out[] = {
    MEMBER(hr_s3_request, status, S3_NUMBER),
    MEMBER(hr_s3_request, body_bytes, S3_NUMBER),
    MEMBER(hr_s3_request, sent_bytes, S3_NUMBER),
    {.name = NULL},
};

static int request_on_head(struct hr_s3_request *request, const struct hr_http_head *head) {
    return s3_fields_append(request->request.user, head);
}
static void prepare_request(void *request) {
    struct hr_s3_request *any = request;
    any->on_head = request_on_head;
    any->sink = s3_body_sink();
}

static void finish_request(void *request, json_t *result) {
    s3_body_finish(result);
    (void)request;
}

static int list_on_object(struct hr_s3_list *request, const struct hr_s3_object *entry) {
    return s3_entry_append(request->request.user, s3_object_members, entry);
}
static void prepare_list(void *request) {
    ((struct hr_s3_list *)request)->on_object = list_on_object;
}

static int version_list_on_version(struct hr_s3_version_list *request,
                                   const struct hr_s3_version *entry) {
    return s3_entry_append(request->request.user, s3_version_members, entry);
}
static void prepare_version_list(void *request) {
    ((struct hr_s3_version_list *)request)->on_version = version_list_on_version;
}

static int bucket_list_on_bucket(struct hr_s3_bucket_list *request,
                                 const struct hr_s3_bucket *entry) {
    return s3_entry_append(request->request.user, s3_bucket_members, entry);
}
static void prepare_bucket_list(void *request) {
    ((struct hr_s3_bucket_list *)request)->on_bucket = bucket_list_on_bucket;
}

static void finish_list(void *request, json_t *result) {
    (void)result;
    hr_s3_list_deinit(request);
}

#define OPERATIONS(X)                                                                              \
    X(list, list_in, list_out, prepare_list, finish_list)                                          \
    X(version_list, version_list_in, version_list_out, prepare_version_list, NULL)                 \
    X(bucket_create, bucket_create_in, nothing, NULL, NULL)                                        \
    X(bucket_head, bucket_head_in, bucket_head_out, NULL, NULL)                                    \
    X(bucket_delete, bucket_delete_in, nothing, NULL, NULL)                                        \
    X(bucket_list, bucket_list_in, bucket_list_out, prepare_bucket_list, NULL)                     \
    X(bucket_location, bucket_location_in, bucket_location_out, NULL, NULL)                        \
    X(versioning_get, versioning_get_in, versioning_get_out, NULL, NULL)                           \
    X(versioning_put, versioning_put_in, nothing, NULL, NULL)                                      \
    X(health, health_in, health_out, NULL, NULL)                                                   \
    X(exists, exists_in, exists_out, NULL, NULL)                                                   \
    X(request, request_in, request_out, prepare_request, finish_request)

OPERATIONS(S3_START)
const struct s3_operation s3_bucket_operations[] = {OPERATIONS(S3_ROW){.name = NULL}};
