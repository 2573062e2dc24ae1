/* Uploads in parts: create, parts, complete or abort; and what is under way. */
#ifndef HEADRACE_S3_MULTIPART_H
#define HEADRACE_S3_MULTIPART_H

#include <headrace/s3_copy.h>
#include <headrace/s3_list.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_S3_UPLOAD_ID_MAX   1023 /* bytes; a longer one is HR_ERR_S3_RESPONSE */
#define HR_S3_PART_NUMBER_MAX 10000

/* Begins an upload. It may be repeated after an answer that was lost: then an upload without parts
 * stays behind, which the bucket's lifecycle or hr_s3_upload_list finds. Conditions belong to
 * complete. */
struct hr_s3_upload_create {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const char *content_type; /* NULL: none sent */
    const struct hr_s3_metadata *metadata;
    size_t metadata_count;
    const struct hr_http_field *fields;
    size_t field_count;
    struct hr_s3_object_options options;
    /* Of the object. Parts that are to be of an algorithm say so too. NONE: the store's own. A type
     * that the algorithm does not allow (FULL_OBJECT is for CRCs, and all of CRC64NVME), or one
     * without an algorithm, is -EINVAL. */
    enum hr_s3_checksum_algorithm checksum_algorithm;
    enum hr_s3_checksum_type checksum_type; /* NONE: the algorithm's default */
    /* Out. */
    char upload_id[HR_S3_UPLOAD_ID_MAX + 1];
    void *call_;
    uint64_t reserved[4];
};

struct hr_s3_upload_part {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const char *upload_id;
    uint32_t part_number; /* 1 to HR_S3_PART_NUMBER_MAX */
    struct hr_source body;
    enum hr_s3_payload payload;
    const struct hr_http_field *fields;
    size_t field_count;
    enum hr_s3_checksum_algorithm checksum_algorithm; /* the upload's; NONE: the client's choice */
    const struct hr_s3_checksum *checksum; /* of the part, known already; NULL: it is computed */
    const void *customer_key;              /* SSE-C of the upload; TLS only */
    bool request_payer;
    const char *expected_owner;
    /* Out. */
    char etag[256];                      /* without quotes */
    struct hr_s3_checksum sent_checksum; /* that went with the part, for complete; its algorithm is
                                            NONE where none did */
    uint64_t sent_bytes;
    void *call_;
    uint64_t reserved[4];
};

/* A part that is a range of an object. Give source.conditions.if_match, so that all parts are of
 * one object. */
struct hr_s3_upload_part_copy {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const char *upload_id;
    uint32_t part_number;
    struct hr_s3_copy_source source;
    bool ranged;
    uint64_t range_first, range_last; /* with `ranged`: both included, both inside of the object */
    const void *customer_key;         /* SSE-C of the upload; TLS only */
    bool request_payer;
    const char *expected_owner;
    /* Out. */
    char etag[256]; /* without quotes */
    uint64_t last_modified_s;
    struct hr_s3_checksum checksum; /* of the part, by the store; its algorithm is NONE where it
                                       names none */
    void *call_;
    uint64_t reserved[4];
};

struct hr_s3_completed_part {
    uint32_t part_number; /* ascending */
    const char *etag;
    struct hr_s3_checksum checksum; /* sent_checksum of the part; zeroed: none */
    uint64_t size_bytes;            /* of the part; 0: not told */
};

/* Puts the parts together. The store may take minutes, and sends white space meanwhile. Not
 * repeated after HR_ERR_S3_CONFLICT: that wants a new upload. Where an attempt is repeated and the
 * store knows the upload no more, the object is looked at, and one that these parts make is
 * success. */
