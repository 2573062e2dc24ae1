/* The hashes of a source, slice by slice. */
#include "payload.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <headrace/encode.h>

static void go_on(struct hr__payload *payload);

static struct hr__payload *of_task(struct hr_task *task) {
    return hr__container_of(task, struct hr__payload, task);
}

/* ---- The hashes. */

static int begin_hashes(struct hr__payload *payload) {
    int err = 0;
    assert(payload->is_signed || payload->algorithm);
    if (payload->algorithm) err = hr_s3_hasher_begin(payload->hasher, payload->algorithm);
    if (payload->is_signed) hr__sha256_begin(&payload->hash);
    return err;
}

static int absorb(struct hr__payload *payload, const void *data, size_t size) {
    int err = payload->algorithm ? hr_s3_hasher_update(payload->hasher, data, size) : 0;
    if (payload->is_signed) hr__sha256_update(&payload->hash, data, size);
    if (!err) payload->done += size;
    assert(payload->done <= payload->source->size);
    return err;
}

static int end_hashes(struct hr__payload *payload) {
    uint8_t digest[HR__SHA256_SIZE];
    if (payload->is_signed) {
        hr__sha256_end(&payload->hash, digest);
        hr_hex_encode(digest, sizeof digest, payload->hex);
        payload->hex[HR_SIGV4_HEX_SIZE] = 0;
    }
    return payload->algorithm ? hr_s3_hasher_end(payload->hasher, &payload->checksum) : 0;
}

/* So much that it takes one turn. */
static size_t slice_of(const struct hr__payload *payload) {
    enum hr_s3_checksum_algorithm algorithm = payload->algorithm;
    bool fast = algorithm <= HR_S3_CHECKSUM_CRC64NVME || algorithm >= HR_S3_CHECKSUM_XXHASH64;
    return payload->is_signed || !fast ? HR__HASH_SLICE : HR__SUM_SLICE;
}

/* ---- The source. */

static void finish(struct hr__payload *payload, int result) {
    assert(!payload->task_queued && !hr__operation_active(&payload->read));
    free(payload->buffer);
    payload->buffer = NULL;
    if (payload->reserved) hr__budget_release(payload->reactor, HR__HASH_BUFFER);
    payload->reserved = false;
    payload->finished = true;
    payload->result = result;
    if (!payload->beginning) payload->on_done(payload, result);
}

static void finish_whole(struct hr__payload *payload) {
    assert(payload->done == payload->source->size);
    int err = end_hashes(payload);
    if (!err && payload->source->kind == HR_SOURCE_PRODUCER)
        err = payload->source->rewind(payload->source->user);
    finish(payload, err < 0 ? err : 0);
}

static void run_task(struct hr_task *task) {
    struct hr__payload *payload = of_task(task);
    assert(payload->task_queued);
    payload->task_queued = false;
    if (payload->stopping)
        finish(payload, payload->stop_reason);
    else
        go_on(payload);
}

/* Posted, not deferred: what a reactor posts to itself runs in the next turn. */
static void next_turn(struct hr__payload *payload) {
    assert(!payload->task_queued);
    payload->task_queued = true;
    payload->task.run = run_task;
    hr__reactor_post(payload->reactor, &payload->task);
}

static uint64_t left_of(const struct hr__payload *payload) {
    return payload->source->size - payload->done;
}

static void hash_memory(struct hr__payload *payload) {
    size_t slice = slice_of(payload);
    while (slice > 0 && left_of(payload) > 0) {
        struct iovec piece;
        if (!hr__iov_piece(&payload->vector, &piece)) {
            finish(payload, HR_ERR_SOURCE_SHORT);
            return;
        }
        if (piece.iov_len > slice) piece.iov_len = slice;
        int err = absorb(payload, piece.iov_base, piece.iov_len);
        if (err) {
            finish(payload, err);
            return;
        }
        hr__iov_advance(&payload->vector, piece.iov_len);
        slice -= piece.iov_len;
    }
    if (left_of(payload) == 0)
        finish_whole(payload);
    else
        next_turn(payload);
}

static void on_read(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__payload *payload = hr__container_of(operation, struct hr__payload, read);
    int32_t result = completion->result;
    if (payload->stopping) {
        finish(payload, payload->stop_reason);
        return;
    }
    if (result == -EINTR) {
        next_turn(payload);
        return;
    }
    if (result <= 0) {
        /* -EAGAIN: the file was opened with O_NONBLOCK, and would return it for ever. */
        finish(payload, result == 0 ? HR_ERR_SOURCE_SHORT : result == -EAGAIN ? -EIO : result);
        return;
    }
    int err = absorb(payload, payload->buffer, (size_t)result);
    if (err)
        finish(payload, err);
    else
        go_on(payload);
}

