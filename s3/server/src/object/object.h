/* Bytes and versions of objects, counted by reference: a GET in progress keeps its version after
 * the key has been overwritten or deleted. All memory is charged to the store's account. Any
 * thread. */
#ifndef S3_SERVER_OBJECT_H
#define S3_SERVER_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <headrace/http_message.h>

#include "checksums.h"
#include "store_errors.h"

/* The memory that the store may use, and uses. Any thread. */
struct s3_account {
    uint64_t limit;
    uint64_t used; /* atomic */
};
/* False: it would be more than the limit. */
bool s3_server__account_acquire(struct s3_account *account, uint64_t bytes);
void s3_server__account_release(struct s3_account *account, uint64_t bytes);

/* Where the file of a blob stands. */
enum s3_file_state {
    S3_FILE_NONE,      /* the blob is in memory */
    S3_FILE_TEMPORARY, /* being written: no record names it */
    S3_FILE_RECORD,    /* in place, with a record that counts */
    S3_FILE_DATA,      /* in place for its bytes alone: its record is void */
};

/* The file of a blob. The state is changed under the store's lock only, once it is not temporary.
 */
struct s3_file {
    enum s3_file_state state;
    int fd;          /* of a temporary one; else -1 */
    uint32_t crc;    /* CRC32C of the blob's bytes */
    uint64_t number; /* which names it */
    void *disk;
    void (*forget)(struct s3_file *file); /* with the last reference: the file goes, too */
};

/* Bytes of a body, in memory or in a file; not changed once they are part of an object. */
struct s3_blob {
    struct s3_account *account;
    unsigned references; /* atomic */
    size_t size, capacity;
    char *data; /* NULL: in a file, or empty */
    struct s3_file file;
};

/* An empty one with room for `capacity` bytes. InsufficientStorage, InternalError. */
enum s3_error s3_server__blob_new(struct s3_account *account, uint64_t capacity,
                                  struct s3_blob **blob);
/* One whose bytes are in `file`, which it takes over on success. Errors as before. */
enum s3_error s3_server__blob_of_file(struct s3_account *account, uint64_t capacity,
                                      const struct s3_file *file, struct s3_blob **blob);
/* Grows where there is not enough room. InsufficientStorage, InternalError. */
enum s3_error s3_server__blob_reserve(struct s3_blob *blob, size_t size);
/* Of a blob in memory: reserves, and copies. */
enum s3_error s3_server__blob_append(struct s3_blob *blob, const void *data, size_t size);
struct s3_blob *s3_server__blob_reference(struct s3_blob *blob);
void s3_server__blob_release(struct s3_blob *blob); /* NULL: nothing */

/* A stretch of a blob: an upload in parts and a copy of one share what they are made of. */
struct s3_piece {
    struct s3_blob *blob; /* a reference */
    size_t offset, size;
};

#define S3_ETAG_SIZE 48 /* 32 hex digits, "-10000", two quotes and NUL */

#define S3_VERSION_ID_SIZE 32

/* A canned access control list: the rights of others than the owner. */
enum s3_acl { S3_ACL_PRIVATE, S3_ACL_PUBLIC_READ, S3_ACL_PUBLIC_READ_WRITE, S3_ACL_AUTHENTICATED };
enum s3_lock_mode { S3_LOCK_NONE, S3_LOCK_GOVERNANCE, S3_LOCK_COMPLIANCE };

/* The parts of a version that may change: s3_server__store_object_change puts a copy with other
 * traits in the version's place. */
struct s3_traits {
    struct hr_slice tags; /* as in x-amz-tagging: "a=b&c=d", percent-encoded; empty: none */
    enum s3_acl acl;
    enum s3_lock_mode lock;
    uint64_t retain_until_ms; /* lock is not NONE */
    bool legal_hold;
};

/* One version of an object, or one part of an upload. Immutable once it is in the store. */
struct s3_object {
    struct s3_account *account;
    unsigned references; /* atomic */
    struct hr_slice key;
    /* Hexadecimal, later versions before earlier ones; behind the key and a NUL, so that both
     * together are the version's name in an index. Zeroes until the object is in the store. */
    char *version;
    uint64_t record;  /* the number of the file that its record is in; 0: none */
    bool is_null;     /* written while versioning was not enabled: its id is told as "null" */
    bool is_marker;   /* a delete marker: no bytes, no fields */
    bool in_versions; /* the bucket's versioning was not off when it was written */
    struct s3_traits traits;
    uint64_t size;
    uint64_t modified_ms;
    char etag[S3_ETAG_SIZE];        /* with quotes */
    struct hr_s3_checksum checksum; /* algorithm NONE: none was asked for */
    enum hr_s3_checksum_type checksum_type;
    unsigned part_count;                         /* 0: not uploaded in parts */
    const uint64_t *part_sizes;                  /* part_count of them */
    const struct hr_s3_checksum *part_checksums; /* as many, or NULL */
    struct hr_slice storage_class;               /* empty: STANDARD */
    struct hr_slice upload_id;          /* of the upload that it was completed from; else empty */
    const struct hr_http_field *fields; /* Content-Type and the like, x-amz-meta-… */
    size_t field_count;
    struct s3_piece *pieces;
    size_t piece_count;
    uint64_t charged;
};

/* Copied by s3_server__object_new into the object's own memory. `pieces` are references that the
 * object takes over, on success only. */
struct s3_object_plan {
    struct hr_slice key;
    uint64_t modified_ms;
    const char *etag;
    struct hr_s3_checksum checksum;
    enum hr_s3_checksum_type checksum_type;
    const uint64_t *part_sizes;
    const struct hr_s3_checksum *part_checksums; /* NULL: none */
    unsigned part_count;
    struct hr_slice storage_class, upload_id;
    const struct hr_http_field *fields;
    size_t field_count;
    const struct s3_piece *pieces;
    size_t piece_count;
    struct s3_traits traits;
    bool is_marker;
};
/* With one reference, the caller's. InsufficientStorage, InternalError. */
enum s3_error s3_server__object_new(struct s3_account *account, const struct s3_object_plan *plan,
                                    struct s3_object **object);
/* The same version with other traits; its bytes are shared. Errors as s3_server__object_new. */
enum s3_error s3_server__object_copy(const struct s3_object *object, const struct s3_traits *traits,
                                     struct s3_object **copy);
struct s3_object *s3_server__object_reference(struct s3_object *object);
void s3_server__object_release(void *object); /* NULL: nothing */

/* The pieces that make up `size` bytes from `offset` on: writes at most `capacity` of them (without
 * references of their own) and returns how many there are. */
size_t s3_server__object_cut(const struct s3_object *object, uint64_t offset, uint64_t size,
                             struct s3_piece *pieces, size_t capacity);
/* "KEY NUL VERSION", by which the versions of a bucket are sorted. */
struct hr_slice s3_server__object_version_name(const struct s3_object *object);
/* "\"HEX\"" of an MD5, or with `parts` > 0 "\"HEX-PARTS\"". */
void s3_server__etag_print(const uint8_t md5[16], unsigned parts, char etag[S3_ETAG_SIZE]);

#endif
