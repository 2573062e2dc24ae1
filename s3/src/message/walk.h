/* Whether a listing still makes progress. A faulty store may announce more pages for ever: with
 * tokens that repeat, with the same entries under new tokens, or with empty pages. Pure. */
#ifndef HR_S3_WALK_H
#define HR_S3_WALK_H

#include <headrace/s3.h>

/* Pages in a row without a new entry. S3 itself gives some below a prefix with many delete markers.
 */
#define HR__S3_IDLE_PAGES_MAX 1000

/* A page that is not the last. */
struct hr__page {
    size_t entries, objects; /* entries: objects and common prefixes */
    uint64_t digest;         /* of the entries' names */
};

#define HR__DIGEST_EMPTY 0xcbf29ce484222325u
/* Adds `text` to the sequence of texts that `digest` stands for. */
uint64_t hr__digest(uint64_t digest, struct hr_slice text);

/* Adds the next page and the token that it ends with. NULL, or what is wrong (static text). A
 * zeroed walk is before its first page. */
const char *hr__walk_step(struct hr_s3_walk *walk, const struct hr__page *page,
                          struct hr_slice token);

#endif
