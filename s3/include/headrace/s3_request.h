/* Any operation of S3 that has no request struct of its own: a signed pass-through. */
#ifndef HEADRACE_S3_REQUEST_H
#define HEADRACE_S3_REQUEST_H

#include <headrace/s3_checksum.h>
#include <headrace/s3_client.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A parameter of the query, as bytes: it is encoded by the client. `value.data` NULL: the name
 * alone ("?tagging"). */
struct hr_s3_query {
    struct hr_slice name, value;
};

#define HR_S3_QUERY_COUNT_MAX 64 /* parameters of a pass-through */

/* A request with the client's addressing, signature, retries and reading of errors. A status from
 * 200 to 299 is success, all others are HR_ERR_S3_SERVICE. */
struct hr_s3_request {
    struct hr_request request;
    const char *operation; /* how events and errors call it, "PutBucketPolicy"; NULL: "Request" */
    const char *method;    /* upper case; NULL: "GET" */
    const char *bucket;    /* NULL: of the service, not of a bucket */
    const char *key;       /* NULL: of the bucket, not of an object */
    const struct hr_s3_query *query;
    size_t query_count;                 /* at most HR_S3_QUERY_COUNT_MAX */
    const struct hr_http_field *fields; /* signed with the rest */
    size_t field_count;
    struct hr_source body;      /* a producer needs a known size */
    enum hr_s3_payload payload; /* default: the client's */
    enum hr_s3_checksum_algorithm
        checksum_algorithm; /* of the body; NONE: the client's choice where
                               there is no key, for S3 wants one with most
                               settings of a bucket; else none */
    struct hr_sink sink;    /* of a good response alone */
    bool
        repeatable; /* repeat it after failures though its method is not idempotent (POST, PATCH) */
    bool error_in_body; /* a good status may come with <Error> as body; the body is then kept
                           (up to 1 MiB) before the sink gets it, which has to be a buffer or
                           discard */
    /* Called with the head of the good response, before its body; may be NULL. A negative return
     * ends the request with it. */
    int (*on_head)(struct hr_s3_request *request, const struct hr_http_head *head);
    /* Out. */
    int status; /* of the last response; 0: none came */
    uint64_t body_bytes, sent_bytes;
    void *call_;
    uint64_t reserved[4];
};

/* Starts it. Refused at once: -EINVAL (a method that is none, a key without bucket, a query or
 * fields that are NULL and counted, a source that cannot be sent, reserved), -ESHUTDOWN, -ENOBUFS;
 * everything else arrives in the callback. Any thread. */
HR_API int hr_s3_request_start(hr_s3_client *client, struct hr_s3_request *request);

#ifdef __cplusplus
}
#endif

#endif
