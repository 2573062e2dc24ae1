/* The commit page of a file sink: when a state is committed, and which. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_sink.h"

_Static_assert(HR_LOG_JOURNALS == HR_LOG_BUFFERS, "a journal for each buffer");

static void put(struct hr__log_sink *sink, uint64_t offset, const uint64_t *positions,
                uint32_t count) {
    const struct hr__log_ticks *ticks = &sink->host->ticks;
    const struct hr__log_commit_state state = {
        .offset = offset,
        .sequence = sink->progress.done.sequence,
        .device = sink->target.device,
        .inode = sink->target.inode,
        .base_ticks = ticks->base_ticks,
        .base_ns = ticks->base_ns,
        .rate = ticks->rate,
        .last_ticks = sink->progress.done.ticks,
        .path = hr_slice_of(sink->path),
        .count = count,
        .positions = positions,
    };
    assert(!sink->committed.frozen);
    sink->committed.offset = offset;
    sink->committed.base_ticks = ticks->base_ticks;
    hr__log_commit_put(&sink->commit, &state);
}

static void put_same_positions(struct hr__log_sink *sink) {
    put(sink, sink->progress.done.offset, sink->commit.positions, sink->commit.count);
}

int hr__log_sink_commit_open(struct hr__log_sink *sink, unsigned index, struct hr_error *error) {
    assert(!sink->commit.page && sink->target.fd >= 0 && sink->path);
    const struct hr__log_rings *rings = sink->host->rings;
    uint32_t count = hr__log_rings_max(rings);
    const struct hr__log_commit_sink what = {
        .style = sink->formatter.style, .filter = sink->wish.filter, .mode = sink->mode};
    char name[HR_LOG_FILE_NAME_BYTES];
    int fd = -1, err = 0;
    if (rings->directory >= 0) {
        hr__log_file_name(name, "sink", index);
        fd = openat(rings->directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                    0600);
        if (fd < 0) err = -errno;
    }
    if (!err) err = hr__log_commit_open(&sink->commit, &what, count, fd);
    if (fd >= 0) close(fd); /* the mapping keeps it */
    if (err)
        return hr_error_set(error, err, "no room for the commit page of %s: %s%s", sink->path,
                            hr_error_text(err), err == -ENOSPC ? "; rings_directory is full" : "");
    hr__log_commit_reach(&sink->commit, sink->target.offset);
    sink->progress.done.offset = sink->target.offset;
    put(sink, sink->target.offset, NULL, 0);
    for (unsigned i = 0; i < HR_LOG_BUFFERS; i++)
        sink->buffers[i].journal = hr__log_commit_journal(&sink->commit, i);
    return 0;
}

/* How far a ring is in the file, as far as this sink is concerned: where nothing waits to be
 * written, as far as it has been read. */
static uint64_t reached(const struct hr__log_sink *sink, const struct hr__log_producer *producer,
                        bool idle) {
    uint64_t before = hr__log_commit_position(&sink->commit, producer->index);
    uint64_t now = idle ? hr__log_sink_read(sink, producer)
                        : hr__log_progress_of_ring(&sink->progress, producer->index);
    return now > before ? now : before;
}

/* How far each ring is in the file, into sink->committed.positions. The number of rings, or
 * -ENOMEM: it is done later, and nothing is freed before. */
static int64_t gather(struct hr__log_sink *sink, bool idle) {
    assert(sink->commit.page && !sink->committed.frozen);
    const struct hr__log_producer *first = hr__log_rings_first(sink->host->rings);
    uint32_t count = first ? first->index + 1 : 0;
    if (count > sink->committed.positions_count) {
        uint64_t *grown = realloc(sink->committed.positions, count * sizeof *grown);
        if (!grown) return -ENOMEM;
        sink->committed.positions = grown;
        sink->committed.positions_count = count;
    }
    for (const struct hr__log_producer *producer = first; producer; producer = producer->next)
        sink->committed.positions[producer->index] = reached(sink, producer, idle);
    return count;
}

void hr__log_sink_commit(struct hr__log_sink *sink) {
    if (!sink->commit.page || sink->committed.frozen) return;
    bool idle = hr__log_sink_idle(sink);
    int64_t count = gather(sink, idle);
    if (count < 0) return;
    /* Lines that are still to be formatted have their times from the new reading of the clock. */
    bool changed = sink->progress.done.offset != sink->committed.offset ||
                   (idle && sink->committed.base_ticks != sink->host->ticks.base_ticks);
    for (uint32_t i = 0; i < count && !changed; i++)
        changed = sink->committed.positions[i] != hr__log_commit_position(&sink->commit, i);
    if (changed) put(sink, sink->progress.done.offset, sink->committed.positions, (uint32_t)count);
}

