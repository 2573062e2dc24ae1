/* Reading the rings: records of all of them in the order of time, each to all sinks. A sink that is
 * full makes the others wait for a moment only: then they go on, and it is read to on its own from
 * where they left it, once it has room, until it is with them again. */
#include <stdlib.h>
#include <string.h>

#include "log_core.h"

#define GRACE_NS UINT64_C(5000)    /* younger records may have an older one still to come */
#define FULL_NS  UINT64_C(5000000) /* so long the others wait for a sink that is full */

static uint64_t ticks_now(const struct hr__log_drain *drain) {
    return drain->slow_ticks ? hr_log_ticks_slow_() : hr_log_counter_();
}

/* ---- The next record. */

/* Finds the next record of a ring; its ticks are UINT64_MAX where there is none. */
static void look(struct hr__log_producer *producer) {
    struct hr__log_merge *merge = &producer->merge;
    uint64_t read = hr__log_ring_skip(&producer->ring, *merge->read, merge->head);
    *merge->read = read;
    merge->ticks = UINT64_MAX;
    if (read < merge->head) memcpy(&merge->ticks, hr__log_ring_at(&producer->ring, read), 8);
}

/* A list of all rings with something in them for `alone`, which may be read to where the others
 * are; NULL: for these. */
static struct hr__log_producer *collect(struct hr__log_drain *drain, struct hr__log_sink *alone) {
    struct hr__log_producer *producer = hr__log_rings_first(drain->host.rings);
    struct hr__log_producer *first = NULL;
    for (; producer; producer = producer->next) {
        struct hr__log_ring *ring = &producer->ring;
        producer->merge.read = alone ? &alone->read[producer->index] : &ring->read;
        producer->merge.head = alone ? ring->read : hr__log_ring_head(ring);
        look(producer);
        if (producer->merge.ticks == UINT64_MAX) continue;
        producer->merge.next = first;
        first = producer;
    }
    return first;
}

/* The place in the list of the ring whose next record is the oldest, and the ticks of the oldest of
 * the others. */
static struct hr__log_producer **oldest(struct hr__log_producer **list, uint64_t *others) {
    struct hr__log_producer **first = list;
    *others = UINT64_MAX;
    for (list = &(*list)->merge.next; *list; list = &(*list)->merge.next) {
        uint64_t ticks = (*list)->merge.ticks, least = (*first)->merge.ticks;
        if (ticks < least) first = list;
        if (ticks < least) ticks = least;
        if (ticks < *others) *others = ticks;
    }
    return first;
}

/* ---- Sinks that are full. */

/* Without memory it goes on to hold up the others. */
static bool leave_behind(struct hr__log_drain *drain, struct hr__log_sink *sink) {
    const struct hr__log_rings *rings = drain->host.rings;
    if (!sink->read) sink->read = calloc(hr__log_rings_max(rings), sizeof *sink->read);
    if (!sink->read) return false;
    const struct hr__log_producer *producer = hr__log_rings_first(rings);
    for (; producer; producer = producer->next) sink->read[producer->index] = producer->ring.read;
    sink->last_ticks = drain->last_ticks;
    sink->behind = true;
    return true;
}

static bool has_been_full(const struct hr__log_drain *drain, const struct hr__log_sink *sink) {
    return hr__reactor_now(drain->host.reactor) - sink->full_ns >= FULL_NS;
}

/* Not all have room: whether those that have go on. */
static bool go_on_without(struct hr__log_drain *drain, const struct hr__log_record *record) {
    struct hr__log_sink *full[HR_LOG_SINKS_MAX];
    unsigned full_count = 0, ready_count = 0;
    for (unsigned i = 0; i < drain->sink_count; i++) {
        struct hr__log_sink *sink = &drain->sinks[i];
        if (sink->behind) continue;
        if (hr__log_sink_ready(sink, record))
            ready_count++;
        else
            full[full_count++] = sink;
    }
    if (ready_count == 0) return false;
    drain->held_back = true; /* somebody waits until they have been full for long enough */
    for (unsigned i = 0; i < full_count; i++)
        if (!has_been_full(drain, full[i])) return false;
    for (unsigned i = 0; i < full_count; i++)
        if (!leave_behind(drain, full[i])) return false;
    return true;
}

/* Gives a record to all sinks that are read to together, or to none. */
static bool give(struct hr__log_drain *drain, const struct hr__log_record *record) {
    struct hr__log_sink *sink = drain->sinks, *end = sink + drain->sink_count;
    for (; sink < end; sink++)
        if (!sink->behind && !hr__log_sink_ready(sink, record)) break;
    if (sink < end && !go_on_without(drain, record)) return false;
    for (sink = drain->sinks; sink < end; sink++)
        if (!sink->behind) hr__log_sink_put(sink, record);
    return true;
}

