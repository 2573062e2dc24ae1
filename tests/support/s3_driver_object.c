/* The S3 driver: operations on objects. */
#include "s3_driver.h"

static const struct s3_member nothing[] = {{.name = NULL}};

static const struct s3_member put_in[] = {
    MEMBER(hr_s3_put, bucket, S3_TEXT),
    MEMBER(hr_s3_put, key, S3_TEXT),
    MEMBER(hr_s3_put, body, S3_SOURCE),
    MEMBER(hr_s3_put, content_type, S3_TEXT),
    ROWS(hr_s3_put, metadata, S3_TEXTS, 2),
    ROWS(hr_s3_put, fields, S3_SLICES, 2),
    MEMBER(hr_s3_put, payload, S3_NUMBER),
    MEMBER(hr_s3_put, expect_continue, S3_FLAG),
    GROUP(hr_s3_put, options, s3_object_options_members),
    GROUP(hr_s3_put, conditions, s3_conditions_members),
    MEMBER(hr_s3_put, checksum_algorithm, S3_ALGORITHM),
    {.name = NULL},
};

static const struct s3_member put_out[] = {
    MEMBER(hr_s3_put, etag, S3_CHARS),
    MEMBER(hr_s3_put, version_id, S3_CHARS),
    MEMBER(hr_s3_put, sent_bytes, S3_NUMBER),
    {.name = NULL},
};

static const struct s3_member get_in[] = {
    MEMBER(hr_s3_get, bucket, S3_TEXT),
    MEMBER(hr_s3_get, key, S3_TEXT),
    MEMBER(hr_s3_get, ranged, S3_FLAG),
    MEMBER(hr_s3_get, range_first, S3_NUMBER),
    MEMBER(hr_s3_get, range_last, S3_NUMBER),
    ROWS(hr_s3_get, fields, S3_SLICES, 2),
    GROUP(hr_s3_get, options, s3_read_options_members),
    {.name = NULL},
};

static const struct s3_member get_out[] = {
    GROUP(hr_s3_get, info, s3_object_info_members),
    MEMBER(hr_s3_get, verified, S3_NUMBER),
    MEMBER(hr_s3_get, body_bytes, S3_NUMBER),
    {.name = NULL},
};

static const struct s3_member head_in[] = {
    MEMBER(hr_s3_head, bucket, S3_TEXT),
    MEMBER(hr_s3_head, key, S3_TEXT),
    ROWS(hr_s3_head, fields, S3_SLICES, 2),
    GROUP(hr_s3_head, options, s3_read_options_members),
    {.name = NULL},
};

static const struct s3_member head_out[] = {
    GROUP(hr_s3_head, info, s3_object_info_members),
    {.name = NULL},
};

