/* The objects under a prefix, as a stream. */
#ifndef PERF_TREE_LISTING_H
#define PERF_TREE_LISTING_H

#include <headrace/s3.h>

#include "tree_entry.h"
#include "tree_pool.h"

struct tree_listing_s;
typedef struct tree_listing_s tree_listing;

struct tree_listing_options {
    hr_s3_client *client;
    struct tree_pool *pool;
    const char *bucket, *prefix; /* borrowed; names are the keys without the prefix */
    bool request_payer;
    const char *expected_owner;
};

/* Memory is that of two pages: one is read while the next one is asked for. A store whose keys come
 * in another order than that of their bytes is an error (HR_ERR_S3_RESPONSE). 0 or a negative
 * code. */
int tree_listing_open(const struct tree_listing_options *options, tree_listing **listing);
struct tree_source *tree_listing_source(tree_listing *listing);
/* The pool has nothing under way. NULL does nothing. */
void tree_listing_close(tree_listing *listing);

#endif
