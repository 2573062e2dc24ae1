/* A composite value, wherever the values of the parts stand. */
#ifndef HR_S3_COMPOSITE_H
#define HR_S3_COMPOSITE_H

#include <headrace/s3_checksum.h>

/* Of `count` values of one algorithm, `stride` bytes from one to the next. 0, -ENOMEM, -ENOTSUP. */
int hr__checksum_compose(const struct hr_s3_checksum *first, size_t stride, size_t count,
                         struct hr_s3_checksum *value);

#endif
