/* Buckets of a store. */
#ifndef HEADRACE_S3_BUCKET_H
#define HEADRACE_S3_BUCKET_H

#include <headrace/s3_list.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hr_s3_bucket_create {
    struct hr_request request;
    const char *bucket;
    const char *acl;       /* a canned one, "private"; NULL: the store's default */
    const char *ownership; /* of its objects: "BucketOwnerEnforced", …; NULL: the store's default */
    bool object_lock;      /* its objects may be locked; versions are on then */
    void *call_;
    uint64_t reserved[4];
};
struct hr_s3_bucket_head {
    struct hr_request request;
    const char *bucket;
    const char *expected_owner;
    char region[64]; /* out; empty where the store names none, or one that is no DNS label */
    void *call_;
    uint64_t reserved[4];
};
struct hr_s3_bucket_delete {
    struct hr_request request;
    const char *bucket;
    const char *expected_owner;
    void *call_;
    uint64_t reserved[4];
};

/* GetBucketLocation. */
struct hr_s3_bucket_location {
    struct hr_request request;
    const char *bucket;
    const char *expected_owner;
    char region[64]; /* out: "us-east-1" where the store says nothing, "eu-west-1" for "EU" */
    void *call_;
    uint64_t reserved[4];
};

struct hr_s3_bucket {
    struct hr_slice name;
    uint64_t created_s;
    struct hr_slice region; /* empty where the store names none */
};

struct hr_s3_bucket_list {
    struct hr_request request;
    const char *prefix;        /* of their names; NULL: all */
    const char *bucket_region; /* where they are, as the store knows it; NULL: anywhere */
    uint32_t page_size;        /* max-buckets; 0 is the store's */
    /* Pages are followed to the end. A negative return ends the request with it. */
    int (*on_bucket)(struct hr_s3_bucket_list *list, const struct hr_s3_bucket *bucket);
    uint64_t buckets; /* out */
    void *call_;
    struct hr_s3_walk walk_;
    uint64_t reserved[4];
};

/* Start one operation. Refused at once: -EINVAL (a NULL bucket), -ESHUTDOWN, -ENOBUFS; everything
 * else arrives in the callback. Any thread. */
HR_API int hr_s3_bucket_create_start(hr_s3_client *client, struct hr_s3_bucket_create *create);
HR_API int hr_s3_bucket_head_start(hr_s3_client *client, struct hr_s3_bucket_head *head);
HR_API int hr_s3_bucket_delete_start(hr_s3_client *client, struct hr_s3_bucket_delete *del);
HR_API int hr_s3_bucket_location_start(hr_s3_client *client,
                                       struct hr_s3_bucket_location *location);
HR_API int hr_s3_bucket_list_start(hr_s3_client *client, struct hr_s3_bucket_list *list);

#ifdef __cplusplus
}
#endif

#endif
