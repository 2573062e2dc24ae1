/* Attributes of an object beyond its head; objects brought back from an archive. */
#ifndef HEADRACE_S3_ATTRIBUTES_H
#define HEADRACE_S3_ATTRIBUTES_H

#include <headrace/s3_object.h>

#ifdef __cplusplus
extern "C" {
#endif

/* GetObjectAttributes: sizes, checksums and parts. */
struct hr_s3_attributes {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const char *version_id; /* NULL: the current one */
    uint32_t parts_max;     /* of one answer; 0: the store's default, 1000 */
    uint32_t part_number_after;
    const void *customer_key; /* SSE-C; TLS only */
    bool request_payer;
    const char *expected_owner;
    /* Called on the reactor per part of a multipart object, where the store tells of them; may be
     * NULL. A negative return ends the request with it. */
    int (*on_part)(struct hr_s3_attributes *attributes, const struct hr_s3_part_info *part);
    /* Called with the checksums of the whole object; may be NULL. A negative return ends the
     * request with it. */
    int (*on_checksums)(struct hr_s3_attributes *attributes,
                        const struct hr_s3_checksums *checksums);
    /* Out. */
    char etag[256]; /* without quotes */
    char storage_class[64];
    char version_id_found[256];
    uint64_t size_bytes;
    bool size_unknown;
    uint64_t last_modified_s;
    uint32_t parts_total;            /* 0: it was put whole, or the store does not tell */
    bool parts_truncated;            /* more follow behind … */
    uint32_t next_part_number_after; /* … this one */
    void *call_;
    uint64_t reserved[4];
};

/* RestoreObject: a readable copy of an archived object. 202 (begun) and 200 (there) are success. */
struct hr_s3_restore {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const char *version_id;
    uint32_t days;    /* how long the copy stays; 0: for good, from INTELLIGENT_TIERING */
    const char *tier; /* "Standard", "Bulk", "Expedited"; NULL: the store's default */
    bool request_payer;
    const char *expected_owner;
    /* Out. */
    bool under_way; /* 202: it will be there in minutes or hours */
    void *call_;
    uint64_t reserved[4];
};

/* Refused at once: -EINVAL (what the struct lacks, named), -ESHUTDOWN, -ENOBUFS; everything else
 * arrives in the callback. Any thread. */
HR_API int hr_s3_attributes_start(hr_s3_client *client, struct hr_s3_attributes *attributes);
HR_API int hr_s3_restore_start(hr_s3_client *client, struct hr_s3_restore *restore);

#ifdef __cplusplus
}
#endif

#endif
