/* The threads that log: each gets a ring, and gives it back when it ends. */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "log_context_stack.h"
#include "log_dictionary.h"
#include "log_producer.h"
#include "log_stack.h"

enum { THREAD_ENDED = 1, CORE_CLOSED = 2 };
enum { RING_RETRY_CALLS = 1024 };

/* A thread without a ring has this one. No core has the serial 0, so the short way is closed to it.
 */
static struct hr_log_producer nobody;
__thread struct hr_log_producer *hr_log_producer_ __attribute__((tls_model("initial-exec"))) =
    &nobody;
static __thread struct hr__log_producer *of_thread __attribute__((tls_model("initial-exec")));

uint32_t hr__log_dying;

uint64_t hr_log_ticks_slow_(void) {
    return hr_clock_monotonic_ns();
}

static pthread_key_t ending;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int once_result;
static uint32_t forks; /* between the first process that logged and this one */

static void leave(struct hr__log_producer *producer, uint32_t who) {
    uint32_t before = __atomic_fetch_or(&producer->left, who, __ATOMIC_ACQ_REL);
    assert(!(before & who));
    if (before) free(producer);
}

/* The ring may go to the next thread that needs one: the records that it still holds are in order,
 * and so are those that follow. */
static void thread_ends(void *unused) {
    (void)unused;
    hr__log_context_end();
    hr__log_stack_close();
    hr_log_producer_ = &nobody;
    struct hr__log_producer *producer = of_thread;
    of_thread = NULL;
    while (producer) {
        struct hr__log_producer *next = producer->next_of_thread;
        leave(producer, THREAD_ENDED);
        producer = next;
    }
}

/* No thread has a ring in a forked child: no drain reads the parent's rings, and a thread that is
 * not here may hold their lock. */
static void forked(void) {
    hr__log_dictionary_forked_child();
    forks++;
    hr_log_producer_ = &nobody;
    of_thread = NULL;
}

static void set_up(void) {
    once_result = -pthread_key_create(&ending, thread_ends);
    if (!once_result)
        once_result = -pthread_atfork(hr__log_dictionary_fork_begins,
                                      hr__log_dictionary_forked_parent, forked);
}

int hr__log_thread_keep(void) {
    pthread_once(&once, set_up);
    if (once_result) return once_result;
    return pthread_getspecific(ending) ? 0 : -pthread_setspecific(ending, &nobody);
}

void hr__log_thread_set_context(uint32_t size) {
    for (struct hr__log_producer *producer = of_thread; producer;
         producer = producer->next_of_thread)
        producer->shown.context_size = size;
}

int hr__log_rings_open(struct hr__log_rings *rings) {
    assert(!rings->first && !rings->bytes);
    static uint64_t serials;
    pthread_once(&once, set_up);
    if (once_result) return once_result;
    rings->forks = forks;
    rings->serial = __atomic_add_fetch(&serials, 1, __ATOMIC_RELAXED);
    return -pthread_mutex_init(&rings->lock, NULL);
}

void hr__log_rings_close(struct hr__log_rings *rings) {
    assert(!rings->first || rings->first->index + 1 == rings->count);
    struct hr__log_producer *producer = rings->first;
    rings->first = NULL;
    while (producer) {
        struct hr__log_producer *next = producer->next;
        hr__log_ring_close(&producer->ring);
        hr__log_kept_free(&producer->kept);
        leave(producer, CORE_CLOSED);
        producer = next;
    }
    pthread_mutex_destroy(&rings->lock);
}

/* ---- A thread's producer. */

