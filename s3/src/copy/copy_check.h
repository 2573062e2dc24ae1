/* A copy as one CopyObject, and what is checked before its start. */
#ifndef HR_S3_COPY_CHECK_H
#define HR_S3_COPY_CHECK_H

#include <headrace/s3_transfer.h>

/* Fills all but the source. */
void hr__copy_describe(const struct hr_s3_transfer_copy *copy, struct hr_s3_copy *whole);
/* 0, or -EINVAL with the reason in the request. */
int hr__copy_check(struct hr_s3_transfer_copy *copy);

#endif
