/* Sinks: dropped, copied, grown within the budget, written to a file, or shown to a consumer. */
#include "sink.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <engine/budget.h>
#include <engine/file.h>
#include <headrace/error.h>

/* Dropped bytes are read into the same memory again and again: a piece that stays in the cache
 * costs less than one of 256 KiB: perf/compare/bulk_compare.sh. */
#define DISCARD_MAX (64u << 10)

#define BUFFER_SIZE_MAX_DEFAULT (UINT64_C(64) << 20)
#define BUFFER_SIZE_MIN         4096
#define SECRET_SIZE_MAX         (64u << 10)

void hr_buffer_deinit(struct hr_buffer *buffer) {
    if (!buffer) return;
    if (buffer->data) {
        free(buffer->data);
        hr__budget_give_back(buffer->charge, buffer->capacity);
    }
    memset(buffer, 0, sizeof *buffer);
}

size_t hr__sink_cost(const struct hr_sink *sink) {
    return sink->kind == HR_SINK_FD || sink->kind == HR_SINK_CONSUMER ? HR_BLOCK_LARGE : 0;
}

int hr__sink_check(const struct hr_sink *sink) {
    switch (sink->kind) {
    case HR_SINK_DISCARD:
        return 0;
    case HR_SINK_BYTES:
        return sink->capacity > 0 && !sink->data ? -EINVAL : 0;
    case HR_SINK_BUFFER:
        return sink->buffer ? 0 : -EINVAL;
    case HR_SINK_FD:
        return sink->fd < 0 ? -EINVAL : 0;
    case HR_SINK_CONSUMER:
        return sink->consume ? 0 : -EINVAL;
    }
    return -EINVAL;
}

void hr__sink_open(struct hr_sink_writer *writer, struct hr_reactor *reactor,
                   struct hr_blocks *blocks, char *scratch, const struct hr_sink *sink,
                   void (*on_ready)(struct hr_sink_writer *writer)) {
    writer->reactor = reactor;
    writer->blocks = blocks;
    writer->scratch = scratch;
    writer->sink = *sink;
    writer->on_ready = on_ready;
    writer->size = 0;
    writer->pushed_back = false;
    writer->touched = false;
    writer->begun = false;
    writer->block = NULL;
    writer->used = 0;
    writer->written = 0;
    writer->offset = sink->offset;
    writer->error = 0;
    if (sink->kind != HR_SINK_BUFFER) return;
    if (sink->buffer->data && sink->buffer->charge != hr__reactor_engine(reactor))
        hr_buffer_deinit(sink->buffer); /* memory that another engine is charged for */
    if (sink->buffer->size > sink->offset) sink->buffer->size = (size_t)sink->offset;
    if (writer->sink.size_max == 0) writer->sink.size_max = BUFFER_SIZE_MAX_DEFAULT;
}

/* ---- The growing buffer. */

/* A small one may hold a secret (a store's refusal, credentials), so it leaves no copy behind. */
static char *enlarge(const struct hr_buffer *buffer, size_t capacity) {
    if (!buffer->data || buffer->capacity > SECRET_SIZE_MAX) return realloc(buffer->data, capacity);
    char *data = malloc(capacity);
    if (!data) return NULL;
    memcpy(data, buffer->data, buffer->size);
    explicit_bzero(buffer->data, buffer->capacity);
    free(buffer->data);
    return data;
}

