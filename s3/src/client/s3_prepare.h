/* The functions that the table of operations names, by the file that has them. */
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

/* prepare_bucket.c: buckets, and what is listed page by page. */
int hr__s3_list_prepare(struct hr__s3_call *call);
int hr__s3_bucket_create_prepare(struct hr__s3_call *call);
int hr__s3_bucket_head_prepare(struct hr__s3_call *call);
int hr__s3_bucket_head_head(struct hr__s3_call *call, const struct hr_http_head *head,
                            struct hr_error *error);
int hr__s3_bucket_list_prepare(struct hr__s3_call *call);

/* prepare_check.c: checks that several structs share. 0, or -EINVAL with the reason set. */
int hr__s3_check_fields(struct hr_request *request, const struct hr_http_field *fields,
                        size_t count);
int hr__s3_check_payload(struct hr_request *request, enum hr_s3_payload payload);
int hr__s3_check_source(struct hr_request *request, const struct hr_source *source);

#endif
