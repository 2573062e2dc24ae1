/* Shared by the files of the cache: who waits and holds, and how credentials are renewed. */
#ifndef HR_S3_CREDENTIALS_CACHE_PRIVATE_H
#define HR_S3_CREDENTIALS_CACHE_PRIVATE_H

#include <pthread.h>

#include "credentials_cache.h"

enum hr__credentials_need {
    HR__CREDENTIALS_FRESH,  /* nothing is to be done */
    HR__CREDENTIALS_ASK,    /* to be renewed, in the background */
    HR__CREDENTIALS_WAIT,   /* good, but calls wait for new ones */
    HR__CREDENTIALS_ABSENT, /* none, or none that can be used */
};

/* The question that is under way. */
struct hr__credentials_question {
    struct hr_s3_credentials_fetch fetch;
    struct hr_reactor *reactor; /* asks, and is told */
    struct hr_timer timer;
    struct hr_task arrived_task, stop_task;
    struct hr__credentials *answer; /* arrived, not yet published */
    int result;
    bool asking;   /* from here to the end everything but `fetch` is under the lock */
    bool late;     /* it has taken too long, and was stopped */
    bool stopping; /* the task is queued */
};

struct hr__credentials_cache {
    uint64_t generation; /* of `published`; written under the lock */
    pthread_mutex_t lock;
    hr_engine *engine;
    struct hr_s3_credentials_provider provider; /* fetch NULL: none */
    struct hr__credentials_owner owner;
    /* Under the lock. */
    struct hr__credentials *published; /* NULL: none yet */
    bool rejected;                     /* the service has refused them */
    bool closing;                      /* a fetch is stopped as soon as no call waits */
    uint64_t ask_ns, wait_ns, expires_ns;
    uint64_t retry_ns; /* after a failure nobody asks before */
    struct hr_error error;
    struct hr__credentials_question question;
    unsigned shard_count;
    struct hr__credentials_shard *shards;
};

/* Under the lock. */
enum hr__credentials_need hr__credentials_need_of(const struct hr__credentials_cache *cache,
                                                  uint64_t now_ns);
/* Takes over `credentials`, which replace those before. */
void hr__credentials_publish(struct hr__credentials_cache *cache,
                             struct hr__credentials *credentials, uint64_t now_ns, uint64_t random);

/* Asks the provider. question.asking was set under the lock by whoever calls; without the lock. */
void hr__credentials_ask(struct hr__credentials_cache *cache);
/* Whether calls wait. Under the lock. */
bool hr__credentials_awaited(const struct hr__credentials_cache *cache);
/* Has the question stopped where nobody waits, in a turn of its reactor. Under the lock. */
void hr__credentials_ask_stop(struct hr__credentials_cache *cache);

#endif
