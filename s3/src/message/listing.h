/* Responses with many entries: ListObjectsV2, ListObjectVersions, ListMultipartUploads, ListParts,
 * ListBuckets. A page is read twice, in pieces: the first pass checks all of it, the second shows
 * the entries. Pure. */
#ifndef HR_S3_LISTING_H
#define HR_S3_LISTING_H

#include <headrace/s3.h>

#include "walk.h"

enum hr__listing_kind {
    HR__LISTING_OBJECTS,
    HR__LISTING_VERSIONS,
    HR__LISTING_UPLOADS,
    HR__LISTING_PARTS,
    HR__LISTING_BUCKETS,
    HR__LISTING_KINDS,
};

struct hr__listing;

/* Where entries are shown; the one of the listing's kind is set. A negative return ends the reading
 * with that code. */
struct hr__listing_sink {
    int (*on_object)(void *user, const struct hr_s3_object *object);
    int (*on_version)(void *user, const struct hr_s3_version *version);
    int (*on_upload)(void *user, const struct hr_s3_upload_info *upload);
    int (*on_part)(void *user, const struct hr_s3_part_info *part);
    int (*on_bucket)(void *user, const struct hr_s3_bucket *bucket);
    void *user;
};

/* -ENOMEM. */
int hr__listing_new(enum hr__listing_kind kind, const struct hr__listing_sink *sink,
                    struct hr__listing **listing);
void hr__listing_free(struct hr__listing *listing);

/* Begins a pass over the document: the first one, or with `show` the second. -ENOMEM. */
int hr__listing_begin(struct hr__listing *listing, bool show);
/* Reads the next piece. HR_ERR_S3_RESPONSE with a message, -ENOMEM, or what the sink returned. */
int hr__listing_feed(struct hr__listing *listing, struct hr_slice piece, bool last,
                     struct hr_error *error);

/* After the first pass: whether another page follows. */
bool hr__listing_truncated(const struct hr__listing *listing);
/* After the first pass, where the next page begins: the continuation token; the key marker, decoded
 * (versions, uploads); the part number marker. */
struct hr_slice hr__listing_token(const struct hr__listing *listing);
/* The version id marker or the upload id marker that goes with the key marker; else empty. */
struct hr_slice hr__listing_id_marker(const struct hr__listing *listing);
/* Both as one text, with a NUL byte between them where there is an id marker: equal cursors are one
 * place. */
struct hr_slice hr__listing_cursor(const struct hr__listing *listing);
/* After the first pass: the size of the page and the digest of its names. */
struct hr__page hr__listing_page(const struct hr__listing *listing);

#endif
