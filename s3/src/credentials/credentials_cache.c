/* The cache as a client sees it: made, closed; calls hold credentials, or wait for them. */
#include "credentials_cache.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/clock.h>

#include "credentials_cache_private.h"

#define LOOK_NS UINT64_C(1000000000) /* again so much later, while somebody asks */

static void run_told(struct hr_task *task);

static void init_shard(struct hr__credentials_cache *cache, unsigned index) {
    struct hr__credentials_shard *shard = &cache->shards[index];
    shard->cache = cache;
    shard->published = &cache->generation;
    shard->reactor = hr__engine_reactor(cache->engine, index);
    shard->waits.next = shard->waits.prev = &shard->waits;
    shard->task.run = run_told;
}

int hr__credentials_cache_new(hr_engine *engine, const struct hr_s3_credentials_provider *provider,
                              const struct hr__credentials_owner *owner,
                              struct hr__credentials_cache **cache) {
    struct hr__credentials_cache *made = calloc(1, sizeof *made);
    if (!made) return -ENOMEM;
    made->engine = engine;
    made->owner = *owner;
    made->shard_count = hr_engine_reactors(engine);
    size_t size = made->shard_count * sizeof *made->shards;
    made->shards = aligned_alloc(64, size);
    if (!made->shards) {
        free(made);
        return -ENOMEM;
    }
    memset(made->shards, 0, size);
    pthread_mutex_init(&made->lock, NULL);
    if (provider) made->provider = *provider;
    for (unsigned i = 0; i < made->shard_count; i++) init_shard(made, i);
    *cache = made;
    return 0;
}

int hr__credentials_cache_put(struct hr__credentials_cache *cache,
                              const struct hr_s3_credentials *credentials) {
    struct hr__credentials *copy;
    int err = hr__credentials_copy(credentials, &copy);
    if (!err) hr__credentials_publish(cache, copy, hr_clock_wall_ns(), 0);
    return err;
}

struct hr__credentials_shard *hr__credentials_cache_shard(struct hr__credentials_cache *cache,
                                                          unsigned reactor) {
    assert(reactor < cache->shard_count);
    return &cache->shards[reactor];
}

void hr__credentials_cache_free(struct hr__credentials_cache *cache) {
    if (!cache) return;
    assert(!cache->question.asking && !cache->question.stopping);
    for (unsigned i = 0; i < cache->shard_count; i++) {
        assert(cache->shards[i].waits.next == &cache->shards[i].waits && !cache->shards[i].told);
        hr__credentials_release(cache->shards[i].current);
    }
    hr__credentials_release(cache->published);
    pthread_mutex_destroy(&cache->lock);
    free(cache->shards);
    free(cache);
}

void hr__credentials_cache_stop(struct hr__credentials_cache *cache) {
    pthread_mutex_lock(&cache->lock);
    cache->closing = true;
    hr__credentials_ask_stop(cache);
    pthread_mutex_unlock(&cache->lock);
}

/* ---- A reactor's copy. Under the lock. */

static int take_published(struct hr__credentials_shard *shard) {
    struct hr__credentials_cache *cache = shard->cache;
    if (!cache->published) return 0;
    if (shard->current && shard->current->generation == cache->generation) return 0;
    struct hr_s3_credentials view = hr__credentials_view(cache->published);
    struct hr__credentials *copy;
    int err = hr__credentials_copy(&view, &copy);
    if (err) return err;
    copy->generation = cache->generation;
    hr__credentials_release(shard->current);
    shard->current = copy;
    return 0;
}

/* When the shard has to look again: not behind the end of what it uses. */
static uint64_t look_at(const struct hr__credentials_cache *cache, enum hr__credentials_need need,
                        uint64_t now) {
    if (need == HR__CREDENTIALS_FRESH) return cache->ask_ns;
    uint64_t next = cache->retry_ns > now ? cache->retry_ns : now + LOOK_NS;
    return now < cache->expires_ns && cache->expires_ns < next ? cache->expires_ns : next;
}

/* ---- Holding. */

static struct hr__credentials *use(struct hr__credentials *credentials) {
    credentials->uses++;
    return credentials;
}

struct hr__credentials *hr__credentials_hold_any(struct hr__credentials_shard *shard) {
    return shard->current ? use(shard->current) : NULL;
}

static void enqueue(struct hr__credentials_shard *shard, struct hr__credentials_wait *wait) {
    assert(!wait->next);
    wait->shard = shard;
    wait->prev = shard->waits.prev;
    wait->next = &shard->waits;
    wait->prev->next = wait->next->prev = wait;
    shard->waiting = true;
}

static void unlink_wait(struct hr__credentials_wait *wait) {
    wait->prev->next = wait->next;
    wait->next->prev = wait->prev;
    wait->next = wait->prev = NULL;
}

void hr__credentials_wait_stop(struct hr__credentials_wait *wait) {
    struct hr__credentials_shard *shard = wait->shard;
    if (!wait->next) return;
    unlink_wait(wait);
    if (shard->waits.next != &shard->waits) return;
    pthread_mutex_lock(&shard->cache->lock);
    shard->waiting = false;
    if (shard->cache->closing) hr__credentials_ask_stop(shard->cache);
    pthread_mutex_unlock(&shard->cache->lock);
}

