/* The kinds of listings as tables: their elements, and how an entry is told from others and shown.
 * Pure. */
#ifndef HR_S3_LISTING_KINDS_H
#define HR_S3_LISTING_KINDS_H

#include "listing.h"
#include "shape.h"

/* The page itself. */
struct hr__listing_head {
    struct hr_slice encoding;         /* EncodingType */
    struct hr_slice token, id_marker; /* as the document has them */
    bool truncated;
};

/* The tag of an entry. */
enum hr__listing_tag { HR__LISTING_ENTRY, HR__LISTING_DELETE_MARKER, HR__LISTING_PREFIX };

struct hr__listing_table {
    struct hr__shape shape;
    bool keyed;         /* entries begin with their key, a struct hr_slice */
    bool token_encoded; /* the token is a key, and encoded as keys are */
    bool token_tells;   /* there is no IsTruncated: a token says that there is more */
    /* The digest with the entry's name added. */
    uint64_t (*digest)(uint64_t digest, const void *entry);
    int (*show)(const struct hr__listing_sink *sink, enum hr__listing_tag tag, void *entry);
};

extern const struct hr__listing_table hr__listing_tables[HR__LISTING_KINDS];

#endif
