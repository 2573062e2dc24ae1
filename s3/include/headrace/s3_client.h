/* The S3 client. */
#ifndef HEADRACE_S3_CLIENT_H
#define HEADRACE_S3_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/body.h>
#include <headrace/engine.h>
#include <headrace/http_client.h>
#include <headrace/request.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hr_s3_client_s;
typedef struct hr_s3_client_s hr_s3_client;

enum hr_s3_addressing {
    HR_S3_ADDRESSING_AUTO = 0, /* virtual host on AWS or where the endpoint says so ("{bucket}." in
                                  it), path for addresses, localhost and other endpoints */
    HR_S3_ADDRESSING_PATH = 1, /* http://host/bucket/key */
    HR_S3_ADDRESSING_VIRTUAL = 2, /* http://bucket.host/key */
};

enum hr_s3_payload {
    HR_S3_PAYLOAD_DEFAULT = 0,  /* signed on plain HTTP, unsigned over TLS */
    HR_S3_PAYLOAD_SIGNED = 1,   /* SHA-256 of the body in the signature: the source is read twice */
    HR_S3_PAYLOAD_UNSIGNED = 2, /* UNSIGNED-PAYLOAD */
};

/* Zeroed works where the environment has the credentials. Copied, strings too. Variables are read
 * once, by hr_s3_client_new; one that is set to nothing counts as not set. */
struct hr_s3_client_options {
    const char *endpoint;   /* "https://host:port", or http; NULL: S3_ENDPOINT_URL,
                               AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL (these two not where
                               AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true), else
                               https://s3.REGION.amazonaws.com */
    const char *region;     /* NULL: AWS_REGION, AWS_DEFAULT_REGION, else "us-east-1" */
    const char *access_key; /* NULL: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN,
                               together */
    const char *secret_key;
    const char *session_token;
    bool anonymous; /* sign nothing */
    enum hr_s3_addressing addressing;
    enum hr_s3_payload payload;
    /* How the store is reached: pool, retries, time-outs, names, TLS, proxy, events; zero is the
     * default there, but pool.connections_max is 50 and pool.connections_per_origin_max as many,
     * timeout_ms is none, and there is no breaker. Trust that tls leaves open is AWS_CA_BUNDLE, a
     * file or a folder. on_event is told of each operation's end (DONE, or FAILED where it is
     * final), too.
     * Refused with -EINVAL, as they mean nothing to S3: base_url, fields, auth, deadline_field,
     * redirects, response.decoded_bytes_max, retry.budget_percent, hedge and breaker. */
    struct hr_http_client_options http;
    uint64_t reserved[6];
};

/* Errors: -EINVAL, HR_ERR_S3_ENDPOINT_INVALID, HR_ERR_S3_REGION_INVALID, HR_ERR_S3_CREDENTIALS,
 * HR_ERR_TLS_OPTIONS, -ENOMEM, -ESHUTDOWN; `error` names the option or the variable. Any thread. */
HR_API int hr_s3_client_new(hr_engine *engine, const struct hr_s3_client_options *options,
                            struct hr_error *error, hr_s3_client **client);

/* As hr_http_client_adjust, with the defaults of S3: of `options` only `http` is followed, as far
 * as an HTTP client follows it; what has no place there in an S3 client is refused as by
 * hr_s3_client_new. Endpoint, region, keys, anonymous, addressing and payload are not read: a
 * changed one needs a new client. `options` NULL: the defaults. Any thread. */
HR_API int hr_s3_client_adjust(hr_s3_client *client, const struct hr_s3_client_options *options,
                               struct hr_error *error);

/* As hr_http_client_close. Wipes the secrets. */
HR_API void hr_s3_client_close(hr_s3_client *client, void (*on_closed)(void *user), void *user);

/* Any thread. */
HR_API void hr_s3_client_metrics_get(const hr_s3_client *client,
                                     struct hr_http_client_metrics *metrics);

/* As hr_http_client_latency_merge, of the HTTP requests of this client. Any thread. */
HR_API int hr_s3_client_latency_merge(const hr_s3_client *client, unsigned status_class,
                                      struct hr_histogram *into);

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
    uint64_t reserved[4];
};

/* User metadata, sent as x-amz-meta-NAME. */
struct hr_s3_metadata {
    const char *name;
    const char *value;
};

