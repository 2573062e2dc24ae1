/* Shared by the files of the store. All under the store's lock. */
#ifndef S3_SERVER_STORE_PRIVATE_H
#define S3_SERVER_STORE_PRIVATE_H

#include "store.h"

struct s3_bucket *s3_server__store_bucket(const struct s3_store *store, struct hr_slice name);
/* Gives an object that nobody else has yet its version id and the bucket's retention, and puts it.
 * As s3_server__version_put; InvalidRequest: a lock where the bucket has none. */
enum s3_error s3_server__store_put_newest(struct s3_store *store, struct s3_bucket *bucket,
                                          struct s3_object *object, struct s3_object **removed);

/* ---- store_commit.c: what the disk has of a change; nothing where there is none. */
enum s3_error s3_server__store_commit_object(struct s3_store *store, const struct s3_bucket *bucket,
                                             struct s3_object *object);
enum s3_error s3_server__store_commit_upload(struct s3_store *store, const struct s3_bucket *bucket,
                                             const struct s3_upload *upload);
enum s3_error s3_server__store_commit_part(struct s3_store *store, const struct s3_bucket *bucket,
                                           const struct s3_upload *upload, unsigned number,
                                           struct s3_object *part);
enum s3_error s3_server__store_commit_bucket(struct s3_store *store,
                                             const struct s3_bucket *bucket);
enum s3_error s3_server__store_void(struct s3_store *store, struct s3_object *object);
/* The record of an upload, and those of its parts that have no bytes of their own. The bytes of the
 * others go with the last reference. */
enum s3_error s3_server__store_void_upload(struct s3_store *store, struct s3_upload *upload);

#endif
