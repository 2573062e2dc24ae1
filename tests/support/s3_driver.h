/* What the files of the S3 driver share: tables that say where JSON goes to and comes from. */
#ifndef S3_DRIVER_H
#define S3_DRIVER_H

#include <jansson.h>

#include <headrace/s3.h>

#define S3_DRIVER_FILL_MAX (16u << 20) /* bytes of a body that is asked for by its size */

enum s3_member_kind {
    S3_TEXT,   /* const char *, or a customer key */
    S3_CHARS,  /* char[]; out alone */
    S3_SLICE,  /* out alone */
    S3_TOKEN,  /* char * of malloc; in alone */
    S3_NUMBER, /* of 4 or 8 bytes; enums too */
    S3_ALGORITHM,
    S3_SUM_TYPE, /* of checksums, by name */
    S3_FLAG,
    S3_TEXTS,  /* rows of `width` texts, and their count behind the pointer */
    S3_SLICES, /* rows of two slices, and their count */
    S3_PARTS,  /* rows of number, ETag, algorithm, checksum, and their count */
    S3_SOURCE, /* text, or {"fill": SIZE} */
    S3_GROUP,  /* a struct inside of this one */
};

/* A member of a struct. */
struct s3_member {
    const char *name; /* NULL ends a table */
    enum s3_member_kind kind;
    size_t offset, size;
    size_t width;
    const struct s3_member *group;
};

/* An operation: its struct, how it starts, what it takes and tells. */
struct s3_operation {
    const char *name;
    size_t size;
    void (*prepare)(void *request); /* sets callbacks and sink; may be NULL */
    int (*start)(hr_s3_client *client, void *request);
    void (*finish)(void *request, json_t *result); /* may be NULL */
    const struct s3_member *in, *out;
};

/* Rows of tables of members. */
#define MEMBER(type, member, kind_)                                                                \
    {                                                                                              \
        .name = #member, .kind = (kind_), .offset = offsetof(struct type, member),                 \
        .size = sizeof(((struct type *)0)->member)                                                 \
    }
#define ROWS(type, member, kind_, width_)                                                          \
    { .name = #member, .kind = (kind_), .offset = offsetof(struct type, member), .width = (width_) }
#define GROUP(type, member, group_)                                                                \
    {                                                                                              \
        .name = #member, .kind = S3_GROUP, .offset = offsetof(struct type, member),                \
        .group = (group_)                                                                          \
    }

/* Of a list of operations: their starts, and their rows. */
#define S3_START(name, in, out, prepare, finish)                                                   \
    static int start_##name(hr_s3_client *client, void *request) {                                 \
        return hr_s3_##name##_start(client, request);                                              \
    }
#define S3_ROW(name, in, out, prepare, finish)                                                     \
    {#name, sizeof(struct hr_s3_##name), prepare, start_##name, finish, in, out},

/* Each ends with a row without a name. */
extern const struct s3_operation s3_object_operations[], s3_upload_operations[],
    s3_bucket_operations[];
extern const struct s3_member s3_conditions_members[], s3_encryption_members[], s3_lock_members[],
    s3_overrides_members[], s3_object_options_members[], s3_read_options_members[],
    s3_copy_source_members[], s3_object_info_members[], s3_checksums_members[], s3_tag_members[],
    s3_deleted_members[], s3_part_members[], s3_upload_members[], s3_object_members[],
    s3_version_members[], s3_bucket_members[];

/* Appends what a callback was told of to the result; 0. */
int s3_entry_append(json_t *result, const struct s3_member *table, const void *entry);
int s3_fields_append(json_t *result, const struct hr_http_head *head);
/* The sink of the operation that runs, and what it got: its SHA-256, and itself where it is short.
 */
struct hr_sink s3_body_sink(void);
void s3_body_finish(json_t *result);

/* Reads the members of a JSON object into a struct, which borrows its texts. Returns the name that
 * the table lacks or that has a value of another kind, else NULL. */
const char *s3_members_read(const struct s3_member *table, json_t *from, void *into);
/* Writes the members of a struct into a JSON object. */
void s3_members_write(const struct s3_member *table, const void *from, json_t *into);
/* Forgets the arrays that s3_members_read has made. */
void s3_members_reset(void);

/* A JSON text; {"hex": …} of bytes that are no UTF-8. */
json_t *s3_json_bytes(struct hr_slice bytes);

#endif