static const struct s3_member delete_in[] = {
    MEMBER(hr_s3_delete, bucket, S3_TEXT),
    MEMBER(hr_s3_delete, key, S3_TEXT),
    MEMBER(hr_s3_delete, version_id, S3_TEXT),
    MEMBER(hr_s3_delete, if_match, S3_TEXT),
    MEMBER(hr_s3_delete, mfa, S3_TEXT),
    MEMBER(hr_s3_delete, bypass_governance, S3_FLAG),
    MEMBER(hr_s3_delete, request_payer, S3_FLAG),
    MEMBER(hr_s3_delete, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member delete_out[] = {
    MEMBER(hr_s3_delete, delete_marker, S3_FLAG),
    MEMBER(hr_s3_delete, deleted_version_id, S3_CHARS),
    {.name = NULL},
};

static const struct s3_member delete_many_in[] = {
    MEMBER(hr_s3_delete_many, bucket, S3_TEXT),
    ROWS(hr_s3_delete_many, keys, S3_TEXTS, 3),
    MEMBER(hr_s3_delete_many, quiet, S3_FLAG),
    MEMBER(hr_s3_delete_many, mfa, S3_TEXT),
    MEMBER(hr_s3_delete_many, bypass_governance, S3_FLAG),
    MEMBER(hr_s3_delete_many, request_payer, S3_FLAG),
    MEMBER(hr_s3_delete_many, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member delete_many_out[] = {
    MEMBER(hr_s3_delete_many, deleted, S3_NUMBER),
    MEMBER(hr_s3_delete_many, failed, S3_NUMBER),
    {.name = NULL},
};

static const struct s3_member copy_in[] = {
    MEMBER(hr_s3_copy, bucket, S3_TEXT),
    MEMBER(hr_s3_copy, key, S3_TEXT),
    GROUP(hr_s3_copy, source, s3_copy_source_members),
    MEMBER(hr_s3_copy, replace_metadata, S3_FLAG),
    MEMBER(hr_s3_copy, replace_tags, S3_FLAG),
    MEMBER(hr_s3_copy, content_type, S3_TEXT),
    ROWS(hr_s3_copy, metadata, S3_TEXTS, 2),
    ROWS(hr_s3_copy, fields, S3_SLICES, 2),
    GROUP(hr_s3_copy, options, s3_object_options_members),
    GROUP(hr_s3_copy, conditions, s3_conditions_members),
    MEMBER(hr_s3_copy, checksum_algorithm, S3_ALGORITHM),
    {.name = NULL},
};

static const struct s3_member copy_out[] = {
    MEMBER(hr_s3_copy, etag, S3_CHARS),
    MEMBER(hr_s3_copy, last_modified_s, S3_NUMBER),
    MEMBER(hr_s3_copy, version_id, S3_CHARS),
    {.name = NULL},
};

static const struct s3_member tags_get_in[] = {
    MEMBER(hr_s3_tags_get, bucket, S3_TEXT),         MEMBER(hr_s3_tags_get, key, S3_TEXT),
    MEMBER(hr_s3_tags_get, version_id, S3_TEXT),     MEMBER(hr_s3_tags_get, request_payer, S3_FLAG),
    MEMBER(hr_s3_tags_get, expected_owner, S3_TEXT), {.name = NULL},
};

static const struct s3_member tags_get_out[] = {
    MEMBER(hr_s3_tags_get, tags, S3_NUMBER),
    {.name = NULL},
};

static const struct s3_member tags_put_in[] = {
    MEMBER(hr_s3_tags_put, bucket, S3_TEXT),
    MEMBER(hr_s3_tags_put, key, S3_TEXT),
    MEMBER(hr_s3_tags_put, version_id, S3_TEXT),
    ROWS(hr_s3_tags_put, tags, S3_TEXTS, 2),
    MEMBER(hr_s3_tags_put, request_payer, S3_FLAG),
    MEMBER(hr_s3_tags_put, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member tags_delete_in[] = {
    MEMBER(hr_s3_tags_delete, bucket, S3_TEXT),
    MEMBER(hr_s3_tags_delete, key, S3_TEXT),
    MEMBER(hr_s3_tags_delete, version_id, S3_TEXT),
    MEMBER(hr_s3_tags_delete, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member attributes_in[] = {
    MEMBER(hr_s3_attributes, bucket, S3_TEXT),
    MEMBER(hr_s3_attributes, key, S3_TEXT),
    MEMBER(hr_s3_attributes, version_id, S3_TEXT),
    MEMBER(hr_s3_attributes, customer_key, S3_TEXT),
    MEMBER(hr_s3_attributes, parts_max, S3_NUMBER),
    MEMBER(hr_s3_attributes, part_number_after, S3_NUMBER),
    MEMBER(hr_s3_attributes, request_payer, S3_FLAG),
    MEMBER(hr_s3_attributes, expected_owner, S3_TEXT),
    {.name = NULL},
};

static const struct s3_member attributes_out[] = {
    MEMBER(hr_s3_attributes, etag, S3_CHARS),
    MEMBER(hr_s3_attributes, storage_class, S3_CHARS),
    MEMBER(hr_s3_attributes, version_id_found, S3_CHARS),
    MEMBER(hr_s3_attributes, size_bytes, S3_NUMBER),
    MEMBER(hr_s3_attributes, size_unknown, S3_FLAG),
    MEMBER(hr_s3_attributes, last_modified_s, S3_NUMBER),
    MEMBER(hr_s3_attributes, parts_total, S3_NUMBER),
    MEMBER(hr_s3_attributes, parts_truncated, S3_FLAG),
    MEMBER(hr_s3_attributes, next_part_number_after, S3_NUMBER),
    {.name = NULL},
};

static const struct s3_member restore_in[] = {
    MEMBER(hr_s3_restore, bucket, S3_TEXT),         MEMBER(hr_s3_restore, key, S3_TEXT),
    MEMBER(hr_s3_restore, version_id, S3_TEXT),     MEMBER(hr_s3_restore, tier, S3_TEXT),
    MEMBER(hr_s3_restore, days, S3_NUMBER),         MEMBER(hr_s3_restore, request_payer, S3_FLAG),
    MEMBER(hr_s3_restore, expected_owner, S3_TEXT), {.name = NULL},
};

static const struct s3_member restore_out[] = {
    MEMBER(hr_s3_restore, under_way, S3_FLAG),
    {.name = NULL},
};

static int get_on_head(struct hr_s3_get *request, const struct hr_http_head *head) {
    return s3_fields_append(request->request.user, head);
}
static void prepare_get(void *request) {
    struct hr_s3_get *get = request;
    get->on_head = get_on_head;
    get->sink = s3_body_sink();
}

static int head_on_head(struct hr_s3_head *request, const struct hr_http_head *head) {
    return s3_fields_append(request->request.user, head);
}
static void prepare_head(void *request) {
    struct hr_s3_head *head = request;
    head->on_head = head_on_head;
}

static void finish_get(void *request, json_t *result) {
    s3_body_finish(result);
    (void)request;
}

static int delete_many_on_result(struct hr_s3_delete_many *request,
                                 const struct hr_s3_deleted *entry) {
    return s3_entry_append(request->request.user, s3_deleted_members, entry);
}
static void prepare_delete_many(void *request) {
    ((struct hr_s3_delete_many *)request)->on_result = delete_many_on_result;
}

static int tags_get_on_tag(struct hr_s3_tags_get *request, const struct hr_s3_tag *entry) {
    return s3_entry_append(request->request.user, s3_tag_members, entry);
}
static void prepare_tags_get(void *request) {
    ((struct hr_s3_tags_get *)request)->on_tag = tags_get_on_tag;
}

static int attributes_on_part(struct hr_s3_attributes *request,
                              const struct hr_s3_part_info *entry) {
    return s3_entry_append(request->request.user, s3_part_members, entry);
}
static int attributes_on_checksums(struct hr_s3_attributes *request,
                                   const struct hr_s3_checksums *checksums) {
    s3_members_write(s3_checksums_members, checksums, request->request.user);
    return 0;
}
static void prepare_attributes(void *request) {
    ((struct hr_s3_attributes *)request)->on_part = attributes_on_part;
    ((struct hr_s3_attributes *)request)->on_checksums = attributes_on_checksums;
}

#define OPERATIONS(X)                                                                              \
    X(put, put_in, put_out, NULL, NULL)                                                            \
    X(get, get_in, get_out, prepare_get, finish_get)                                               \
    X(head, head_in, head_out, prepare_head, NULL)                                                 \
    X(delete, delete_in, delete_out, NULL, NULL)                                                   \
    X(delete_many, delete_many_in, delete_many_out, prepare_delete_many, NULL)                     \
    X(copy, copy_in, copy_out, NULL, NULL)                                                         \
    X(tags_get, tags_get_in, tags_get_out, prepare_tags_get, NULL)                                 \
    X(tags_put, tags_put_in, nothing, NULL, NULL)                                                  \
    X(tags_delete, tags_delete_in, nothing, NULL, NULL)                                            \
    X(attributes, attributes_in, attributes_out, prepare_attributes, NULL)                         \
    X(restore, restore_in, restore_out, NULL, NULL)

OPERATIONS(S3_START)
const struct s3_operation s3_object_operations[] = {OPERATIONS(S3_ROW){.name = NULL}};
