/* Names of buckets: which may be sent, which may stand in a host, and which are of a special kind.
 * Pure. */
#ifndef HR_S3_BUCKET_NAME_H
#define HR_S3_BUCKET_NAME_H

#include <stdbool.h>

#include <headrace/error.h>
#include <headrace/slice.h>

#define HR__BUCKET_MAX 255 /* bytes of a bucket name; DNS-conforming ones have at most 63 */

enum hr__bucket_kind {
    HR__BUCKET_PLAIN,
    HR__BUCKET_ARN,           /* arn:… */
    HR__BUCKET_EXPRESS,       /* …--x-s3, a directory bucket */
    HR__BUCKET_EXPRESS_POINT, /* …--xa-s3, an access point of one */
    HR__BUCKET_OUTPOST,       /* …--op-s3 */
};

/* Of a name that may be sent. A plain name costs two comparisons. */
enum hr__bucket_kind hr__bucket_kind(struct hr_slice bucket);

/* Whether the name is one of S3 Express, wherever it is. */
bool hr__bucket_express(struct hr_slice bucket);

/* Whether the name may be sent: not empty, at most HR__BUCKET_MAX bytes, no '/' (but in an ARN),
 * no control byte, not "." or "..". HR_ERR_S3_BUCKET_INVALID. */
int hr__bucket_check(struct hr_slice bucket, struct hr_error *error);

/* Whether the name may stand in front of a host: S3's own rules, lower case, 3 to 63 bytes, labels,
 * not like an IPv4 address. `dots`: it may be several labels. */
bool hr__bucket_is_host(struct hr_slice bucket, bool dots);

#endif
