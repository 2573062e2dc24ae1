/* The contents of a transfer's journal, read from its records. Pure. */
#ifndef HR_S3_JOURNAL_CONTENTS_H
#define HR_S3_JOURNAL_CONTENTS_H

#include <headrace/s3_multipart.h>

#include "journal_record.h"

#define HR__JOURNAL_DIGEST    64       /* hexadecimal digits of a SHA-256 */
#define HR__JOURNAL_BYTES_MAX 16777216 /* of a journal; parts behind that are done again */
#define HR__JOURNAL_NAME_MAX  1100     /* "BUCKET/KEY" */
#define HR__JOURNAL_BOOT      36       /* characters of a boot's id */

/* A part of an upload or a range of a download that is done. */
struct hr__journal_part {
    uint32_t number; /* from 1 */
    uint64_t size;
    char *etag; /* of an upload's part; allocated */
    struct hr_s3_checksum checksum;
};

enum hr__journal_reading {
    HR__JOURNAL_READ, /* also one without a whole record */
    HR__JOURNAL_EMPTY,
    HR__JOURNAL_FOREIGN, /* something else */
    HR__JOURNAL_VERSION, /* one of another version */
    HR__JOURNAL_NO_MEMORY,
};

struct hr__journal_contents {
    bool begun;
    bool is_upload;
    char target[HR__JOURNAL_DIGEST + 1]; /* digest of endpoint, bucket, key */
    char
        source[HR__JOURNAL_DIGEST + 1]; /* digest of the file and all that decides over the bytes */
    char name[HR__JOURNAL_NAME_MAX + 1];
    uint64_t begun_s;                        /* Unix time */
    char upload_id[HR_S3_UPLOAD_ID_MAX + 1]; /* empty: there is none */
    bool completing;                         /* the parts were to be put together */
    char etag[256]; /* of the object that is downloaded; empty: not known */
    uint64_t object_size, range_size;
    char boot[HR__JOURNAL_BOOT + 1]; /* of the machine, while the ranges were written; empty: not
                                        known */
    struct hr__journal_part *parts;  /* in the order of their records */
    size_t part_count;
    size_t good;    /* bytes up to the end of the last whole record */
    bool no_memory; /* a whole record could not be kept */
};

/* `data` is written to. The contents are to be freed in every case. */
enum hr__journal_reading hr__journal_read(char *data, size_t size,
                                          struct hr__journal_contents *contents);
void hr__journal_contents_free(struct hr__journal_contents *contents);

/* Records as lines; sizes as of hr__journal_record_write. */
size_t hr__journal_write_begin(const struct hr__journal_contents *contents,
                               char line[HR__JOURNAL_LINE]);
size_t hr__journal_write_upload(const char *upload_id, char line[HR__JOURNAL_LINE]);
size_t hr__journal_write_object(const struct hr__journal_contents *contents,
                                char line[HR__JOURNAL_LINE]);
size_t hr__journal_write_part(const struct hr__journal_part *part, char line[HR__JOURNAL_LINE]);
size_t hr__journal_write_complete(char line[HR__JOURNAL_LINE]);

#endif
