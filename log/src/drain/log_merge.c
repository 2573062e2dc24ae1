/* Merging: the records of all rings, in the order of time, are given to all sinks. The others wait
 * for a full sink for a moment only. Then they leave it behind; once it has room the rings are read
 * for it alone, until it is with the others again. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "log_drain.h"

#define GRACE_NS UINT64_C(5000)    /* an older record may still come behind younger ones */
#define FULL_NS  UINT64_C(5000000) /* the others wait so long for a full sink */

/* A reading of the rings, for some of the sinks. */
struct reader {
    struct hr__log_drain *drain;
    struct hr__log_sink *alone; /* a sink that is behind, for which it is; NULL: for all others */
    struct hr__log_sink *sinks, *end; /* of these, it is for those */
    bool behind;                      /* that are behind, or that are not */
    uint64_t *last_ticks;             /* of the last record that they got */
    uint64_t bytes;                   /* read so far */
    bool blocked;                     /* no sink has room */
    int level;                        /* of the last record; -1: none yet */
    uint64_t *of_level;               /* the counter of its level */
};

static bool reads_to(const struct reader *reader, const struct hr__log_sink *sink) {
    return sink->lag.behind == reader->behind;
}

static uint64_t ticks_now(const struct hr__log_drain *drain) {
    return drain->host.rings->slow_ticks ? hr_log_ticks_slow_() : hr_log_counter_();
}

/* ---- The next record. */

/* Finds the next record of a ring and returns its position. Its ticks are UINT64_MAX where there is
 * none.
 */
static uint64_t look(struct hr__log_producer *producer) {
    struct hr__log_merge *merge = &producer->merge;
    uint64_t read = hr__log_ring_skip(&producer->ring, *merge->read, merge->head);
    assert(*merge->read <= read && read <= merge->head);
    uint64_t ticks = UINT64_MAX;
    if (read < merge->head) memcpy(&ticks, hr__log_ring_at(&producer->ring, read), 8);
    merge->ticks = ticks;
    return *merge->read = read;
}

/* A list of all rings that have records. */
static struct hr__log_producer *collect(const struct reader *reader) {
    const struct hr__log_sink *alone = reader->alone;
    assert(!alone || alone->lag.behind);
    struct hr__log_producer *producer = hr__log_rings_first(reader->drain->host.rings);
    struct hr__log_producer *first = NULL;
    for (; producer; producer = producer->next) {
        struct hr__log_ring *ring = &producer->ring;
        producer->merge.read = alone ? &alone->lag.read[producer->index] : &ring->read;
        producer->merge.head = alone ? ring->read : hr__log_ring_head(ring);
        look(producer);
        if (producer->merge.ticks == UINT64_MAX) continue;
        producer->merge.next = first;
        first = producer;
    }
    return first;
}

/* The link to the ring whose next record is the oldest; `others`: the ticks of the oldest record of
 * the other rings. */
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

/* False: there is no memory, and the sink goes on to hold up the others. */
static bool leave_behind(struct hr__log_drain *drain, struct hr__log_sink *sink) {
    assert(!sink->lag.behind);
    const struct hr__log_rings *rings = drain->host.rings;
    if (!sink->lag.read) sink->lag.read = calloc(hr__log_rings_max(rings), sizeof *sink->lag.read);
    if (!sink->lag.read) return false;
    const struct hr__log_producer *producer = hr__log_rings_first(rings);
    for (; producer; producer = producer->next)
        sink->lag.read[producer->index] = producer->ring.read;
    sink->lag.last_ticks = drain->merging.last_ticks;
    sink->lag.behind = true;
    return true;
}

static bool has_been_full(const struct hr__log_drain *drain, const struct hr__log_sink *sink) {
    return hr__reactor_now(drain->host.reactor) - sink->full_ns >= FULL_NS;
}

/* Some sinks have no room: whether the others go on without them. */
static bool go_on_without(struct hr__log_drain *drain, const struct hr__log_record *record) {
    assert(drain->sink_count <= HR_LOG_SINKS_MAX);
    struct hr__log_sink *full[HR_LOG_SINKS_MAX];
    unsigned full_count = 0, ready_count = 0;
    for (unsigned i = 0; i < drain->sink_count; i++) {
        struct hr__log_sink *sink = &drain->sinks[i];
        if (sink->lag.behind) continue;
        if (hr__log_sink_ready(sink, record))
            ready_count++;
        else
            full[full_count++] = sink;
    }
    if (ready_count == 0) return false;
    drain->merging.held_back = true; /* until they have been full for long enough */
    for (unsigned i = 0; i < full_count; i++)
        if (!has_been_full(drain, full[i])) return false;
    for (unsigned i = 0; i < full_count; i++)
        if (!leave_behind(drain, full[i])) return false;
    return true;
}

/* Gives a record to all sinks that it is read for, or to none. */
static bool give(const struct reader *reader, const struct hr__log_record *record) {
    struct hr__log_sink *sink = reader->sinks, *end = reader->end;
    for (; sink < end; sink++)
        if (reads_to(reader, sink) && !hr__log_sink_ready(sink, record)) break;
    if (sink < end && (reader->alone || !go_on_without(reader->drain, record))) return false;
    for (sink = reader->sinks; sink < end; sink++)
        if (reads_to(reader, sink)) hr__log_sink_put(sink, record);
    return true;
}

