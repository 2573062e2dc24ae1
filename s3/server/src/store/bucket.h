/* A bucket: an ordered index of its objects, another of the uploads in progress. Not thread-safe:
 * the store's lock is held around it. */
#ifndef S3_SERVER_BUCKET_H
#define S3_SERVER_BUCKET_H

#include "index.h"
#include "object.h"

#define S3_REGION_MAX 31

struct s3_bucket {
    struct s3_account *account;
    uint64_t created_ms;
    struct s3_index objects; /* of struct s3_object */
    struct s3_index uploads; /* of struct s3_upload, by "KEY NUL ID" */
    struct hr_slice name;
    char text[64];
    char region[S3_REGION_MAX + 1];
};

/* The seeds of a bucket's indexes. */
struct s3_bucket_seeds {
    uint64_t objects, uploads;
};

/* A checked name. `region`: at most S3_REGION_MAX bytes. InsufficientStorage, InternalError. */
enum s3_error s3_server__bucket_new(struct s3_account *account, struct hr_slice name,
                                    struct hr_slice region, struct s3_bucket_seeds seeds,
                                    struct s3_bucket **bucket);
/* With all that is in it. NULL: nothing. */
void s3_server__bucket_free(void *bucket);

#endif
