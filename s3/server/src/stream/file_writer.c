/* Bytes into files, behind the reactor's back. */
#include "file_writer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/container_of.h>
#include <engine/reactor.h>

#include "disk.h"

struct chunk {
    char *data;
    size_t size, capacity;
};

struct s3_file_writer {
    struct hr_operation operation;
    struct hr_reactor *reactor;
    struct s3_blob *blob;
    struct chunk filling, writing;
    size_t written;  /* of `writing` */
    uint64_t offset; /* of `writing` in the file */
    bool sync, synced, flushing, closed;
    int error; /* errno */
    void (*on_ready)(void *user);
    void *user;
};

struct s3_file_writer *s3_server__file_writer_new(struct s3_blob *blob, bool sync,
                                                  void (*on_ready)(void *user), void *user) {
    struct s3_file_writer *writer = calloc(1, sizeof *writer);
    if (!writer) return NULL;
    writer->reactor = hr__reactor_current();
    writer->blob = s3_server__blob_reference(blob);
    s3_server__disk_use(blob->file.disk);
    writer->sync = sync;
    writer->on_ready = on_ready;
    writer->user = user;
    assert(writer->reactor && blob->file.state == S3_FILE_TEMPORARY);
    return writer;
}

static void release(struct s3_file_writer *writer) {
    struct s3_disk *disk = writer->blob->file.disk;
    s3_server__blob_release(writer->blob);
    free(writer->filling.data);
    free(writer->writing.data);
    free(writer);
    s3_server__disk_unuse(disk);
}

static void on_written(struct hr_operation *operation, const struct hr_completion *completion);

static void start(struct s3_file_writer *writer, enum hr_operation_kind kind) {
    struct hr_operation *operation = &writer->operation;
    operation->kind = (uint8_t)kind;
    operation->fd = writer->blob->file.fd;
    operation->on_event = on_written;
    memset(&operation->u, 0, sizeof operation->u);
    if (kind == HR_OP_WRITE) {
        operation->u.buffer.data = writer->writing.data + writer->written;
        operation->u.buffer.size = writer->writing.size - writer->written;
        operation->u.buffer.offset = writer->offset + writer->written;
    } else {
        operation->u.range.mode = 1; /* the data only */
    }
    hr__operation_start(writer->reactor, operation);
}

/* The file is as long as its record's place says, so zeroes need no write: they are a hole. */
static bool is_hole(const struct chunk *chunk) {
    return chunk->size >= S3_WRITE_BYTES && chunk->data[0] == 0 &&
           memcmp(chunk->data, chunk->data + 1, chunk->size - 1) == 0;
}

/* Begins with what has been filled, or waits for the medium, where something is left to do. */
static void go_on(struct s3_file_writer *writer) {
    if (hr__operation_active(&writer->operation) || writer->error) return;
    if (writer->filling.size > 0 && (writer->flushing || writer->filling.size >= S3_WRITE_BYTES)) {
        struct chunk empty = writer->writing;
        writer->offset += writer->writing.size;
        writer->writing = writer->filling;
        writer->filling = empty;
        writer->filling.size = 0;
        writer->written = 0;
        writer->synced = false;
        if (!is_hole(&writer->writing))
            start(writer, HR_OP_WRITE);
        else
            go_on(writer);
    } else if (writer->flushing && writer->sync && !writer->synced) {
        writer->synced = true;
        start(writer, HR_OP_FSYNC);
    }
}

static void on_written(struct hr_operation *operation, const struct hr_completion *completion) {
    struct s3_file_writer *writer = hr__container_of(operation, struct s3_file_writer, operation);
    bool is_write = operation->kind == HR_OP_WRITE;
    int32_t result = completion->result;
    if (writer->closed) {
        release(writer);
        return;
    }
    if (result < 0)
        writer->error = -result;
    else if (is_write && result == 0)
        writer->error = EIO;
    else if (is_write)
        writer->written += (size_t)result;
    if (!writer->error && is_write && writer->written < writer->writing.size)
        start(writer, HR_OP_WRITE); /* it was short */
    else
        go_on(writer);
    bool is_busy = hr__operation_active(operation);
    if (!writer->flushing || !is_busy) writer->on_ready(writer->user);
}

bool s3_server__file_writer_is_full(const struct s3_file_writer *writer) {
    return hr__operation_active(&writer->operation) && writer->filling.size >= S3_WRITE_BYTES;
}

static bool reserve(struct chunk *chunk, size_t size) {
    if (size <= chunk->capacity - chunk->size) return true;
    size_t capacity = chunk->capacity ? chunk->capacity * 2 : 4096;
    while (capacity - chunk->size < size) capacity *= 2;
    char *data = realloc(chunk->data, capacity);
    if (!data) return false;
    chunk->data = data;
    chunk->capacity = capacity;
    return true;
}

enum s3_error s3_server__file_writer_append(struct s3_file_writer *writer, const void *data,
                                            size_t size) {
    assert(!writer->flushing && !writer->closed);
    if (writer->error) return s3_server__file_writer_error(writer);
    if (size == 0) return S3_OK;
    if (!reserve(&writer->filling, size)) return S3_InternalError;
    memcpy(writer->filling.data + writer->filling.size, data, size);
    writer->filling.size += size;
    go_on(writer);
    return S3_OK;
}

bool s3_server__file_writer_flush(struct s3_file_writer *writer) {
    writer->flushing = true;
    go_on(writer);
    return !hr__operation_active(&writer->operation);
}

enum s3_error s3_server__file_writer_error(const struct s3_file_writer *writer) {
    return writer->error ? s3_server__disk_error(writer->error) : S3_OK;
}

void s3_server__file_writer_close(struct s3_file_writer *writer) {
    if (!writer) return;
    writer->closed = true;
    if (!hr__operation_active(&writer->operation)) release(writer);
}
