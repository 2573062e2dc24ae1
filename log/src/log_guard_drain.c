/* Completing the files out of a handler of signals: without a lock, memory of the C library, or
 * anything that a stopped thread may have left half done.
 *
 * A sink's file goes on from the newest commit of its page (log_commit.h). Buffers that
 * were handed over behind it are written once more, the same bytes to the same place, because the
 * kernel may have them or not; behind these the rings are formatted from where the last of them
 * has read. Whatever the drain was doing when it was stopped is not looked at: lines in a buffer
 * that was not handed over are still in the rings.
 *
 * The functions of this file that a handler runs assert nothing: assert is not
 * async-signal-safe. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_core.h"
#include "log_encode.h"

#define BUFFER_BYTES HR_LOG_FILE_BUFFER_BYTES
#define ARENA_BYTES  ((size_t)16 << 20)

static struct hr__log_drain *drain_of(const struct hr__log_guard *guard) {
    return &guard->core->drain;
}

/* ---- Taking the memory, before any signal. */

static int open_sinks(struct hr__log_guard *guard) {
    struct hr__log_drain *drain = drain_of(guard);
    int err = 0;
    for (unsigned i = 0; i < drain->sink_count && !err; i++) {
        struct hr__log_guard_sink *sink = &guard->sinks[i];
        if (!drain->sinks[i].commit.page) continue;
        err = hr__log_formatter_open_safe(&sink->formatter, &drain->sinks[i].formatter.style,
                                          &hr__log_dictionary, &sink->ticks, &guard->arena);
    }
    return err;
}