/* ---- Runs of records. */

/* Gives up the rest of a ring that somebody has written over. */
static void give_up(const struct reader *reader, struct hr__log_producer *producer) {
    assert(*producer->merge.read < producer->merge.head);
    for (struct hr__log_sink *sink = reader->sinks; sink < reader->end; sink++)
        if (reads_to(reader, sink)) hr__count(&sink->counts.dropped, 1);
    *producer->merge.read = producer->merge.head;
    producer->merge.ticks = UINT64_MAX;
}

static void count(struct reader *reader, int level) {
    assert(level >= 0 && level <= UINT8_MAX);
    if (level != reader->level)
        reader->of_level = &reader->drain->counts.by_level[hr__log_level_index(level)];
    reader->level = level;
    hr__count(reader->of_level, 1);
    hr__count(&reader->drain->counts.processed, 1);
}

/* Gives a record to the sinks. A thread may have been stopped for longer than the grace between
 * taking the time and publishing the record: it then gets the time of the line before it, which
 * lies between the beginning and the end of its call as well. False: no sink has room. */
static inline bool take(struct reader *reader, struct hr__log_record *record) {
    uint64_t *last_ticks = reader->last_ticks;
    if (record->ticks < *last_ticks) record->ticks = *last_ticks;
    if (!give(reader, record)) return false;
    *last_ticks = record->ticks;
    /* A record for a sink that is behind was counted when the others got it. */
    if (reader->alone || hr__log_record_site(record) == HR_LOG_SITE_DROPPED) return true;
    count(reader, record->level);
    return true;
}

/* Reads records of one ring while they are the oldest. */
static void read_run(struct reader *reader, struct hr__log_producer *producer, uint64_t until) {
    const struct hr__log_ring *ring = &producer->ring;
    struct hr__log_merge *merge = &producer->merge;
    struct hr__log_record record = {.ring = producer->index};
    uint64_t from = *merge->read, read = from;
    while (merge->ticks <= until && read - from < HR_LOG_PASS_BYTES) {
        if (hr__log_record_read(hr__log_ring_at(ring, read), merge->head - read, &record) != 0) {
            give_up(reader, producer);
            break;
        }
        record.end = read + record.size;
        assert(record.end <= merge->head);
        if (!take(reader, &record)) {
            reader->blocked = true;
            break;
        }
        *merge->read = record.end;
        read = look(producer);
    }
    reader->bytes += *merge->read - from;
}

/* Reads records in the order of time while they are not younger than `horizon`. Returns the rings
 * that have records left. */
static struct hr__log_producer *read_rings(struct reader *reader, uint64_t horizon) {
    assert(!reader->blocked && reader->bytes == 0);
    struct hr__log_producer *list = collect(reader);
    while (list && !reader->blocked && reader->bytes < HR_LOG_PASS_BYTES) {
        uint64_t others;
        struct hr__log_producer **place = oldest(&list, &others), *producer = *place;
        if (producer->merge.ticks > horizon) {
            reader->drain->merging.held_back = true;
            break;
        }
        read_run(reader, producer, others < horizon ? others : horizon);
        if (producer->merge.ticks == UINT64_MAX) *place = producer->merge.next;
    }
    return list;
}

/* Reads the rings for a sink that is behind, up to where the others are: those records are old
 * enough. */
static uint64_t catch_up(struct hr__log_drain *drain, struct hr__log_sink *sink) {
    assert(sink->lag.behind && sink->lag.read);
    struct reader reader = {.drain = drain,
                            .alone = sink,
                            .sinks = sink,
                            .end = sink + 1,
                            .behind = true,
                            .last_ticks = &sink->lag.last_ticks};
    sink->lag.behind = read_rings(&reader, UINT64_MAX - 1) != NULL;
    return reader.bytes;
}

static uint64_t read_together(struct hr__log_drain *drain) {
    struct reader reader = {.drain = drain,
                            .sinks = drain->sinks,
                            .end = drain->sinks + drain->sink_count,
                            .last_ticks = &drain->merging.last_ticks,
                            .level = -1};
    uint64_t grace = (GRACE_NS << 20) / ((drain->host.ticks.rate >> 12) + 1);
    read_rings(&reader, ticks_now(drain) - grace);
    drain->merging.blocked = reader.blocked;
    return reader.bytes;
}

uint64_t hr__log_merge(struct hr__log_drain *drain) {
    uint64_t bytes = 0;
    if (!hr__log_drain_is_started(drain)) return 0;
    for (unsigned i = 0; i < drain->sink_count; i++)
        if (drain->sinks[i].lag.behind) bytes += catch_up(drain, &drain->sinks[i]);
    return bytes + read_together(drain);
}

bool hr__log_merge_has_unread(const struct hr__log_drain *drain) {
    for (unsigned i = 0; i < drain->sink_count; i++)
        if (drain->sinks[i].lag.behind) return true;
    const struct hr__log_producer *producer = hr__log_rings_first(drain->host.rings);
    for (; producer; producer = producer->next)
        if (producer->ring.read != hr__log_ring_head(&producer->ring)) return true;
    return false;
}
