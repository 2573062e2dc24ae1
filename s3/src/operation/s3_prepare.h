/* The functions that the table of operations names, by the file that has them; struct hr__s3_row
 * says what each is for. */
#ifndef HR_S3_PREPARE_H
#define HR_S3_PREPARE_H

#include "s3_call.h"

/* prepare_request.c: the pass-through. */
int hr__s3_pass_check(struct hr_request *request);
int hr__s3_pass_prepare(struct hr__s3_call *call);
int hr__s3_pass_head(struct hr__s3_call *call, const struct hr_http_head *head,
                     struct hr_error *error);
int hr__s3_pass_body(struct hr__s3_call *call, struct hr_error *error);
void hr__s3_pass_end(struct hr__s3_call *call);

/* prepare_object.c: one object. */
int hr__s3_put_check(struct hr_request *request);
int hr__s3_put_prepare(struct hr__s3_call *call);
int hr__s3_put_head(struct hr__s3_call *call, const struct hr_http_head *head,
                    struct hr_error *error);
void hr__s3_put_end(struct hr__s3_call *call);
int hr__s3_get_check(struct hr_request *request);
int hr__s3_get_prepare(struct hr__s3_call *call);
int hr__s3_get_head(struct hr__s3_call *call, const struct hr_http_head *head,
                    struct hr_error *error);
void hr__s3_get_end(struct hr__s3_call *call);
int hr__s3_head_check(struct hr_request *request);
int hr__s3_head_prepare(struct hr__s3_call *call);
int hr__s3_head_head(struct hr__s3_call *call, const struct hr_http_head *head,
                     struct hr_error *error);
int hr__s3_delete_prepare(struct hr__s3_call *call);
int hr__s3_delete_head(struct hr__s3_call *call, const struct hr_http_head *head,
                       struct hr_error *error);

/* prepare_delete_many.c. */
int hr__s3_delete_many_check(struct hr_request *request);
int hr__s3_delete_many_prepare(struct hr__s3_call *call);
int hr__s3_delete_many_body(struct hr__s3_call *call, struct hr_error *error);

/* prepare_copy.c: copies, whole and as parts. */
int hr__s3_copy_check(struct hr_request *request);
int hr__s3_copy_prepare(struct hr__s3_call *call);
int hr__s3_copy_head(struct hr__s3_call *call, const struct hr_http_head *head,
                     struct hr_error *error);
int hr__s3_copy_body(struct hr__s3_call *call, struct hr_error *error);
int hr__s3_part_copy_check(struct hr_request *request);
int hr__s3_part_copy_prepare(struct hr__s3_call *call);
int hr__s3_part_copy_body(struct hr__s3_call *call, struct hr_error *error);

/* prepare_tags.c. */
int hr__s3_tags_get_prepare(struct hr__s3_call *call);
int hr__s3_tags_get_body(struct hr__s3_call *call, struct hr_error *error);
int hr__s3_tags_put_check(struct hr_request *request);
int hr__s3_tags_put_prepare(struct hr__s3_call *call);
int hr__s3_tags_delete_prepare(struct hr__s3_call *call);

/* prepare_attributes.c: attributes, restoring, settings of buckets. */
int hr__s3_attributes_prepare(struct hr__s3_call *call);
int hr__s3_attributes_head(struct hr__s3_call *call, const struct hr_http_head *head,
                           struct hr_error *error);
int hr__s3_attributes_body(struct hr__s3_call *call, struct hr_error *error);
int hr__s3_restore_prepare(struct hr__s3_call *call);
int hr__s3_restore_head(struct hr__s3_call *call, const struct hr_http_head *head,
                        struct hr_error *error);
int hr__s3_location_prepare(struct hr__s3_call *call);
int hr__s3_location_body(struct hr__s3_call *call, struct hr_error *error);
int hr__s3_versioning_get_prepare(struct hr__s3_call *call);
int hr__s3_versioning_get_body(struct hr__s3_call *call, struct hr_error *error);
int hr__s3_versioning_put_prepare(struct hr__s3_call *call);

/* prepare_upload.c: uploads in parts. */
int hr__s3_upload_create_check(struct hr_request *request);
int hr__s3_upload_create_prepare(struct hr__s3_call *call);
int hr__s3_upload_create_body(struct hr__s3_call *call, struct hr_error *error);
int hr__s3_upload_part_check(struct hr_request *request);
int hr__s3_upload_part_prepare(struct hr__s3_call *call);
int hr__s3_upload_part_head(struct hr__s3_call *call, const struct hr_http_head *head,
                            struct hr_error *error);
