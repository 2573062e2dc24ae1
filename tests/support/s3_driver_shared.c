/* The S3 driver: the structs that several operations share, and the entries they tell. */
#include "s3_driver.h"

const struct s3_member s3_conditions_members[] = {
    MEMBER(hr_s3_conditions, if_match, S3_TEXT),
    MEMBER(hr_s3_conditions, if_none_match, S3_TEXT),
    MEMBER(hr_s3_conditions, if_modified_since_s, S3_NUMBER),
    MEMBER(hr_s3_conditions, if_unmodified_since_s, S3_NUMBER),
    {.name = NULL},
};

const struct s3_member s3_encryption_members[] = {
    MEMBER(hr_s3_encryption, kind, S3_NUMBER),       MEMBER(hr_s3_encryption, kms_key_id, S3_TEXT),
    MEMBER(hr_s3_encryption, kms_context, S3_TEXT),  MEMBER(hr_s3_encryption, bucket_key, S3_FLAG),
    MEMBER(hr_s3_encryption, customer_key, S3_TEXT), {.name = NULL},
};

const struct s3_member s3_lock_members[] = {
    MEMBER(hr_s3_lock, mode, S3_TEXT),
    MEMBER(hr_s3_lock, retain_until_s, S3_NUMBER),
    MEMBER(hr_s3_lock, legal_hold, S3_TEXT),
    {.name = NULL},
};

const struct s3_member s3_overrides_members[] = {
    MEMBER(hr_s3_overrides, content_type, S3_TEXT),
    MEMBER(hr_s3_overrides, content_encoding, S3_TEXT),
    MEMBER(hr_s3_overrides, content_language, S3_TEXT),
    MEMBER(hr_s3_overrides, content_disposition, S3_TEXT),
    MEMBER(hr_s3_overrides, cache_control, S3_TEXT),
    MEMBER(hr_s3_overrides, expires_s, S3_NUMBER),
    {.name = NULL},
};

const struct s3_member s3_object_options_members[] = {
    MEMBER(hr_s3_object_options, content_encoding, S3_TEXT),
    MEMBER(hr_s3_object_options, content_language, S3_TEXT),
    MEMBER(hr_s3_object_options, content_disposition, S3_TEXT),
    MEMBER(hr_s3_object_options, cache_control, S3_TEXT),
    MEMBER(hr_s3_object_options, expires_s, S3_NUMBER),
    ROWS(hr_s3_object_options, tags, S3_TEXTS, 2),
    MEMBER(hr_s3_object_options, storage_class, S3_TEXT),
    MEMBER(hr_s3_object_options, acl, S3_TEXT),
    MEMBER(hr_s3_object_options, website_redirect, S3_TEXT),
    GROUP(hr_s3_object_options, encryption, s3_encryption_members),
    GROUP(hr_s3_object_options, lock, s3_lock_members),
    MEMBER(hr_s3_object_options, request_payer, S3_FLAG),
    MEMBER(hr_s3_object_options, expected_owner, S3_TEXT),
    {.name = NULL},
};

const struct s3_member s3_read_options_members[] = {
    MEMBER(hr_s3_read_options, version_id, S3_TEXT),
    MEMBER(hr_s3_read_options, part_number, S3_NUMBER),
    GROUP(hr_s3_read_options, conditions, s3_conditions_members),
    GROUP(hr_s3_read_options, overrides, s3_overrides_members),
    MEMBER(hr_s3_read_options, customer_key, S3_TEXT),
    MEMBER(hr_s3_read_options, request_payer, S3_FLAG),
    MEMBER(hr_s3_read_options, expected_owner, S3_TEXT),
    {.name = NULL},
};

const struct s3_member s3_copy_source_members[] = {
    MEMBER(hr_s3_copy_source, bucket, S3_TEXT),
    MEMBER(hr_s3_copy_source, key, S3_TEXT),
    MEMBER(hr_s3_copy_source, version_id, S3_TEXT),
    GROUP(hr_s3_copy_source, conditions, s3_conditions_members),
    MEMBER(hr_s3_copy_source, customer_key, S3_TEXT),
    MEMBER(hr_s3_copy_source, expected_owner, S3_TEXT),
    {.name = NULL},
};

const struct s3_member s3_object_info_members[] = {
    MEMBER(hr_s3_object_info, size_bytes, S3_NUMBER),
    MEMBER(hr_s3_object_info, last_modified_s, S3_NUMBER),
    MEMBER(hr_s3_object_info, etag, S3_CHARS),
    MEMBER(hr_s3_object_info, content_type, S3_CHARS),
    MEMBER(hr_s3_object_info, version_id, S3_CHARS),
    MEMBER(hr_s3_object_info, storage_class, S3_CHARS),
    MEMBER(hr_s3_object_info, size_unknown, S3_FLAG),
    MEMBER(hr_s3_object_info, parts, S3_NUMBER),
    {.name = NULL},
};

