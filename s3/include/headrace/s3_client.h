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

struct hr_s3_credentials_provider;
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
    /* aws-chunked, for files and producers, which are read once; a body in memory goes out as with
       SIGNED and UNSIGNED. */
    HR_S3_PAYLOAD_STREAMING_SIGNED = 3,   /* each chunk has a signature */
    HR_S3_PAYLOAD_STREAMING_UNSIGNED = 4, /* a checksum behind the body; TLS only */
};

/* A setting that a variable may have, too. */
enum hr_s3_switch {
    HR_S3_DEFAULT = 0, /* the variable or the profile, else as the option says */
    HR_S3_ON = 1,
    HR_S3_OFF = 2,
};

/* When the checksum of a body is computed, or asked for and compared. */
enum hr_s3_checksum_when {
    HR_S3_CHECKSUM_WHEN_DEFAULT = 0, /* the variable's or the profile's, else as WHEN_SUPPORTED */
    HR_S3_CHECKSUM_WHEN_SUPPORTED = 1,
    HR_S3_CHECKSUM_WHEN_REQUIRED = 2, /* of requests: where S3 wants one, or the request names it;
                                         of responses: where the request has x-amz-checksum-mode */
};

/* How fast attempts go to a store that asks to go slower (docs/s3-client.md). They wait within the
 * request's time. */
enum hr_s3_pace {
    HR_S3_PACE_DEFAULT = 0, /* CLIENT where AWS_RETRY_MODE or the profile's retry_mode says
                               adaptive, else NONE */
    HR_S3_PACE_PREFIX = 1, /* each prefix that the store has refused with SlowDown has a rate of its
                              own: bucket and first segment of the key */
    HR_S3_PACE_CLIENT = 2, /* one rate for the client, as the SDKs' adaptive mode */
    HR_S3_PACE_NONE = 3,   /* back-offs alone */
};

/* Zeroed works where the environment has the credentials. Copied, strings too. Variables and AWS's
 * config and credentials files are read once, by hr_s3_client_new; a variable or a key of a profile
 * that is set to nothing counts as not set. An option wins over a variable, and that over a key. */
struct hr_s3_client_options {
    const char *endpoint;   /* "https://host:port", or http; NULL: S3_ENDPOINT_URL, what is
                               configured for AWS's programs (AWS_ENDPOINT_URL_S3 and others:
                               docs/s3-settings.md), else https://s3.REGION.amazonaws.com */
    const char *region;     /* NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile's region, else
                               "us-east-1" */
    const char *access_key; /* NULL: `credentials` says */
    const char *secret_key;
    const char *session_token;
    bool anonymous;                   /* sign nothing */
    enum hr_s3_addressing addressing; /* AUTO: s3.addressing_style of the profile, else auto */
    enum hr_s3_payload payload;       /* DEFAULT: signed where s3.payload_signing_enabled is true */
    /* How the store is reached: pool, retries, time-outs, names, TLS, proxy, events; zero is the
     * default there, but pool.connections_max is 50 and pool.connections_per_origin_max as many,
     * timeout_ms is none, and there is no breaker. Trust that tls leaves open is AWS_CA_BUNDLE or
     * ca_bundle of the profile, a file or a folder. retry.attempts_max 0 is max_attempts of
     * variable or profile, else 4. on_event is told of each operation's end (DONE, or FAILED where
     * it is final), too. hedge is for GetObject, HeadObject and exists, but not in S3 Express, and
     * its hedges are paid for from the quota of the retries. Refused with -EINVAL, as they mean
     * nothing to S3: base_url, fields, auth, deadline_field, redirects, response.decoded_bytes_max,
     * retry.budget_percent and breaker. */
    struct hr_http_client_options http;
    const char *profile; /* of AWS's config and credentials files; NULL: AWS_DEFAULT_PROFILE,
                            AWS_PROFILE, "default"; "": none, and neither file is read */
    /* Kinds of AWS's own endpoint; one with a URL is refused: the URL names one host. */
    enum hr_s3_switch fips;           /* AWS_USE_FIPS_ENDPOINT, else off */
    enum hr_s3_switch dual_stack;     /* IPv6 too; AWS_USE_DUALSTACK_ENDPOINT, else off */
    enum hr_s3_switch accelerate;     /* S3 Transfer Acceleration, for objects; off */
    enum hr_s3_switch use_arn_region; /* an access point may lie in another region than the
                                         client's; AWS_S3_USE_ARN_REGION, else on */
    /* Gives credentials, in place of keys; NULL: AWS's chain (docs/s3-credentials.md).
     * The struct is copied, and its `free` is called when the client is closed. */
    const struct hr_s3_credentials_provider *credentials;
    enum hr_s3_checksum_when response_checksums; /* of get; AWS_RESPONSE_CHECKSUM_VALIDATION */
    enum hr_s3_checksum_when request_checksums;  /* of bodies that are sent (docs/checksums.md);
                                                    AWS_REQUEST_CHECKSUM_CALCULATION */
    /* The store, where it differs from S3: a name, words of differences, or both, with commas
     * between them ("ceph", "other,plain-keys": docs/s3-endpoints.md); NULL: by the endpoint's
     * host. */
    const char *provider;
    enum hr_s3_pace pace;
    uint64_t reserved[4];
};

/* Reads the files of AWS, and blocks as that does. Errors: -EINVAL, HR_ERR_S3_ENDPOINT_INVALID,
 * HR_ERR_S3_REGION_INVALID, HR_ERR_S3_CREDENTIALS, HR_ERR_S3_PROFILE, HR_ERR_TLS_OPTIONS, -ENOMEM,
 * -ESHUTDOWN; `error` names the option or the variable. Any thread. */
HR_API int hr_s3_client_new(hr_engine *engine, const struct hr_s3_client_options *options,
                            struct hr_error *error, hr_s3_client **client);

/* As hr_http_client_adjust, with the defaults of S3: of `options` only `http` is followed, as far
 * as an HTTP client follows it; what has no place there in an S3 client is refused as by
 * hr_s3_client_new. Endpoint, region, keys, anonymous, addressing, payload, pace and profile are
 * not read: a changed one needs a new client. `options` NULL: the defaults. Any thread. */
HR_API int hr_s3_client_adjust(hr_s3_client *client, const struct hr_s3_client_options *options,
                               struct hr_error *error);

/* As hr_http_client_close. Wipes the secrets. */
HR_API void hr_s3_client_close(hr_s3_client *client, void (*on_closed)(void *user), void *user);

/* Whether the same request may succeed later: of a failure that passes, as the client repeats by
 * itself (docs/s3-client.md). A conflict (HR_ERR_S3_CONFLICT) wants another request, and a limit of
 * the client's own is not the store's: false. NULL: false. Pure; any thread. */
HR_API bool hr_s3_error_retryable(const struct hr_error *error);

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
