/* The versions of a bucket's keys: the current one of each key is in the index of objects, all
 * others and the delete markers are in the index of versions, newest first. A key whose newest
 * version is a delete marker has no current object. Not thread-safe: the store's lock is held
 * around it. */
#ifndef S3_SERVER_VERSION_H
#define S3_SERVER_VERSION_H

#include "bucket.h"
#include "route.h"

/* The id that is told to clients: "null", or the object's own. */
struct hr_slice s3_server__version_id(const struct s3_object *object);

#define S3_VERSION_NAME_MAX (S3_KEY_MAX + 1 + S3_VERSION_ID_SIZE)
/* "KEY NUL ID" in `memory` of S3_VERSION_NAME_MAX bytes; size 0: no version has such a key or id.
 */
struct hr_slice s3_server__version_name(struct hr_slice key, struct hr_slice id, char *memory);

/* The version with that id; `id` empty: the newest, which may be a delete marker. NULL: none. */
struct s3_object *s3_server__version_find(const struct s3_bucket *bucket, struct hr_slice key,
                                          struct hr_slice id);
/* The newest version of a key that is not current, or NULL. */
struct s3_object *s3_server__version_newest_other(const struct s3_bucket *bucket,
                                                  struct hr_slice key);
/* Whether it is the newest of its key. */
bool s3_server__version_is_latest(const struct s3_bucket *bucket, const struct s3_object *object);

/* Puts a new version or delete marker, whose id is above all others of the key; takes the reference
 * over on success. `*removed`: a reference to the version that it replaced for good, or NULL.
 * InternalError: nothing has changed. */
enum s3_error s3_server__version_put(struct s3_bucket *bucket, struct s3_object *object,
                                     struct s3_object **removed);
/* Takes a version out, and makes the one before it current where it was the newest. The reference
 * is the caller's. InternalError: nothing has changed. */
enum s3_error s3_server__version_remove(struct s3_bucket *bucket, struct s3_object *object);
/* Puts `copy`, which has the name of `object`, in its place: the reference to `object` is then the
 * caller's, the one to `copy` the bucket's. */
void s3_server__version_replace(struct s3_bucket *bucket, const struct s3_object *object,
                                struct s3_object *copy);

#endif