struct hr_s3_upload_complete {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const char *upload_id;
    const struct hr_s3_completed_part *parts;
    size_t part_count;                  /* 1 to HR_S3_PART_NUMBER_MAX */
    struct hr_s3_conditions conditions; /* if_match, if_none_match */
    uint64_t object_size_bytes; /* of all parts, which the store checks; 0: the sum of the parts'
                                   size_bytes where all have one, else it is not told */
    /* The upload's. With FULL_OBJECT the value of the whole is sent: `checksum`, or one made of the
     * parts' values and sizes where all have them. NONE: the default of the parts' algorithm. */
    enum hr_s3_checksum_type checksum_type;
    const struct hr_s3_checksum *checksum; /* of the whole object, FULL_OBJECT; NULL: unknown */
    const struct hr_http_field *fields;
    size_t field_count;
    const void *customer_key; /* SSE-C of the upload; TLS only */
    bool request_payer;
    bool asked_before; /* maybe, by a process that was killed: the object is looked at behind the
                          first attempt too */
    const char *expected_owner;
    /* Out. */
    char etag[256]; /* without quotes */
    char version_id[256];
    struct hr_s3_checksum object_checksum; /* by the store; its algorithm is NONE where it names
                                              none. One that is not ours is HR_ERR_S3_CHECKSUM */
    bool looked_up; /* the answer was lost; the object tells that it had succeeded */
    void *call_;
    struct hr_s3_head look_; /* the library's */
    uint64_t reserved[4];
};

struct hr_s3_upload_abort {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const char *upload_id;
    bool request_payer;
    const char *expected_owner;
    void *call_;
    uint64_t reserved[4];
};

/* The parts of an upload, by number, all pages. */
struct hr_s3_part_list {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const char *upload_id;
    uint32_t part_number_after; /* begin behind this one; 0: with the first */
    uint32_t page_size;         /* max-parts; 0 is 1000 */
    const void *customer_key;   /* SSE-C of the upload; TLS only */
    bool request_payer;
    const char *expected_owner;
    /* Called on the reactor per part. A negative return ends the request with it. */
    int (*on_part)(struct hr_s3_part_list *list, const struct hr_s3_part_info *part);
    /* Out. */
    uint64_t parts, pages;
    void *call_;
    struct hr_s3_walk walk_;
    uint64_t reserved[4];
};

/* The uploads of a bucket that are under way, all pages. */
struct hr_s3_upload_list {
    struct hr_request request;
    const char *bucket;
    const char *prefix;          /* NULL: all */
    const char *delimiter;       /* NULL: none */
    const char *key_after;       /* begin behind this key … */
    const char *upload_id_after; /* … and behind this upload of it; NULL: from the beginning */
    uint32_t page_size;          /* max-uploads; 0 is 1000 */
    bool request_payer;
    const char *expected_owner;
    /* Called on the reactor per upload or common prefix. A negative return ends the request. */
    int (*on_upload)(struct hr_s3_upload_list *list, const struct hr_s3_upload_info *upload);
    /* Out. */
    uint64_t uploads, prefixes, pages;
    void *call_;
    struct hr_s3_walk walk_;
    uint64_t reserved[4];
};

/* Refused at once: -EINVAL (what the struct lacks, named), -ESHUTDOWN, -ENOBUFS; everything else
 * arrives in the callback. Any thread. */
HR_API int hr_s3_upload_create_start(hr_s3_client *client, struct hr_s3_upload_create *create);
HR_API int hr_s3_upload_part_start(hr_s3_client *client, struct hr_s3_upload_part *part);
HR_API int hr_s3_upload_part_copy_start(hr_s3_client *client, struct hr_s3_upload_part_copy *part);
HR_API int hr_s3_upload_complete_start(hr_s3_client *client,
                                       struct hr_s3_upload_complete *complete);
HR_API int hr_s3_upload_abort_start(hr_s3_client *client, struct hr_s3_upload_abort *abort);
HR_API int hr_s3_part_list_start(hr_s3_client *client, struct hr_s3_part_list *list);
HR_API int hr_s3_upload_list_start(hr_s3_client *client, struct hr_s3_upload_list *list);

#ifdef __cplusplus
}
#endif

#endif
