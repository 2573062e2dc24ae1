/* The partitions of AWS: groups of regions that share their DNS suffix and their accounts. Pure.
 * Source: partitions.json of botocore (Aug 2026). */
#ifndef HR_S3_PARTITION_H
#define HR_S3_PARTITION_H

#include <stdbool.h>

#include <headrace/slice.h>

struct hr__partition {
    const char *name;              /* as in an ARN */
    const char *prefix;            /* its regions begin so, then comes WORD-NUMBER; "": any other */
    const char *global;            /* its region that is none */
    const char *suffix;            /* of a host */
    const char *dual_stack_suffix; /* … of services that have one for dual stack; S3 has not */
    bool fips;                     /* S3 has FIPS endpoints there */
};

/* The partition of a region; aws where no other has it. */
const struct hr__partition *hr__partition_of(struct hr_slice region);

/* Whether a host is one of AWS's: a suffix of any partition, or a name below it. */
bool hr__partition_has_host(struct hr_slice host);

#endif
