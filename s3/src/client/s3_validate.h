/* The body of a GetObject beside the checksum that the store names. */
#ifndef HR_S3_VALIDATE_H
#define HR_S3_VALIDATE_H

#include "response_checksum.h"

struct hr__s3_call;

/* Of one call; cleared between two. Its hasher is not: see struct hr__s3_call. */
struct hr__s3_validation {
    bool wanted;         /* x-amz-checksum-mode: ENABLED goes out */
    bool started;        /* the hasher sees the body of this attempt */
    int err;             /* of the hasher */
    unsigned mismatches; /* of the attempts so far */
    struct hr_s3_checksum expected;
};

/* Of a GetObject within the library, at its measure_: the value of the bytes that come, whatever
 * the store says of them. */
struct hr__s3_measure {
    enum hr_s3_checksum_algorithm algorithm; /* in */
    struct hr_s3_checksum value;             /* out, of a body that has come whole */
};

/* Whether the response is to be compared: the client's option, or a field of the
 * user's. */
void hr__s3_validate_prepare(struct hr__s3_call *call, const struct hr_http_field *fields,
                             size_t count);
/* The head of a good response. HR_ERR_S3_RESPONSE (the value is malformed), -ENOMEM. */
int hr__s3_validate_head(struct hr__s3_call *call, const struct hr_http_head *head,
                         const struct hr_s3_get *get, struct hr_error *error);
void hr__s3_validate_body(struct hr__s3_call *call, const char *data, size_t size);
/* The body has come whole: `verified` of the GetObject is the algorithm that it was compared by,
 * NONE: it was not. HR_ERR_S3_CHECKSUM, -ENOMEM. */
int hr__s3_validate_end(struct hr__s3_call *call, struct hr_s3_get *get, struct hr_error *error);

#endif
