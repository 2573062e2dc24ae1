/* The contents of S3's responses: header fields and error documents. Pure. */
#ifndef HR_S3_ANSWER_H
#define HR_S3_ANSWER_H

#include <headrace/s3_client.h>

/* A text without its surrounding double quotes, as ETags have them. */
struct hr_slice hr__unquote(struct hr_slice text);

/* Copies `text` where it fits, else makes `out` empty: half an ETag is none. Whether it fits. */
bool hr__copy_whole(char *out, size_t capacity, struct hr_slice text);

/* Everything that an answer's head says about an object. HR_ERR_S3_RESPONSE (Content-Range that is
 * none), with a message. */
int hr__answer_object(const struct hr_http_head *head, struct hr_error *error,
                      struct hr_s3_object_info *info);

/* Whether a good answer to a GET is of the range asked for. HR_ERR_HTTP_UNEXPECTED (the whole
 * object, or a range that was not asked for), HR_ERR_S3_RESPONSE (no or another Content-Range). */
int hr__answer_range(const struct hr_http_head *head, const struct hr_s3_get *get,
                     struct hr_error *error);

/* The server that answered, from where and when; kept from the head for an error. */
struct hr__answer_ids {
    char request_id[72];
    char region[64]; /* x-amz-bucket-region */
    uint64_t date_s; /* Date, of the store's clock; 0: none */
    uint64_t now_s;  /* of the clock here; 0: unknown. The caller's */
    bool web_page;   /* HTML, with no field of a store */
};
void hr__answer_ids(const struct hr_http_head *head, struct hr__answer_ids *ids);

/* Fills `error` with HR_ERR_S3_SERVICE and what status, head and body say. `body` may be anything.
 * `operation` is named where the store does not say why. */
void hr__answer_error(const char *operation, int status, const struct hr__answer_ids *ids,
                      struct hr_slice body, struct hr_error *error);

/* Adds a text behind the error's message, whose end is cut where both have no room. */
void hr__add_remedy(struct hr_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