static bool give_alone(struct hr__log_sink *sink, const struct hr__log_record *record) {
    if (!hr__log_sink_ready(sink, record)) return false;
    hr__log_sink_put(sink, record);
    return true;
}

/* ---- Runs of records. */

/* The rest of a ring that somebody has written over. */
static void give_up(struct hr__log_drain *drain, struct hr__log_producer *producer,
                    const struct hr__log_sink *alone) {
    for (unsigned i = 0; i < drain->sink_count; i++) {
        struct hr__log_sink *sink = &drain->sinks[i];
        if (alone ? sink == alone : !sink->behind) hr__count(&sink->dropped, 1);
    }
    *producer->merge.read = producer->merge.head;
    producer->merge.ticks = UINT64_MAX;
}

/* A record goes to all sinks, or to `alone`. Its thread may have been stopped between taking the
 * time and publishing it, for longer than the grace: it then bears the time of the line before it,
 * which is one between its call's beginning and its end too. */
static bool take(struct hr__log_drain *drain, struct hr__log_sink *alone,
                 struct hr__log_record *record) {
    uint64_t *last_ticks = alone ? &alone->last_ticks : &drain->last_ticks;
    if (record->ticks < *last_ticks) record->ticks = *last_ticks;
    if (alone ? !give_alone(alone, record) : !give(drain, record)) return false;
    *last_ticks = record->ticks;
    if (alone || record->site == HR_LOG_SITE_DROPPED) return true;
    hr__count(&drain->processed, 1);
    hr__count(&drain->by_level[hr__log_level_index(record->level)], 1);
    return true;
}

/* Reads records of one ring while they are the oldest. Returns the bytes read; `blocked` when
 * nobody has room. */
static uint64_t read_run(struct hr__log_drain *drain, struct hr__log_sink *alone,
                         struct hr__log_producer *producer, uint64_t until, bool *blocked) {
    const struct hr__log_ring *ring = &producer->ring;
    struct hr__log_merge *merge = &producer->merge;
    uint64_t from = *merge->read;
    while (merge->ticks <= until && *merge->read - from < HR_LOG_PASS_BYTES) {
        struct hr__log_record record;
        uint64_t read = *merge->read;
        if (hr__log_record_read(hr__log_ring_at(ring, read), merge->head - read, &record) != 0) {
            give_up(drain, producer, alone);
            break;
        }
        record.ring = producer->index;
        record.end = read + record.size;
        if (!take(drain, alone, &record)) {
            *blocked = true;
            break;
        }
        *merge->read = record.end;
        look(producer);
    }
    return *merge->read - from;
}

/* Up to where the others are. */
static uint64_t catch_up(struct hr__log_drain *drain, struct hr__log_sink *sink) {
    struct hr__log_producer *list = collect(drain, sink);
    uint64_t bytes = 0, others;
    bool blocked = false;
    while (list && !blocked && bytes < HR_LOG_PASS_BYTES) {
        struct hr__log_producer **place = oldest(&list, &others), *producer = *place;
        uint64_t until = others < UINT64_MAX ? others : UINT64_MAX - 1;
        bytes += read_run(drain, sink, producer, until, &blocked);
        if (producer->merge.ticks == UINT64_MAX) *place = producer->merge.next;
    }
    sink->behind = list != NULL;
    return bytes;
}

static uint64_t read_together(struct hr__log_drain *drain) {
    struct hr__log_producer *list = collect(drain, NULL);
    uint64_t grace = (GRACE_NS << 20) / ((drain->host.ticks.rate >> 12) + 1);
    uint64_t horizon = ticks_now(drain) - grace, bytes = 0, others;
    while (list && !drain->blocked && bytes < HR_LOG_PASS_BYTES) {
        struct hr__log_producer **place = oldest(&list, &others), *producer = *place;
        if (producer->merge.ticks > horizon) {
            drain->held_back = true;
            break;
        }
        uint64_t until = others < horizon ? others : horizon;
        bytes += read_run(drain, NULL, producer, until, &drain->blocked);
        if (producer->merge.ticks == UINT64_MAX) *place = producer->merge.next;
    }
    return bytes;
}

uint64_t hr__log_merge(struct hr__log_drain *drain) {
    uint64_t bytes = 0;
    if (!__atomic_load_n(&drain->started, __ATOMIC_ACQUIRE)) return 0;
    for (unsigned i = 0; i < drain->sink_count; i++)
        if (drain->sinks[i].behind) bytes += catch_up(drain, &drain->sinks[i]);
    return bytes + read_together(drain);
}

bool hr__log_merge_has_unread(const struct hr__log_drain *drain) {
    for (unsigned i = 0; i < drain->sink_count; i++)
        if (drain->sinks[i].behind) return true;
    const struct hr__log_producer *producer = hr__log_rings_first(drain->host.rings);
    for (; producer; producer = producer->next)
        if (producer->ring.read != hr__log_ring_head(&producer->ring)) return true;
    return false;
}
