/* Uploads by a form: a presigned POST, as browsers send it. */
#ifndef HEADRACE_S3_POST_H
#define HEADRACE_S3_POST_H

#include <headrace/s3_client.h>
#include <headrace/s3_object.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A condition of the policy: the value that a field of the form must have, or begin with. */
struct hr_s3_post_condition {
    const char *field; /* "Content-Type", "acl", "x-amz-meta-…" */
    const char *value;
    bool starts_with; /* "": any value */
};

#define HR_S3_POST_FIELDS_MAX     64
#define HR_S3_POST_CONDITIONS_MAX 64
#define HR_S3_POST_POLICY_MAX     15360 /* bytes of the policy as JSON: 20 KiB as base64 */

/* The upload that a form may make. Text is UTF-8. */
struct hr_s3_post_options {
    const char *bucket;
    const char *key;    /* "…${filename}": any key that begins with what stands before it */
    uint32_t expires_s; /* how long, 1 to 604800 */
    uint64_t size_min_bytes, size_max_bytes; /* of the object; both 0: any */
    /* Further fields of the form. The policy demands each as it is, unless a condition is given for
     * it; fields that begin with "x-ignore-" it leaves alone. */
    const struct hr_s3_metadata *fields;
    size_t field_count;
    const struct hr_s3_post_condition *conditions;
    size_t condition_count;
    uint64_t reserved[4];
};

/* A form. The file's own field, "file", comes behind these. */
struct hr_s3_post {
    const char *url;
    const struct hr_s3_metadata *fields; /* in the order in which they are to be sent */
    size_t field_count;
    void *memory_;
    uint64_t reserved[4];
};

/* Presigns a POST: fills `post`, whose memory hr_s3_post_deinit frees. Nothing is sent. The fields
 * hold the session token where the credentials have one. -EINVAL (no bucket or key, expires_s, a
 * field that this function writes itself, text that is no UTF-8, size_max_bytes below
 * size_min_bytes, more than the limits), -ENOBUFS (64 KiB of text, or HR_S3_POST_POLICY_MAX),
 * HR_ERR_S3_BUCKET_INVALID (a directory bucket too, which takes no forms), HR_ERR_S3_KEY_INVALID,
 * HR_ERR_S3_CREDENTIALS (anonymous), -ENOMEM. Any thread. */
HR_API int hr_s3_presign_post(hr_s3_client *client, const struct hr_s3_post_options *options,
                              struct hr_s3_post *post);
/* Wipes and frees. NULL, and a zeroed post: nothing. Any thread. */
HR_API void hr_s3_post_deinit(struct hr_s3_post *post);

#ifdef __cplusplus
}
#endif

#endif
