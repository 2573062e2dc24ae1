/* The checksum that a document of the store names. Pure. */
#ifndef HR_S3_DOCUMENT_CHECKSUM_H
#define HR_S3_DOCUMENT_CHECKSUM_H

#include <headrace/s3_checksum.h>
#include <headrace/s3_documents.h>

struct hr_error;

/* Of several the first of enum hr_s3_checksum_algorithm; its algorithm is NONE where there is none.
 * HR_ERR_S3_RESPONSE: it is no value of its algorithm. */
int hr__checksum_of_document(const struct hr_s3_checksums *checksums, struct hr_error *error,
                             struct hr_s3_checksum *value);

#endif
