/* Checks before the start that uploads and downloads share. */
#ifndef HR_S3_TRANSFER_CHECK_H
#define HR_S3_TRANSFER_CHECK_H

#include <engine/request_core.h>
#include <headrace/s3_transfer.h>

/* 0, or -EINVAL with the reason in the request. `least`: of a part. */
int hr__transfer_check(struct hr_request *request, const struct hr_s3_transfer_options *options,
                       uint64_t least);

#endif
