/* A document as a table: which of its elements are read, and where their values go. Pure. */
#ifndef HR_S3_SHAPE_H
#define HR_S3_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/error.h>
#include <headrace/slice.h>

#include "texts.h"

#define HR__SHAPE_ROOTS_MAX 3 /* names that a root may have */

/* The value of an element, and the type of the member for it. White space around numbers, booleans
 * and dates does not count. */
enum hr__value {
    HR__VALUE_TEXT,   /* struct hr_slice, NUL-terminated */
    HR__VALUE_STRING, /* const char * */
    HR__VALUE_WORD,   /* struct hr_slice, without white space around it */
    HR__VALUE_ETAG,   /* struct hr_slice, without quotes */
    HR__VALUE_U64,
    HR__VALUE_PART, /* uint32_t, 1 to 10000 */
    HR__VALUE_BOOL,
    HR__VALUE_TIME, /* uint64_t in seconds; 0 where it is malformed and not required */
};

enum hr__rule {
    HR__OPTIONAL,
    HR__REQUIRED, /* there, and not empty */
    HR__NAMING,   /* there, and once: two names would be a guess */
};

struct hr__element {
    struct hr_slice path; /* below the root or the entry; "" is itself */
    enum hr__value value;
    enum hr__rule rule;
    size_t offset; /* of the member */
};

/* Elements that repeat, each with a struct of its own. */
struct hr__entry {
    struct hr_slice path;
    int tag;     /* the owner's */
    size_t size; /* of the struct, up to HR__ENTRY_MAX */
    const struct hr__element *elements;
    size_t element_count;
};
#define HR__ENTRY_MAX 384

struct hr__shape {
    const char *roots[HR__SHAPE_ROOTS_MAX]; /* one, or any of them */
    const struct hr__element *elements;
    size_t element_count;
    const struct hr__entry *entries;
    size_t entry_count;
};

/* Rows of the tables. */
#define HR__PATH(literal)                                                                          \
    { literal, sizeof(literal) - 1 }
#define HR__ELEMENT(literal, value, rule, type, member)                                            \
    { HR__PATH(literal), HR__VALUE_##value, HR__##rule, offsetof(type, member) }
/* The rows of a member of type struct hr_s3_checksums. `before`: a path that ends in '/', or "". */
#define HR__CHECKSUM_ELEMENTS(before, owner, member)                                               \
    HR__ELEMENT(before "ChecksumCRC32", TEXT, OPTIONAL, owner, member.crc32),                      \
        HR__ELEMENT(before "ChecksumCRC32C", TEXT, OPTIONAL, owner, member.crc32c),                \
        HR__ELEMENT(before "ChecksumCRC64NVME", TEXT, OPTIONAL, owner, member.crc64nvme),          \
        HR__ELEMENT(before "ChecksumSHA1", TEXT, OPTIONAL, owner, member.sha1),                    \
        HR__ELEMENT(before "ChecksumSHA256", TEXT, OPTIONAL, owner, member.sha256),                \
        HR__ELEMENT(before "ChecksumSHA512", TEXT, OPTIONAL, owner, member.sha512),                \
        HR__ELEMENT(before "ChecksumMD5", TEXT, OPTIONAL, owner, member.md5),                      \
        HR__ELEMENT(before "ChecksumXXHASH64", TEXT, OPTIONAL, owner, member.xxhash64),            \
        HR__ELEMENT(before "ChecksumXXHASH3", TEXT, OPTIONAL, owner, member.xxhash3),              \
        HR__ELEMENT(before "ChecksumXXHASH128", TEXT, OPTIONAL, owner, member.xxhash128),          \
        HR__ELEMENT(before "ChecksumType", TEXT, OPTIONAL, owner, member.type)
#define HR__ROWS(array) (sizeof(array) / sizeof((array)[0]))

/* Where a document goes. */
struct hr__shape_sink {
    void *out; /* the struct of the elements, zeroed or preset; or NULL: there are none */
    struct hr__texts *texts; /* of the elements' texts; or NULL as well */
    /* An entry has ended; its texts are valid during the call. A negative return ends the reading.
     * NULL: entries are only checked. */
    int (*on_entry)(void *user, const struct hr__entry *entry, void *value);
    void *user;
};

/* A document in pieces. -ENOMEM. */
struct hr__shape_reader;
int hr__shape_new(const struct hr__shape *shape, const struct hr__shape_sink *sink,
                  struct hr__shape_reader **reader);
/* 0, HR_ERR_S3_RESPONSE (hr__shape_problem says why), -ENOMEM, or what on_entry returned. */
int hr__shape_feed(struct hr__shape_reader *reader, struct hr_slice piece, bool last);
/* The fault, as a sentence that names the element; valid until hr__shape_free. */
const char *hr__shape_problem(const struct hr__shape_reader *reader);
void hr__shape_free(struct hr__shape_reader *reader);

/* A whole document of at most HR__DOCUMENT_MAX bytes; white space may stand before it. It is
 * checked before on_entry is called. As hr__shape_feed, with a message in `error`. */
int hr__shape_read(const struct hr__shape *shape, struct hr_slice document,
                   const struct hr__shape_sink *sink, struct hr_error *error);

#endif
