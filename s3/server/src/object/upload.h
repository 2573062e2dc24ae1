/* An upload in parts, before it becomes an object: its head and its parts, sorted by number. Not
 * thread-safe: the store's lock is held around it. */
#ifndef S3_SERVER_UPLOAD_H
#define S3_SERVER_UPLOAD_H

#include "object.h"
#include "route.h"

#define S3_UPLOAD_ID_SIZE 32

struct s3_upload_plan {
    struct hr_slice key;
    uint64_t now_ms;
    struct hr_slice storage_class;
    const struct hr_http_field *fields;
    size_t field_count;
    struct s3_traits traits; /* of the object that it becomes */
    enum hr_s3_checksum_algorithm checksum;
    enum hr_s3_checksum_type checksum_type;
};

struct s3_part_entry {
    unsigned number;
    struct s3_object *part; /* a reference */
};

struct s3_upload {
    struct s3_account *account;
    struct s3_object *head; /* key and fields, no bytes */
    enum hr_s3_checksum_algorithm checksum;
    enum hr_s3_checksum_type checksum_type;
    struct s3_part_entry *parts; /* sorted by number; their references are the upload's */
    size_t part_count, part_capacity;
    uint64_t charged;
    size_t name_size;
    char name[]; /* KEY NUL ID */
};

/* `id`: 128 bits that no other upload has. InsufficientStorage, InternalError. */
enum s3_error s3_server__upload_new(struct s3_account *account, const struct s3_upload_plan *plan,
                                    const uint64_t id[2], struct s3_upload **upload);
void s3_server__upload_free(void *upload); /* NULL: nothing */

struct hr_slice s3_server__upload_id(const struct s3_upload *upload);
/* "KEY NUL ID", by which uploads are sorted, in `memory` of S3_UPLOAD_NAME_MAX bytes; size 0: no
 * upload has such an id or key. */
#define S3_UPLOAD_NAME_MAX (S3_KEY_MAX + 1 + S3_UPLOAD_ID_SIZE)
struct hr_slice s3_server__upload_name(struct hr_slice key, struct hr_slice id, char *memory);

/* The index of the first part whose number is not below `number`. */
size_t s3_server__upload_part_place(const struct s3_upload *upload, unsigned number);
/* Takes the reference to `part` over on success; `*old` is the part that had the number, its
 * reference the caller's, or NULL. InternalError. */
enum s3_error s3_server__upload_insert_part(struct s3_upload *upload, unsigned number,
                                            struct s3_object *part, struct s3_object **old);

#endif
