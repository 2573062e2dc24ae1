/* How a body is cut into parts. Pure. */
#ifndef HR_S3_PART_PLAN_H
#define HR_S3_PART_PLAN_H

#include <stdint.h>

/* The size of parts for a body of `size` bytes, or of HR_SIZE_UNKNOWN: `wanted`, 0 being the
 * default; where that would be more than 10,000 parts and nothing was wanted, the least multiple of
 * 1 MiB that is not. 0: not even the largest parts do, or those that are wanted do not. */
uint64_t hr__part_size(uint64_t size, uint64_t wanted);

/* Of one whose size is not known: the size of part `number`, from 1. The first half of all parts
 * are of `first` bytes, then each thousand are twice as large as the thousand before, to the
 * largest that a part may have. */
uint64_t hr__part_size_growing(uint64_t first, uint32_t number);

#endif
