/* How a body is cut into parts. */
#include "part_plan.h"

#include <headrace/s3_transfer.h>

#define MEBIBYTE UINT64_C(1048576)
#define GROWING  5000 /* parts of the first size */
#define STEP     1000

static uint64_t divided_up(uint64_t size, uint64_t by) {
    return size / by + (size % by != 0);
}

uint64_t hr__part_size(uint64_t size, uint64_t wanted) {
    uint64_t part = wanted ? wanted : HR_S3_PART_SIZE_DEFAULT;
    if (size == HR_SIZE_UNKNOWN || divided_up(size, part) <= HR_S3_PART_NUMBER_MAX) return part;
    if (wanted) return 0;
    part = divided_up(divided_up(size, HR_S3_PART_NUMBER_MAX), MEBIBYTE) * MEBIBYTE;
    return part <= HR_S3_PART_SIZE_MAX ? part : 0;
}

uint64_t hr__part_size_growing(uint64_t first, uint32_t number) {
    uint64_t part = first;
    for (uint32_t grown = GROWING; grown < number && part < HR_S3_PART_SIZE_MAX; grown += STEP)
        part *= 2;
    return part < HR_S3_PART_SIZE_MAX ? part : HR_S3_PART_SIZE_MAX;
}