static int absent(const struct hr__credentials_cache *cache, struct hr_error *error) {
    if (error) *error = cache->error;
    return HR_ERR_S3_CREDENTIALS;
}

/* Decides under the lock. Sets `begins` to whether the caller has to ask. */
static int decide(struct hr__credentials_shard *shard, struct hr__credentials_wait *wait,
                  struct hr_error *error, bool *begins) {
    struct hr__credentials_cache *cache = shard->cache;
    struct hr__credentials_question *question = &cache->question;
    uint64_t now = hr__reactor_wall_ns(shard->reactor);
    enum hr__credentials_need need = hr__credentials_need_of(cache, now);
    int err = take_published(shard);
    if (err) return err;
    bool may_ask = cache->provider.fetch && now >= cache->retry_ns;
    *begins = need != HR__CREDENTIALS_FRESH && may_ask && !question->asking;
    if (*begins) {
        question->asking = true;
        question->reactor = shard->reactor;
        cache->owner.hold(cache->owner.user);
    }
    bool awaited = question->asking && !question->late;
    shard->look_ns = 0;
    if (need == HR__CREDENTIALS_ABSENT && !awaited) return absent(cache, error);
    if (need >= HR__CREDENTIALS_WAIT && awaited) {
        enqueue(shard, wait);
        return 0;
    }
    shard->look_ns = look_at(cache, need, now);
    return 1;
}

int hr__credentials_hold(struct hr__credentials_shard *shard, struct hr__credentials_wait *wait,
                         struct hr_error *error, struct hr__credentials **held) {
    struct hr__credentials *current = shard->current;
    if (current && __atomic_load_n(shard->published, __ATOMIC_ACQUIRE) == current->generation &&
        hr__reactor_wall_ns(shard->reactor) < shard->look_ns) {
        *held = use(current);
        return 1;
    }
    bool begins = false;
    pthread_mutex_lock(&shard->cache->lock);
    int result = decide(shard, wait, error, &begins);
    pthread_mutex_unlock(&shard->cache->lock);
    if (begins) hr__credentials_ask(shard->cache);
    if (result == 1) *held = use(shard->current);
    return result;
}

void hr__credentials_error(struct hr__credentials_shard *shard, struct hr_error *error) {
    pthread_mutex_lock(&shard->cache->lock);
    *error = shard->cache->error;
    pthread_mutex_unlock(&shard->cache->lock);
}

bool hr__credentials_reject(struct hr__credentials_shard *shard, uint64_t generation) {
    struct hr__credentials_cache *cache = shard->cache;
    pthread_mutex_lock(&cache->lock);
    bool others = cache->provider.fetch != NULL;
    if (others && cache->generation == generation) {
        cache->rejected = true;
        cache->retry_ns = 0;
    }
    pthread_mutex_unlock(&cache->lock);
    shard->look_ns = 0;
    return others;
}

uint64_t hr__credentials_generation(const struct hr__credentials_cache *cache) {
    return __atomic_load_n(&cache->generation, __ATOMIC_ACQUIRE);
}

int hr__credentials_cache_copy(struct hr__credentials_cache *cache, struct hr__credentials **copy) {
    pthread_mutex_lock(&cache->lock);
    int err = HR_ERR_S3_CREDENTIALS;
    if (cache->published) {
        struct hr_s3_credentials view = hr__credentials_view(cache->published);
        err = hr__credentials_copy(&view, copy);
    }
    pthread_mutex_unlock(&cache->lock);
    return err;
}

/* ---- A fetch has ended. */

/* Moves the ring of waits to `ring`, so that those which come now wait for the next end. */
static void move_waits(struct hr__credentials_shard *shard, struct hr__credentials_wait *ring) {
    *ring = shard->waits;
    if (ring->next == &shard->waits) {
        ring->next = ring->prev = ring;
        return;
    }
    ring->next->prev = ring->prev->next = ring;
    shard->waits.next = shard->waits.prev = &shard->waits;
}

static void run_told(struct hr_task *task) {
    struct hr__credentials_shard *shard =
        hr__container_of(task, struct hr__credentials_shard, task);
    struct hr__credentials_cache *cache = shard->cache;
    struct hr__credentials_wait ring;
    pthread_mutex_lock(&cache->lock);
    shard->told = shard->waiting = false;
    uint64_t now = hr__reactor_wall_ns(shard->reactor);
    bool none = hr__credentials_need_of(cache, now) == HR__CREDENTIALS_ABSENT;
    move_waits(shard, &ring);
    pthread_mutex_unlock(&cache->lock);
    while (ring.next != &ring) {
        struct hr__credentials_wait *wait = ring.next;
        unlink_wait(wait);
        wait->on_ready(wait, none ? HR_ERR_S3_CREDENTIALS : 0);
    }
    cache->owner.leave(cache->owner.user);
}
