/* The credentials of one client: asked for once for all its reactors, published whole, renewed
 * before they expire. Each reactor has a copy of its own, so that a call with ready credentials
 * costs one load and a count. Times are those of the reactors' wall clock. */
#ifndef HR_S3_CREDENTIALS_CACHE_H
#define HR_S3_CREDENTIALS_CACHE_H

#include <engine/reactor.h>
#include <headrace/s3_credentials.h>

#include "credentials.h"

#define HR__CREDENTIALS_ADVISORY_S  900   /* before they expire: renewed, the old ones used on */
#define HR__CREDENTIALS_MANDATORY_S 600   /* before they expire: calls wait for new ones */
#define HR__CREDENTIALS_FETCH_MS    60000 /* a provider that takes longer is stopped */
#define HR__CREDENTIALS_RETRY_S     30    /* after a failure, while the old ones are good */
#define HR__CREDENTIALS_FAILED_MS   1000  /* after a failure without: its error is the answer */

struct hr__credentials_cache;

/* A call that waits; intrusive. */
struct hr__credentials_wait {
    struct hr__credentials_wait *next, *prev; /* NULL: does not wait */
    struct hr__credentials_shard *shard;      /* where it waits */
    /* 0: hold again; or negative, and the cache's error says why (hr__credentials_error). From the
     * reactor's FIFO. May start, stop and free waits. */
    void (*on_ready)(struct hr__credentials_wait *wait, int result);
};

/* Of one reactor, on its thread. */
struct hr__credentials_shard {
    struct hr__credentials_cache *cache;
    const uint64_t *published; /* generation of the cache, read without its lock */
    struct hr_reactor *reactor;
    struct hr__credentials *current;   /* the copy; NULL: none yet */
    uint64_t look_ns;                  /* from then on somebody has to look whether they are good */
    struct hr__credentials_wait waits; /* head of a ring */
    struct hr_task task;
    bool waiting, told; /* under the lock: to be told of the end of a fetch; its task is queued */
} __attribute__((aligned(64)));

/* Keeps the cache's owner, and with it the cache, for as long as something of it is under way. */
struct hr__credentials_owner {
    void (*hold)(void *user);  /* while a call, or another hold, keeps it anyhow */
    void (*leave)(void *user); /* the last touch of the cache */
    void *user;
    /* In place of the advisory and the mandatory time, and then exactly; 0: those. */
    uint32_t ask_s, wait_s;
};

/* `provider` NULL: only what hr__credentials_cache_put publishes. Both are copied. -ENOMEM. */
int hr__credentials_cache_new(hr_engine *engine, const struct hr_s3_credentials_provider *provider,
                              const struct hr__credentials_owner *owner,
                              struct hr__credentials_cache **cache);
/* Publishes checked ones, before the first call. -ENOMEM. */
int hr__credentials_cache_put(struct hr__credentials_cache *cache,
                              const struct hr_s3_credentials *credentials);
/* Stops a fetch for which no call waits, now or when the last one has left. The owner still keeps
 * the cache. Any thread. */
void hr__credentials_cache_stop(struct hr__credentials_cache *cache);
/* Nothing holds the owner any more: wipes and frees, the provider is left alone. NULL: nothing. */
void hr__credentials_cache_free(struct hr__credentials_cache *cache);
struct hr__credentials_shard *hr__credentials_cache_shard(struct hr__credentials_cache *cache,
                                                          unsigned reactor);
/* No call is there any more: stops a fetch that is under way, frees provider and cache, then calls
 * back, maybe from inside. NULL cache: calls back. A reactor's thread, or where no fetch ever
 * began any. */
void hr__credentials_cache_close(struct hr__credentials_cache *cache, void (*on_closed)(void *user),
                                 void *user);

/* Credentials for one attempt. 1: `held` is the caller's until hr__credentials_release; 0: `wait`
 * waits, and on_ready comes; HR_ERR_S3_CREDENTIALS with `error`, -ENOMEM. */
int hr__credentials_hold(struct hr__credentials_shard *shard, struct hr__credentials_wait *wait,
                         struct hr_error *error, struct hr__credentials **held);
/* The shard's copy as it is, without looking; NULL: none. For an attempt that follows one that
 * had some. */
struct hr__credentials *hr__credentials_hold_any(struct hr__credentials_shard *shard);
/* Leaves the queue; on_ready does not come. Idle: nothing. */
void hr__credentials_wait_stop(struct hr__credentials_wait *wait);
/* Why there are none. */
void hr__credentials_error(struct hr__credentials_shard *shard, struct hr_error *error);
/* The service has refused those of this generation as expired or unknown. Whether others may be had
 * by holding again. */
bool hr__credentials_reject(struct hr__credentials_shard *shard, uint64_t generation);

/* Counts what was published; 0: nothing yet. Any thread. */
uint64_t hr__credentials_generation(const struct hr__credentials_cache *cache);

/* A copy of what is published, good or not. HR_ERR_S3_CREDENTIALS: nothing is yet; -ENOMEM. Any
 * thread. */
int hr__credentials_cache_copy(struct hr__credentials_cache *cache, struct hr__credentials **copy);

#endif
