/* Which value, if any, the body of a GetObject must have. Pure.
 *
 * A store names a value of other bytes than those it sends in several cases: a composite one, which
 * is of digests; one of the whole object beside a range of it. Such a value is not compared: a
 * false alarm is worse than none. Source: botocore httpchecksum.py; botocore#3346,
 * aws-sdk-java-v2#5421, aws-sdk-js-v3#5345, ceph#61901. */
#ifndef HR_S3_RESPONSE_CHECKSUM_H
#define HR_S3_RESPONSE_CHECKSUM_H

#include <headrace/error.h>
#include <headrace/http_message.h>
#include <headrace/s3_checksum.h>

enum hr__checksum_verdict {
    HR__CHECKSUM_NOT_VERIFIED, /* no value is of these bytes */
    HR__CHECKSUM_VERIFY,       /* `expected` is */
    HR__CHECKSUM_MALFORMED,    /* there is one, and it is no value of its algorithm */
};

struct hr__checksum_response {
    int status;
    bool has_range; /* the request named a range */
    bool has_part;  /* the request named a part by its number */
    const struct hr_http_field *fields;
    size_t field_count;
};

/* Sets `expected` for VERIFY; for MALFORMED its algorithm alone. */
enum hr__checksum_verdict hr__checksum_classify(const struct hr__checksum_response *response,
                                                struct hr_s3_checksum *expected);
/* Compares. 0, or HR_ERR_S3_CHECKSUM with both values in `error`. */
int hr__checksum_compare(const struct hr_s3_checksum *expected,
                         const struct hr_s3_checksum *computed, struct hr_error *error);
/* HR_ERR_S3_RESPONSE, with the field's name in `error`. */
int hr__checksum_malformed(const struct hr_s3_checksum *expected, struct hr_error *error);

#endif
