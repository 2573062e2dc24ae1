/* Options of a transfer. */
#include "transfer_check.h"

#include <errno.h>
#include <inttypes.h>

int hr__transfer_check(struct hr_request *request, const struct hr_s3_transfer_options *options,
                       uint64_t least) {
    uint64_t size = options->part_size;
    const uint64_t *reserved = options->reserved;
    if (reserved[0] | reserved[1])
        return hr__request_refuse(
            request, -EINVAL,
            "transfer.reserved is not zero: the struct was not cleared before its use");
    if (size && (size < least || size > HR_S3_PART_SIZE_MAX))
        return hr__request_refuse(
            request, -EINVAL, "part_size is %" PRIu64 ": it is %" PRIu64 " to %" PRIu64 " bytes",
            size, least, HR_S3_PART_SIZE_MAX);
    if (options->parallel <= HR_S3_TRANSFER_PARALLEL_MAX) return 0;
    return hr__request_refuse(request, -EINVAL, "parallel is %u: it is %d at most",
                              options->parallel, HR_S3_TRANSFER_PARALLEL_MAX);
}
