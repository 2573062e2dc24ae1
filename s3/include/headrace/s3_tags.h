/* Tags of objects. */
#ifndef HEADRACE_S3_TAGS_H
#define HEADRACE_S3_TAGS_H

#include <headrace/s3_object.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hr_s3_tags_get {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const char *version_id; /* NULL: the current one */
    bool request_payer;
    const char *expected_owner;
    /* Called on the reactor per tag; texts are valid during the call. The document is checked whole
     * before. A negative return ends the request with it. */
    int (*on_tag)(struct hr_s3_tags_get *get, const struct hr_s3_tag *tag);
    /* Out. */
    uint32_t tags;
    void *call_;
    uint64_t reserved[4];
};

/* Replaces all tags. */
struct hr_s3_tags_put {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const char *version_id;
    const struct hr_s3_tag *tags;
    size_t tag_count; /* to HR_S3_TAGS_MAX; 0: takes all away */
    bool request_payer;
    const char *expected_owner;
    void *call_;
    uint64_t reserved[4];
};

struct hr_s3_tags_delete {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const char *version_id;
    const char *expected_owner;
    void *call_;
    uint64_t reserved[4];
};

/* Refused at once: -EINVAL (what the struct lacks, named), -ESHUTDOWN, -ENOBUFS; everything else
 * arrives in the callback. Any thread. */
HR_API int hr_s3_tags_get_start(hr_s3_client *client, struct hr_s3_tags_get *get);
HR_API int hr_s3_tags_put_start(hr_s3_client *client, struct hr_s3_tags_put *put);
HR_API int hr_s3_tags_delete_start(hr_s3_client *client, struct hr_s3_tags_delete *del);

#ifdef __cplusplus
}
#endif

#endif
