/* The configuration of the process, with a reader for each thread that asks. */
#include "process_config.h"

#include <pthread.h>
#include <stdlib.h>

#include <headrace/service.h>

/* A thread that has asked. */
struct asker {
    struct hr_config_reader reader; /* closed: its watch is NULL */
    struct asker *next, **here;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct asker *askers;     /* under lock */
static hr_config_watch *watched; /* read by any thread */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;
static __thread struct asker *mine;

static void on_thread_end(void *user) {
    struct asker *asker = user;
    pthread_mutex_lock(&lock);
    *asker->here = asker->next;
    if (asker->next) asker->next->here = asker->here;
    hr_config_reader_close(&asker->reader);
    pthread_mutex_unlock(&lock);
    mine = NULL;
    free(asker);
}

static void make_key(void) {
    has_key = pthread_key_create(&key, on_thread_end) == 0;
}

static struct asker *new_asker(void) {
    pthread_once(&once, make_key);
    struct asker *asker = has_key ? calloc(1, sizeof *asker) : NULL;
    if (!asker || pthread_setspecific(key, asker) != 0) {
        free(asker);
        return NULL;
    }
    asker->here = &askers;
    asker->next = askers;
    if (askers) askers->here = &asker->next;
    askers = asker;
    return asker;
}

/* This thread has not asked before, or the service was another one. */
static const hr_config *get_anew(void) {
    const hr_config *config = NULL;
    pthread_mutex_lock(&lock);
    hr_config_watch *watch = __atomic_load_n(&watched, __ATOMIC_RELAXED);
    if (watch && !mine) mine = new_asker();
    if (watch && mine) {
        hr_config_reader_close(&mine->reader);
        hr_config_reader_open(watch, &mine->reader);
        config = hr_config_read(&mine->reader);
    }
    pthread_mutex_unlock(&lock);
    return config;
}

const hr_config *hr_config_get(void) {
    const hr_config_watch *watch = __atomic_load_n(&watched, __ATOMIC_ACQUIRE);
    return watch && mine && mine->reader.watch == watch ? hr_config_read(&mine->reader)
                                                        : get_anew();
}

void hr__process_config_set(hr_config_watch *watch) {
    pthread_mutex_lock(&lock);
    __atomic_store_n(&watched, watch, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&lock);
}

void hr__process_config_end(hr_config_watch *watch) {
    pthread_mutex_lock(&lock);
    if (__atomic_load_n(&watched, __ATOMIC_RELAXED) == watch)
        __atomic_store_n(&watched, NULL, __ATOMIC_RELEASE);
    for (struct asker *asker = askers; asker; asker = asker->next)
        if (asker->reader.watch == watch) hr_config_reader_close(&asker->reader);
    pthread_mutex_unlock(&lock);
}
