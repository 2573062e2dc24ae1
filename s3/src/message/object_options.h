/* Options of operations on objects as header fields and parameters. One place that writes each. */
#ifndef HR_S3_OBJECT_OPTIONS_H
#define HR_S3_OBJECT_OPTIONS_H

#include <headrace/s3.h>

#include "details.h"

/* Of put, copy and multipart create. */
void hr__add_object_options(struct hr__s3_adder *add, const struct hr_s3_object_options *options);
/* Of get and head, parameters and fields. */
void hr__add_read_options(struct hr__s3_adder *add, const struct hr_s3_read_options *options);

/* Names of the four conditions' fields; NULL: the operation has no such. */
struct hr__condition_names {
    const char *match, *none_match, *modified, *unmodified;
};
extern const struct hr__condition_names hr__conditions_read, hr__conditions_write,
    hr__conditions_source;
/* A condition that has no name is refused. */
void hr__add_conditions(struct hr__s3_adder *add, const struct hr__condition_names *names,
                        const struct hr_s3_conditions *conditions);

/* SSE-C: the three fields. */
void hr__add_customer_key(struct hr__s3_adder *add, const void *key);
/* The same for the source of a copy. */
void hr__add_source_key(struct hr__s3_adder *add, const void *key);
/* x-amz-request-payer, x-amz-expected-bucket-owner. */
void hr__add_payer(struct hr__s3_adder *add, bool request_payer, const char *expected_owner);
/* x-amz-mfa, over TLS alone. NULL: none. */
void hr__add_mfa(struct hr__s3_adder *add, const char *mfa);
/* x-amz-checksum-algorithm. NONE: none. */
void hr__add_checksum_algorithm(struct hr__s3_adder *add, enum hr_s3_checksum_algorithm algorithm);
/* Content-MD5, which S3 wants of some documents. */
void hr__add_content_md5(struct hr__s3_adder *add, struct hr_slice body);
/* A field with an ETag, in quotes. NULL: none. */
void hr__add_etag(struct hr__s3_adder *add, const char *name, const char *etag);
/* A field with a time, HTTP's form. 0: none. */
void hr__add_date(struct hr__s3_adder *add, const char *name, uint64_t unix_s);

#endif
