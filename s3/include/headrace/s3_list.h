/* Objects of a bucket, listed. */
#ifndef HEADRACE_S3_LIST_H
#define HEADRACE_S3_LIST_H

#include <headrace/s3_client.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One entry of a listing; valid during the call. */
struct hr_s3_object {
    struct hr_slice key; /* decoded bytes */
    uint64_t size_bytes;
    uint64_t last_modified_s;
    struct hr_slice etag; /* without quotes */
    struct hr_slice storage_class;
    bool is_prefix; /* a common prefix (with `delimiter`): only `key` is set */
};

/* The progress of a listing, by which one that never ends is noticed; the library's. */
struct hr_s3_walk {
    uint64_t pages, mark_at, mark_token, mark_page, idle_pages;
    bool only_mark;
};

/* The longest continuation token in bytes; a longer one is HR_ERR_S3_RESPONSE. */
#define HR_S3_TOKEN_MAX 16384

struct hr_s3_list {
    struct hr_request request;
    const char *bucket;
    const char *prefix;      /* NULL: all */
    const char *delimiter;   /* NULL: none */
    const char *start_after; /* NULL: from the beginning */
    uint32_t page_size;      /* max-keys; 0 is 1000 */
    bool one_page; /* stop after one page; false: pages are followed to the end, one at a time */
    bool request_payer;
    const char *expected_owner; /* of the bucket: an account id */
    /* Called on the reactor per entry, in the store's order, each once. A page is checked whole
     * before its entries are shown. A negative return ends the request with it. */
    int (*on_object)(struct hr_s3_list *list, const struct hr_s3_object *object);
    /* Out. */
    uint64_t objects, prefixes, pages;
    bool truncated;   /* there is more (after one_page) */
    char *next_token; /* in and out: where to go on; NULL: from the beginning, and after the last
                         page. Memory of malloc, the struct's: after one_page start it again as it
                         is to go on, or hr_s3_list_deinit. A token from elsewhere: strdup */
    void *call_;
    struct hr_s3_walk walk_;
    uint64_t reserved[4];
};

/* Start one operation. Refused at once: -EINVAL (a NULL bucket), -ESHUTDOWN, -ENOBUFS; everything
 * else arrives in the callback. Any thread. */
HR_API int hr_s3_list_start(hr_s3_client *client, struct hr_s3_list *list);

/* Frees `next_token` of a listing that is left before its end. NULL does nothing. Any thread. */
HR_API void hr_s3_list_deinit(struct hr_s3_list *list);

#ifdef __cplusplus
}
#endif

#endif