const struct s3_member s3_checksums_members[] = {
    MEMBER(hr_s3_checksums, crc32, S3_SLICE),     MEMBER(hr_s3_checksums, crc32c, S3_SLICE),
    MEMBER(hr_s3_checksums, crc64nvme, S3_SLICE), MEMBER(hr_s3_checksums, sha1, S3_SLICE),
    MEMBER(hr_s3_checksums, sha256, S3_SLICE),    MEMBER(hr_s3_checksums, sha512, S3_SLICE),
    MEMBER(hr_s3_checksums, md5, S3_SLICE),       MEMBER(hr_s3_checksums, xxhash64, S3_SLICE),
    MEMBER(hr_s3_checksums, xxhash3, S3_SLICE),   MEMBER(hr_s3_checksums, xxhash128, S3_SLICE),
    MEMBER(hr_s3_checksums, type, S3_SLICE),      {.name = NULL},
};

const struct s3_member s3_tag_members[] = {
    MEMBER(hr_s3_tag, key, S3_TEXT),
    MEMBER(hr_s3_tag, value, S3_TEXT),
    {.name = NULL},
};

const struct s3_member s3_deleted_members[] = {
    MEMBER(hr_s3_deleted, key, S3_SLICE),
    MEMBER(hr_s3_deleted, version_id, S3_SLICE),
    MEMBER(hr_s3_deleted, delete_marker, S3_FLAG),
    MEMBER(hr_s3_deleted, delete_marker_version_id, S3_SLICE),
    MEMBER(hr_s3_deleted, code, S3_SLICE),
    MEMBER(hr_s3_deleted, message, S3_SLICE),
    {.name = NULL},
};

const struct s3_member s3_part_members[] = {
    MEMBER(hr_s3_part_info, part_number, S3_NUMBER),
    MEMBER(hr_s3_part_info, size_bytes, S3_NUMBER),
    MEMBER(hr_s3_part_info, last_modified_s, S3_NUMBER),
    MEMBER(hr_s3_part_info, etag, S3_SLICE),
    GROUP(hr_s3_part_info, checksums, s3_checksums_members),
    {.name = NULL},
};

const struct s3_member s3_upload_members[] = {
    MEMBER(hr_s3_upload_info, key, S3_SLICE),
    MEMBER(hr_s3_upload_info, upload_id, S3_SLICE),
    MEMBER(hr_s3_upload_info, initiated_s, S3_NUMBER),
    MEMBER(hr_s3_upload_info, storage_class, S3_SLICE),
    MEMBER(hr_s3_upload_info, checksum_algorithm, S3_SLICE),
    MEMBER(hr_s3_upload_info, checksum_type, S3_SLICE),
    MEMBER(hr_s3_upload_info, is_prefix, S3_FLAG),
    {.name = NULL},
};

const struct s3_member s3_object_members[] = {
    MEMBER(hr_s3_object, key, S3_SLICE),
    MEMBER(hr_s3_object, size_bytes, S3_NUMBER),
    MEMBER(hr_s3_object, last_modified_s, S3_NUMBER),
    MEMBER(hr_s3_object, etag, S3_SLICE),
    MEMBER(hr_s3_object, storage_class, S3_SLICE),
    MEMBER(hr_s3_object, is_prefix, S3_FLAG),
    {.name = NULL},
};

const struct s3_member s3_version_members[] = {
    MEMBER(hr_s3_version, key, S3_SLICE),         MEMBER(hr_s3_version, version_id, S3_SLICE),
    MEMBER(hr_s3_version, size_bytes, S3_NUMBER), MEMBER(hr_s3_version, last_modified_s, S3_NUMBER),
    MEMBER(hr_s3_version, etag, S3_SLICE),        MEMBER(hr_s3_version, storage_class, S3_SLICE),
    MEMBER(hr_s3_version, is_latest, S3_FLAG),    MEMBER(hr_s3_version, is_delete_marker, S3_FLAG),
    MEMBER(hr_s3_version, is_prefix, S3_FLAG),    {.name = NULL},
};

const struct s3_member s3_bucket_members[] = {
    MEMBER(hr_s3_bucket, name, S3_SLICE),
    MEMBER(hr_s3_bucket, created_s, S3_NUMBER),
    MEMBER(hr_s3_bucket, region, S3_SLICE),
    {.name = NULL},
};
