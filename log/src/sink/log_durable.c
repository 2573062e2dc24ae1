/* Durable mode. The file's last block stays in memory and is written again with the lines behind
 * it. It is filled up with zeros, which the next write or the end of the log takes away. */
#include "log_durable.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_tell.h"

#define BLOCK_BYTES    HR_LOG_BLOCK_BYTES
#define BOUNCE_BYTES   (HR_LOG_FILE_BUFFER_BYTES + 2 * BLOCK_BYTES)
#define ALLOCATE_BYTES (UINT64_C(16) << 20)
#define NS_PER_MS      UINT64_C(1000000)

struct hr__log_durable {
    struct hr__log_sink *sink;
    void (*go_on)(struct hr__log_sink *sink);
    uint64_t sync_ns;
    char *bounce;                  /* aligned memory; begins with the file's last block */
    struct hr__log_buffer *buffer; /* the one whose piece is on its way; NULL: none */
    size_t done, size;             /* of the bounce */
    uint64_t allocated;            /* space is, up to here */
    bool no_allocation;            /* the file system cannot */
    bool told;                     /* that there is no O_DIRECT */
    bool syncing_all;              /* nothing was written since the sync began */
    struct hr_operation write, allocate, sync;
    struct hr_timer timer;
};

/* ---- Writing. */

static void wrote(struct hr_operation *operation, const struct hr_completion *completion);

static void write_rest(struct hr__log_durable *durable) {
    assert(durable->buffer && durable->done < durable->size);
    const struct hr__log_target *target = &durable->buffer->target;
    struct hr_operation *operation = &durable->write;
    operation->kind = HR_OP_WRITE;
    operation->fd = target->direct >= 0 ? target->direct : target->fd;
    operation->on_event = wrote;
    operation->u.buffer.data = durable->bounce + durable->done;
    operation->u.buffer.size = durable->size - durable->done;
    operation->u.buffer.offset = target->offset / BLOCK_BYTES * BLOCK_BYTES + durable->done;
    operation->u.buffer.fixed = 0;
    hr__operation_start(durable->sink->host->reactor, operation);
}

/* Allocates space ahead of the writes, which then only fill it; the file does not get longer by it.
 */
static void allocate_ahead(struct hr__log_durable *durable, uint64_t end);

void hr__log_durable_write(struct hr__log_durable *durable, struct hr__log_buffer *buffer) {
    size_t tail = buffer->target.offset % BLOCK_BYTES, piece = buffer->end - buffer->begin;
    size_t used = tail + piece, padding = (BLOCK_BYTES - used % BLOCK_BYTES) % BLOCK_BYTES;
    assert(!durable->buffer && piece > 0 && used + padding <= BOUNCE_BYTES);
    memcpy(durable->bounce + tail, buffer->data + buffer->begin, piece);
    memset(durable->bounce + used, 0, padding);
    durable->buffer = buffer;
    durable->done = 0;
    durable->size = used + padding;
    allocate_ahead(durable, buffer->target.offset + piece);
    write_rest(durable);
}

/* Gives O_DIRECT up for a disk with larger blocks, or a file system that refuses it after all.
 * False: it was not in use. */
static bool give_up_direct(struct hr__log_durable *durable) {
    assert(durable->buffer);
    struct hr__log_target *target = &durable->sink->target;
    if (target->direct < 0) return false;
    close(target->direct);
    target->direct = durable->buffer->target.direct = -1;
    return true;
}

static void wrote(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__log_durable *durable = hr__container_of(operation, struct hr__log_durable, write);
    struct hr__log_buffer *buffer = durable->buffer;
    assert(buffer && buffer == durable->sink->writing);
    int result = completion->result;
    if (result > 0) durable->done += (size_t)result;
    bool again = result > 0 ? durable->done < durable->size : result == -EINTR;
    if (result > 0 && again) durable->done = durable->done / BLOCK_BYTES * BLOCK_BYTES;
    if (again || (result == -EINVAL && give_up_direct(durable))) {
        write_rest(durable);
        return;
    }
    durable->buffer = NULL;
    if (result > 0) {
        buffer->written = buffer->end;
        size_t used = buffer->target.offset % BLOCK_BYTES + (buffer->end - buffer->begin);
        size_t whole = used / BLOCK_BYTES * BLOCK_BYTES;
        if (whole) memmove(durable->bounce, durable->bounce + whole, used - whole);
    }
    durable->sink->class_->wrote(durable->sink, buffer, result > 0 ? 0 : result ? result : -EIO);
}

/* ---- Space ahead. */

static void allocated(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__log_durable *durable = hr__container_of(operation, struct hr__log_durable, allocate);
    if (completion->result < 0) durable->no_allocation = true; /* a write says why */
    durable->go_on(durable->sink);
}

static void allocate_ahead(struct hr__log_durable *durable, uint64_t end) {
    bool enough = end + ALLOCATE_BYTES / 4 < durable->allocated;
    if (enough || durable->no_allocation || hr__operation_active(&durable->allocate)) return;
    assert(!hr__operation_active(&durable->allocate));
    if (durable->allocated < end) durable->allocated = end;
    struct hr_operation *operation = &durable->allocate;
    operation->kind = HR_OP_FALLOCATE;
    operation->fd = durable->sink->target.fd;
    operation->on_event = allocated;
    operation->u.range.mode = FALLOC_FL_KEEP_SIZE;
    operation->u.range.offset = durable->allocated;
    operation->u.range.size = ALLOCATE_BYTES;
    durable->allocated += ALLOCATE_BYTES;
    hr__operation_start(durable->sink->host->reactor, operation);
}

