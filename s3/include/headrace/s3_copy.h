/* Objects copied inside the store. */
#ifndef HEADRACE_S3_COPY_H
#define HEADRACE_S3_COPY_H

#include <headrace/s3_object.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The object that is copied. */
struct hr_s3_copy_source {
    const char *bucket; /* or the ARN of an access point */
    const char *key;
    const char *version_id;             /* NULL: the current one */
    struct hr_s3_conditions conditions; /* of the source */
    const void *customer_key;           /* SSE-C that it is stored with; TLS only */
    const char *expected_owner;
    uint64_t reserved[2];
};

/* Copies an object of up to 5 GiB. Type, metadata and tags are the source's, unless replaced. */
struct hr_s3_copy {
    struct hr_request request;
    const char *bucket; /* of the copy */
    const char *key;
    struct hr_s3_copy_source source;
    bool replace_metadata; /* content_type, metadata and options' encoding, language, disposition,
                              cache control, expires; refused without it, as S3 ignores them */
    bool replace_tags;     /* options.tags; refused without it */
    const char *content_type; /* NULL: none sent */
    const struct hr_s3_metadata *metadata;
    size_t metadata_count;
    const struct hr_http_field *fields; /* further header fields, signed with the rest */
    size_t field_count;
    struct hr_s3_object_options options; /* of the copy; storage class, ACL and encryption are not
                                            the source's */
    struct hr_s3_conditions conditions;  /* of the copy: if_match, if_none_match */
    enum hr_s3_checksum_algorithm checksum_algorithm; /* that the store computes for the copy; NONE:
                                                         as it likes */
    /* Out. */
    char etag[256]; /* without quotes */
    uint64_t last_modified_s;
    char version_id[256];
    struct hr_s3_checksum checksum; /* of the copy, by the store; its algorithm is NONE where it
                                       names none */
    void *call_;
    uint64_t reserved[4];
};

/* Refused at once: -EINVAL (what the struct lacks, named), -ESHUTDOWN, -ENOBUFS; everything else
 * arrives in the callback. Any thread. */
HR_API int hr_s3_copy_start(hr_s3_client *client, struct hr_s3_copy *copy);

#ifdef __cplusplus
}
#endif

#endif
