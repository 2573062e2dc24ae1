/* The store's parts among themselves. All under the store's lock. */
#ifndef S3_SERVER_STORE_PRIVATE_H
#define S3_SERVER_STORE_PRIVATE_H

#include "store.h"

struct s3_bucket {
    struct s3_account *account;
    uint64_t created_ms;
    struct s3_index objects; /* of struct s3_object */
    struct s3_index uploads; /* of struct s3_upload, by "KEY NUL ID" */
    struct hr_slice name;
    char text[64];
    char region[S3_REGION_MAX + 1];
};

struct s3_bucket *s3_server__bucket_find(const struct s3_store *store, struct hr_slice name);
void s3_server__upload_free(void *upload);

/* The smallest text that is behind everything beginning with `prefix`; false: there is none.
 * `memory` holds prefix.size bytes. */
bool s3_server__text_behind(struct hr_slice prefix, char *memory, struct hr_slice *behind);
bool s3_server__text_begins(struct hr_slice text, struct hr_slice prefix);
/* The part of `name` up to and with the first delimiter behind the prefix; size 0: there is none.
 */
struct hr_slice s3_server__text_roll_up(struct hr_slice name, struct hr_slice prefix,
                                        struct hr_slice delimiter);

#endif