void hr__log_sink_commit_freeze(struct hr__log_sink *sink) {
    sink->committed.frozen = true;
}

/* The first line of a buffer invalidates its journal until the buffer is handed over. The compiler
 * keeps the order of these stores; a process that is killed has carried them out up to one of them.
 */
void hr__log_sink_mark(struct hr__log_buffer *buffer, const struct hr__log_record *record) {
    struct hr__log_journal *journal = buffer->journal;
    if (buffer->records <= 1) {
        __atomic_store_n(&journal->sequence, 0, __ATOMIC_RELEASE);
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        journal->count = 0;
    }
    assert(journal->count < HR_LOG_JOURNAL_MARKS);
    journal->marks[journal->count++] =
        (struct hr__log_mark){record->end, record->ticks, record->ring, (uint32_t)buffer->size};
}

void hr__log_sink_publish(struct hr__log_buffer *buffer) {
    struct hr__log_journal *journal = buffer->journal;
    assert(journal->count == buffer->records && buffer->sequence > 0);
    const struct hr__log_ticks *ticks = &buffer->sink->host->ticks;
    journal->base_ticks = ticks->base_ticks;
    journal->base_ns = ticks->base_ns;
    journal->rate = ticks->rate;
    __atomic_store_n(&journal->sequence, buffer->sequence, __ATOMIC_RELEASE);
}

/* Adds the positions of the lines in the first `done` bytes. Records between them in a ring are not
 * for this sink. */
static void add_part(struct hr__log_sink *sink, const struct hr__log_journal *journal, size_t done,
                     int64_t count) {
    for (uint64_t i = 0; i < journal->count && journal->marks[i].size <= done; i++) {
        const struct hr__log_mark *mark = &journal->marks[i];
        if (mark->ring < count && sink->committed.positions[mark->ring] < mark->position)
            sink->committed.positions[mark->ring] = mark->position;
    }
}

/* All in one commit. A kill before it leaves the old file in the page, which is found by its inode
 * whatever its name is by then, and nothing has been written to the new one. */
void hr__log_sink_commit_file(struct hr__log_sink *sink, struct hr__log_buffer *part, size_t done) {
    assert(!part || (part->in_flight && done <= part->size));
    if (!sink->commit.page || sink->committed.frozen) return;
    int64_t count = gather(sink, hr__log_sink_idle(sink));
    if (count >= 0 && part && part->journal) add_part(sink, part->journal, done, count);
    if (part) {
        part->elsewhere = done;
        part->elsewhere_number = sink->commit.number + 1;
    }
    sink->progress.done.offset = sink->target.offset;
    if (count >= 0)
        put(sink, sink->target.offset, sink->committed.positions, (uint32_t)count);
    else
        put_same_positions(sink);
    hr__log_commit_reach(&sink->commit, sink->target.offset);
}

void hr__log_sink_commit_place(struct hr__log_sink *sink, const struct hr__log_buffer *buffer) {
    assert(buffer->in_flight && buffer->begin < buffer->end && buffer->end <= buffer->size);
    if (!sink->commit.page) return;
    /* The file was cut, or somebody else has written to it, before this buffer's first byte. */
    bool first = buffer->begin == buffer->elsewhere && !sink->progress.syncs;
    if (first && buffer->target.offset != sink->progress.done.offset) {
        sink->progress.done.offset = buffer->target.offset;
        put_same_positions(sink);
    }
    uint64_t reach = buffer->target.offset + (buffer->end - buffer->begin);
    if (sink->progress.syncs)
        reach = (reach + HR_LOG_BLOCK_BYTES - 1) & ~(uint64_t)(HR_LOG_BLOCK_BYTES - 1);
    hr__log_commit_reach(&sink->commit, reach);
}

bool hr__log_sink_committed_all(const struct hr__log_sink *sink) {
    if (!sink->commit.page) return true;
    const struct hr__log_producer *producer = hr__log_rings_first(sink->host->rings);
    for (; producer; producer = producer->next)
        if (hr__log_commit_position(&sink->commit, producer->index) <
            hr__log_ring_head(&producer->ring))
            return false;
    return true;
}

uint64_t hr__log_sink_durable(const struct hr__log_sink *sink,
                              const struct hr__log_producer *producer) {
    if (sink->commit.page) return hr__log_commit_position(&sink->commit, producer->index);
    if (hr__log_sink_idle(sink)) return hr__log_sink_read(sink, producer);
    return hr__log_progress_of_ring(&sink->progress, producer->index);
}
