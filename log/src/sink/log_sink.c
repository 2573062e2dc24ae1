/* A sink: lines in two buffers, one of which is filled while the other is written. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log_sink.h"
#include "log_tell.h"

#define RETRY_NS (100 * UINT64_C(1000000))

/* ---- Which records. */

static bool grow_bytes(uint8_t **bytes, uint32_t *count, uint32_t wanted) {
    uint32_t size = (wanted + 64) & ~63u;
    uint8_t *grown = realloc(*bytes, size);
    if (!grown) return false;
    memset(grown + *count, 0, size - *count);
    *bytes = grown;
    *count = size;
    return true;
}

/* The pattern is tried once for each name; each time, where there is no memory to remember it. */
bool hr__log_sink_wants_name(struct hr__log_sink *sink, uint16_t name) {
    struct hr__log_sink_wish *wish = &sink->wish;
    if (name >= wish->names_count) grow_bytes(&wish->names, &wish->names_count, (uint32_t)name + 1);
    bool known = name < wish->names_count;
    if (known && wish->names[name]) return wish->names[name] == 2;
    bool fits = hr__log_filter_names(&wish->filter, &hr__log_dictionary, name);
    if (known) wish->names[name] = fits ? 2 : 1;
    return fits;
}

/* ---- Buffers. */

static struct hr__log_buffer *other(struct hr__log_sink *sink) {
    return &sink->buffers[sink->filling == &sink->buffers[0]];
}

/* Notes how far each ring has been read: all before that is in this buffer or in an earlier one. */
static bool note_positions(struct hr__log_buffer *buffer) {
    assert(!buffer->in_flight && buffer->sequence <= buffer->sink->sequence);
    struct hr__log_rings *rings = buffer->sink->host->rings;
    struct hr__log_producer *first = hr__log_rings_first(rings);
    uint32_t count = first ? first->index + 1 : 0;
    if (count > buffer->covers_count) {
        uint64_t *grown = realloc(buffer->covers, count * sizeof *grown);
        if (!grown) return false;
        buffer->covers = grown;
    }
    buffer->covers_count = count;
    for (struct hr__log_producer *producer = first; producer; producer = producer->next)
        buffer->covers[producer->index] = hr__log_sink_read(buffer->sink, producer);
    return true;
}

/* Hands the oldest buffer to the class, which has one at a time: two buffers that are written at
 * once may change places, or tear each other's lines. */
static void begin_next(struct hr__log_sink *sink) {
    struct hr__log_buffer *next = NULL;
    for (unsigned i = 0; i < HR_LOG_BUFFERS; i++) {
        struct hr__log_buffer *buffer = &sink->buffers[i];
        if (buffer->in_flight && (!next || buffer->sequence < next->sequence)) next = buffer;
    }
    if (!next || sink->writing) return;
    assert(!hr__operation_active(&next->operation) && !sink->retry.buffer);
    sink->writing = next;
    if (sink->retry.given_up)
        hr__log_sink_written(sink, next, -ECANCELED);
    else
        sink->class_->write(sink, next);
}

static void start_write(struct hr__log_sink *sink) {
    struct hr__log_buffer *buffer = sink->filling;
    assert(!buffer->in_flight && buffer->size > 0);
    /* Without memory the rings are freed later, by a buffer that finds some. */
    if (!note_positions(buffer)) buffer->covers_count = 0;
    buffer->elsewhere = 0;
    buffer->in_flight = true;
    buffer->begin = buffer->written = buffer->end = 0;
    buffer->polled = false;
    /* A handler of signals takes it for handed over once it has its number. */
    __atomic_store_n(&buffer->sequence, ++sink->sequence, __ATOMIC_RELEASE);
    if (buffer->journal) hr__log_sink_publish(buffer);
    sink->filling = other(sink);
    begin_next(sink);
}

void hr__log_sink_push(struct hr__log_sink *sink, bool now) {
    if (sink->filling->in_flight || sink->filling->size == 0) return;
    if (other(sink)->in_flight && !now) return;
    start_write(sink);
}

bool hr__log_sink_find_room(struct hr__log_sink *sink, size_t bound) {
    struct hr__log_buffer *buffer = sink->filling;
    if (buffer->in_flight) return false;
    if (hr__log_buffer_has_room(buffer, bound)) return true;
    if (buffer->size == 0) return true; /* the line is longer than a buffer */
    start_write(sink);
    return !sink->filling->in_flight;
}

