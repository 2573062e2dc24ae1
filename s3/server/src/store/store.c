/* The store's start and end, and what its operations share. */
#include "store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "store_private.h"

int s3_server__store_init(struct s3_store *store, uint64_t bytes_max) {
    memset(store, 0, sizeof *store);
    store->account.limit = bytes_max;
    /* Upload ids need to be unlike those of an earlier run; no more is asked of them. */
    if (getrandom(&store->seed, sizeof store->seed, 0) != sizeof store->seed) return -ENOMEM;
    pthread_rwlockattr_t attributes;
    if (pthread_rwlockattr_init(&attributes) != 0) return -ENOMEM;
    /* Else a steady stream of GETs would keep every PUT waiting. */
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    int err = pthread_rwlock_init(&store->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    if (err) return -ENOMEM;
    s3_server__index_init(&store->buckets, store->seed);
    return 0;
}

void s3_server__store_deinit(struct s3_store *store) {
    if (store->disk) store->disk->closing = true;
    s3_server__index_deinit(&store->buckets, s3_server__bucket_free);
    if (store->disk) s3_server__disk_close(store->disk);
    free(store->disk);
    store->disk = NULL;
    assert(store->buckets.count == 0);
    pthread_rwlock_destroy(&store->lock);
}

/* SplitMix64. */
uint64_t s3_server__store_random(struct s3_store *store) {
    const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = __atomic_add_fetch(&store->seed, step, __ATOMIC_RELAXED);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

struct s3_bucket *s3_server__store_bucket(const struct s3_store *store, struct hr_slice name) {
    return s3_server__index_find(&store->buckets, name);
}
