/* The S3 driver: operations on multipart uploads. */
#include "s3_driver.h"

static const struct s3_member nothing[] = {{.name = NULL}};

static const struct s3_member upload_create_in[] = {
    MEMBER(hr_s3_upload_create, bucket, S3_TEXT),
    MEMBER(hr_s3_upload_create, key, S3_TEXT),
    MEMBER(hr_s3_upload_create, content_type, S3_TEXT),
    MEMBER(hr_s3_upload_create, checksum_algorithm, S3_ALGORITHM),
    MEMBER(hr_s3_upload_create, checksum_type, S3_SUM_TYPE),
    ROWS(hr_s3_upload_create, metadata, S3_TEXTS, 2),
    ROWS(hr_s3_upload_create, fields, S3_SLICES, 2),
    GROUP(hr_s3_upload_create, options, s3_object_options_members),
    {.name = NULL},
};

static const struct s3_member upload_create_out[] = {
    MEMBER(hr_s3_upload_create, upload_id, S3_CHARS),
    {.name = NULL},
};

static const struct s3_member upload_part_in[] = {
    MEMBER(hr_s3_upload_part, bucket, S3_TEXT),
    MEMBER(hr_s3_upload_part, key, S3_TEXT),
    MEMBER(hr_s3_upload_part, upload_id, S3_TEXT),
    MEMBER(hr_s3_upload_part, customer_key, S3_TEXT),
    MEMBER(hr_s3_upload_part, part_number, S3_NUMBER),
    MEMBER(hr_s3_upload_part, body, S3_SOURCE),
    MEMBER(hr_s3_upload_part, payload, S3_NUMBER),
    MEMBER(hr_s3_upload_part, checksum_algorithm, S3_ALGORITHM),
    ROWS(hr_s3_upload_part, fields, S3_SLICES, 2),
    MEMBER(hr_s3_upload_part, request_payer, S3_FLAG),
    MEMBER(hr_s3_upload_part, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member upload_part_out[] = {
    MEMBER(hr_s3_upload_part, etag, S3_CHARS),
    MEMBER(hr_s3_upload_part, sent_bytes, S3_NUMBER),
    {.name = NULL},
};

static const struct s3_member upload_part_copy_in[] = {
    MEMBER(hr_s3_upload_part_copy, bucket, S3_TEXT),
    MEMBER(hr_s3_upload_part_copy, key, S3_TEXT),
    MEMBER(hr_s3_upload_part_copy, upload_id, S3_TEXT),
    MEMBER(hr_s3_upload_part_copy, customer_key, S3_TEXT),
    MEMBER(hr_s3_upload_part_copy, part_number, S3_NUMBER),
    GROUP(hr_s3_upload_part_copy, source, s3_copy_source_members),
    MEMBER(hr_s3_upload_part_copy, ranged, S3_FLAG),
    MEMBER(hr_s3_upload_part_copy, range_first, S3_NUMBER),
    MEMBER(hr_s3_upload_part_copy, range_last, S3_NUMBER),
    MEMBER(hr_s3_upload_part_copy, request_payer, S3_FLAG),
    MEMBER(hr_s3_upload_part_copy, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member upload_part_copy_out[] = {
    MEMBER(hr_s3_upload_part_copy, etag, S3_CHARS),
    MEMBER(hr_s3_upload_part_copy, last_modified_s, S3_NUMBER),
    {.name = NULL},
};

static const struct s3_member upload_complete_in[] = {
    MEMBER(hr_s3_upload_complete, bucket, S3_TEXT),
    MEMBER(hr_s3_upload_complete, key, S3_TEXT),
    MEMBER(hr_s3_upload_complete, upload_id, S3_TEXT),
    MEMBER(hr_s3_upload_complete, customer_key, S3_TEXT),
    ROWS(hr_s3_upload_complete, parts, S3_PARTS, 4),
    GROUP(hr_s3_upload_complete, conditions, s3_conditions_members),
    MEMBER(hr_s3_upload_complete, object_size_bytes, S3_NUMBER),
    ROWS(hr_s3_upload_complete, fields, S3_SLICES, 2),
    MEMBER(hr_s3_upload_complete, request_payer, S3_FLAG),
    MEMBER(hr_s3_upload_complete, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member upload_complete_out[] = {
    MEMBER(hr_s3_upload_complete, etag, S3_CHARS),
    MEMBER(hr_s3_upload_complete, version_id, S3_CHARS),
    MEMBER(hr_s3_upload_complete, looked_up, S3_FLAG),
    {.name = NULL},
};

static const struct s3_member upload_abort_in[] = {
    MEMBER(hr_s3_upload_abort, bucket, S3_TEXT),
    MEMBER(hr_s3_upload_abort, key, S3_TEXT),
    MEMBER(hr_s3_upload_abort, upload_id, S3_TEXT),
    MEMBER(hr_s3_upload_abort, request_payer, S3_FLAG),
    MEMBER(hr_s3_upload_abort, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member part_list_in[] = {
    MEMBER(hr_s3_part_list, bucket, S3_TEXT),
    MEMBER(hr_s3_part_list, key, S3_TEXT),
    MEMBER(hr_s3_part_list, upload_id, S3_TEXT),
    MEMBER(hr_s3_part_list, customer_key, S3_TEXT),
    MEMBER(hr_s3_part_list, part_number_after, S3_NUMBER),
    MEMBER(hr_s3_part_list, page_size, S3_NUMBER),
    MEMBER(hr_s3_part_list, request_payer, S3_FLAG),
    MEMBER(hr_s3_part_list, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member part_list_out[] = {
    MEMBER(hr_s3_part_list, parts, S3_NUMBER),
    MEMBER(hr_s3_part_list, pages, S3_NUMBER),
    {.name = NULL},
};

static const struct s3_member upload_list_in[] = {
    MEMBER(hr_s3_upload_list, bucket, S3_TEXT),
    MEMBER(hr_s3_upload_list, prefix, S3_TEXT),
    MEMBER(hr_s3_upload_list, delimiter, S3_TEXT),
    MEMBER(hr_s3_upload_list, key_after, S3_TEXT),
    MEMBER(hr_s3_upload_list, upload_id_after, S3_TEXT),
    MEMBER(hr_s3_upload_list, page_size, S3_NUMBER),
    MEMBER(hr_s3_upload_list, request_payer, S3_FLAG),
    MEMBER(hr_s3_upload_list, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member upload_list_out[] = {
    MEMBER(hr_s3_upload_list, uploads, S3_NUMBER),
    MEMBER(hr_s3_upload_list, prefixes, S3_NUMBER),
    MEMBER(hr_s3_upload_list, pages, S3_NUMBER),
    {.name = NULL},
};

static int part_list_on_part(struct hr_s3_part_list *request, const struct hr_s3_part_info *entry) {
    return s3_entry_append(request->request.user, s3_part_members, entry);
}
static void prepare_part_list(void *request) {
    ((struct hr_s3_part_list *)request)->on_part = part_list_on_part;
}

static int upload_list_on_upload(struct hr_s3_upload_list *request,
                                 const struct hr_s3_upload_info *entry) {
    return s3_entry_append(request->request.user, s3_upload_members, entry);
}
static void prepare_upload_list(void *request) {
    ((struct hr_s3_upload_list *)request)->on_upload = upload_list_on_upload;
}

#define OPERATIONS(X)                                                                              \
    X(upload_create, upload_create_in, upload_create_out, NULL, NULL)                              \
    X(upload_part, upload_part_in, upload_part_out, NULL, NULL)                                    \
    X(upload_part_copy, upload_part_copy_in, upload_part_copy_out, NULL, NULL)                     \
    X(upload_complete, upload_complete_in, upload_complete_out, NULL, NULL)                        \
    X(upload_abort, upload_abort_in, nothing, NULL, NULL)                                          \
    X(part_list, part_list_in, part_list_out, prepare_part_list, NULL)                             \
    X(upload_list, upload_list_in, upload_list_out, prepare_upload_list, NULL)

OPERATIONS(S3_START)
const struct s3_operation s3_upload_operations[] = {OPERATIONS(S3_ROW){.name = NULL}};