static struct hr__log_producer *new_producer(struct hr__log_rings *rings) {
    assert(rings->bytes <= rings->bytes_max);
    if (rings->bytes + rings->ring_bytes > rings->bytes_max) return NULL;
    /* A full disk is asked again now and then, not by each call. */
    if (rings->ring_error && ++rings->asked_in_vain % RING_RETRY_CALLS) return NULL;
    struct hr__log_producer *producer = aligned_alloc(HR_LOG_CACHE_LINE, sizeof *producer);
    if (!producer) return NULL;
    memset(producer, 0, sizeof *producer);
    int err = hr__log_ring_make(&producer->ring, rings->ring_bytes, rings->directory, rings->count);
    if (err) {
        free(producer);
        __atomic_store_n(&rings->ring_error, err, __ATOMIC_RELAXED);
        return NULL;
    }
    rings->bytes += rings->ring_bytes;
    producer->rings = rings;
    producer->woken_tail = producer->waited_tail = UINT64_MAX;
    producer->shown.serial = rings->serial;
    producer->shown.head = &producer->ring.page->head;
    producer->shown.slow_ticks = rings->slow_ticks;
    producer->shown.next = producer->shown.limit = producer->ring.data;
    producer->next = rings->first;
    producer->index = rings->count++;
    __atomic_store_n(&rings->first, producer, __ATOMIC_RELEASE);
    return producer;
}

/* A producer whose thread has ended, taken over. The drain may still read its records. */
static struct hr__log_producer *handed_on(struct hr__log_rings *rings) {
    for (struct hr__log_producer *producer = rings->first; producer; producer = producer->next) {
        uint32_t left = THREAD_ENDED;
        if (__atomic_compare_exchange_n(&producer->left, &left, 0, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return producer;
    }
    return NULL;
}

int hr__log_rings_reserve(struct hr__log_rings *rings) {
    pthread_mutex_lock(&rings->lock);
    struct hr__log_producer *producer = new_producer(rings);
    if (producer) producer->left = THREAD_ENDED;
    pthread_mutex_unlock(&rings->lock);
    return producer ? 0 : rings->ring_error ? rings->ring_error : -ENOMEM;
}

/* Frees this thread's producers of cores that are closed. */
static void forget_closed(void) {
    struct hr__log_producer **link = &of_thread;
    while (*link) {
        struct hr__log_producer *producer = *link;
        if (__atomic_load_n(&producer->left, __ATOMIC_ACQUIRE) & CORE_CLOSED) {
            *link = producer->next_of_thread;
            leave(producer, THREAD_ENDED);
        } else {
            link = &producer->next_of_thread;
        }
    }
}

bool hr__log_rings_are_parents(const struct hr__log_rings *rings) {
    return rings->forks != forks;
}

/* The handler of signals sets `dying`, then looks for rings; a thread makes its ring known, then
 * looks at `dying`. So the thread is found, or it stops by itself. */
static void stand_still_if_dying(void) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    while (__atomic_load_n(&hr__log_dying, __ATOMIC_SEQ_CST)) (void)poll(NULL, 0, -1);
}

static struct hr__log_producer *attach(struct hr__log_rings *rings) {
    hr_log_producer_ = &nobody;
    if (hr__log_rings_are_parents(rings)) return NULL;
    forget_closed();
    pthread_mutex_lock(&rings->lock);
    struct hr__log_producer *producer = handed_on(rings);
    if (!producer) producer = new_producer(rings);
    if (producer) {
        assert(!hr__log_producer_has_left(producer) && !producer->next_of_thread);
        producer->ring.page->thread = (uint64_t)syscall(SYS_gettid);
        producer->kept.count = 0; /* another thread's */
        producer->next_of_thread = of_thread;
        of_thread = producer;
        pthread_setspecific(ending, producer); /* anything but NULL: thread_ends is called */
        const struct hr__log_block *context = hr__log_context();
        producer->shown.context_size = context ? context->size : 0;
        producer->shown.turn_ticks = rings->turn_ticks ? rings->turn_ticks() : NULL;
    }
    pthread_mutex_unlock(&rings->lock);
    hr__log_stack_of_new_thread();
    stand_still_if_dying();
    return producer;
}

struct hr__log_producer *hr__log_producer_of(struct hr__log_rings *rings) {
    struct hr_log_producer *shown = hr_log_producer_;
    if (shown->serial == rings->serial) return (struct hr__log_producer *)shown;
    struct hr__log_producer *producer = of_thread;
    while (producer && producer->shown.serial != rings->serial) producer = producer->next_of_thread;
    if (!producer) producer = attach(rings);
    if (producer) hr_log_producer_ = &producer->shown;
    return producer;
}