static int grow_to(struct hr_sink_writer *writer, size_t capacity) {
    struct hr_buffer *buffer = writer->sink.buffer;
    size_t more = capacity - buffer->capacity;
    int err = hr__budget_grow(writer->reactor, more);
    if (err) return err;
    char *data = enlarge(buffer, capacity);
    if (!data) {
        hr__budget_release(writer->reactor, more);
        return -ENOMEM;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    buffer->charge = hr__reactor_engine(writer->reactor);
    return 0;
}

/* Doubles where the budget allows it, else takes just what is needed. */
static int make_room(struct hr_sink_writer *writer, uint64_t needed) {
    struct hr_buffer *buffer = writer->sink.buffer;
    if (needed <= buffer->capacity) return 0;
    if (needed > writer->sink.size_max) return HR_ERR_HTTP_BODY_TOO_LARGE;
    uint64_t wished = (uint64_t)buffer->capacity * 2;
    if (wished < BUFFER_SIZE_MIN) wished = BUFFER_SIZE_MIN;
    if (wished > writer->sink.size_max) wished = writer->sink.size_max;
    if (wished > needed && grow_to(writer, (size_t)wished) == 0) return 0;
    return grow_to(writer, (size_t)needed);
}

int hr__sink_expect(struct hr_sink_writer *writer, uint64_t size) {
    const struct hr_sink *sink = &writer->sink;
    if (sink->kind == HR_SINK_BYTES && size > sink->capacity) return HR_ERR_SINK_FULL;
    if (sink->kind != HR_SINK_BUFFER) return 0;
    if (sink->buffer->size > sink->size_max || size > sink->size_max - sink->buffer->size)
        return HR_ERR_HTTP_BODY_TOO_LARGE;
    uint64_t needed = sink->buffer->size + size;
    return needed > sink->buffer->capacity ? grow_to(writer, (size_t)needed) : 0;
}

static ssize_t take_into_buffer(struct hr_sink_writer *writer, const char *data, size_t size) {
    struct hr_buffer *buffer = writer->sink.buffer;
    if (size > writer->sink.size_max - buffer->size) return HR_ERR_HTTP_BODY_TOO_LARGE;
    int err = make_room(writer, buffer->size + size);
    if (err) return err;
    if (data != buffer->data + buffer->size) memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    return (ssize_t)size;
}

/* ---- The file. */

static int take_block(struct hr_sink_writer *writer) {
    if (writer->block) return 0;
    writer->block_size = HR_BLOCK_LARGE;
    writer->block = hr__blocks_take(writer->blocks, writer->block_size);
    return writer->block ? 0 : -ENOMEM;
}

static void start_write(struct hr_sink_writer *writer);

static void on_write(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr_sink_writer *writer = hr__container_of(operation, struct hr_sink_writer, write);
    if (completion->result <= 0) {
        /* The file's, even where it says -EAGAIN (it was opened not to wait): nobody resumes it. */
        writer->error =
            completion->result && completion->result != -EAGAIN ? completion->result : -EIO;
    } else {
        writer->written += (size_t)completion->result;
        if (writer->written < writer->used && !writer->error) {
            start_write(writer);
            return;
        }
        if (writer->written == writer->used) {
            writer->offset += writer->used;
            writer->used = 0;
            writer->written = 0;
        }
    }
    writer->on_ready(writer);
}

/* Before the first write of an attempt: what kind of file it is, and how long. */
static void note_file(struct hr_sink_writer *writer) {
    struct hr_sink_file *file = &writer->file;
    struct hr_file_info info;
    writer->begun = true;
    if (hr__file_info(hr__reactor_engine(writer->reactor), writer->sink.fd, &info) != 0) return;
    if (!info.regular || info.append) {
        writer->touched = true;
        return;
    }
    if (file->written && file->fd == writer->sink.fd) {
        if (writer->sink.offset < file->first) file->first = writer->sink.offset;
        return;
    }
    *file = (struct hr_sink_file){
        .written = true, .fd = writer->sink.fd, .first = writer->sink.offset, .before = info.size};
}

static void note_write(struct hr_sink_writer *writer) {
    if (!writer->begun) note_file(writer);
    uint64_t end = writer->offset + writer->used;
    if (!writer->touched && end > writer->file.end) writer->file.end = end;
}

static void start_write(struct hr_sink_writer *writer) {
    note_write(writer);
    struct hr_operation *write = &writer->write;
    write->kind = HR_OP_WRITE;
    write->multi = false;
    write->link = false;
    write->fd = writer->sink.fd;
    write->u.buffer.data = writer->block + writer->written;
    write->u.buffer.size = writer->used - writer->written;
    write->u.buffer.offset = writer->offset + writer->written;
    write->u.buffer.flags = 0;
    write->u.buffer.fixed = 0;
    write->on_event = on_write;
    hr__operation_start(writer->reactor, write);
}

static ssize_t take_into_file(struct hr_sink_writer *writer, const char *data, size_t size) {
    if (writer->error) return writer->error;
    if (hr__operation_active(&writer->write)) return 0;
    int err = take_block(writer);
    if (err) return err;
    size_t room = writer->block_size - writer->used;
    size_t count = size < room ? size : room;
    if (data != writer->block + writer->used) memcpy(writer->block + writer->used, data, count);
    writer->used += count;
    if (writer->used == writer->block_size) start_write(writer);
    return (ssize_t)count;
}

int hr__sink_flush(struct hr_sink_writer *writer) {
    if (writer->sink.kind != HR_SINK_FD) return 0;
    if (writer->error) return writer->error;
    if (writer->used > 0 && !hr__operation_active(&writer->write)) start_write(writer);
    return hr__operation_active(&writer->write) ? -EINPROGRESS : 0;
}

void hr__sink_finish(struct hr_sink_writer *writer) {
    if (!writer->block || writer->error || !writer->used || hr__sink_busy(writer)) return;
    if (writer->sink.kind != HR_SINK_FD) return;
    if (!writer->begun) note_file(writer);
    if (!writer->touched) start_write(writer);
}

void hr__sink_forget(struct hr_sink_writer *writer) {
    writer->file = (struct hr_sink_file){.written = false};
}

uint64_t hr__sink_delivered(const struct hr_sink_writer *writer) {
    assert(writer->size >= writer->used);
    return writer->block ? writer->size - writer->used + writer->written : writer->size;
}

void hr__sink_keep(struct hr_sink_writer *writer) {
    struct hr_sink_file *file = &writer->file;
    uint64_t end = writer->sink.offset + hr__sink_delivered(writer);
    if (file->written && file->fd == writer->sink.fd && end > file->first) file->first = end;
}

/* Cutting waits for the file system, as no operation of every kernel that is supported does it. It
 * is for the rare end that an attempt which broke off had written past. */
int hr__sink_cut(struct hr_sink_writer *writer, bool current) {
    const struct hr_sink_file *file = &writer->file;
    if (!file->written) return 0;
    bool same = current && writer->sink.kind == HR_SINK_FD && writer->sink.fd == file->fd;
    uint64_t end = same ? writer->offset + writer->written : file->first;
    if (end >= file->end) return 0;
    hr_engine *engine = hr__reactor_engine(writer->reactor);
    struct hr_file_info info;
    int err = hr__file_info(engine, file->fd, &info);
    if (err) return err;
    /* Bytes from before are the caller's, and those behind somebody else's. */
    if (end < file->before) end = file->before;
    if (info.size <= end || info.size > file->end) return 0;
    return hr__file_truncate(engine, file->fd, end);
}

/* ---- All kinds. */

static ssize_t take_into_bytes(struct hr_sink_writer *writer, const char *data, size_t size) {
    if (size > writer->sink.capacity - (size_t)writer->size) return HR_ERR_SINK_FULL;
    char *to = (char *)writer->sink.data + writer->size;
    if (data != to) memcpy(to, data, size);
    return (ssize_t)size;
}

static ssize_t take_into_consumer(struct hr_sink_writer *writer, const char *data, size_t size) {
    ssize_t taken = writer->sink.consume(writer->sink.user, data, size);
    if (taken < 0) return taken;
    if ((size_t)taken > size) return -EOVERFLOW;
    if (taken > 0) writer->touched = true;
    writer->pushed_back = (size_t)taken < size;
    return taken;
}

static ssize_t take_by_kind(struct hr_sink_writer *writer, const char *data, size_t size) {
    switch (writer->sink.kind) {
    case HR_SINK_DISCARD:
        return (ssize_t)size;
    case HR_SINK_BYTES:
        return take_into_bytes(writer, data, size);
    case HR_SINK_BUFFER:
        return take_into_buffer(writer, data, size);
    case HR_SINK_FD:
        return take_into_file(writer, data, size);
    case HR_SINK_CONSUMER:
        return take_into_consumer(writer, data, size);
    }
    return -EINVAL;
}

ssize_t hr__sink_take(struct hr_sink_writer *writer, const char *data, size_t size) {
    if (size == 0) return 0;
    ssize_t taken = take_by_kind(writer, data, size);
    if (taken > 0) writer->size += (uint64_t)taken;
    return taken;
}

bool hr__sink_is_direct(const struct hr_sink_writer *writer, uint64_t left) {
    if (writer->sink.kind == HR_SINK_DISCARD) return writer->scratch != NULL;
    if (writer->sink.kind == HR_SINK_BYTES) return left <= writer->sink.capacity - writer->size;
    if (writer->sink.kind == HR_SINK_BUFFER)
        return left <= writer->sink.buffer->capacity - writer->sink.buffer->size;
    return true;
}

char *hr__sink_direct(struct hr_sink_writer *writer, uint64_t left, size_t *size) {
    size_t max = writer->sink.kind == HR_SINK_DISCARD ? DISCARD_MAX : HR_SINK_DIRECT_MAX;
    *size = left < max ? (size_t)left : max;
    if (!hr__sink_is_direct(writer, left)) return NULL;
    switch (writer->sink.kind) {
    case HR_SINK_DISCARD:
        return writer->scratch;
    case HR_SINK_BYTES:
        return (char *)writer->sink.data + writer->size;
    case HR_SINK_BUFFER:
        return writer->sink.buffer->data + writer->sink.buffer->size;
    case HR_SINK_FD:
    case HR_SINK_CONSUMER:
        break;
    }
    if (hr__operation_active(&writer->write) || writer->error || take_block(writer)) return NULL;
    size_t room = writer->block_size - writer->used;
    if (*size > room) *size = room;
    return writer->block + writer->used;
}

bool hr__sink_busy(const struct hr_sink_writer *writer) {
    return hr__operation_active(&writer->write);
}

void hr__sink_stop(struct hr_sink_writer *writer) {
    writer->error = -ECANCELED; /* a write that was short is not taken up again */
    hr__operation_cancel(writer->reactor, &writer->write);
}

void hr__sink_close(struct hr_sink_writer *writer) {
    assert(!hr__sink_busy(writer));
    hr__blocks_give(writer->blocks, writer->block, writer->block_size);
    writer->block = NULL;
}
