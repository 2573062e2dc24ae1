/* Errors: every function of headrace that can fail returns 0 or a negative number.
 *
 * A negative number is -errno where the kernel or POSIX has a name for what happened (-ECANCELED,
 * -ETIMEDOUT, -ECONNREFUSED, -ENOBUFS, -EINVAL, …), else one of the codes below, which lie outside
 * errno's range. `errno` itself is never part of an interface. */
#ifndef HEADRACE_ERROR_H
#define HEADRACE_ERROR_H

#include <stdint.h>

#include <headrace/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, text). The one list from which the enum, the names and the texts are made. */
#define HR_ERROR_TABLE(X)                                                                          \
    X(HR_ERR_POOL_TIMEOUT, -5001, "no connection became free within the pool time-out")            \
    X(HR_ERR_CONNECT_TIMEOUT, -5002, "the connect time-out passed")                                \
    X(HR_ERR_FIRST_BYTE_TIMEOUT, -5003,                                                            \
      "no byte of the answer came within the first-byte time-out")                                 \
    X(HR_ERR_STALL_TIMEOUT, -5004, "no byte moved within the stall time-out")                      \
    X(HR_ERR_RESOLVE_TIMEOUT, -5005, "the name was not resolved within the resolve time-out")      \
    X(HR_ERR_HANDSHAKE_TIMEOUT, -5006,                                                             \
      "the TLS handshake did not end within the handshake time-out")                               \
    X(HR_ERR_TOO_SLOW, -5007, "the body moved more slowly than the minimum throughput")            \
    X(HR_ERR_RATE_LIMIT, -5008, "the rate limit lets it through too late")                         \
    X(HR_ERR_NAME_UNRESOLVED, -5010, "the host name could not be resolved")                        \
    X(HR_ERR_NAME_SERVERS, -5012, "no name server answered usefully")                              \
    X(HR_ERR_TLS_CERTIFICATE, -5013, "the peer's certificate was not accepted")                    \
    X(HR_ERR_TLS_HANDSHAKE, -5014, "the TLS handshake failed")                                     \
    X(HR_ERR_TLS_TRUNCATED, -5015, "the connection ended without the end of TLS (close_notify)")   \
    X(HR_ERR_TLS_PROTOCOL, -5016, "the peer broke the TLS protocol")                               \
    X(HR_ERR_TLS_OPTIONS, -5017, "a TLS option or file cannot be used")                            \
    X(HR_ERR_TLS_PIN, -5018, "the server's key is none of the pinned ones")                        \
    X(HR_ERR_URL_MALFORMED, -5020, "malformed URL")                                                \
    X(HR_ERR_URL_SCHEME, -5021, "the URL's scheme is not http")                                    \
    X(HR_ERR_METHOD_INVALID, -5022, "the method is not an RFC 9110 token")                         \
    X(HR_ERR_TARGET_INVALID, -5023, "the request target has a byte that is not allowed")           \
    X(HR_ERR_HEADER_INVALID, -5024, "a header name or value has a byte that is not allowed")       \
    X(HR_ERR_HTTP_MALFORMED, -5030, "malformed HTTP message")                                      \
    X(HR_ERR_HTTP_TRUNCATED, -5031, "the connection closed before the message was complete")       \
    X(HR_ERR_HTTP_HEAD_TOO_LARGE, -5032, "the message head is larger than the limit")              \
    X(HR_ERR_HTTP_BODY_TOO_LARGE, -5033, "the body is larger than the limit")                      \
    X(HR_ERR_HTTP_UNEXPECTED, -5034, "an answer of a kind that was not asked for")                 \
    X(HR_ERR_SINK_FULL, -5040, "the body is larger than the sink")                                 \
    X(HR_ERR_SOURCE_SHORT, -5041, "the source ended before its stated size")                       \
    X(HR_ERR_SOURCE_NOT_REWINDABLE, -5042, "the source cannot be read a second time")              \
    X(HR_ERR_PROXY_REFUSED, -5043, "the proxy refused")                                            \
    X(HR_ERR_PROXY_AUTH, -5044, "the proxy wants other credentials")                               \
    X(HR_ERR_REDIRECT_LIMIT, -5045, "more redirects than allowed")                                 \
    X(HR_ERR_REDIRECT_REFUSED, -5046, "a redirect that may not be followed")                       \
    X(HR_ERR_CODING_MALFORMED, -5047, "the body is not what its Content-Encoding says")            \
    X(HR_ERR_CODING_TOO_LARGE, -5048, "the decoded body is larger than the limit")                 \
    X(HR_ERR_BREAKER_OPEN, -5049, "the circuit breaker is open")                                   \
    X(HR_ERR_S3_URI_SCHEME, -5050, "the URI does not begin with s3://")                            \
    X(HR_ERR_S3_URI_BUCKET, -5051, "the S3 URI has no bucket")                                     \
    X(HR_ERR_S3_URI_KEY, -5052, "the S3 URI has no key")                                           \
    X(HR_ERR_S3_BUCKET_INVALID, -5053, "the bucket name is not valid")                             \
    X(HR_ERR_S3_KEY_INVALID, -5054, "the object key is not valid")                                 \
    X(HR_ERR_S3_ENDPOINT_INVALID, -5055, "the endpoint is not valid")                              \
    X(HR_ERR_S3_REGION_INVALID, -5056, "the region is not a valid DNS label")                      \
    X(HR_ERR_S3_CREDENTIALS, -5057, "no credentials: set access key and secret key")               \
    X(HR_ERR_S3_SERVICE, -5058, "the store answered with an error")                                \
    X(HR_ERR_S3_RESPONSE, -5059, "the store's answer cannot be understood")                        \
    X(HR_ERR_S3_CHECKSUM, -5065, "the body is not the one that its checksum is of")                \
    X(HR_ERR_S3_NOT_MODIFIED, -5070, "the object has not changed")                                 \
    X(HR_ERR_S3_PRECONDITION, -5071, "a condition of the request is not met")                      \
    X(HR_ERR_S3_CONFLICT, -5072, "another write was under way")                                    \
    X(HR_ERR_S3_TLS_NEEDED, -5073, "a secret would be sent without TLS")                           \
    X(HR_ERR_S3_CHANGED, -5076, "the object changed while it was read")                            \
    X(HR_ERR_S3_PROFILE, -5066, "an AWS profile or setting cannot be used")                        \
    X(HR_ERR_CONFIG, -5060, "the configuration is not valid")

