/* Files as the body of a response. */
#include "file_reader.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/container_of.h>
#include <engine/reactor.h>

#include "disk.h"

struct s3_file_reader {
    struct hr_operation operation;
    struct hr_reactor *reactor;
    struct s3_object *object;
    hr_http_exchange *exchange;
    struct s3_disk *disk;
    uint64_t offset, left; /* of the object: what has not been read */
    uint64_t total;
    int fd; /* of the piece that is being read; -1: none */
    const struct s3_blob *blob;
    char *data; /* of `capacity` bytes */
    size_t capacity;
    size_t at, size;
    int error; /* negative */
    bool closed;
};

struct s3_file_reader *s3_server__file_reader_new(struct s3_object *object, uint64_t offset,
                                                  uint64_t size, hr_http_exchange *exchange) {
    struct s3_file_reader *reader = calloc(1, sizeof *reader);
    if (!reader) return NULL;
    reader->capacity = size < S3_READ_BYTES ? (size_t)size : S3_READ_BYTES;
    reader->reactor = hr__reactor_current();
    reader->object = s3_server__object_reference(object);
    reader->exchange = exchange;
    reader->disk = object->piece_count ? object->pieces[0].blob->file.disk : NULL;
    if (reader->disk) s3_server__disk_use(reader->disk);
    reader->offset = offset;
    reader->left = reader->total = size;
    reader->fd = -1;
    assert(reader->reactor && offset <= object->size && size <= object->size - offset);
    return reader;
}

static void release(struct s3_file_reader *reader) {
    struct s3_disk *disk = reader->disk;
    s3_server__object_release(reader->object);
    if (reader->fd >= 0) close(reader->fd);
    free(reader->data);
    free(reader);
    if (disk) s3_server__disk_unuse(disk);
}

static void on_read(struct hr_operation *operation, const struct hr_completion *completion) {
    struct s3_file_reader *reader = hr__container_of(operation, struct s3_file_reader, operation);
    if (reader->closed) {
        release(reader);
        return;
    }
    if (completion->result <= 0) {
        reader->error = -EIO; /* a committed file has all of its bytes */
    } else {
        reader->at = 0;
        reader->size = (size_t)completion->result;
        reader->offset += reader->size;
        reader->left -= reader->size;
    }
    hr_http_exchange_resume(reader->exchange);
}

static int open_piece(struct s3_file_reader *reader, const struct s3_piece *piece) {
    if (reader->blob == piece->blob && reader->fd >= 0) return 0;
    if (reader->fd >= 0) close(reader->fd);
    reader->blob = piece->blob;
    reader->fd = s3_server__disk_open_blob(piece->blob);
    return reader->fd < 0 ? reader->fd : 0;
}

enum s3_error s3_server__file_reader_open(struct s3_file_reader *reader) {
    struct s3_piece piece;
    if (s3_server__object_cut(reader->object, reader->offset, reader->left, &piece, 1) == 0)
        return S3_OK;
    return open_piece(reader, &piece) ? S3_InternalError : S3_OK;
}

static int start_read(struct s3_file_reader *reader) {
    struct s3_piece piece;
    size_t count = s3_server__object_cut(reader->object, reader->offset, reader->left, &piece, 1);
    if (count == 0) return -EIO;
    if (!reader->data) reader->data = malloc(reader->capacity);
    if (!reader->data) return -ENOMEM;
    int err = open_piece(reader, &piece);
    if (err) return err;
    struct hr_operation *operation = &reader->operation;
    operation->kind = HR_OP_READ;
    operation->fd = reader->fd;
    operation->on_event = on_read;
    memset(&operation->u, 0, sizeof operation->u);
    operation->u.buffer.data = reader->data;
    operation->u.buffer.size = piece.size < reader->capacity ? piece.size : reader->capacity;
    operation->u.buffer.offset = piece.offset;
    hr__operation_start(reader->reactor, operation);
    return 0;
}

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct s3_file_reader *reader = user;
    if (reader->error) return reader->error;
    if (hr__operation_active(&reader->operation)) return -EAGAIN;
    if (reader->at == reader->size) {
        if (reader->left == 0) return 0;
        reader->error = start_read(reader);
        return reader->error ? reader->error : -EAGAIN;
    }
    size_t size = reader->size - reader->at < capacity ? reader->size - reader->at : capacity;
    memcpy(buffer, reader->data + reader->at, size);
    reader->at += size;
    return (ssize_t)size;
}

struct hr_source s3_server__file_reader_source(struct s3_file_reader *reader) {
    return hr_source_producer(produce, NULL, reader, reader->total);
}

void s3_server__file_reader_close(struct s3_file_reader *reader) {
    if (!reader) return;
    reader->closed = true;
    if (hr__operation_active(&reader->operation))
        hr__operation_cancel(reader->reactor, &reader->operation);
    else
        release(reader);
}
