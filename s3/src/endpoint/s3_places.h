/* The places of buckets that lie elsewhere than the client's endpoint says: access points,
 * directory buckets, acceleration, and buckets of another region. A plain bucket has none. */
#ifndef HR_S3_PLACES_H
#define HR_S3_PLACES_H

#include <pthread.h>
#include <stdatomic.h>

#include <base/by_use.h>

#include "endpoint_bucket.h"

#define HR__S3_PLACES_MAX    256 /* of a client; the one that was not used for longest goes */
#define HR__S3_PLACE_BUCKETS 64  /* chains of the table */

/* The name under which a place is kept. */
struct hr__s3_place_key {
    struct hr_slice bucket;
    struct hr__endpoint_use use;
};

/* One place. It does not change, and lives until the cache and its last user have let it go. */
struct hr__s3_place {
    struct hr__endpoint endpoint;
    _Atomic int64_t skew_s;    /* of the clock there against ours */
    _Atomic unsigned users;    /* the cache is one */
    struct hr__s3_place *next; /* of its chain */
    struct hr__by_use_link link;
    uint32_t hash;
    struct hr__s3_place_key key; /* into `bucket` */
    char bucket[HR__BUCKET_MAX + 1];
};

/* Of a client. */
struct hr__s3_places {
    pthread_mutex_t lock;
    _Atomic unsigned count;
    struct hr__s3_place *chains[HR__S3_PLACE_BUCKETS];
    struct hr__by_use by_use;
};

/* A zeroed struct is made ready. -ENOMEM. */
int hr__s3_places_init(struct hr__s3_places *places);
/* No place is in use any more. */
void hr__s3_places_deinit(struct hr__s3_places *places);

/* The place of a bucket that has one, for the caller to release; NULL: `endpoint` itself, which
 * costs no lock in a client that knows no other place. As hr__endpoint_bucket_resolve; -ENOMEM. Any
 * thread. */
int hr__s3_place_acquire(struct hr__s3_places *places, const struct hr__endpoint *endpoint,
                         const struct hr__s3_place_key *key, struct hr_error *error,
                         struct hr__s3_place **place);

/* From now on the bucket lies in this region. As hr__s3_place_acquire and hr__endpoint_in_region.
 * Any thread. */
int hr__s3_place_move(struct hr__s3_places *places, const struct hr__endpoint *endpoint,
                      const struct hr__s3_place_key *key, struct hr_slice region,
                      struct hr__s3_place **place);

/* NULL does nothing. Any thread. */
void hr__s3_place_release(struct hr__s3_place *place);

#endif
