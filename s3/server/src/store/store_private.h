/* Shared by the files of the store. All under the store's lock. */
#ifndef S3_SERVER_STORE_PRIVATE_H
#define S3_SERVER_STORE_PRIVATE_H

#include "store.h"

struct s3_bucket *s3_server__store_bucket(const struct s3_store *store, struct hr_slice name);

#endif
