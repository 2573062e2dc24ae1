/* Bytes and vectors are handed out where they lie; files and producers fill a borrowed block. */
#include "source.h"

#include <assert.h>
#include <errno.h>
#include <headrace/error.h>

static size_t block_for(const struct hr_source *source) {
    return source->size < HR_BLOCK_LARGE ? (size_t)source->size : HR_BLOCK_LARGE;
}

size_t hr__source_cost(const struct hr_source *source) {
    if (source->kind != HR_SOURCE_FD && source->kind != HR_SOURCE_PRODUCER) return 0;
    return hr__block_size(block_for(source));
}

static int check_vector(const struct hr_source *source) {
    if (source->iov_count > 0 && !source->iov) return -EINVAL;
    for (size_t i = 0; i < source->iov_count; i++)
        if (source->iov[i].iov_len > 0 && !source->iov[i].iov_base) return -EINVAL;
    return 0;
}

int hr__source_check(const struct hr_source *source) {
    switch (source->kind) {
    case HR_SOURCE_NONE:
        return 0;
    case HR_SOURCE_BYTES:
        return source->size > 0 && !source->data ? -EINVAL : 0;
    case HR_SOURCE_IOVEC:
        return check_vector(source);
    case HR_SOURCE_FD:
        return source->fd < 0 || source->size == HR_SIZE_UNKNOWN ? -EINVAL : 0;
    case HR_SOURCE_PRODUCER:
        return source->produce ? 0 : -EINVAL;
    }
    return -EINVAL;
}

static void start_over(struct hr_source_reader *reader) {
    reader->taken = 0;
    reader->ended = reader->source->kind == HR_SOURCE_NONE || reader->source->size == 0;
    reader->touched = false;
    reader->vector = hr__iov_begin(reader->source->iov, reader->source->iov_count);
    reader->read_done = false;
    reader->held = 0;
}

void hr__source_open(struct hr_source_reader *reader, struct hr_reactor *reactor,
                     struct hr_blocks *blocks, const struct hr_source *source,
                     void (*on_ready)(struct hr_source_reader *reader)) {
    reader->reactor = reactor;
    reader->blocks = blocks;
    reader->source = source;
    reader->on_ready = on_ready;
    reader->block = NULL;
    reader->block_size = 0;
    reader->whole = false;
    start_over(reader);
}

/* Counts what is handed out. */
static ssize_t hand_out(struct hr_source_reader *reader, size_t size) {
    reader->taken += size;
    if (reader->taken == reader->source->size) reader->ended = true;
    return (ssize_t)size;
}

static ssize_t next_bytes(struct hr_source_reader *reader, size_t max, struct iovec *iov,
                          unsigned *count) {
    uint64_t left = reader->source->size - reader->taken;
    size_t size = left < max ? (size_t)left : max;
    iov->iov_base = (char *)reader->source->data + reader->taken;
    iov->iov_len = size;
    *count = 1;
    return hand_out(reader, size);
}

static ssize_t next_vector(struct hr_source_reader *reader, size_t max, struct iovec *iov,
                           unsigned iov_max, unsigned *count) {
    uint64_t left = reader->source->size - reader->taken;
    if (left < max) max = (size_t)left;
    size_t total = 0;
    unsigned used = 0;
    while (used < iov_max && total < max && hr__iov_piece(&reader->vector, &iov[used])) {
        if (iov[used].iov_len > max - total) iov[used].iov_len = max - total;
        total += iov[used].iov_len;
        hr__iov_advance(&reader->vector, iov[used++].iov_len);
    }
    if (total == 0) return HR_ERR_SOURCE_SHORT;
    *count = used;
    return hand_out(reader, total);
}

static int take_block(struct hr_source_reader *reader) {
    if (reader->block) return 0;
    reader->block_size = hr__block_size(block_for(reader->source));
    reader->block = hr__blocks_take(reader->blocks, reader->block_size);
    return reader->block ? 0 : -ENOMEM;
}

static size_t room(const struct hr_source_reader *reader, size_t max) {
    size_t size = reader->block_size < max ? reader->block_size : max;
    if (reader->source->size == HR_SIZE_UNKNOWN) return size;
    uint64_t left = reader->source->size - reader->taken;
    return left < size ? (size_t)left : size;
}

static ssize_t hand_out_block(struct hr_source_reader *reader, size_t size, struct iovec *iov,
                              unsigned *count) {
    iov->iov_base = reader->block;
    iov->iov_len = size;
    *count = 1;
    reader->held = 0;
    return hand_out(reader, size);
}