static void read_file(struct hr__payload *payload) {
    if (left_of(payload) == 0) {
        finish_whole(payload);
        return;
    }
    struct hr_operation *read = &payload->read;
    read->kind = HR_OP_READ;
    read->fd = payload->source->fd;
    read->on_event = on_read;
    read->u.buffer.data = payload->buffer;
    read->u.buffer.size =
        left_of(payload) < HR__HASH_BUFFER ? (size_t)left_of(payload) : HR__HASH_BUFFER;
    read->u.buffer.offset = payload->source->offset + payload->done;
    hr__operation_start(payload->reactor, read);
}

static void ask_producer(struct hr__payload *payload) {
    size_t slice = slice_of(payload);
    while (slice > 0 && left_of(payload) > 0) {
        size_t max =
            left_of(payload) < HR__HASH_BUFFER ? (size_t)left_of(payload) : HR__HASH_BUFFER;
        if (max > slice) max = slice;
        ssize_t got = payload->source->produce(payload->source->user, payload->buffer, max);
        if (got == -EAGAIN && payload->resumed) { /* the resume came before the pause */
            payload->resumed = false;
            break;
        }
        if (got == -EAGAIN) {
            payload->paused = true;
            return;
        }
        int err = got == 0            ? HR_ERR_SOURCE_SHORT
                  : got < 0           ? (int)got
                  : (size_t)got > max ? -EINVAL
                                      : absorb(payload, payload->buffer, (size_t)got);
        if (err) {
            finish(payload, err);
            return;
        }
        slice -= (size_t)got;
    }
    if (left_of(payload) == 0)
        finish_whole(payload);
    else
        next_turn(payload);
}

static void go_on(struct hr__payload *payload) {
    switch (payload->source->kind) {
    case HR_SOURCE_FD:
        read_file(payload);
        break;
    case HR_SOURCE_PRODUCER:
        ask_producer(payload);
        break;
    default:
        hash_memory(payload);
        break;
    }
}

static void with_budget(struct hr__payload *payload) {
    assert(!payload->reserved && !payload->buffer);
    payload->reserved = true;
    payload->buffer = malloc(HR__HASH_BUFFER);
    if (payload->buffer)
        go_on(payload);
    else
        finish(payload, -ENOMEM);
}

static void on_granted(struct hr_budget_waiter *waiter) {
    with_budget(hr__container_of(waiter, struct hr__payload, waiter));
}

int hr__payload_check(const struct hr_source *source) {
    return source->kind == HR_SOURCE_PRODUCER && !source->rewind ? HR_ERR_SOURCE_NOT_REWINDABLE : 0;
}

/* Whether the source lies in memory, as a vector or as one piece of it. */
static bool begin_memory(struct hr__payload *payload) {
    const struct hr_source *source = payload->source;
    if (source->kind == HR_SOURCE_IOVEC) {
        payload->vector = hr__iov_begin(source->iov, source->iov_count);
        return true;
    }
    if (source->kind != HR_SOURCE_BYTES) return false;
    payload->bytes = (struct iovec){.iov_base = (char *)(uintptr_t)source->data,
                                    .iov_len = (size_t)source->size};
    payload->vector = hr__iov_begin(&payload->bytes, 1);
    return true;
}

static void begin(struct hr__payload *payload) {
    int err = begin_hashes(payload);
    if (err) {
        finish(payload, err);
        return;
    }
    if (begin_memory(payload)) {
        go_on(payload);
        return;
    }
    payload->waiter.bytes = HR__HASH_BUFFER;
    payload->waiter.on_granted = on_granted;
    if (hr__budget_reserve(payload->reactor, HR__HASH_BUFFER) == 0) {
        with_budget(payload);
        return;
    }
    err = hr__budget_wait(payload->reactor, &payload->waiter);
    if (err) finish(payload, err);
}

int hr__payload_begin(struct hr__payload *payload) {
    assert(!payload->beginning && !payload->finished);
    payload->beginning = true;
    begin(payload);
    payload->beginning = false;
    if (!payload->finished) return 0;
    return payload->result < 0 ? payload->result : 1;
}

void hr__payload_resume(struct hr__payload *payload) {
    if (!payload->paused) {
        payload->resumed = true;
        return;
    }
    payload->paused = false;
    go_on(payload);
}

void hr__payload_stop(struct hr__payload *payload, int reason) {
    assert(!payload->stopping);
    payload->stopping = true;
    payload->stop_reason = reason;
    if (payload->task_queued) return; /* the task ends it */
    if (hr__operation_active(&payload->read)) {
        hr__operation_cancel(payload->reactor, &payload->read);
        return;
    }
    hr__budget_unwait(payload->reactor, &payload->waiter);
    finish(payload, reason);
}
