/* The long way of a record into its thread's ring, where the macros' short way is closed. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <headrace/clock.h>
#include <headrace/log_gate.h>

#include "log_context_stack.h"
#include "log_encode.h"
#include "log_producer.h"
#include "log_record.h"

/* ---- Room. */

/* The last eighth of a ring is for WARNING and above. */
static uint64_t reserved_for(const struct hr__log_producer *producer, int level) {
    return level >= 30 ? 0 : producer->ring.capacity / 8;
}

/* Sets where the short way ends: at the ring's end, at the end of its free part, or at the quarter
 * at which the drain is woken. */
static void set_limit(struct hr__log_producer *producer, uint64_t tail) {
    struct hr_log_producer *shown = &producer->shown;
    uint64_t capacity = producer->ring.capacity, position = shown->position;
    uint64_t used = position - tail, usable = capacity - reserved_for(producer, 0);
    assert(used <= capacity);
    uint64_t room = used < usable ? usable - used : 0;
    uint64_t to_end = capacity - (position & (capacity - 1));
    if (room > to_end) room = to_end;
    /* Every call takes the long way, which looks whether it waits or is kept. */
    if (producer->rings->waits.sync_level || producer->rings->backtrace) room = 0;
    uint64_t quarter = capacity / 4;
    if (producer->woken_tail != tail && used < quarter && room > quarter - used)
        room = quarter - used;
    shown->next = hr__log_ring_at(&producer->ring, position);
    shown->limit = shown->next + room;
}

static void publish(struct hr__log_producer *producer, uint64_t position) {
    assert(position - hr__log_ring_head(&producer->ring) <= producer->ring.capacity);
    producer->shown.position = position;
    __atomic_store_n(producer->shown.head, position, __ATOMIC_RELEASE);
}

/* Returns where a record of this size goes. Where it does not fit into the rest of the ring, a
 * filler closes that. NULL: there is no room. */
static char *make_room(struct hr__log_producer *producer, uint32_t size, int level) {
    assert(size >= HR_LOG_HEAD_BYTES && size % 8 == 0);
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
    assert(tail <= hr__log_ring_head(&producer->ring));
    if (producer->shown.position - tail >= producer->ring.capacity / 4 &&
        producer->woken_tail != tail) {
        producer->woken_tail = tail;
        producer->rings->wake(producer->rings, false);
    }
    set_limit(producer, tail);
}

/* ---- Records that were dropped. */

static void drop(struct hr__log_producer *producer, int level) {
    struct hr__log_drops *drops = &producer->drops;
    assert(drops->total >= producer->told.total);
    uint64_t ticks = hr_log_ticks_(&producer->shown);
    if (drops->total == producer->told.total) drops->first_ticks = ticks;
    drops->last_ticks = ticks;
    hr__log_add(&drops->by_level[hr__log_level_index(level)], 1);
    hr__log_add(&drops->total, 1);
    wake_if_filling(producer);
}

static char *put_bytes(char *at, const void *bytes, size_t size) {
    if (size) memcpy(at, bytes, size);
    return at + size;
}

static uint64_t head_word(uint32_t site_and_flags, uint16_t name, uint32_t size) {
    return site_and_flags | (uint64_t)name << 32 | (uint64_t)(size >> 3) << 48;
}

/* Writes the head of a record. Returns where its types begin. */
static char *put_head(const struct hr__log_producer *producer, char *at, uint64_t word) {
    uint64_t ticks = hr_log_ticks_(&producer->shown);
    memcpy(at, &ticks, 8);
    memcpy(at + 8, &word, 8);
    return at + 16;
}

enum { VALUES = 1 + HR_LOG_LEVELS + 2, DROPS_BYTES = HR_LOG_HEAD_BYTES + VALUES * 8 };

/* Puts a record of the drops since the last such record: how many in all and of each level, and the
 * times of the first and the last. It stands in front of the next record that has room. */
