/* Whether a response with a good status comes from S3. A captive portal, a login page or a plain
 * web server responds with 200 to anything, which must not count as success. Pure. */
#ifndef HR_S3_GENUINE_H
#define HR_S3_GENUINE_H

#include <headrace/s3.h>

#include "operations.h"

/* The fields by which the head of a response shows what kind of server wrote it, and whether a GET
 * may go on with another response. */
struct hr__marks {
    bool web_page; /* Content-Type is HTML */
    bool vendor;   /* a field that only stores write: x-amz-… and those of others */
    bool named;    /* ETag */
    bool strong;   /* it is a strong one (RFC 9110 8.8.3) */
    bool coded;    /* Content-Encoding */
    bool dated;    /* Last-Modified */
    bool located;  /* Location */
};
void hr__marks_of(const struct hr_http_head *head, struct hr__marks *marks);

/* Checks the head of a response with a good status. This is the whole check for GetObject and
 * HeadObject; for the others it concerns listings only. 0 or HR_ERR_S3_RESPONSE, with a message. */
int hr__genuine_head(const struct hr__s3_operation *operation, int status,
                     const struct hr__marks *marks, struct hr_error *error);

/* Checks the whole response to any other operation; it is no <Error>. 0 or HR_ERR_S3_RESPONSE, with
 * a message. */
int hr__genuine_end(const struct hr__s3_operation *operation, int status,
                    const struct hr__marks *marks, struct hr_slice body, struct hr_error *error);

#endif
