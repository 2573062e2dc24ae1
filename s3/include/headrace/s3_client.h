/* The S3 client: its options, its life, its figures. */
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

/* When the checksum of a body is asked for and compared. */
enum hr_s3_checksum_when {
    HR_S3_CHECKSUM_WHEN_DEFAULT = 0, /* the variable's, else as WHEN_SUPPORTED */
    HR_S3_CHECKSUM_WHEN_SUPPORTED = 1,
    HR_S3_CHECKSUM_WHEN_REQUIRED = 2, /* only where the request itself has x-amz-checksum-mode */
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
    enum hr_s3_checksum_when response_checksums; /* of get; AWS_RESPONSE_CHECKSUM_VALIDATION */
    uint64_t reserved[5];
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

#ifdef __cplusplus
}
#endif

#endif
