/* Responses of S3: header fields and error documents. Pure. */
#ifndef HR_S3_RESPONSE_H
#define HR_S3_RESPONSE_H

#include <headrace/s3.h>

/* A text without its surrounding double quotes, as ETags have them. */
struct hr_slice hr__unquote(struct hr_slice text);

/* Copies `text` where it fits, else makes `out` empty: half an ETag is worth nothing. Returns
 * whether it fits. */
bool hr__copy_whole(char *out, size_t capacity, struct hr_slice text);

/* RFC 9110 14.4: "bytes 0-9/100"; the size may be an asterisk. */
struct hr__content_range {
    uint64_t first, last, size;
    bool sized; /* an asterisk leaves it open */
};
/* -EINVAL: it is none, or contradicts itself. */
int hr__content_range_parse(struct hr_slice text, struct hr__content_range *range);

/* Everything that the head of a response tells about an object; `parts` stays as it is.
 * HR_ERR_S3_RESPONSE (a malformed Content-Range), with a message: nothing is written. */
int hr__s3_response_object(const struct hr_http_head *head, struct hr_error *error,
                           struct hr_s3_object_info *info);

/* How many parts the object has, where the request was for one of them; 0: it does not say. */
uint32_t hr__s3_response_parts(const struct hr_http_head *head);

/* Whether a response says that the object is empty: no range of it can be met, not even one from 0.
 */
bool hr__s3_response_empty(const struct hr_http_head *head, const struct hr_s3_get *get);

/* Checks that a good response to a GET has the range that was asked for. HR_ERR_HTTP_UNEXPECTED
 * (the whole object, or a part where no range was asked for), HR_ERR_S3_RESPONSE (no or another
 * Content-Range). */
int hr__s3_response_range(const struct hr_http_head *head, const struct hr_s3_get *get,
                          struct hr_error *error);

/* Which server sent a response, from which region and when; kept from the head for an error. */
struct hr__s3_response_ids {
    struct hr_refusal *refusal; /* gets more of an error; NULL: nobody wants it. The caller's */
    char request_id[72];
    char region[64]; /* x-amz-bucket-region, where it is a DNS label; empty: it is not */
    uint64_t date_s; /* Date, of the store's clock; 0: none */
    uint64_t now_s;  /* of the clock here; 0: unknown. The caller's */
    bool web_page;   /* HTML, with no field of a store */
    char host_id[HR_REFUSAL_HOST_ID_MAX]; /* last: what is behind a NUL need not be cleared */
};
/* The host id is read of a refusal alone. */
void hr__s3_response_ids(const struct hr_http_head *head, struct hr__s3_response_ids *ids);
void hr__s3_response_host_id(const struct hr_http_head *head, struct hr__s3_response_ids *ids);

/* Fills `error` with HR_ERR_S3_SERVICE, and its message from status, head and body. `body` may be
 * anything. `operation` is named where the store does not say why. Region, date and host id that
 * only the document has are put into `ids`. */
void hr__s3_response_error(const char *operation, int status, struct hr__s3_response_ids *ids,
                           struct hr_slice body, struct hr_error *error);

/* Adds a text behind the error's message, whose end is cut where both have no room. */
void hr__add_remedy(struct hr_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
