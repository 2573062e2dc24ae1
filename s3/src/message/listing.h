/* Answers with many entries: ListObjectsV2 and ListBuckets, read in pieces, twice: first all of it
 * is checked, then the entries are shown. Pure. */
#ifndef HR_S3_LISTING_H
#define HR_S3_LISTING_H

#include <headrace/s3_client.h>

#include "operations.h"
#include "walk.h"
#include "xml.h"

struct hr__listing;

/* Shown to the caller; the kind's one is set. A negative return ends the reading with it. */
struct hr__listing_sink {
    int (*on_object)(void *user, const struct hr_s3_object *object);
    int (*on_bucket)(void *user, const struct hr_s3_bucket *bucket);
    void *user;
};

/* `kind`: HR__S3_LIST or HR__S3_BUCKET_LIST. -ENOMEM. */
int hr__listing_new(enum hr__s3_kind kind, const struct hr__listing_sink *sink,
                    struct hr__listing **listing);
void hr__listing_free(struct hr__listing *listing);

/* Begins a pass over the document; the second one shows. -ENOMEM. */
int hr__listing_begin(struct hr__listing *listing, bool show);
/* The next piece. HR_ERR_S3_RESPONSE with a message, -ENOMEM, or what the sink returned. */
int hr__listing_feed(struct hr__listing *listing, struct hr_slice piece, bool last,
                     struct hr_error *error);

/* After the first pass: whether there is more, and the token to ask for it with. */
bool hr__listing_truncated(const struct hr__listing *listing);
struct hr_slice hr__listing_token(const struct hr__listing *listing);
/* … and what the page consists of. */
struct hr__page hr__listing_page(const struct hr__listing *listing);

#endif