enum hr_error_code {
#define HR_ERROR_ENUM(name, value, text) name = value,
    HR_ERROR_TABLE(HR_ERROR_ENUM)
#undef HR_ERROR_ENUM
};

/* An error by value, so that it outlives whatever produced it. All strings are
 * NUL-terminated, and empty where there is nothing to say. One that is longer than its field is cut
 * at a UTF-8 boundary and ends in an ellipsis (U+2026). Zeroed means no error. */
struct hr_error {
    int code;              /* the same number that the request's `result` or the call returned */
    int http_status;       /* of the last response; 0 when none came */
    unsigned attempt;      /* which attempt this is about, 1 is the first; 0 outside requests */
    char message[224];     /* a sentence for a person: names the thing and, where there is one, the
                              remedy */
    char service_code[64]; /* the service's own name of it: of S3 `<Code>`, e.g. NoSuchKey */
    char request_id[72];   /* the service's: of S3 x-amz-request-id, or that of the body */
    uint64_t reserved[2];
};

#define HR_REFUSAL_HOST_ID_MAX  128 /* with the NUL, as the others */
#define HR_REFUSAL_RESOURCE_MAX 1152
#define HR_REFUSAL_ENDPOINT_MAX 256

/* More of a refusal by a service than struct hr_error has. NUL-terminated, empty where it said
 * none; a text that is longer than its field ends in an ellipsis. */
struct hr_refusal {
    char host_id[HR_REFUSAL_HOST_ID_MAX];   /* of S3 x-amz-id-2, or <HostId>: its support asks for
                                               this and the request id */
    char resource[HR_REFUSAL_RESOURCE_MAX]; /* of S3 <Resource>: the bucket or object, or a path */
    char endpoint[HR_REFUSAL_ENDPOINT_MAX]; /* of S3 <Endpoint>: the host to ask instead */
    char region[64];                        /* of the bucket; empty: none, or no DNS label */
    uint64_t reserved[2];
};

/* The symbolic name ("HR_ERR_STALL_TIMEOUT", "ECONNRESET"). Never NULL: "UNKNOWN" for a number that
 * is neither. `code` may be given with either sign. Static storage. Any thread. */
HR_API const char *hr_error_name(int code);

/* A short sentence for a person. Never NULL. Static storage. Any thread. */
HR_API const char *hr_error_text(int code);

/* Fills `error` (NULL is allowed and does nothing) with `code` and a printf-formatted message, and
 * clears the rest. Returns `code`, so that a failing function can end in one line. Any thread. */
HR_API int hr_error_set(struct hr_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif

#endif
