/* A thread's records on their way into its ring, where the macros' short way does not lead. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "log_context.h"
#include "log_dictionary.h"
#include "log_encode.h"
#include "log_producer.h"
#include "log_record.h"

enum { THREAD_ENDED = 1, CORE_CLOSED = 2 };
enum { RING_RETRY_CALLS = 1024 };

/* No serial is 0, so that the short way is closed to a thread that has no ring yet. */
static struct hr_log_producer nobody;
__thread struct hr_log_producer *hr_log_producer_ __attribute__((tls_model("initial-exec"))) =
    &nobody;
static __thread struct hr__log_producer *of_thread __attribute__((tls_model("initial-exec")));

static pthread_key_t ending;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int once_result;
static uint32_t forks; /* between this process and the first that logged */

static void leave(struct hr__log_producer *producer, uint32_t who) {
    if (__atomic_fetch_or(&producer->left, who, __ATOMIC_ACQ_REL) != 0) free(producer);
}

/* The ring goes to the next thread that needs one: what it still holds is in order, and so is what
 * follows. */
static void thread_ends(void *unused) {
    (void)unused;
    hr__log_context_end();
    hr_log_producer_ = &nobody;
    struct hr__log_producer *producer = of_thread;
    of_thread = NULL;
    while (producer) {
        struct hr__log_producer *next = producer->next_of_thread;
        leave(producer, THREAD_ENDED);
        producer = next;
    }
}

/* The parent's rings are nobody's here: no drain reads them, and a thread that is not here may hold
 * their lock. */
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

void hr__log_context_changed(uint32_t size) {
    for (struct hr__log_producer *producer = of_thread; producer;
         producer = producer->next_of_thread)
        producer->shown.context_size = size;
}

int hr__log_rings_open(struct hr__log_rings *rings) {
    static uint64_t serials;
    pthread_once(&once, set_up);
    if (once_result) return once_result;
    rings->forks = forks;
    rings->serial = __atomic_add_fetch(&serials, 1, __ATOMIC_RELAXED);
    return -pthread_mutex_init(&rings->lock, NULL);
}

void hr__log_rings_close(struct hr__log_rings *rings) {
    struct hr__log_producer *producer = rings->first;
    rings->first = NULL;
    while (producer) {
        struct hr__log_producer *next = producer->next;
        hr__log_ring_close(&producer->ring);
        leave(producer, CORE_CLOSED);
        producer = next;
    }
    pthread_mutex_destroy(&rings->lock);
}

/* ---- A thread's producer. */

