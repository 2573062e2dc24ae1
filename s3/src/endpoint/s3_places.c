/* The cache of places: a table with chains, and a list by use. */
#include "s3_places.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int hr__s3_places_init(struct hr__s3_places *places) {
    return pthread_mutex_init(&places->lock, NULL) == 0 ? 0 : -ENOMEM;
}

void hr__s3_place_release(struct hr__s3_place *place) {
    if (place && atomic_fetch_sub(&place->users, 1) == 1) free(place);
}

/* Of a cache that has one. */
static struct hr__s3_place *oldest_of(const struct hr__s3_places *places) {
    return hr__container_of(places->by_use.oldest, struct hr__s3_place, link);
}

void hr__s3_places_deinit(struct hr__s3_places *places) {
    while (places->by_use.oldest) {
        struct hr__s3_place *place = oldest_of(places);
        assert(atomic_load(&place->users) == 1);
        hr__by_use_remove(&places->by_use, &place->link);
        hr__s3_place_release(place);
    }
    pthread_mutex_destroy(&places->lock);
}

/* FNV-1a. */
static uint32_t hash_of(struct hr_slice text) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < text.size; i++) hash = (hash ^ (unsigned char)text.data[i]) * 16777619u;
    return hash;
}

static bool is_same(const struct hr__s3_place_key *a, const struct hr__s3_place_key *b) {
    return hr_slice_equal(a->bucket, b->bucket) && a->use.bucket_itself == b->use.bucket_itself &&
           a->use.no_access_points == b->use.no_access_points &&
           a->use.no_session == b->use.no_session && a->use.configures == b->use.configures;
}

/* ---- Under the lock. */

static struct hr__s3_place **find(struct hr__s3_places *places, uint32_t hash,
                                  const struct hr__s3_place_key *key) {
    struct hr__s3_place **at = &places->chains[hash % HR__S3_PLACE_BUCKETS];
    while (*at && !((*at)->hash == hash && is_same(&(*at)->key, key))) at = &(*at)->next;
    return at;
}

/* Takes the place at `at` out of the cache. */
static void evict(struct hr__s3_places *places, struct hr__s3_place **at) {
    struct hr__s3_place *place = *at;
    assert(atomic_load(&places->count) > 0);
    *at = place->next;
    hr__by_use_remove(&places->by_use, &place->link);
    atomic_fetch_sub(&places->count, 1);
    hr__s3_place_release(place);
}

static void insert(struct hr__s3_places *places, struct hr__s3_place *place) {
    struct hr__s3_place **at = find(places, place->hash, &place->key);
    if (*at) evict(places, at);
    if (atomic_load(&places->count) == HR__S3_PLACES_MAX) {
        const struct hr__s3_place *oldest = oldest_of(places);
        evict(places, find(places, oldest->hash, &oldest->key));
    }
    at = &places->chains[place->hash % HR__S3_PLACE_BUCKETS];
    place->next = *at;
    *at = place;
    hr__by_use_add(&places->by_use, &place->link);
    atomic_fetch_add(&places->count, 1);
    assert(atomic_load(&places->count) <= HR__S3_PLACES_MAX);
}

/* ---- With it taken. */

static struct hr__s3_place *look_up(struct hr__s3_places *places,
                                    const struct hr__s3_place_key *key) {
    pthread_mutex_lock(&places->lock);
    struct hr__s3_place *place = *find(places, hash_of(key->bucket), key);
    if (place) {
        atomic_fetch_add(&place->users, 1);
        hr__by_use_touch(&places->by_use, &place->link);
    }
    pthread_mutex_unlock(&places->lock);
    return place;
}

static struct hr__s3_place *make(const struct hr__s3_place_key *key) {
    struct hr__s3_place *place = calloc(1, sizeof *place);
    assert(key->bucket.size <= HR__BUCKET_MAX);
    if (!place) return NULL;
    memcpy(place->bucket, key->bucket.data, key->bucket.size);
    place->key = *key;
    place->key.bucket = hr_slice_bytes(place->bucket, key->bucket.size);
    place->hash = hash_of(key->bucket);
    atomic_store(&place->users, 2); /* the cache, and the caller */
    return place;
}

static int add(struct hr__s3_places *places, const struct hr__endpoint *endpoint,
               const struct hr__s3_place_key *key, struct hr_error *error,
               struct hr__s3_place **place) {
    struct hr__endpoint resolved;
    int err = hr__endpoint_bucket_resolve(endpoint, key->bucket, &key->use, error, &resolved);
    if (err) return err;
    struct hr__s3_place *made = make(key);
    if (!made) return hr_error_set(error, -ENOMEM, "no memory for the place of a bucket");
    made->endpoint = resolved;
    pthread_mutex_lock(&places->lock);
    insert(places, made);
    pthread_mutex_unlock(&places->lock);
    *place = made;
    return 0;
}

int hr__s3_place_acquire(struct hr__s3_places *places, const struct hr__endpoint *endpoint,
                         const struct hr__s3_place_key *key, struct hr_error *error,
                         struct hr__s3_place **place) {
    bool listing = key->bucket.size == 0 && key->use.bucket_itself; /* of directory buckets */
    bool plain = !listing && hr__endpoint_bucket_plain(endpoint, key->bucket);
    *place = NULL;
    if ((key->bucket.size == 0 && !listing) || (plain && atomic_load(&places->count) == 0))
        return 0;
    *place = look_up(places, key);
    return *place || plain ? 0 : add(places, endpoint, key, error, place);
}

int hr__s3_place_move(struct hr__s3_places *places, const struct hr__endpoint *endpoint,
                      const struct hr__s3_place_key *key, struct hr_slice region,
                      struct hr__s3_place **place) {
    struct hr__endpoint moved;
    int err = hr__endpoint_in_region(endpoint, region, &moved);
    return err ? err : add(places, &moved, key, NULL, place);
}