bool hr__log_sink_make_room(struct hr__log_sink *sink) {
    assert(sink->bound > 0 && sink->bound != HR_LOG_NO_ROOM);
    if (sink->class_->rewrite) return true; /* the size of the message is known when it is made */
    if (hr__log_sink_find_room(sink, sink->bound)) return true;
    sink->bound = HR_LOG_NO_ROOM; /* counted when the others have it */
    if (sink->class_->drops) return true;
    if (!sink->full_ns) sink->full_ns = hr__reactor_now(sink->host->reactor);
    return false;
}

/* ---- What was written. */

void hr__log_sink_complain(struct hr__log_sink *sink, const char *what, int result) {
    assert(result < 0);
    hr__count(&sink->counts.errors, 1);
    if (sink->retry.failing) return;
    sink->retry.failing = true;
    hr__log_tell("headrace log: %s %s: %s; %s\n", sink->class_->name, sink->path ? sink->path : "",
                 hr_error_text(result), what);
}

static void try_again(struct hr_timer *timer) {
    struct hr__log_sink *sink = hr__container_of(timer, struct hr__log_sink, retry.timer);
    struct hr__log_buffer *buffer = sink->retry.buffer;
    assert(buffer && buffer == sink->writing);
    sink->retry.buffer = NULL;
    sink->class_->write(sink, buffer); /* goes on where it stopped */
}

/* Hands the buffer over again after a while. */
static void retry_later(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    assert(!sink->retry.buffer && buffer == sink->writing);
    sink->retry.buffer = buffer;
    sink->retry.timer.on_fire = try_again;
    hr__timer_start(sink->host->reactor, &sink->retry.timer,
                    hr__reactor_now(sink->host->reactor) + RETRY_NS);
}

void hr__log_sink_forget_retry(struct hr__log_sink *sink) {
    assert(!sink->retry.buffer || sink->retry.buffer == sink->writing);
    hr__timer_stop(sink->host->reactor, &sink->retry.timer);
    sink->retry.buffer = NULL;
}

/* Counts the buffer as written or given up, commits, and empties it. */
static void finish(struct hr__log_sink *sink, struct hr__log_buffer *buffer, int result) {
    assert(buffer->in_flight && sink->writing != buffer);
    const struct hr__log_reach to = {.offset = sink->target.offset,
                                     .sequence = buffer->sequence,
                                     .ticks = buffer->last_ticks,
                                     .rings = buffer->covers,
                                     .rings_count = buffer->covers_count};
    if (result < 0) {
        hr__log_sink_complain(sink, "lines are lost", result);
        hr__count(&sink->counts.dropped, buffer->records);
        hr__log_sink_commit_freeze(sink);
        hr__log_progress_passed(&sink->progress, &to);
    } else {
        sink->retry.failing = false;
        hr__count(&sink->counts.bytes, buffer->size);
        hr__count(&sink->counts.lines, buffer->records);
        hr__log_progress_wrote(&sink->progress, &to);
    }
    /* Committed before it is let go: whoever is stopped in between finds its bytes in one of the
     * two places. */
    hr__log_sink_commit(sink);
    __atomic_store_n(&buffer->in_flight, false, __ATOMIC_RELEASE);
    buffer->size = 0;
    buffer->records = 0;
    sink->full_ns = 0;
}

void hr__log_sink_written(struct hr__log_sink *sink, struct hr__log_buffer *buffer, int result) {
    assert(buffer == sink->writing && buffer->in_flight);
    if (result < 0 && !sink->host->stopping) {
        if (result != -EAGAIN)
            hr__log_sink_complain(sink, "the lines are kept and tried again", result);
        retry_later(sink, buffer);
        return;
    }
    sink->writing = NULL;
    sink->retry.given_up |= result < 0; /* what came behind would stand behind half a line */
    finish(sink, buffer, result);
    begin_next(sink);
    sink->host->go_on(sink->host);
}

void hr__log_sink_stop(struct hr__log_sink *sink) {
    struct hr__log_buffer *failed = sink->retry.buffer;
    assert(sink->host->stopping);
    hr__log_sink_forget_retry(sink);
    if (failed) hr__log_sink_written(sink, failed, -ECANCELED);
    if (sink->class_->stop) sink->class_->stop(sink);
    for (unsigned i = 0; i < HR_LOG_BUFFERS; i++)
        hr__operation_cancel(sink->host->reactor, &sink->buffers[i].operation);
}