void hr__s3_upload_part_end(struct hr__s3_call *call);
int hr__s3_upload_abort_check(struct hr_request *request);
int hr__s3_upload_abort_prepare(struct hr__s3_call *call);

/* prepare_complete.c. */
int hr__s3_complete_check(struct hr_request *request);
int hr__s3_complete_prepare(struct hr__s3_call *call);
int hr__s3_complete_head(struct hr__s3_call *call, const struct hr_http_head *head,
                         struct hr_error *error);
int hr__s3_complete_body(struct hr__s3_call *call, struct hr_error *error);
bool hr__s3_complete_failed(struct hr__s3_call *call, int *result);

/* prepare_list.c: listings. */
int hr__s3_list_prepare(struct hr__s3_call *call);
int hr__s3_version_list_prepare(struct hr__s3_call *call);
int hr__s3_upload_list_prepare(struct hr__s3_call *call);
int hr__s3_part_list_check(struct hr_request *request);
int hr__s3_part_list_prepare(struct hr__s3_call *call);
int hr__s3_bucket_list_prepare(struct hr__s3_call *call);
extern const struct hr__s3_lister hr__s3_list_lister, hr__s3_version_lister, hr__s3_upload_lister,
    hr__s3_part_lister, hr__s3_bucket_lister;

/* prepare_bucket.c: buckets. */
int hr__s3_bucket_create_prepare(struct hr__s3_call *call);
int hr__s3_bucket_head_prepare(struct hr__s3_call *call);
int hr__s3_bucket_delete_prepare(struct hr__s3_call *call);
int hr__s3_bucket_head_head(struct hr__s3_call *call, const struct hr_http_head *head,
                            struct hr_error *error);

/* prepare_exists.c. */
int hr__s3_exists_prepare(struct hr__s3_call *call);
int hr__s3_exists_body(struct hr__s3_call *call, struct hr_error *error);
bool hr__s3_exists_failed(struct hr__s3_call *call, int *result);

/* prepare_health.c. */
uint64_t hr__s3_health_timeout_ns(const struct hr_request *request);
int hr__s3_health_prepare(struct hr__s3_call *call);
int hr__s3_health_body(struct hr__s3_call *call, struct hr_error *error);
bool hr__s3_health_failed(struct hr__s3_call *call, int *result);

/* bucket_look.c: a HEAD of the bucket in place of the call's own question. */
void hr__bucket_look(struct hr__s3_call *call, struct hr_slice bucket);
bool hr__bucket_looked(const struct hr__s3_call *call);
/* It has failed: its error gets the code NoSuchBucket where that is what its status says. */
void hr__bucket_look_failed(const struct hr__s3_call *call, struct hr_error *error);

/* Shared by several: checks before the start. 0, or -EINVAL with the reason set. */
int hr__s3_check_fields(struct hr_request *request, const struct hr_http_field *fields,
                        size_t count);
int hr__s3_check_metadata(struct hr_request *request, const struct hr_s3_metadata *metadata,
                          size_t count);
int hr__s3_check_payload(struct hr_request *request, enum hr_s3_payload payload);
int hr__s3_check_algorithm(struct hr_request *request, enum hr_s3_checksum_algorithm algorithm);
int hr__s3_check_source(struct hr_request *request, const struct hr_source *source);
int hr__s3_check_part(struct hr_request *request, const char *upload_id, uint32_t part_number);
int hr__s3_check_type(struct hr_request *request, enum hr_s3_checksum_algorithm algorithm,
                      enum hr_s3_checksum_type type);
/* Members that nothing goes without; a text that is not needed is "". */
struct hr__s3_given {
    const struct hr_s3_client_s *client;
    const char *bucket, *key;
    const uint64_t *reserved; /* four */
};
int hr__s3_check_given(struct hr_request *request, const struct hr__s3_given *given);

/* The type of an object where `given` is NULL: bytes in memory are of none that a store could
 * guess. NULL: none is sent. */
const char *hr__s3_content_type(const char *given, const struct hr_source *body,
                                const struct hr_http_field *fields, size_t field_count);

#endif