static struct hr__log_producer *new_producer(struct hr__log_rings *rings) {
    if (rings->bytes + rings->ring_bytes > rings->bytes_max) return NULL;
    /* A full disk is asked again now and then, not by each call. */
    if (rings->ring_error && ++rings->asked_in_vain % RING_RETRY_CALLS) return NULL;
    struct hr__log_producer *producer = calloc(1, sizeof *producer);
    if (!producer) return NULL;
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

/* One whose thread has ended; the drain may still be reading what that thread has left. */
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

/* Frees those of cores that are closed. */
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

static struct hr__log_producer *attach(struct hr__log_rings *rings) {
    hr_log_producer_ = &nobody;
    if (hr__log_rings_are_parents(rings)) return NULL;
    forget_closed();
    pthread_mutex_lock(&rings->lock);
    struct hr__log_producer *producer = handed_on(rings);
    if (!producer) producer = new_producer(rings);
    if (producer) {
        producer->ring.page->thread = (uint64_t)syscall(SYS_gettid);
        producer->next_of_thread = of_thread;
        of_thread = producer;
        pthread_setspecific(ending, producer); /* anything but NULL: thread_ends is called */
        const struct hr__log_block *context = hr__log_context();
        producer->shown.context_size = context ? context->size : 0;
    }
    pthread_mutex_unlock(&rings->lock);
    return producer;
}

static struct hr__log_producer *producer_of(struct hr__log_rings *rings) {
    struct hr_log_producer *shown = hr_log_producer_;
    if (shown->serial == rings->serial) return (struct hr__log_producer *)shown;
    struct hr__log_producer *producer = of_thread;
    while (producer && producer->shown.serial != rings->serial) producer = producer->next_of_thread;
    if (!producer) producer = attach(rings);
    if (producer) hr_log_producer_ = &producer->shown;
    return producer;
}

/* ---- Room. */

/* The last eighth of a ring is for WARNING and above. */
static uint64_t reserved_for(const struct hr__log_producer *producer, int level) {
    return level >= 30 ? 0 : producer->ring.capacity / 8;
}

/* Up to where the short way may go on: the ring's end, its free part, or the quarter at which the
 * drain is woken. */
static void set_limit(struct hr__log_producer *producer, uint64_t tail) {
    struct hr_log_producer *shown = &producer->shown;
    uint64_t capacity = producer->ring.capacity, position = shown->position;
    uint64_t used = position - tail, usable = capacity - reserved_for(producer, 0);
    uint64_t room = used < usable ? usable - used : 0;
    uint64_t to_end = capacity - (position & (capacity - 1));
    if (room > to_end) room = to_end;
    if (producer->rings->waits.sync_level) room = 0; /* every call looks whether it is to wait */
    uint64_t quarter = capacity / 4;
    if (producer->woken_tail != tail && used < quarter && room > quarter - used)
        room = quarter - used;
    shown->next = hr__log_ring_at(&producer->ring, position);
    shown->limit = shown->next + room;
}

static void publish(struct hr__log_producer *producer, uint64_t position) {
    producer->shown.position = position;
    __atomic_store_n(producer->shown.head, position, __ATOMIC_RELEASE);
}

/* Where a record of this size goes; a filler closes the rest of the ring where it does not fit
 * there. NULL: there is no room. */
static char *make_room(struct hr__log_producer *producer, uint32_t size, int level) {
    struct hr__log_ring *ring = &producer->ring;
    uint64_t position = producer->shown.position, tail = hr__log_ring_tail(ring);
    uint64_t to_end = ring->capacity - (position & (ring->capacity - 1));
    uint64_t skipped = to_end < size ? to_end : 0;
    uint64_t usable = ring->capacity - reserved_for(producer, level);
    if (position - tail + skipped + size > usable) return NULL;
    if (skipped >= HR_LOG_HEAD_BYTES) {
        const uint64_t filler[3] = {0, HR_LOG_SITE_FILLER, 0};
        memcpy(hr__log_ring_at(ring, position), filler, sizeof filler);
    }
    producer->shown.position = position + skipped; /* published with the record */
    return hr__log_ring_at(ring, position + skipped);
}

static void wake_if_filling(struct hr__log_producer *producer) {
    uint64_t tail = hr__log_ring_tail(&producer->ring);
    if (producer->shown.position - tail >= producer->ring.capacity / 4 &&
        producer->woken_tail != tail) {
        producer->woken_tail = tail;
        producer->rings->wake(producer->rings, false);
    }
    set_limit(producer, tail);
}

/* ---- What was left out. */

static void drop(struct hr__log_producer *producer, int level) {
    struct hr__log_drops *drops = &producer->drops;
    uint64_t ticks = hr_log_ticks_(&producer->shown);
    if (drops->total == producer->told.total) drops->first_ticks = ticks;
    drops->last_ticks = ticks;
    hr__log_add(&drops->by_level[hr__log_level_index(level)], 1);
    hr__log_add(&drops->total, 1);
    wake_if_filling(producer);
}

static uint64_t head_word(uint32_t site_and_flags, uint16_t name, uint32_t size) {
    return site_and_flags | (uint64_t)name << 32 | (uint64_t)(size >> 3) << 48;
}

/* The head of a record; where its types begin. */
static char *put_head(const struct hr__log_producer *producer, char *at, uint64_t word) {
    uint64_t ticks = hr_log_ticks_(&producer->shown);
    memcpy(at, &ticks, 8);
    memcpy(at + 8, &word, 8);
    return at + 16;
}

enum { VALUES = 1 + HR_LOG_LEVELS + 2, DROPS_BYTES = HR_LOG_HEAD_BYTES + VALUES * 8 };

/* A record that tells of those left out since the last one that did: all, by level, from when to
 * when. It goes in front of the next that has room. */
static void tell_drops(struct hr__log_producer *producer, uint16_t name) {
    const struct hr__log_drops *drops = &producer->drops;
    if (drops->total == producer->told.total) return;
    const uint32_t size = DROPS_BYTES;
    char *at = make_room(producer, size, 30);
    if (!at) return;
    uint64_t values[VALUES] = {drops->total - producer->told.total};
    for (unsigned i = 0; i < HR_LOG_LEVELS; i++)
        values[1 + i] = drops->by_level[i] - producer->told.by_level[i];
    values[VALUES - 2] = drops->first_ticks;
    values[VALUES - 1] = drops->last_ticks;
    uint64_t level = 30;
    char *types = put_head(producer, at, head_word(HR_LOG_SITE_DROPPED, name, size));
    memcpy(types, &level, 8);
    memcpy(types + 8, values, sizeof values);
    producer->told = *drops;
    publish(producer, producer->shown.position + size);
}

/* ---- Records. */

/* Waits until a record of this size, and one that tells of drops, have room. A drain that has not
 * moved since somebody waited in vain is not waited for again. */
static bool wait_for_room(struct hr__log_producer *producer, uint32_t size, int level) {
    const struct hr__log_waits *waits = &producer->rings->waits;
    const struct hr__log_ring *ring = &producer->ring;
    if (!waits->full && !(waits->errors && level >= 40)) return false;
    uint64_t position = producer->shown.position, tail = hr__log_ring_tail(ring);
    uint64_t to_end = ring->capacity - (position & (ring->capacity - 1));
    uint64_t wanted = size + DROPS_BYTES;
    if (to_end < wanted) wanted += to_end;
    wanted += position + reserved_for(producer, level);
    if (tail == producer->waited_tail) return false;
    if (wanted <= ring->capacity) return true;
    int there = waits->tail(producer->rings, ring, wanted - ring->capacity);
    if (there == 0) producer->waited_tail = hr__log_ring_tail(ring);
    return there > 0;
}

/* The memory of a record, its head written. NULL: it was left out, and counted. */
static char *begin(struct hr__log_producer *producer, const struct hr_log_view *view, uint32_t site,
                   uint32_t size, int level) {
    tell_drops(producer, view->id);
    uint32_t flags = view->bound_size ? HR_LOG_RECORD_BOUND : 0;
    if (hr__log_context()) flags |= HR_LOG_RECORD_CONTEXT;
    char *at = make_room(producer, size, level);
    producer->has_waited = !at && wait_for_room(producer, size, level);
    if (producer->has_waited) {
        tell_drops(producer, view->id);
        at = make_room(producer, size, level);
    }
    if (!at) {
        drop(producer, level);
        return NULL;
    }
    put_head(producer, at, head_word(site | flags, view->id, size));
    return at;
}

/* Where the record at hand is one for which that is wanted. A call that waited in vain is followed
 * by none for ten times as long: what is stuck does not slow down all of the thread. */
static void wait_until_written(struct hr__log_producer *producer, int level) {
    struct hr__log_rings *rings = producer->rings;
    const struct hr__log_waits *waits = &rings->waits;
    if (producer->has_waited && level >= 40) {
        hr__log_add(&producer->fallbacks, 1);
        waits->tail(rings, &producer->ring, producer->shown.position);
    }
    if (!waits->sync_level || level < waits->sync_level) return;
    uint64_t now = hr_clock_monotonic_ns();
    if (now < producer->wait_again_ns || waits->written(rings) != 0) return;
    producer->wait_again_ns = now + waits->timeout_ms * UINT64_C(10000000);
}

static void commit(struct hr__log_producer *producer, uint32_t size, int level) {
    publish(producer, producer->shown.position + size);
    wake_if_filling(producer);
    if (level >= 30) hr_log_wake_(&producer->shown);
    wait_until_written(producer, level);
}

static void refuse(struct hr__log_rings *rings) {
    __atomic_fetch_add(&rings->refused, 1, __ATOMIC_RELAXED);
}

/* A producer for a record of this size. One that is too large can never have room. */
static struct hr__log_producer *producer_for(const struct hr_log_view *view, uint64_t size,
                                             int level) {
    struct hr__log_rings *rings = (struct hr__log_rings *)(void *)view->core;
    struct hr__log_producer *producer = producer_of(rings);
    if (producer && size <= HR_LOG_RECORD_MAX && size <= producer->ring.capacity / 4)
        return producer;
    if (producer)
        drop(producer, level);
    else
        refuse(rings);
    return NULL;
}

/* The blocks behind a record's own fields. */
static uint64_t blocks_size(const struct hr_log_view *view) {
    const struct hr__log_block *context = hr__log_context();
    return (uint64_t)view->bound_size + (context ? context->size : 0);
}

static char *put_blocks(char *at, const struct hr_log_view *view) {
    const struct hr__log_block *context = hr__log_context();
    if (view->bound_size) memcpy(at, view->bound, view->bound_size);
    at += view->bound_size;
    if (!context) return at;
    memcpy(at, context->bytes, context->size);
    return at + context->size;
}

void hr_log_write_slow_(const struct hr_log_view *view, struct hr_log_site *site,
                        const struct hr_log_value *values) {
    uint32_t id = __atomic_load_n(&site->id, __ATOMIC_ACQUIRE);
    if (!id) id = hr__log_site_add(site);
    if (!id) {
        refuse((struct hr__log_rings *)(void *)view->core);
        return;
    }
    struct hr_log_value kept[HR_LOG_FIELDS_MAX];
    uint64_t words[3] = {(uint64_t)site->level | (uint64_t)site->count << 8, 0, 0};
    uint64_t size = hr_log_head_size_(site->count) + blocks_size(view);
    for (uint32_t i = 0; i < site->count; i++) {
        kept[i] = site->redacted >> i & 1 ? hr_log_of_secret((struct hr_secret){NULL}) : values[i];
        size += hr__log_value_size(kept[i], view->string_limit);
        hr_log_type_(words, i, kept[i].type);
    }
    struct hr__log_producer *producer = producer_for(view, size, site->level);
    char *at = producer ? begin(producer, view, id, (uint32_t)size, site->level) : NULL;
    if (!at) return;
    char *put = hr_log_put_words_(at, words, site->count);
    for (uint32_t i = 0; i < site->count; i++)
        put = hr__log_value_put(put, kept[i], view->string_limit);
    put = put_blocks(put, view);
    assert(put == at + size);
    commit(producer, (uint32_t)size, site->level);
}

void hr__log_write_free(const struct hr_log_view *view, const struct hr__log_free *record) {
    struct hr_log_value message = hr_log_of_slice(record->message);
    uint64_t words[3] = {(uint64_t)(uint8_t)record->level, 0, 0}, count = record->count;
    uint64_t size = HR_LOG_HEAD_BYTES + hr__log_value_size(message, view->string_limit) + 8;
    for (uint32_t i = 0; i < record->count; i++)
        size += hr__log_field_size(&record->fields[i], view->string_limit);
    size += blocks_size(view);
    struct hr__log_producer *producer = producer_for(view, size, record->level);
    char *at =
        producer ? begin(producer, view, HR_LOG_SITE_FREE, (uint32_t)size, record->level) : NULL;
    if (!at) return;
    char *put = hr_log_put_words_(at, words, 0);
    put = hr__log_value_put(put, message, view->string_limit);
    memcpy(put, &count, 8);
    put += 8;
    for (uint32_t i = 0; i < record->count; i++)
        put = hr__log_field_put(put, &record->fields[i], view->string_limit);
    put = put_blocks(put, view);
    assert(put == at + size);
    commit(producer, (uint32_t)size, record->level);
}

void hr_log_wake_(struct hr_log_producer *producer) {
    struct hr__log_rings *rings = ((struct hr__log_producer *)producer)->rings;
    rings->wake(rings, true);
}
