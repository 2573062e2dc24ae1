/* Renewing: when credentials are due, the one question to the provider, and what comes of it. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <base/error_list.h>

#include "credentials_cache_private.h"

#define SECOND UINT64_C(1000000000)
#define NEVER  UINT64_MAX

/* Used on so long beyond their time, and by chance so much longer: as botocore does. */
#define EXTENSION_S      900
#define EXTENSION_MIN_S  120
#define EXTENSION_MORE_S 480

/* ---- When. */

enum hr__credentials_need hr__credentials_need_of(const struct hr__credentials_cache *cache,
                                                  uint64_t now_ns) {
    const struct hr__credentials *published = cache->published;
    if (!published || cache->rejected) return HR__CREDENTIALS_ABSENT;
    if (now_ns >= cache->expires_ns && !published->used_expired) return HR__CREDENTIALS_ABSENT;
    if (now_ns >= cache->wait_ns) return HR__CREDENTIALS_WAIT;
    return now_ns >= cache->ask_ns ? HR__CREDENTIALS_ASK : HR__CREDENTIALS_FRESH;
}

/* So long before the end: AWS's figure, or a part of a short life; a tenth earlier by chance. */
static uint64_t window_ns(uint64_t left_ns, uint64_t usual_s, uint64_t part, uint64_t random) {
    uint64_t window = usual_s * SECOND;
    if (left_ns / part < window) window = left_ns / part;
    return window + random % (window / 10 + 1);
}

static uint64_t extended_ns(uint64_t now_ns, uint64_t random) {
    return now_ns + (EXTENSION_S + EXTENSION_MIN_S + random % EXTENSION_MORE_S) * SECOND;
}

/* The owner's own times, where it has any. */
static void set_exact_times(struct hr__credentials_cache *cache, uint64_t left_ns) {
    uint64_t ask = cache->owner.ask_s * SECOND, wait = cache->owner.wait_s * SECOND;
    assert(wait <= ask);
    cache->ask_ns = cache->expires_ns - (ask < left_ns ? ask : left_ns);
    cache->wait_ns = cache->expires_ns - (wait < left_ns ? wait : left_ns);
}

static void set_times(struct hr__credentials_cache *cache, uint64_t now_ns, uint64_t random) {
    const struct hr__credentials *published = cache->published;
    cache->ask_ns = cache->wait_ns = cache->expires_ns = NEVER;
    if (published->expires_s == 0 || published->expires_s > NEVER / SECOND) return;
    uint64_t expires = published->expires_s * SECOND;
    if (published->used_expired && expires < now_ns + EXTENSION_S * SECOND)
        expires = extended_ns(now_ns, random);
    uint64_t left = expires > now_ns ? expires - now_ns : 0;
    cache->expires_ns = expires;
    if (cache->owner.ask_s) {
        set_exact_times(cache, left);
        return;
    }
    cache->ask_ns = expires - window_ns(left, HR__CREDENTIALS_ADVISORY_S, 4, random);
    cache->wait_ns = expires - window_ns(left, HR__CREDENTIALS_MANDATORY_S, 6, random >> 32);
}

void hr__credentials_publish(struct hr__credentials_cache *cache,
                             struct hr__credentials *credentials, uint64_t now_ns,
                             uint64_t random) {
    hr__credentials_release(cache->published);
    cache->published = credentials;
    cache->rejected = false;
    cache->retry_ns = 0;
    set_times(cache, now_ns, random);
    __atomic_store_n(&cache->generation, cache->generation + 1, __ATOMIC_RELEASE);
    assert(cache->generation > 0);
}

/* ---- The end of a question. Under the lock. */

static void tell_all(struct hr__credentials_cache *cache) {
    for (unsigned i = 0; i < cache->shard_count; i++) {
        struct hr__credentials_shard *shard = &cache->shards[i];
        if (!shard->waiting || shard->told) continue;
        shard->told = true;
        cache->owner.hold(cache->owner.user);
        hr__reactor_post(shard->reactor, &shard->task);
    }
}

static void fail(struct hr__credentials_cache *cache, int result, const char *why) {
    struct hr_reactor *reactor = cache->question.reactor;
    uint64_t now = hr__reactor_wall_ns(reactor), random = hr__reactor_random(reactor);
    hr_error_set(&cache->error, HR_ERR_S3_CREDENTIALS, "credentials (%s): %s",
                 cache->provider.name ? cache->provider.name : "callback",
                 why && *why ? why : hr_error_text(result));
    bool none = hr__credentials_need_of(cache, now) == HR__CREDENTIALS_ABSENT;
    uint64_t wait_ms =
        none ? HR__CREDENTIALS_FAILED_MS : HR__CREDENTIALS_RETRY_S * 1000 + random % 3000;
    cache->retry_ns = now + wait_ms * 1000000;
    if (cache->published && cache->published->used_expired) {
        uint64_t extended = extended_ns(now, random);
        if (extended > cache->expires_ns) cache->expires_ns = extended;
    }
    /* At their end at the latest. */
    bool good = now < cache->expires_ns;
    if (good && cache->retry_ns > cache->expires_ns) cache->retry_ns = cache->expires_ns;
}

