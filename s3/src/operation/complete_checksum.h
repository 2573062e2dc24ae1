/* The checksum and the size of an object that parts make: what its owner says, or what follows from
 * the parts. Pure. */
#ifndef HR_S3_COMPLETE_CHECKSUM_H
#define HR_S3_COMPLETE_CHECKSUM_H

#include <headrace/s3.h>

/* Before the start: values and types that go together. -EINVAL with the reason set. */
int hr__complete_checksum_check(struct hr_s3_upload_complete *complete);
/* Of the object; TYPE_NONE: nobody says an algorithm. */
enum hr_s3_checksum_type hr__complete_checksum_type(const struct hr_s3_upload_complete *complete);
/* The value that the object must have; its algorithm is NONE where that is unknown. -ENOMEM,
 * -ENOTSUP; HR_ERR_S3_CHECKSUM: the owner's value is not that of these parts. */
int hr__complete_checksum_expect(const struct hr_s3_upload_complete *complete,
                                 struct hr_error *error, struct hr_s3_checksum *value);
/* In bytes; 0: unknown. */
uint64_t hr__complete_size(const struct hr_s3_upload_complete *complete);
/* HR_ERR_S3_CHECKSUM: the store names another value, of the same kind. */
int hr__complete_checksum_compare(const struct hr_s3_checksum *expected,
                                  const struct hr_s3_checksum *stored, struct hr_error *error);

#endif
