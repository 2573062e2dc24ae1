/* Records: what a file of the store says of itself, behind its bytes. A file is
 *
 *     bytes of an object (maybe none) | record | footer of 32 bytes
 *
 * and the footer, whose numbers are little-endian, is
 *
 *     0  "headrace"    8  version (4)    12  CRC32C of the record and of the rest of the footer (4)
 *     16 size of the bytes (8)    24 size of the record (4)    28 CRC32C of the bytes (4)
 *
 * Pure, any thread. A record that was read points into the memory that it was read from. */
#ifndef S3_SERVER_RECORD_H
#define S3_SERVER_RECORD_H

#include "arena.h"
#include "bucket.h"
#include "upload.h"

#define S3_RECORD_VERSION   1
#define S3_RECORD_FOOTER    32
#define S3_RECORD_BYTES_MAX (64u << 20)

enum s3_record_kind {
    S3_RECORD_OBJECT = 1, /* a version of an object, or a delete marker */
    S3_RECORD_PART = 2,   /* a part of an upload in progress */
    S3_RECORD_UPLOAD = 3, /* an upload in progress */
    S3_RECORD_BUCKET = 4,
};

/* A stretch of the bytes of a file. */
struct s3_record_piece {
    uint64_t number, offset, size;
};

struct s3_record {
    enum s3_record_kind kind;
    uint64_t sequence; /* of two records of the same thing the later one counts */
    struct hr_slice bucket;
    uint64_t bucket_id;
    struct hr_slice upload_id; /* of a part and an upload */
    unsigned part_number;
    enum hr_s3_checksum_algorithm checksum; /* of an upload, what was chosen */
    enum hr_s3_checksum_type checksum_type;
    /* Of an object, a part, and the head of an upload. */
    struct s3_object_plan plan; /* without pieces */
    struct hr_slice version;    /* S3_VERSION_ID_SIZE hexadecimal digits; of a part zeroes */
    bool is_null, in_versions;
    struct s3_record_piece *pieces; /* the arena's */
    size_t piece_count;
    char etag[S3_ETAG_SIZE];
    /* Of a bucket. */
    struct hr_slice region;
    uint64_t created_ms;
    struct s3_bucket_settings settings;
    struct hr_slice documents[S3_DOCUMENTS]; /* data NULL: not set */
};

/* A record as bytes. Zeroed is empty. */
struct s3_record_bytes {
    char *data; /* heap: s3_server__record_free */
    size_t size, capacity;
    bool failed; /* no memory, or more than S3_RECORD_BYTES_MAX */
};

/* Of a file that a record is about. */
struct s3_record_about {
    enum s3_record_kind kind;
    uint64_t sequence;
    const struct s3_bucket *bucket;
    struct hr_slice upload_id; /* of a part and an upload */
    unsigned part_number;
    enum hr_s3_checksum_algorithm checksum; /* of an upload */
    enum hr_s3_checksum_type checksum_type;
};
/* Appends the record of an object, a part, or the head of an upload; of a bucket, without object.
 */
void s3_server__record_write(struct s3_record_bytes *out, const struct s3_record_about *about,
                             const struct s3_object *object);

/* The bytes that stand before the record. */
struct s3_record_data {
    uint64_t size;
    uint32_t crc;
};
/* Appends the footer: `out` is then all that stands behind the bytes. */
void s3_server__record_close(struct s3_record_bytes *out, const struct s3_record_data *data);
void s3_server__record_free(struct s3_record_bytes *out);

/* Reads the footer of a file of `file_size` bytes. False: it is none, of another version (which
 * `*version` says; else it is 0), or its sizes are not those of the file. */
bool s3_server__record_footer(const char footer[S3_RECORD_FOOTER], uint64_t file_size,
                              struct s3_record_data *data, uint32_t *record_size,
                              uint32_t *version);
/* Reads record and footer, which stand behind each other. False: the checksum is wrong, or they say
 * anything that this version does not write. */
bool s3_server__record_read(struct hr_slice bytes, struct s3_arena *arena,
                            struct s3_record *record);

uint32_t s3_server__crc32c(const void *data, size_t size);

#endif