int hr__log_guard_open(struct hr__log_guard *guard) {
    assert(!guard->memory);
    const struct hr__log_rings *rings = &guard->core->rings;
    uint32_t most = hr__log_rings_max(rings);
    guard->rings_max = most > UINT32_MAX / 64 ? UINT32_MAX / 64 : most;
    size_t of_rings = (size_t)guard->rings_max * sizeof *guard->rings;
    size_t of_positions = (size_t)guard->rings_max * sizeof *guard->positions;
    guard->memory_bytes = BUFFER_BYTES + ARENA_BYTES + of_rings + of_positions;
    char *memory = mmap(NULL, guard->memory_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return -ENOMEM;
    guard->memory = guard->buffer = memory;
    guard->arena.at = memory + BUFFER_BYTES;
    guard->arena.end = guard->arena.at + ARENA_BYTES;
    guard->rings = (struct hr__log_guard_ring *)(void *)guard->arena.end;
    guard->positions = (uint64_t *)(void *)(guard->arena.end + of_rings);
    return open_sinks(guard);
}

void hr__log_guard_free(struct hr__log_guard *guard) {
    for (unsigned i = 0; i < HR_LOG_SINKS_MAX; i++)
        hr__log_formatter_close(&guard->sinks[i].formatter);
    if (guard->memory) munmap(guard->memory, guard->memory_bytes);
    free(guard);
}

/* ---- Writing. */

/* Writes bytes; those that cannot be written are given up, as there is nothing to wait for. */
static void write_at(struct hr__log_guard_sink *sink, const char *data, size_t size) {
    while (size > 0) {
        ssize_t written = pwrite(sink->fd, data, size, (off_t)sink->offset);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        data += written;
        size -= (size_t)written;
        sink->offset += (uint64_t)written;
    }
}

static void flush(struct hr__log_guard *guard, struct hr__log_guard_sink *sink) {
    write_at(sink, guard->buffer, sink->size);
    sink->size = 0;
}

/* Writes a line that may be longer than the buffer out of pages of its own, cut as the sink would.
 */
static void put_long(struct hr__log_guard_sink *sink, const struct hr__log_record *record,
                     size_t bound) {
    char *memory = mmap(NULL, bound, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return;
    size_t size = (size_t)(hr__log_format(&sink->formatter, record, memory) - memory);
    if (size > BUFFER_BYTES) {
        size = BUFFER_BYTES;
        memory[size - 1] = '\n';
    }
    write_at(sink, memory, size);
    munmap(memory, bound);
}

static void put_line(struct hr__log_guard *guard, struct hr__log_guard_sink *sink,
                     struct hr__log_record *record) {
    size_t bound = hr__log_format_bound(&sink->formatter, record);
    if (bound == 0) return;                                                 /* the arena is full */
    if (record->ticks < sink->last_ticks) record->ticks = sink->last_ticks; /* as the drain does */
    sink->last_ticks = record->ticks;
    if (bound > BUFFER_BYTES - sink->size) flush(guard, sink);
    if (bound > BUFFER_BYTES) {
        put_long(sink, record, bound);
        return;
    }
    char *from = guard->buffer + sink->size;
    sink->size += (size_t)(hr__log_format(&sink->formatter, record, from) - from);
}

static bool wanted(const struct hr__log_sink *sink, const struct hr__log_record *record) {
    return hr__log_filter_takes(&sink->wish.filter, &hr__log_dictionary, record);
}

/* ---- Buffers that were handed over. */

/* The buffer behind `sequence`; NULL: there is none. One that was written and emptied but not
 * committed, as in durable mode, is gone, and its records are formatted anew. */
static const struct hr__log_buffer *next_buffer(const struct hr__log_sink *sink,
                                                uint64_t sequence) {
    for (unsigned i = 0; i < HR_LOG_BUFFERS; i++) {
        const struct hr__log_buffer *buffer = &sink->buffers[i];
        if (__atomic_load_n(&buffer->in_flight, __ATOMIC_ACQUIRE) &&
            buffer->sequence == sequence + 1 && buffer->covers_count > 0)
            return buffer;
    }
    return NULL;
}

static void write_buffers(struct hr__log_guard *guard, const struct hr__log_sink *sink,
                          struct hr__log_guard_sink *to, const struct hr__log_commit_state *state) {
    uint64_t sequence = state->sequence;
    const struct hr__log_buffer *buffer;
    while ((buffer = next_buffer(sink, sequence)) != NULL) {
        size_t skip =
            buffer->elsewhere && state->number >= buffer->elsewhere_number ? buffer->elsewhere : 0;
        write_at(to, buffer->data + skip, buffer->size - skip);
        for (uint32_t i = 0; i < buffer->covers_count && i < guard->rings_max; i++)
            if (buffer->covers[i] > guard->positions[i]) guard->positions[i] = buffer->covers[i];
        if (buffer->last_ticks > to->last_ticks) to->last_ticks = buffer->last_ticks;
        sequence = buffer->sequence;
    }
}

/* ---- The rings. */

static void look(struct hr__log_guard_ring *ring) {
    ring->position = hr__log_ring_skip(ring->ring, ring->position, ring->head);
    ring->ticks = UINT64_MAX;
    if (ring->position < ring->head)
        memcpy(&ring->ticks, hr__log_ring_at(ring->ring, ring->position), sizeof ring->ticks);
}

static uint32_t collect(struct hr__log_guard *guard) {
    const struct hr__log_producer *producer = hr__log_rings_first(&guard->core->rings);
    uint32_t count = 0;
    for (; producer; producer = producer->next) {
        if (producer->index >= guard->rings_max) continue;
        struct hr__log_guard_ring *ring = &guard->rings[producer->index];
        *ring = (struct hr__log_guard_ring){.ring = &producer->ring,
                                            .head = hr__log_ring_head(&producer->ring),
                                            .position = guard->positions[producer->index]};
        look(ring);
        if (producer->index >= count) count = producer->index + 1;
    }
    return count;
}

static void format_rings(struct hr__log_guard *guard, const struct hr__log_sink *sink,
                         struct hr__log_guard_sink *to) {
    uint32_t count = collect(guard);
    for (;;) {
        struct hr__log_guard_ring *oldest = NULL;
        for (uint32_t i = 0; i < count; i++)
            if (guard->rings[i].ticks != UINT64_MAX &&
                (!oldest || guard->rings[i].ticks < oldest->ticks))
                oldest = &guard->rings[i];
        if (!oldest) break;
        struct hr__log_record record;
        if (hr__log_record_read(hr__log_ring_at(oldest->ring, oldest->position),
                                oldest->head - oldest->position, &record) != 0) {
            oldest->ticks = UINT64_MAX; /* the crash has damaged it */
            continue;
        }
        if (wanted(sink, &record)) put_line(guard, to, &record);
        oldest->position += record.size;
        look(oldest);
    }
    for (uint32_t i = 0; i < count; i++) guard->positions[i] = guard->rings[i].head;
    flush(guard, to);
}

/* ---- One sink after the other. */

/* Sets the file up for writing at any place, however it was opened. */
static void prepare(struct hr__log_guard_sink *to, const struct hr__log_sink *sink,
                    const struct hr__log_commit_state *state) {
    to->fd = sink->target.fd;
    to->offset = state->offset;
    to->last_ticks = state->last_ticks;
    to->size = 0;
    to->ticks = (struct hr__log_ticks){
        .base_ticks = state->base_ticks, .base_ns = state->base_ns, .rate = state->rate};
    to->formatter.time.offset_s = sink->formatter.time.offset_s;
    int flags = fcntl(to->fd, F_GETFL);
    if (flags >= 0) (void)fcntl(to->fd, F_SETFL, flags & ~(O_APPEND | O_DIRECT));
}

static void commit(struct hr__log_guard *guard, struct hr__log_sink *sink,
                   const struct hr__log_guard_sink *to) {
    struct hr__log_commit_state state;
    if (!hr__log_commit_get(&sink->commit, &state)) return;
    state.offset = to->offset;
    state.sequence = UINT64_MAX;
    state.last_ticks = to->last_ticks;
    state.positions = guard->positions;
    state.count = __atomic_load_n(&guard->core->rings.count, __ATOMIC_RELAXED);
    if (state.count > guard->rings_max) state.count = guard->rings_max;
    hr__log_commit_put(&sink->commit, &state);
    hr__log_commit_reach(&sink->commit, to->offset);
}

static void drain_sink(struct hr__log_guard *guard, unsigned index) {
    struct hr__log_sink *sink = &drain_of(guard)->sinks[index];
    struct hr__log_guard_sink *to = &guard->sinks[index];
    struct hr__log_commit_state state;
    to->fd = -1;
    if (!sink->commit.page || !hr__log_commit_get(&sink->commit, &state)) return;
    memset(guard->positions, 0, guard->rings_max * sizeof *guard->positions);
    for (uint32_t i = 0; i < state.count && i < guard->rings_max; i++)
        guard->positions[i] = state.positions[i];
    prepare(to, sink, &state);
    /* From here on bytes of this process may stand anywhere behind the commit. */
    hr__log_commit_reach(&sink->commit, UINT64_MAX);
    write_buffers(guard, sink, to, &state);
    format_rings(guard, sink, to);
    commit(guard, sink, to);
}

void hr__log_guard_drain(struct hr__log_guard *guard) {
    for (unsigned i = 0; i < drain_of(guard)->sink_count; i++) drain_sink(guard, i);
}

/* ---- The last record. */

static char *put_head(char *at, const struct hr__log_guard *guard, uint64_t ticks) {
    struct hr_log_value message = hr_log_of_text("process dies of a signal");
    uint64_t words[2] = {0, 50};
    memcpy(at, &ticks, 8);
    memcpy(at + 16, &words[1], 8);
    words[0] = HR_LOG_SITE_FREE | (uint64_t)guard->name << 32;
    memcpy(at + 8, words, 8);
    return hr__log_value_put(at + HR_LOG_HEAD_BYTES, message, 64);
}

/* Makes the record of the signal, with its keys in itself. Returns its size. */
static uint32_t make_record(char *at, const struct hr__log_guard *guard,
                            const struct hr__log_death *death, uint64_t ticks) {
    const struct hr_log_field fields[] = {
        {hr_slice_of("signal"), hr_log_of_text(death->name)},
        {hr_slice_of("address"), death->has_address
                                     ? hr_log_of_pointer((void *)(uintptr_t)death->address)
                                     : hr_log_of_null()},
        {hr_slice_of("thread"), hr_log_of_i64(death->thread)},
        {hr_slice_of("backtrace"),
         hr_log_of_array(HR_LOG_POINTER, sizeof(void *), death->frames, death->frame_count)}};
    enum { FIELDS = sizeof fields / sizeof *fields };
    uint64_t count = FIELDS, word;
    char *out = put_head(at, guard, ticks);
    memcpy(out, &count, 8);
    out += 8;
    for (unsigned i = 0; i < FIELDS; i++) out = hr__log_field_put(out, &fields[i], 64);
    uint32_t size = (uint32_t)(out - at);
    memcpy(&word, at + 8, 8);
    word |= (uint64_t)(size >> 3) << 48;
    memcpy(at + 8, &word, 8);
    return size;
}

void hr__log_guard_tell(struct hr__log_guard *guard, const struct hr__log_death *death) {
    char bytes[1024];
    struct hr__log_record record;
    struct hr__log_drain *drain = drain_of(guard);
    uint64_t ticks = drain->host.rings->slow_ticks ? hr_log_ticks_slow_() : hr_log_counter_();
    uint32_t size = make_record(bytes, guard, death, ticks);
    if (hr__log_record_read(bytes, size, &record) != 0) return;
    for (unsigned i = 0; i < drain->sink_count; i++) {
        struct hr__log_guard_sink *to = &guard->sinks[i];
        if (!drain->sinks[i].commit.page || to->fd < 0 || !wanted(&drain->sinks[i], &record))
            continue;
        put_line(guard, to, &record);
        flush(guard, to);
        commit(guard, &drain->sinks[i], to);
    }
}

/* Cuts off bytes behind the last line, which a write on its way had put there. */
void hr__log_guard_end(struct hr__log_guard *guard) {
    for (unsigned i = 0; i < drain_of(guard)->sink_count; i++) {
        struct hr__log_guard_sink *to = &guard->sinks[i];
        struct stat facts;
        if (!drain_of(guard)->sinks[i].commit.page || to->fd < 0) continue;
        if (fstat(to->fd, &facts) == 0 && (uint64_t)facts.st_size > to->offset &&
            ftruncate(to->fd, (off_t)to->offset) != 0)
            continue; /* nothing more can be done about it */
    }
}
