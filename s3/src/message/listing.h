/* Responses with many entries, those to ListObjectsV2 and ListBuckets. A page is read twice, in
 * pieces: the first pass checks all of it, the second shows the entries. Pure. */
#ifndef HR_S3_LISTING_H
#define HR_S3_LISTING_H

#include <headrace/s3.h>

#include "operations.h"
#include "walk.h"
#include "xml.h"

struct hr__listing;

/* Where entries are shown; the one of the listing's kind is set. A negative return ends the reading
 * with that code. */
struct hr__listing_sink {
    int (*on_object)(void *user, const struct hr_s3_object *object);
    int (*on_bucket)(void *user, const struct hr_s3_bucket *bucket);
    void *user;
};

/* `kind`: HR__S3_LIST or HR__S3_BUCKET_LIST. -ENOMEM. */
int hr__listing_new(enum hr__s3_kind kind, const struct hr__listing_sink *sink,
                    struct hr__listing **listing);
void hr__listing_free(struct hr__listing *listing);

/* Begins a pass over the document: the first one, or with `show` the second. -ENOMEM. */
int hr__listing_begin(struct hr__listing *listing, bool show);
/* Reads the next piece. HR_ERR_S3_RESPONSE with a message, -ENOMEM, or what the sink returned. */
int hr__listing_feed(struct hr__listing *listing, struct hr_slice piece, bool last,
                     struct hr_error *error);

/* After the first pass: whether another page follows, and the token that asks for it. */
bool hr__listing_truncated(const struct hr__listing *listing);
struct hr_slice hr__listing_token(const struct hr__listing *listing);
/* After the first pass: the size of the page and the digest of its names. */
struct hr__page hr__listing_page(const struct hr__listing *listing);

#endif
