/* A folder's files as objects, before the server listens. */
#ifndef S3_SERVER_PRELOAD_H
#define S3_SERVER_PRELOAD_H

#include "store_call.h"

/* Each folder in `folder` is a bucket, each file below it an object whose key is its path there.
 * Symbolic links are followed. 0; -EINVAL (a name that no bucket or key has, a file in no bucket),
 * -ENOSPC (more than the store may hold), -ENOMEM, or what opening and reading returns; the error
 * names the path. */
int s3_server__preload(struct s3_server_s *server, const char *folder, struct hr_error *error);

#endif
