/* The store: buckets, each with an ordered index of its objects and of the uploads in progress. In
 * memory. Any thread; one lock, held for look-ups and pointer changes only, never while bytes move.
 * Objects come out as references, to be released: s3_server__object_release. */
#ifndef S3_SERVER_STORE_H
#define S3_SERVER_STORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "bucket.h"
#include "conditions.h"
#include "store_errors.h"
#include "upload.h"

#define S3_BUCKETS_MAX     1000
#define S3_PARTS_MAX       10000
#define S3_PART_SIZE_MIN   ((uint64_t)5 << 20) /* of every part but the last */
#define S3_OBJECT_SIZE_MAX ((uint64_t)5 << 30) /* of one PUT */
#define S3_PAGE_MAX        1000

struct s3_store {
    struct s3_account account;
    pthread_rwlock_t lock;
    struct s3_index buckets;
    uint64_t seed; /* atomic; of upload ids and the indexes' levels */
};

int s3_server__store_init(struct s3_store *store, uint64_t bytes_max); /* 0 or -ENOMEM */
void s3_server__store_deinit(struct s3_store *store);
/* 64 bits that do not come again; not for secrets. */
uint64_t s3_server__store_random(struct s3_store *store);

struct s3_bucket_entry {
    struct hr_slice name; /* the arena's */
    uint64_t created_ms;
    char region[S3_REGION_MAX + 1]; /* empty: the server's */
};
/* `region`: where its creator wanted it, at most S3_REGION_MAX bytes; empty: not given.
 * InvalidBucketName, BucketAlreadyOwnedByYou, TooManyBuckets, InsufficientStorage, InternalError.
 */
enum s3_error s3_server__store_bucket_create(struct s3_store *store, struct hr_slice name,
                                             struct hr_slice region, uint64_t now_ms);
/* NoSuchBucket, BucketNotEmpty. Uploads in progress end with it. */
enum s3_error s3_server__store_bucket_delete(struct s3_store *store, struct hr_slice name);
enum s3_error s3_server__store_bucket_check(struct s3_store *store, struct hr_slice name);
/* `region` is empty where none was given. NoSuchBucket. */
enum s3_error s3_server__store_bucket_region(struct s3_store *store, struct hr_slice name,
                                             char region[S3_REGION_MAX + 1]);
enum s3_error s3_server__store_bucket_list(struct s3_store *store, struct s3_arena *arena,
                                           struct s3_bucket_entry **entries, size_t *count);

/* `*object` is a reference. NoSuchBucket, NoSuchKey. */
enum s3_error s3_server__store_object_get(struct s3_store *store, struct hr_slice bucket,
                                          struct hr_slice key, struct s3_object **object);
/* Takes the reference over on success. `conditions` (NULL: none) are checked against the present
 * object in the same step. NoSuchBucket, PreconditionFailed, NoSuchKey, InternalError. */
enum s3_error s3_server__store_object_put(struct s3_store *store, struct hr_slice bucket,
                                          const struct s3_conditions *conditions,
                                          struct s3_object *object);
/* A key that is not there is no error, unless a condition wants it. NoSuchBucket,
 * PreconditionFailed, NoSuchKey. */
enum s3_error s3_server__store_object_delete(struct s3_store *store, struct hr_slice bucket,
                                             struct hr_slice key,
                                             const struct s3_conditions *conditions);

/* ---- Listing: in bytewise order of keys, those with a delimiter behind the prefix rolled up. */
struct s3_list_query {
    struct hr_slice prefix, delimiter;
    struct hr_slice after; /* exclusive; a rolled-up prefix that is equal to it is passed over */
    size_t count_max;
};
struct s3_list_entry {
    struct s3_object *object; /* a reference; NULL: a rolled-up prefix */
    struct hr_slice name;     /* the key or the prefix; the arena's or the object's */
};
struct s3_list_page {
    struct s3_list_entry *entries; /* the arena's */
    size_t count;
    bool truncated; /* go on after the last entry's name */
};
/* On error nothing is to be released. */
enum s3_error s3_server__store_list(struct s3_store *store, struct hr_slice bucket,
                                    const struct s3_list_query *query, struct s3_arena *arena,
                                    struct s3_list_page *page);
void s3_server__store_list_release(struct s3_list_page *page);

/* ---- Uploads in parts. */
enum s3_error s3_server__store_upload_create(struct s3_store *store, struct hr_slice bucket,
                                             const struct s3_upload_plan *plan,
                                             char id[S3_UPLOAD_ID_SIZE + 1]);

struct s3_upload_name {
    struct hr_slice bucket, key, id;
};
/* An upload; its parts come by number. */
struct s3_upload_info {
    struct s3_object *head; /* key, fields, storage class, modified_ms: a reference */
    enum hr_s3_checksum_algorithm checksum;
    enum hr_s3_checksum_type checksum_type;
};
enum s3_error s3_server__store_upload_get(struct s3_store *store, const struct s3_upload_name *name,
                                          struct s3_upload_info *info);
/* Takes the reference over on success; a part of the same number is replaced. */
enum s3_error s3_server__store_upload_put_part(struct s3_store *store,
                                               const struct s3_upload_name *name, unsigned number,
                                               struct s3_object *part);
/* The parts with numbers above `after`, at most `count_max`. */
enum s3_error s3_server__store_upload_parts(struct s3_store *store,
                                            const struct s3_upload_name *name, unsigned after,
                                            size_t count_max, struct s3_arena *arena,
                                            struct s3_part_entry **parts, size_t *count,
                                            bool *truncated);
void s3_server__store_upload_parts_release(struct s3_part_entry *parts, size_t count);
/* Ends the upload. With `object` it becomes that object (the reference is taken over on success)
 * where the conditions hold; NULL: it is aborted. */
enum s3_error s3_server__store_upload_end(struct s3_store *store, const struct s3_upload_name *name,
                                          const struct s3_conditions *conditions,
                                          struct s3_object *object);

struct s3_upload_list_query {
    struct hr_slice prefix, delimiter;
    struct hr_slice key_after, id_after; /* with an id: also later uploads of that very key */
    size_t count_max;
};
struct s3_upload_entry {
    struct hr_slice name; /* the key, or a rolled-up prefix (id is then empty) */
    struct hr_slice id;
    uint64_t created_ms;
    struct hr_slice storage_class;
};
/* All memory is the arena's. */
enum s3_error s3_server__store_uploads(struct s3_store *store, struct hr_slice bucket,
                                       const struct s3_upload_list_query *query,
                                       struct s3_arena *arena, struct s3_upload_entry **entries,
                                       size_t *count, bool *truncated);

#endif
