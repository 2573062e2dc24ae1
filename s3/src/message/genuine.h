/* Whether a good answer is S3's. A captive portal, a login page or a plain web server answers 200
 * to anything; what it says must not be taken for something done. Pure. */
#ifndef HR_S3_GENUINE_H
#define HR_S3_GENUINE_H

#include <headrace/s3_client.h>

#include "operations.h"

/* The head of a response tells who wrote it. */
struct hr__marks {
    bool web_page; /* Content-Type is HTML */
    bool vendor;   /* a field that only stores write: x-amz-… and those of others */
    bool named;    /* ETag */
    bool dated;    /* Last-Modified */
    bool located;  /* Location */
};
void hr__marks_of(const struct hr_http_head *head, struct hr__marks *marks);

/* Judges the head of an answer whose status is good. For GetObject and HeadObject that is all there
 * is to judge; of the others only a listing's. 0 or HR_ERR_S3_RESPONSE, with a message. */
int hr__genuine_head(enum hr__s3_kind kind, int status, const struct hr__marks *marks,
                     struct hr_error *error);

/* Judges the whole answer of any other operation, which has no <Error> in it. */
int hr__genuine_end(enum hr__s3_kind kind, int status, const struct hr__marks *marks,
                    struct hr_slice body, struct hr_error *error);

#endif
