/* Presigned URLs, and s3://bucket/key. */
#ifndef HEADRACE_S3_PRESIGN_H
#define HEADRACE_S3_PRESIGN_H

#include <headrace/s3_request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The request that a presigned URL allows. */
struct hr_s3_presign_options {
    const char *method; /* "GET", "PUT", "HEAD", "DELETE"; NULL: "GET" */
    const char *bucket;
    const char *key;
    uint32_t expires_s; /* how long, 1 to 604800 */
    /* Parameters of the URL, at most HR_S3_QUERY_COUNT_MAX: versionId, response-content-type; of a
     * part, with PUT, partNumber and uploadId. */
    const struct hr_s3_query *query;
    size_t query_count;
    /* Header fields that the signature covers: whoever uses the URL has to send them so. */
    const struct hr_http_field *fields;
    size_t field_count;
    uint64_t reserved[4];
};

/* Presigns a URL: writes it, NUL-terminated, into `url`. Nothing is sent. -EINVAL (no bucket or
 * key, another method, expires_s; a parameter without a name or that the signature itself has),
 * HR_ERR_HEADER_INVALID (a field with a byte that no field has, Host or x-amz-date and the like,
 * which the signature has itself, or a field that no signature covers), -ENOBUFS (16 KiB do without
 * query and fields), -EMSGSIZE (more than 64 KiB), HR_ERR_S3_BUCKET_INVALID, HR_ERR_S3_KEY_INVALID,
 * HR_ERR_S3_CREDENTIALS (anonymous; a directory bucket of S3 Express of which this client has no
 * session yet, as it has not asked for anything there), -ENOMEM. The URL of a directory bucket ends
 * with the session, after 5 minutes at most. Any thread. */
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
/* Writes s3://bucket/key with a NUL behind it, the key as it stands, and sets `size` to its bytes
 * without NUL: hr_s3_parse_uri gives both back. HR_ERR_S3_URI_BUCKET (empty, or with a slash),
 * HR_ERR_S3_URI_KEY (empty), -ENOBUFS (it takes bucket, key and 7 bytes). Any thread. */
HR_API int hr_s3_format_uri(const struct hr_s3_uri *uri, char *text, size_t capacity, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
