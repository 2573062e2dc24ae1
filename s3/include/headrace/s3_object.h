/* Objects of a store: put, get, head, delete. */
#ifndef HEADRACE_S3_OBJECT_H
#define HEADRACE_S3_OBJECT_H

#include <headrace/s3_checksum.h>
#include <headrace/s3_client.h>
#include <headrace/s3_options.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An object as the store describes it. Strings are NUL-terminated, empty when absent. */
struct hr_s3_object_info {
    uint64_t size_bytes;      /* of the whole object, also for a range; 0 where it is unknown */
    uint64_t last_modified_s; /* Unix time; 0 when absent */
    char etag[256];           /* without quotes */
    char content_type[256];
    char version_id[256];
    char storage_class[64];
    bool cut; /* a string was too long for its field, which is left empty: half an ETag is none;
                 on_head shows all of it */
    bool size_unknown; /* the store has not said it: no Content-Length, or a range of "*" */
    uint32_t parts;    /* of a multipart object, where one of them was asked for; else 0 */
    uint64_t reserved[4];
};

struct hr_s3_put {
    struct hr_request request;
    const char *bucket;
    const char *key;
    struct hr_source
        body; /* a producer needs a known size; signed payloads need a source that can be rewound */
    const char *content_type; /* NULL: application/octet-stream for bytes in memory, else none */
    const struct hr_s3_metadata *metadata;
    size_t metadata_count;
    const struct hr_http_field *fields; /* further header fields, signed with the rest */
    size_t field_count;
    enum hr_s3_payload payload; /* default: the client's */
    bool expect_continue;
    struct hr_s3_object_options options;
    struct hr_s3_conditions conditions;               /* if_match, if_none_match */
    enum hr_s3_checksum_algorithm checksum_algorithm; /* of the body; NONE: the client's choice */
    const struct hr_s3_checksum *checksum; /* of the body, known already; NULL: it is computed */
    /* Out. */
    char etag[256]; /* without quotes; empty after success: the store's is longer than this */
    char version_id[256];
    struct hr_s3_checksum sent_checksum; /* that went with the body; its algorithm is NONE where
                                            none did */
    uint64_t sent_bytes;
    void *call_;
    uint64_t reserved[4];
};

struct hr_s3_get {
    struct hr_request request;
    const char *bucket;
    const char *key;
    bool ranged;
    uint64_t range_first; /* with `ranged`: first byte … */
    uint64_t range_last;  /* … and last byte, both included; UINT64_MAX: to the end */
    struct hr_sink sink;
    const struct hr_http_field *fields;
    size_t field_count;
    struct hr_s3_read_options options;
    /* Called with the head of the good response, all its fields included, before its body; may be
     * NULL. A negative return ends the request with it. A range from 0 of an empty object is such a
     * response, though its status is 416. */
    int (*on_head)(struct hr_s3_get *get, const struct hr_http_head *head);
    /* Out. */
    struct hr_s3_object_info info;
    enum hr_s3_checksum_algorithm verified; /* by which the body was compared; NONE: it was not, as
                                               the store named no value of these bytes */
    uint64_t body_bytes;
    void *call_;
    void *measure_; /* the library's */
    uint64_t reserved[4];
};

struct hr_s3_head {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const struct hr_http_field *fields;
    size_t field_count;
    struct hr_s3_read_options options;
    /* Called with the head of the good response, metadata included; may be NULL. A negative return
     * ends the request with it. */
    int (*on_head)(struct hr_s3_head *head, const struct hr_http_head *response);
    /* Out. */
    struct hr_s3_object_info info;
    void *call_;
    uint64_t reserved[4];
};

struct hr_s3_delete {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const char
        *version_id; /* NULL: the current one, behind a delete marker where there are versions */
    const char *if_match;   /* delete it only if it has this ETag */
    const char *mfa;        /* serial number, blank, code: "arn:… 123456"; TLS only */
    bool bypass_governance; /* delete a version under GOVERNANCE retention */
    bool request_payer;
    const char *expected_owner; /* of the bucket: an account id */
    /* Out. */
    bool delete_marker;           /* one was made, or the version that was deleted was one */
    char deleted_version_id[256]; /* of that marker or version */
    void *call_;
    uint64_t reserved[4];
};

/* Start one operation. Refused at once: -EINVAL (a NULL bucket or key, a producer without size),
 * -ESHUTDOWN, -ENOBUFS; everything else arrives in the callback. Any thread. */
HR_API int hr_s3_put_start(hr_s3_client *client, struct hr_s3_put *put);
HR_API int hr_s3_get_start(hr_s3_client *client, struct hr_s3_get *get);
HR_API int hr_s3_head_start(hr_s3_client *client, struct hr_s3_head *head);
HR_API int hr_s3_delete_start(hr_s3_client *client, struct hr_s3_delete *del);

#ifdef __cplusplus
}
#endif

#endif