static void on_read(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr_source_reader *reader = hr__container_of(operation, struct hr_source_reader, read);
    reader->read_result = completion->result;
    reader->read_done = true;
    reader->on_ready(reader);
}

static ssize_t next_of_file(struct hr_source_reader *reader, size_t max, struct iovec *iov,
                            unsigned *count) {
    if (reader->read_done) {
        reader->read_done = false;
        /* A producer's -EAGAIN pushes back and is resumed by its caller; nobody resumes a file,
         * which says it where it was opened not to wait. */
        if (reader->read_result == -EAGAIN) return -EIO;
        if (reader->read_result < 0) return reader->read_result;
        if (reader->read_result == 0) return HR_ERR_SOURCE_SHORT;
        reader->held += (size_t)reader->read_result;
        if (!reader->whole || reader->held == room(reader, max))
            return hand_out_block(reader, reader->held, iov, count);
    }
    if (hr__operation_active(&reader->read)) return -EINPROGRESS;
    struct hr_operation *read = &reader->read;
    read->kind = HR_OP_READ;
    read->multi = false;
    read->link = false;
    read->fd = reader->source->fd;
    read->u.buffer.data = reader->block + reader->held;
    read->u.buffer.size = room(reader, max) - reader->held;
    read->u.buffer.offset = reader->source->offset + reader->taken + reader->held;
    read->u.buffer.flags = 0;
    read->u.buffer.fixed = 0;
    read->on_event = on_read;
    hr__operation_start(reader->reactor, read);
    return -EINPROGRESS;
}

/* Asks until the block is full or the producer has no more for now: small pieces would each cost a
 * send. */
static ssize_t next_of_producer(struct hr_source_reader *reader, size_t max, struct iovec *iov,
                                unsigned *count) {
    const struct hr_source *source = reader->source;
    size_t capacity = room(reader, max), filled = reader->held;
    reader->touched = true;
    reader->held = 0;
    while (filled < capacity) {
        ssize_t size = source->produce(source->user, reader->block + filled, capacity - filled);
        if (size == -EAGAIN && reader->whole) reader->held = filled;
        if (size == -EAGAIN && filled > 0 && !reader->whole) break;
        if (size < 0) return size;
        if ((size_t)size > capacity - filled) return -EOVERFLOW;
        if (size == 0) {
            if (source->size != HR_SIZE_UNKNOWN) return HR_ERR_SOURCE_SHORT;
            reader->ended = true;
            break;
        }
        filled += (size_t)size;
    }
    return filled == 0 ? 0 : hand_out_block(reader, filled, iov, count);
}

ssize_t hr__source_next(struct hr_source_reader *reader, size_t max, struct iovec *iov,
                        unsigned iov_max, unsigned *count) {
    *count = 0;
    if (reader->ended) return 0;
    switch (reader->source->kind) {
    case HR_SOURCE_NONE:
        return 0;
    case HR_SOURCE_BYTES:
        return next_bytes(reader, max, iov, count);
    case HR_SOURCE_IOVEC:
        return next_vector(reader, max, iov, iov_max, count);
    case HR_SOURCE_FD:
    case HR_SOURCE_PRODUCER:
        break;
    }
    int err = take_block(reader);
    if (err) return err;
    if (reader->source->kind == HR_SOURCE_FD) return next_of_file(reader, max, iov, count);
    return next_of_producer(reader, max, iov, count);
}

bool hr__source_replayable(const struct hr_source_reader *reader) {
    return !reader->touched || reader->source->kind != HR_SOURCE_PRODUCER || reader->source->rewind;
}

int hr__source_rewind(struct hr_source_reader *reader) {
    assert(!hr__source_busy(reader));
    if (!hr__source_replayable(reader)) return HR_ERR_SOURCE_NOT_REWINDABLE;
    if (reader->touched) {
        int err = reader->source->rewind(reader->source->user);
        if (err < 0) return err;
    }
    start_over(reader);
    return 0;
}

bool hr__source_busy(const struct hr_source_reader *reader) {
    return hr__operation_active(&reader->read);
}

void hr__source_stop(struct hr_source_reader *reader) {
    hr__operation_cancel(reader->reactor, &reader->read);
}

void hr__source_close(struct hr_source_reader *reader) {
    assert(!hr__source_busy(reader));
    hr__blocks_give(reader->blocks, reader->block, reader->block_size);
    reader->block = NULL;
}
