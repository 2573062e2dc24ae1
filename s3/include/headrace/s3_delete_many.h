/* Many objects deleted by one request. */
#ifndef HEADRACE_S3_DELETE_MANY_H
#define HEADRACE_S3_DELETE_MANY_H

#include <headrace/s3_object.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_S3_DELETE_KEYS_MAX 1000

struct hr_s3_delete_key {
    const char *key;
    const char *version_id; /* NULL: the current one */
    const char *if_match;   /* delete it only if it has this ETag */
};

struct hr_s3_delete_many {
    struct hr_request request;
    const char *bucket;
    const struct hr_s3_delete_key *keys;
    size_t key_count; /* 1 to HR_S3_DELETE_KEYS_MAX */
    bool quiet;       /* the store tells of failures alone */
    const char *mfa;  /* as in hr_s3_delete */
    bool bypass_governance;
    bool request_payer;
    const char *expected_owner;
    /* Called on the reactor per key that the store tells of, in its order. A negative return ends
     * the request with it. */
    int (*on_result)(struct hr_s3_delete_many *many, const struct hr_s3_deleted *deleted);
    /* Out. The request succeeds where the store has answered for the keys, whatever it says. */
    uint32_t deleted, failed;
    void *call_;
    uint64_t reserved[4];
};

/* Refused at once: -EINVAL (what the struct lacks, named), -ESHUTDOWN, -ENOBUFS; everything else
 * arrives in the callback. Any thread. */
HR_API int hr_s3_delete_many_start(hr_s3_client *client, struct hr_s3_delete_many *many);

#ifdef __cplusplus
}
#endif

#endif