static void tell_drops(struct hr__log_producer *producer, uint16_t name) {
    const struct hr__log_drops *drops = &producer->drops;
    assert(drops->total >= producer->told.total);
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

void hr__log_rings_tell(struct hr__log_rings *rings) {
    struct hr__log_producer *producer = hr__log_rings_first(rings);
    for (; producer; producer = producer->next) {
        producer->shown.turn_ticks = NULL; /* the reactor may be gone */
        tell_drops(producer, rings->name);
    }
}

/* ---- Records. */

/* A call on its way: the record that it makes. */
struct call {
    const struct hr_log_view *view;
    struct hr__log_producer *producer;
    uint32_t site;
    int level;
    bool kept;         /* the record is below its log's level, and is kept for a backtrace */
    bool marks;        /* the record says that kept ones follow, */
    double ago_ms;     /* and how long ago the first of them was made */
    uint64_t left_out; /* records that the call site has left out since the last one */
    uint64_t size;
};

static void refuse(struct hr__log_rings *rings) {
    __atomic_fetch_add(&rings->refused, 1, __ATOMIC_RELAXED);
}

/* Finds this thread's ring for the record. False: there is none, or the record is larger than a
 * ring takes; it is counted as dropped. */
static bool find_producer(struct call *call) {
    struct hr__log_rings *rings = (struct hr__log_rings *)(void *)call->view->core;
    call->producer = hr__log_producer_of(rings);
    if (!call->producer) {
        refuse(rings);
        return false;
    }
    assert(call->producer->shown.serial == call->view->serial);
    if (call->size <= HR_LOG_RECORD_MAX && call->size <= call->producer->ring.capacity / 4)
        return true;
    drop(call->producer, call->level);
    return false;
}

/* Waits until the record and a record of drops have room. It does not wait for a drain that has not
 * moved since a call waited in vain. */
static bool wait_for_room(const struct call *call) {
    struct hr__log_producer *producer = call->producer;
    const struct hr__log_waits *waits = &producer->rings->waits;
    const struct hr__log_ring *ring = &producer->ring;
    if (!waits->full && !(waits->errors && call->level >= 40)) return false;
    uint64_t position = producer->shown.position, tail = hr__log_ring_tail(ring);
    uint64_t to_end = ring->capacity - (position & (ring->capacity - 1));
    uint64_t wanted = call->size + DROPS_BYTES;
    if (to_end < wanted) wanted += to_end;
    wanted += position + reserved_for(producer, call->level);
    if (tail == producer->waited_tail) return false;
    if (wanted <= ring->capacity) return true;
    int there = waits->tail(producer->rings, ring, wanted - ring->capacity);
    if (there == 0) producer->waited_tail = hr__log_ring_tail(ring);
    return there > 0;
}

static uint32_t flags_of(const struct call *call) {
    uint32_t flags = call->view->bound_size ? HR_LOG_RECORD_BOUND : 0;
    if (hr__log_context()) flags |= HR_LOG_RECORD_CONTEXT;
    if (call->left_out) flags |= HR_LOG_RECORD_LEFT_OUT;
    if (call->marks) flags |= HR_LOG_RECORD_KEPT;
    return flags;
}

static void write_kept(struct hr__log_producer *producer, const struct hr_log_view *view);

/* Begins a record that is written only if an error comes, in memory beside the ring. */
static char *begin_kept(struct call *call) {
    struct hr__log_producer *producer = call->producer;
    uint32_t size = (uint32_t)call->size;
    if (size + 8 > HR_LOG_RECORD_MAX) return NULL;
    char *at = hr__log_keep(&producer->kept, producer->rings->backtrace, size);
    if (at) put_head(producer, at, head_word(call->site | flags_of(call), call->view->id, size));
    return at;
}

/* Begins a record: writes its head and returns its memory. NULL: it was dropped, and counted. */
static char *begin(struct call *call) {
    assert(call->site != HR_LOG_SITE_FILLER && call->size % 8 == 0);
    if (!find_producer(call)) return NULL;
    struct hr__log_producer *producer = call->producer;
    uint16_t name = call->view->id;
    uint32_t size = (uint32_t)call->size;
    if (call->kept) return begin_kept(call);
    if (call->level >= 40 && producer->kept.count) write_kept(producer, call->view);
    tell_drops(producer, name);
    char *at = make_room(producer, size, call->level);
    producer->has_waited = !at && wait_for_room(call);
    if (producer->has_waited) {
        tell_drops(producer, name);
        at = make_room(producer, size, call->level);
    }
    if (!at) {
        drop(producer, call->level);
        return NULL;
    }
    put_head(producer, at, head_word(call->site | flags_of(call), name, size));
    return at;
}

/* Waits where the record at hand is one that is waited for. After a call that has waited in vain
 * none waits for ten times as long, so that a stuck disk does not slow down the whole thread. */
static void wait_until_written(struct hr__log_producer *producer, int level) {
    assert(producer->shown.position == hr__log_ring_head(&producer->ring));
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

/* Bytes of the blocks behind a record's own fields. */
static uint64_t blocks_size(const struct call *call) {
    const struct hr__log_block *context = hr__log_context();
    return (uint64_t)call->view->bound_size + (context ? context->size : 0) +
           (call->left_out ? 8 : 0) + (call->marks ? 8 : 0);
}

static char *put_blocks(char *at, const struct call *call) {
    const struct hr__log_block *context = hr__log_context();
    at = put_bytes(at, call->view->bound, call->view->bound_size);
    if (context) at = put_bytes(at, context->bytes, context->size);
    if (call->left_out) at = put_bytes(at, &call->left_out, 8);
    return call->marks ? put_bytes(at, &call->ago_ms, 8) : at;
}

/* Publishes the record whose own fields end at `put`. */
static void commit(const struct call *call, const char *at, char *put) {
    put = put_blocks(put, call);
    assert(put == at + call->size);
    (void)at;
    struct hr__log_producer *producer = call->producer;
    if (call->kept) return;
    publish(producer, producer->shown.position + call->size);
    wake_if_filling(producer);
    if (call->level >= 30) hr_log_wake_(&producer->shown);
    wait_until_written(producer, call->level);
}

static bool is_kept(const struct hr_log_view *view, int level) {
    return level < __atomic_load_n(&view->keep_below, __ATOMIC_RELAXED);
}

/* False: the record was dropped, and counted. */
static bool write_record(const struct hr_log_view *view, struct hr_log_site *site,
                         const struct hr_log_value *values, uint64_t left_out) {
    struct call call = {.view = view,
                        .level = site->level,
                        .kept = is_kept(view, site->level),
                        .left_out = left_out};
    call.site = __atomic_load_n(&site->id, __ATOMIC_ACQUIRE);
    if (!call.site) call.site = hr__log_site_add(site);
    if (!call.site) {
        refuse((struct hr__log_rings *)(void *)view->core);
        return false;
    }
    struct hr_log_value kept[HR_LOG_FIELDS_MAX];
    uint64_t words[3] = {(uint64_t)site->level | (uint64_t)site->count << 8, 0, 0};
    call.size = hr_log_head_size_(site->count) + blocks_size(&call);
    for (uint32_t i = 0; i < site->count; i++) {
        kept[i] = site->redacted >> i & 1 ? hr_log_of_secret((struct hr_secret){NULL}) : values[i];
        call.size += hr__log_value_size(kept[i], view->string_limit);
        hr_log_type_(words, i, kept[i].type);
    }
    char *at = begin(&call);
    if (!at) return false;
    char *put = hr_log_put_words_(at, words, site->count);
    for (uint32_t i = 0; i < site->count; i++)
        put = hr__log_value_put(put, kept[i], view->string_limit);
    commit(&call, at, put);
    return true;
}

void hr_log_write_slow_(const struct hr_log_view *view, struct hr_log_site *site,
                        const struct hr_log_value *values) {
    write_record(view, site, values, 0);
}

void hr_log_write_gated_(const struct hr_log_view *view, struct hr_log_site *site,
                         const struct hr_log_value *values, struct hr_log_gate *gate) {
    uint64_t left_out = __atomic_exchange_n(&gate->left_out, 0, __ATOMIC_RELAXED);
    if (!write_record(view, site, values, left_out))
        __atomic_fetch_add(&gate->left_out, left_out, __ATOMIC_RELAXED);
}

static void write_free(struct call call, const struct hr__log_free *record) {
    const struct hr_log_view *view = call.view;
    struct hr_log_value message = hr_log_of_slice(record->message);
    int level = record->level < 0 ? 0 : record->level > UINT8_MAX ? UINT8_MAX : record->level;
    uint64_t words[3] = {(uint64_t)level, 0, 0}, count = record->count;
    call.site = HR_LOG_SITE_FREE;
    call.level = level;
    call.size = HR_LOG_HEAD_BYTES + hr__log_value_size(message, view->string_limit) + 8;
    for (uint32_t i = 0; i < record->count; i++)
        call.size += hr__log_field_size(&record->fields[i], view->string_limit);
    call.size += blocks_size(&call);
    char *at = begin(&call);
    if (!at) return;
    char *put = hr_log_put_words_(at, words, 0);
    put = hr__log_value_put(put, message, view->string_limit);
    put = put_bytes(put, &count, 8);
    for (uint32_t i = 0; i < record->count; i++)
        put = hr__log_field_put(put, &record->fields[i], view->string_limit);
    commit(&call, at, put);
}

void hr__log_write_free(const struct hr_log_view *view, const struct hr__log_free *record) {
    write_free((struct call){.view = view, .kept = is_kept(view, record->level)}, record);
}

/* ---- A backtrace. */

static double ms_since(uint64_t then_ns) {
    return (double)(hr_clock_monotonic_ns() - then_ns) / 1e6;
}

/* Writes the record that stands in front of the kept ones. */
static void mark_kept(const struct hr__log_kept *kept, const struct hr_log_view *view) {
    assert(kept->count > 0);
    int level = 0;
    for (uint32_t i = 0; i < kept->count; i++) {
        uint8_t one = (uint8_t)hr__log_kept_at(kept, i)->bytes[16];
        if (one > level) level = one;
    }
    const struct hr_log_field field = {hr_slice_of("records"), hr_log_of_u64(kept->count)};
    const struct hr__log_free mark = {level, hr_slice_of("backtrace of the next error"), &field, 1};
    const double ago_ms = ms_since(hr__log_kept_at(kept, 0)->made_ns);
    write_free((struct call){.view = view, .marks = true, .ago_ms = ago_ms}, &mark);
}

/* Writes a kept record with the time of now, so that lines stay in order, and with its age. */
static void copy_kept(struct hr__log_producer *producer, const struct hr__log_kept_record *record) {
    uint64_t word = hr__log_read_word(record->bytes + 8);
    uint32_t size = (uint32_t)(word >> 48) * 8;
    int level = (uint8_t)record->bytes[16];
    double ago_ms = ms_since(record->made_ns);
    char *at = make_room(producer, size + 8, level);
    if (!at) {
        drop(producer, level);
        return;
    }
    memcpy(at, record->bytes, size);
    put_head(producer, at,
             head_word((uint32_t)word | HR_LOG_RECORD_KEPT, (uint16_t)(word >> 32), size + 8));
    put_bytes(at + size, &ago_ms, 8);
    publish(producer, producer->shown.position + size + 8);
    wake_if_filling(producer);
}

static void write_kept(struct hr__log_producer *producer, const struct hr_log_view *view) {
    struct hr__log_kept kept = producer->kept;
    assert(kept.count > 0 && kept.count <= kept.capacity);
    producer->kept.count = 0;
    mark_kept(&kept, view);
    for (uint32_t i = 0; i < kept.count; i++) copy_kept(producer, hr__log_kept_at(&kept, i));
}

void hr_log_wake_(struct hr_log_producer *producer) {
    struct hr__log_rings *rings = ((struct hr__log_producer *)producer)->rings;
    rings->wake(rings, true);
}
