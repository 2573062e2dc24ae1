/* The helper threads, and the two lists that jobs pass through. */
#include "file_threads.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <engine/thread_signals.h>

#define THREADS_MAX 4

struct job_list {
    struct hr_file_job *first, *last;
};

struct hr_file_threads {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct job_list waiting, finished; /* under lock */
    unsigned idle;                     /* under lock: threads that wait for a job */
    bool closing;                      /* under lock */
    uint32_t unread;                   /* `finished` has some: read without the lock */
    int wake_fd;
    unsigned thread_count; /* the owner's */
    pthread_t threads[THREADS_MAX];
};

static void push(struct job_list *list, struct hr_file_job *job) {
    assert((list->first == NULL) == (list->last == NULL));
    job->next = NULL;
    job->prev = list->last;
    if (list->last)
        list->last->next = job;
    else
        list->first = job;
    list->last = job;
}

static void remove_job(struct job_list *list, struct hr_file_job *job) {
    assert(job->prev ? job->prev->next == job : list->first == job);
    if (job->prev)
        job->prev->next = job->next;
    else
        list->first = job->next;
    if (job->next)
        job->next->prev = job->prev;
    else
        list->last = job->prev;
}

/* Under lock. The first finished one wakes; those behind it are collected with it. */
static void finished(struct hr_file_threads *pool, struct hr_file_job *job) {
    const uint64_t one = 1;
    bool first = !pool->finished.first;
    assert(!job->waiting);
    push(&pool->finished, job);
    __atomic_store_n(&pool->unread, 1, __ATOMIC_RELEASE);
    if (!first) return;
    ssize_t written = write(pool->wake_fd, &one, sizeof one);
    (void)written; /* fails only at 2^64 - 1, when it is readable anyhow */
}

static void *help(void *argument) {
    struct hr_file_threads *pool = argument;
    pthread_setname_np(pthread_self(), "headrace/file");
    pthread_mutex_lock(&pool->lock);
    while (!pool->closing) {
        struct hr_file_job *job = pool->waiting.first;
        if (!job) {
            pool->idle++;
            pthread_cond_wait(&pool->work, &pool->lock);
            pool->idle--;
            continue;
        }
        remove_job(&pool->waiting, job);
        assert(job->waiting);
        job->waiting = false;
        pthread_mutex_unlock(&pool->lock);
        job->run(job);
        pthread_mutex_lock(&pool->lock);
        finished(pool, job);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Signals go to the caller's threads, not to ours. */
static void start_thread(struct hr_file_threads *pool) {
    sigset_t all, before;
    hr__thread_signals(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&pool->threads[pool->thread_count], NULL, help, pool) == 0)
        pool->thread_count++;
    assert(pool->thread_count <= THREADS_MAX);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int hr__file_threads_new(int wake_fd, struct hr_file_threads **pool) {
    struct hr_file_threads *made = calloc(1, sizeof *made);
    if (!made) return -ENOMEM;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->work, NULL);
    made->wake_fd = wake_fd;
    *pool = made;
    return 0;
}

void hr__file_threads_stop(struct hr_file_threads *pool) {
    pthread_mutex_lock(&pool->lock);
    assert(pool->idle <= pool->thread_count);
    pool->closing = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->thread_count; i++) pthread_join(pool->threads[i], NULL);
    pool->thread_count = 0;
}

void hr__file_threads_free(struct hr_file_threads *pool) {
    if (!pool) return;
    hr__file_threads_stop(pool);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void hr__file_threads_submit(struct hr_file_threads *pool, struct hr_file_job *job) {
    pthread_mutex_lock(&pool->lock);
    assert(job->run && !job->waiting && !pool->closing);
    job->waiting = true;
    push(&pool->waiting, job);
    bool more_help = pool->idle == 0 && pool->thread_count < THREADS_MAX;
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    if (more_help) start_thread(pool);
    if (pool->thread_count > 0 || !hr__file_threads_withdraw(pool, job)) return;
    job->run(job);
    pthread_mutex_lock(&pool->lock);
    finished(pool, job);
    pthread_mutex_unlock(&pool->lock);
}

bool hr__file_threads_withdraw(struct hr_file_threads *pool, struct hr_file_job *job) {
    pthread_mutex_lock(&pool->lock);
    bool waiting = job->waiting;
    if (waiting) remove_job(&pool->waiting, job);
    job->waiting = false;
    pthread_mutex_unlock(&pool->lock);
    return waiting;
}

struct hr_file_job *hr__file_threads_collect(struct hr_file_threads *pool) {
    if (!__atomic_load_n(&pool->unread, __ATOMIC_ACQUIRE)) return NULL;
    pthread_mutex_lock(&pool->lock);
    struct hr_file_job *first = pool->finished.first;
    assert(first);
    pool->finished = (struct job_list){NULL, NULL};
    __atomic_store_n(&pool->unread, 0, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&pool->lock);
    return first;
}