/* ---- On the disk. */

static void begin_sync(struct hr__log_durable *durable);

static void synced(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__log_durable *durable = hr__container_of(operation, struct hr__log_durable, sync);
    struct hr__log_sink *sink = durable->sink;
    assert(sink->progress.unsynced);
    if (completion->result < 0) {
        hr__log_sink_complain(sink, "fdatasync is tried again", completion->result);
        durable->syncing_all = false;
    } else {
        hr__log_progress_synced(&sink->progress, durable->syncing_all);
    }
    if (sink->progress.unsynced && sink->host->stopping && completion->result >= 0)
        begin_sync(durable);
    else if (sink->progress.unsynced && !sink->host->stopping &&
             !hr__timer_running(&durable->timer))
        hr__timer_start(sink->host->reactor, &durable->timer,
                        hr__reactor_now(sink->host->reactor) + durable->sync_ns);
    durable->go_on(sink);
    sink->host->go_on(sink->host);
}

static void begin_sync(struct hr__log_durable *durable) {
    assert(durable->sync_ns > 0);
    struct hr__log_sink *sink = durable->sink;
    if (!sink->progress.unsynced || hr__operation_active(&durable->sync)) return;
    hr__timer_stop(sink->host->reactor, &durable->timer);
    durable->syncing_all = true;
    hr__log_progress_sync_begins(&sink->progress);
    durable->sync.kind = HR_OP_FSYNC;
    durable->sync.fd = sink->target.fd;
    durable->sync.on_event = synced;
    durable->sync.u.range.mode = 1; /* fdatasync */
    hr__operation_start(sink->host->reactor, &durable->sync);
}

static void on_time(struct hr_timer *timer) {
    begin_sync(hr__container_of(timer, struct hr__log_durable, timer));
}

void hr__log_durable_wrote(struct hr__log_durable *durable) {
    assert(!durable->buffer);
    struct hr_reactor *reactor = durable->sink->host->reactor;
    durable->syncing_all = false;
    durable->sink->progress.unsynced = true;
    if (durable->sink->host->stopping)
        begin_sync(durable);
    else if (!hr__timer_running(&durable->timer) && !hr__operation_active(&durable->sync))
        hr__timer_start(reactor, &durable->timer, hr__reactor_now(reactor) + durable->sync_ns);
}

bool hr__log_durable_busy(const struct hr__log_durable *durable) {
    return hr__operation_active(&durable->write) || hr__operation_active(&durable->allocate) ||
           hr__operation_active(&durable->sync);
}

bool hr__log_durable_settle(struct hr__log_durable *durable) {
    begin_sync(durable);
    return !hr__log_durable_busy(durable) && !durable->sink->progress.unsynced;
}

/* ---- Opening and closing. */

void hr__log_durable_begin_file(struct hr__log_durable *durable) {
    assert(!durable->buffer && !hr__operation_active(&durable->sync));
    const struct hr__log_target *target = &durable->sink->target;
    durable->allocated = durable->sink->progress.written.offset = target->offset;
    durable->no_allocation = false;
    if (target->direct >= 0 || durable->told) return;
    durable->told = true;
    hr__log_tell("headrace log: file %s: no O_DIRECT here; written through the page cache, and "
                 "synced all the same\n",
                 durable->sink->path);
}

int hr__log_durable_open(struct hr__log_sink *sink, uint32_t sync_ms,
                         void (*go_on)(struct hr__log_sink *sink),
                         struct hr__log_durable **durable) {
    struct hr__log_durable *made = calloc(1, sizeof *made);
    if (!made) return -ENOMEM;
    void *bounce;
    if (posix_memalign(&bounce, BLOCK_BYTES, BOUNCE_BYTES) != 0) {
        free(made);
        return -ENOMEM;
    }
    made->bounce = bounce;
    made->sink = sink;
    made->go_on = go_on;
    made->sync_ns = sync_ms * NS_PER_MS;
    made->timer.on_fire = on_time;
    sink->progress.syncs = true;
    hr__log_durable_begin_file(made);
    /* The block in which the file ends. */
    size_t tail = sink->target.offset % BLOCK_BYTES;
    int fd = tail ? open(sink->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    bool read = tail == 0 ||
                pread(fd, made->bounce, tail, (off_t)(sink->target.offset - tail)) == (ssize_t)tail;
    if (fd >= 0) close(fd);
    *durable = made;
    return read ? 0 : -EACCES;
}

void hr__log_durable_stop(struct hr__log_durable *durable) {
    hr__timer_stop(durable->sink->host->reactor, &durable->timer);
    hr__operation_cancel(durable->sink->host->reactor, &durable->write);
    hr__operation_cancel(durable->sink->host->reactor, &durable->allocate);
    begin_sync(durable);
}

void hr__log_durable_close(struct hr__log_durable *durable) {
    if (!durable) return;
    free(durable->bounce);
    free(durable);
}