struct hr_s3_put {
    struct hr_request request;
    const char *bucket;
    const char *key;
    struct hr_source
        body; /* a producer needs a known size; signed payloads need a source that can be rewound */
    const char *content_type; /* NULL: none sent */
    const struct hr_s3_metadata *metadata;
    size_t metadata_count;
    const struct hr_http_field *fields; /* further header fields, signed with the rest */
    size_t field_count;
    enum hr_s3_payload payload; /* default: the client's */
    bool expect_continue;
    /* Out. */
    char etag[256]; /* without quotes; empty after success: the store's is longer than this */
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
    /* Called with the head of the good response, all its fields included, before its body; may be
     * NULL. A negative return ends the request with it. */
    int (*on_head)(struct hr_s3_get *get, const struct hr_http_head *head);
    /* Out. */
    struct hr_s3_object_info info;
    uint64_t body_bytes;
    void *call_;
    uint64_t reserved[4];
};

struct hr_s3_head {
    struct hr_request request;
    const char *bucket;
    const char *key;
    const struct hr_http_field *fields;
    size_t field_count;
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
    void *call_;
    uint64_t reserved[4];
};

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

struct hr_s3_bucket_create {
    struct hr_request request;
    const char *bucket;
    void *call_;
    uint64_t reserved[4];
};
struct hr_s3_bucket_head {
    struct hr_request request;
    const char *bucket;
    char region[64]; /* out; empty where the store names none, or one that is no DNS label */
    void *call_;
    uint64_t reserved[4];
};
struct hr_s3_bucket_delete {
    struct hr_request request;
    const char *bucket;
    void *call_;
    uint64_t reserved[4];
};

struct hr_s3_bucket {
    struct hr_slice name;
    uint64_t created_s;
};

struct hr_s3_bucket_list {
    struct hr_request request;
    /* Pages are followed to the end. A negative return ends the request with it. */
    int (*on_bucket)(struct hr_s3_bucket_list *list, const struct hr_s3_bucket *bucket);
    uint64_t buckets;
    void *call_;
    struct hr_s3_walk walk_;
    uint64_t reserved[4];
};

/* Start one operation. Refused at once: -EINVAL (a NULL bucket or key, a producer without size),
 * -ESHUTDOWN, -ENOBUFS; everything else arrives in the callback. Any thread. */
HR_API int hr_s3_put_start(hr_s3_client *client, struct hr_s3_put *put);
HR_API int hr_s3_get_start(hr_s3_client *client, struct hr_s3_get *get);
HR_API int hr_s3_head_start(hr_s3_client *client, struct hr_s3_head *head);
HR_API int hr_s3_delete_start(hr_s3_client *client, struct hr_s3_delete *del);
HR_API int hr_s3_list_start(hr_s3_client *client, struct hr_s3_list *list);
HR_API int hr_s3_bucket_create_start(hr_s3_client *client, struct hr_s3_bucket_create *create);
HR_API int hr_s3_bucket_head_start(hr_s3_client *client, struct hr_s3_bucket_head *head);
HR_API int hr_s3_bucket_delete_start(hr_s3_client *client, struct hr_s3_bucket_delete *del);
HR_API int hr_s3_bucket_list_start(hr_s3_client *client, struct hr_s3_bucket_list *list);

/* Frees `next_token` of a listing that is left before its end. NULL does nothing. Any thread. */
HR_API void hr_s3_list_deinit(struct hr_s3_list *list);

/* The request that a presigned URL allows. */
struct hr_s3_presign_options {
    const char *method; /* "GET", "PUT", "HEAD", "DELETE"; NULL: "GET" */
    const char *bucket;
    const char *key;
    uint32_t expires_s; /* how long, 1 to 604800 */
    uint64_t reserved[4];
};

/* Presigns a URL: writes it, NUL-terminated, into `url`. Nothing is sent. -EINVAL (no bucket or
 * key, another method, expires_s), -ENOBUFS (16 KiB always do), HR_ERR_S3_BUCKET_INVALID,
 * HR_ERR_S3_KEY_INVALID, HR_ERR_S3_CREDENTIALS (anonymous), -ENOMEM. Any thread. */
HR_API int hr_s3_presign(hr_s3_client *client, const struct hr_s3_presign_options *options,
                         char *url, size_t capacity);

/* The parts of s3://bucket/key. */
struct hr_s3_uri {
    struct hr_slice bucket, key;
};

/* Splits s3://bucket/key. Slices into `text`; the key is everything after the first slash, as it
 * stands. Errors: HR_ERR_S3_URI_SCHEME, HR_ERR_S3_URI_BUCKET (empty), HR_ERR_S3_URI_KEY (empty, and
 * the bucket is set). Any thread. */
HR_API int hr_s3_parse_uri(struct hr_slice text, struct hr_s3_uri *uri);

#ifdef __cplusplus
}
#endif

#endif