static void take_over(struct hr__credentials_cache *cache, struct hr__credentials *answer) {
    struct hr_reactor *reactor = cache->question.reactor;
    uint64_t now = hr__reactor_wall_ns(reactor);
    bool expired = answer->expires_s && answer->expires_s <= now / SECOND;
    if (!expired || answer->used_expired) {
        hr__credentials_publish(cache, answer, now, hr__reactor_random(reactor));
        return;
    }
    hr__credentials_release(answer);
    fail(cache, HR_ERR_S3_CREDENTIALS, "they have expired already; is the clock right?");
}

static void end(struct hr__credentials_cache *cache) {
    struct hr__credentials_question *question = &cache->question;
    assert(question->asking);
    question->asking = question->late = false;
    if (question->answer) {
        take_over(cache, question->answer);
    } else {
        fail(cache, question->result, question->fetch.error.message);
        hr__error_keep_refusal(&question->fetch.error, &cache->error);
    }
    question->answer = NULL;
    tell_all(cache);
}

static void run_arrived(struct hr_task *task) {
    struct hr__credentials_cache *cache =
        hr__container_of(task, struct hr__credentials_cache, question.arrived_task);
    hr__timer_stop(cache->question.reactor, &cache->question.timer);
    pthread_mutex_lock(&cache->lock);
    end(cache);
    pthread_mutex_unlock(&cache->lock);
    cache->owner.leave(cache->owner.user);
}

/* Any thread. */
static void on_fetched(struct hr_s3_credentials_fetch *fetch, int result,
                       const struct hr_s3_credentials *credentials) {
    struct hr__credentials_cache *cache =
        hr__container_of(fetch, struct hr__credentials_cache, question.fetch);
    struct hr__credentials_question *question = &cache->question;
    if (result >= 0)
        result = credentials ? hr__credentials_check(credentials, "given", &fetch->error) : -EINVAL;
    if (result >= 0) result = hr__credentials_copy(credentials, &question->answer);
    question->result = result;
    hr__reactor_post(question->reactor, &question->arrived_task);
}

/* ---- Asking, and no longer wanting to know. */

static void stop_provider(struct hr__credentials_cache *cache) {
    if (cache->provider.stop) cache->provider.stop(cache->provider.user, &cache->question.fetch);
}

bool hr__credentials_awaited(const struct hr__credentials_cache *cache) {
    for (unsigned i = 0; i < cache->shard_count; i++)
        if (cache->shards[i].waiting) return true;
    return false;
}

static void run_stop(struct hr_task *task) {
    struct hr__credentials_cache *cache =
        hr__container_of(task, struct hr__credentials_cache, question.stop_task);
    pthread_mutex_lock(&cache->lock);
    cache->question.stopping = false;
    bool idle = cache->question.asking && !hr__credentials_awaited(cache);
    pthread_mutex_unlock(&cache->lock);
    if (idle) stop_provider(cache);
    cache->owner.leave(cache->owner.user);
}

void hr__credentials_ask_stop(struct hr__credentials_cache *cache) {
    struct hr__credentials_question *question = &cache->question;
    if (!question->asking || question->stopping) return;
    question->stopping = true;
    question->stop_task.run = run_stop;
    cache->owner.hold(cache->owner.user);
    hr__reactor_post(question->reactor, &question->stop_task);
}

static void on_late(struct hr_timer *timer) {
    struct hr__credentials_cache *cache =
        hr__container_of(timer, struct hr__credentials_cache, question.timer);
    pthread_mutex_lock(&cache->lock);
    cache->question.late = true;
    fail(cache, -ETIMEDOUT, "the provider did not answer within 60 s");
    tell_all(cache);
    pthread_mutex_unlock(&cache->lock);
    stop_provider(cache);
}

void hr__credentials_ask(struct hr__credentials_cache *cache) {
    struct hr__credentials_question *question = &cache->question;
    struct hr_reactor *reactor = question->reactor;
    memset(&question->fetch, 0, sizeof question->fetch);
    question->fetch.on_done = on_fetched;
    question->arrived_task.run = run_arrived;
    question->timer.on_fire = on_late;
    hr__timer_start(reactor, &question->timer,
                    hr__reactor_now(reactor) + HR__CREDENTIALS_FETCH_MS * UINT64_C(1000000));
    int err = cache->provider.fetch(cache->provider.user, &question->fetch);
    if (err) on_fetched(&question->fetch, err < 0 ? err : -EINVAL, NULL);
}
