/* Versions of objects, and whether a bucket keeps them. */
#ifndef HEADRACE_S3_VERSIONS_H
#define HEADRACE_S3_VERSIONS_H

#include <headrace/s3_list.h>
#include <headrace/s3_object.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The versions and delete markers of a bucket's objects, all pages, in the store's order: by key,
 * the newest first. */
struct hr_s3_version_list {
    struct hr_request request;
    const char *bucket;
    const char *prefix;           /* NULL: all */
    const char *delimiter;        /* NULL: none */
    const char *key_after;        /* begin behind this key … */
    const char *version_id_after; /* … and behind this version of it; NULL: from the beginning */
    uint32_t page_size;           /* max-keys; 0 is 1000 */
    bool one_page; /* stop after one page: the last version that it showed is where to go on */
    bool request_payer;
    const char *expected_owner;
    /* Called on the reactor per version, delete marker or common prefix. A negative return ends the
     * request with it. */
    int (*on_version)(struct hr_s3_version_list *list, const struct hr_s3_version *version);
    /* Out. */
    uint64_t versions, prefixes, pages; /* versions: delete markers too */
    bool truncated;                     /* there is more (after one_page) */
    void *call_;
    struct hr_s3_walk walk_;
    uint64_t reserved[4];
};

struct hr_s3_versioning_get {
    struct hr_request request;
    const char *bucket;
    const char *expected_owner;
    /* Out. */
    enum hr_s3_versioning status;
    bool mfa_delete;
    void *call_;
    uint64_t reserved[4];
};

struct hr_s3_versioning_put {
    struct hr_request request;
    const char *bucket;
    enum hr_s3_versioning status; /* enabled or suspended: there is no way back to off */
    const char *mfa;              /* as in hr_s3_delete, where MFA delete is on */
    const char *expected_owner;
    void *call_;
    uint64_t reserved[4];
};

/* Refused at once: -EINVAL (what the struct lacks, named), -ESHUTDOWN, -ENOBUFS; everything else
 * arrives in the callback. Any thread. */
HR_API int hr_s3_version_list_start(hr_s3_client *client, struct hr_s3_version_list *list);
HR_API int hr_s3_versioning_get_start(hr_s3_client *client, struct hr_s3_versioning_get *get);
HR_API int hr_s3_versioning_put_start(hr_s3_client *client, struct hr_s3_versioning_put *put);

#ifdef __cplusplus
}
#endif

#endif
