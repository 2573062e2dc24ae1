/* The commit page of a sink that writes a file: when it is written, and with what. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_sink.h"

static void put(struct hr__log_sink *sink, uint64_t offset, const uint64_t *positions,
                uint32_t count) {
    const struct hr__log_ticks *ticks = &sink->host->ticks;
    const struct hr__log_commit_state state = {
        .offset = offset,
        .sequence = sink->done_sequence,
        .device = sink->device,
        .inode = sink->inode,
        .base_ticks = ticks->base_ticks,
        .base_ns = ticks->base_ns,
        .rate = ticks->rate,
        .path = hr_slice_of(sink->path),
        .count = count,
        .positions = positions,
    };
    sink->committed_offset = offset;
    sink->committed_base_ticks = ticks->base_ticks;
    hr__log_commit_put(&sink->commit, &state);
}

static void put_same_positions(struct hr__log_sink *sink) {
    put(sink, sink->done_offset, sink->commit.positions, sink->commit.count);
}

int hr__log_sink_commit_open(struct hr__log_sink *sink, unsigned index,
                             const struct hr_log_sink *options, struct hr_error *error) {
    const struct hr__log_rings *rings = sink->host->rings;
    uint64_t rings_max = rings->bytes_max / rings->ring_bytes;
    uint32_t count = rings_max < UINT32_MAX ? (uint32_t)rings_max + 1 : UINT32_MAX;
    const struct hr__log_commit_sink what = {.style = sink->formatter.style,
                                             .level = sink->level,
                                             .mode = sink->mode,
                                             .pattern = hr_slice_of(options->logger)};
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
    hr__log_commit_reach(&sink->commit, sink->offset);
    sink->done_offset = sink->offset;
    put(sink, sink->offset, NULL, 0);
    return 0;
}

/* How far a ring is in the file, as far as this sink is concerned: where nothing waits to be
 * written, as far as it has been read. */
static uint64_t reached(const struct hr__log_sink *sink, const struct hr__log_producer *producer,
                        bool idle) {
    uint64_t before = hr__log_commit_position(&sink->commit, producer->index), now = 0;
    if (idle)
        now = producer->ring.read;
    else if (producer->index < sink->durable_count)
        now = sink->durable[producer->index];
    return now > before ? now : before;
}

void hr__log_sink_commit(struct hr__log_sink *sink) {
    if (!sink->commit.page || sink->commit_frozen) return;
    const struct hr__log_producer *first =
        __atomic_load_n(&sink->host->rings->first, __ATOMIC_ACQUIRE);
    uint32_t count = first ? first->index + 1 : 0;
    if (count > sink->positions_count) { /* without memory, later: the rings are not freed either */
        uint64_t *grown = realloc(sink->positions, count * sizeof *grown);
        if (!grown) return;
        sink->positions = grown;
        sink->positions_count = count;
    }
    bool idle = hr__log_sink_idle(sink);
    /* A new reading of the clock counts for lines that are still to be formatted. */
    bool changed = sink->done_offset != sink->committed_offset ||
                   (idle && sink->committed_base_ticks != sink->host->ticks.base_ticks);
    for (const struct hr__log_producer *producer = first; producer; producer = producer->next) {
        uint64_t position = reached(sink, producer, idle);
        changed |= position != hr__log_commit_position(&sink->commit, producer->index);
        sink->positions[producer->index] = position;
    }
    if (changed) put(sink, sink->done_offset, sink->positions, count);
}

/* Until this is done a kill leaves the old file named, and nothing has been written to the new one:
 * the old one is found by its number, whatever it is called by now. */
void hr__log_sink_commit_file(struct hr__log_sink *sink) {
    if (!sink->commit.page) return;
    hr__log_sink_commit(sink);
    sink->done_offset = sink->offset;
    put_same_positions(sink);
    hr__log_commit_reach(&sink->commit, sink->offset);
}

void hr__log_sink_commit_place(struct hr__log_sink *sink, const struct hr__log_buffer *buffer) {
    if (!sink->commit.page) return;
    if (buffer->offset < sink->done_offset) { /* the file was cut: nothing is on its way */
        sink->done_offset = buffer->offset;
        put_same_positions(sink);
    }
    hr__log_commit_reach(&sink->commit, buffer->offset + buffer->size);
}

bool hr__log_sink_committed_all(const struct hr__log_sink *sink) {
    if (!sink->commit.page) return true;
    const struct hr__log_producer *producer =
        __atomic_load_n(&sink->host->rings->first, __ATOMIC_ACQUIRE);
    for (; producer; producer = producer->next)
        if (hr__log_commit_position(&sink->commit, producer->index) <
            hr__log_ring_head(&producer->ring))
            return false;
    return true;
}
