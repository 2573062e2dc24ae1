/* Amazon resource names: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE. Pure. */
#ifndef HR_S3_ARN_H
#define HR_S3_ARN_H

#include <stdbool.h>

#include <headrace/slice.h>

#define HR__ARN_RESOURCE_MAX 3 /* parts of the resource that are kept */

struct hr__arn {
    struct hr_slice partition, service;
    struct hr_slice region, account; /* may be empty */
    struct hr_slice resource[HR__ARN_RESOURCE_MAX];
    unsigned resource_count; /* of all parts, which ':' or '/' divide; at least 1 */
};

/* Whether a bucket is named by an ARN, well-formed or not. */
bool hr__arn_begins(struct hr_slice text);

/* Splits an ARN; slices into `text`. -EINVAL: it has fewer than six fields, or one of partition,
 * service and resource is empty. */
int hr__arn_parse(struct hr_slice text, struct hr__arn *arn);

#endif
