/* The store: buckets, each with an ordered index of its objects and of the uploads in progress. In
 * memory, or with a disk the index alone: every change is then committed there before it is seen.
 * Any thread; one lock, held for look-ups, pointer changes and commits, never while bytes move.
 * Objects come out as references, to be released: s3_server__object_release. */
#ifndef S3_SERVER_STORE_H
#define S3_SERVER_STORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "bucket.h"
#include "conditions.h"
#include "disk.h"
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
    uint64_t seed;        /* atomic; of upload ids and the indexes' levels */
    uint64_t sequence;    /* of the last change: of a version, an upload, a bucket */
    struct s3_disk *disk; /* NULL: objects are in memory */
};

int s3_server__store_init(struct s3_store *store, uint64_t bytes_max); /* 0 or -ENOMEM */
/* The store of a folder, into an empty one: what has been committed is there again. The damaged
 * files that were moved aside are counted. As s3_server__disk_open, -ENOMEM; the store is then as
 * it was. Before anything else is called. */
struct s3_store_folder {
    struct s3_disk_options disk;
    struct s3_scan_options scan;
};
int s3_server__store_open(struct s3_store *store, const struct s3_store_folder *folder,
                          uint64_t *damaged, struct hr_error *error);
void s3_server__store_deinit(struct s3_store *store);
/* 64 bits that do not come again; not for secrets. */
uint64_t s3_server__store_random(struct s3_store *store);

struct s3_bucket_entry {
    struct hr_slice name; /* the arena's */
    uint64_t created_ms;
    char region[S3_REGION_MAX + 1]; /* empty: the server's */
};
/* `region`: where its creator wanted it, at most S3_REGION_MAX bytes; empty: not given. `settings`
 * NULL: all off.
 * InvalidBucketName, BucketAlreadyOwnedByYou, TooManyBuckets, InsufficientStorage, InternalError.
 */
enum s3_error s3_server__store_bucket_create(struct s3_store *store, struct hr_slice name,
                                             struct hr_slice region,
                                             const struct s3_bucket_settings *settings,
                                             uint64_t now_ms);
/* NoSuchBucket, BucketNotEmpty. Uploads in progress end with it. */
enum s3_error s3_server__store_bucket_delete(struct s3_store *store, struct hr_slice name);
enum s3_error s3_server__store_bucket_check(struct s3_store *store, struct hr_slice name);
/* `region` is empty where none was given. NoSuchBucket. */
enum s3_error s3_server__store_bucket_region(struct s3_store *store, struct hr_slice name,
                                             char region[S3_REGION_MAX + 1]);
enum s3_error s3_server__store_bucket_list(struct s3_store *store, struct s3_arena *arena,
                                           struct s3_bucket_entry **entries, size_t *count);

/* ---- A bucket's settings. */
/* NoSuchBucket. */
enum s3_error s3_server__store_settings_get(struct s3_store *store, struct hr_slice bucket,
                                            struct s3_bucket_settings *settings);
/* `change` gets the present settings and changes them, or refuses; under the lock. NoSuchBucket,
 * and what `change` returns. */
enum s3_error s3_server__store_settings_change(
    struct s3_store *store, struct hr_slice bucket,
    enum s3_error (*change)(void *user, struct s3_bucket_settings *settings), void *user);
/* `text` with data NULL removes it. NoSuchBucket, InsufficientStorage, InternalError. */
enum s3_error s3_server__store_document_put(struct s3_store *store, struct hr_slice bucket,
                                            enum s3_document kind, struct hr_slice text);
/* `*text` is the arena's; data NULL: it is not set. NoSuchBucket, InternalError. */
enum s3_error s3_server__store_document_get(struct s3_store *store, struct hr_slice bucket,
                                            enum s3_document kind, struct s3_arena *arena,
                                            struct hr_slice *text);

/* ---- Objects and their versions. */
struct s3_version_name {
    struct hr_slice bucket, key,
        id; /* id empty: the newest version, which may be a delete marker */
};
struct s3_found {
    struct s3_object *object; /* a reference */
    enum s3_versioning versioning;
    bool is_latest;
};
/* NoSuchBucket, NoSuchKey; NoSuchVersion where there is an id. */
enum s3_error s3_server__store_version_get(struct s3_store *store,
                                           const struct s3_version_name *name,
                                           struct s3_found *found);
/* Puts a copy of a version with other traits in its place. `change` gets the present version and
 * the traits to change, or refuses; under the lock. MethodNotAllowed (a delete marker),
 * InsufficientStorage, InternalError, and as s3_server__store_version_get. `*object`: the copy, a
 * reference. */
struct s3_change {
    enum s3_error (*change)(void *user, const struct s3_object *object, struct s3_traits *traits);
    void *user;
    bool needs_lock; /* InvalidRequest: objects of the bucket cannot be locked */
};
enum s3_error s3_server__store_object_change(struct s3_store *store,
                                             const struct s3_version_name *name,
                                             const struct s3_change *change,
                                             struct s3_object **object);

/* `*object` is a reference. NoSuchBucket, NoSuchKey. */
enum s3_error s3_server__store_object_get(struct s3_store *store, struct hr_slice bucket,
                                          struct hr_slice key, struct s3_object **object);
/* Takes the reference over on success. `conditions` (NULL: none) are checked against the present
 * object in the same step; the version's id and the bucket's retention are set. NoSuchBucket,
 * PreconditionFailed, NoSuchKey, InvalidRequest (a lock where the bucket has none), InternalError.
 */
enum s3_error s3_server__store_object_put(struct s3_store *store, struct hr_slice bucket,
                                          const struct s3_conditions *conditions,
                                          struct s3_object *object);
struct s3_removal {
    struct s3_version_name name;
    const struct s3_conditions *conditions; /* NULL: none */
    uint64_t now_ms;
    bool bypass; /* a retention of mode GOVERNANCE */
};
struct s3_removed {
    char id[S3_VERSION_ID_SIZE +
            1];     /* of the delete marker or of the version; empty: none is told */
    bool is_marker; /* one was made, or the version was one */
};
/* Without an id a bucket with versions gets a delete marker. A key or a version that is not there
 * is no error, unless a condition wants it. NoSuchBucket, PreconditionFailed, NoSuchKey,
 * AccessDenied (it is locked), InsufficientStorage, InternalError. */
enum s3_error s3_server__store_object_delete(struct s3_store *store,
                                             const struct s3_removal *removal,
                                             struct s3_removed *removed);

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

/* ---- Listing of versions: by key, the newest of a key first. */
struct s3_version_query {
    struct hr_slice prefix, delimiter;
    struct hr_slice key_after, id_after; /* exclusive; without an id: behind all of that key */
    size_t count_max;
};
struct s3_version_entry {
    struct s3_object *object; /* a reference; NULL: a rolled-up prefix */
    struct hr_slice name;     /* the key or the prefix; the arena's or the object's */
    bool is_latest;
};
struct s3_version_page {
    struct s3_version_entry *entries; /* the arena's */
    size_t count;
    bool truncated;
};
/* On error nothing is to be released. NoSuchBucket, InvalidArgument (no such version to go on
 * from), InternalError. */
enum s3_error s3_server__store_version_list(struct s3_store *store, struct hr_slice bucket,
                                            const struct s3_version_query *query,
                                            struct s3_arena *arena, struct s3_version_page *page);
void s3_server__store_version_list_release(struct s3_version_page *page);

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
