/* Bodies that describe themselves. */
#include "world_body.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* ---- The bytes. */

static uint64_t word_of(uint64_t version, uint64_t index) {
    uint64_t word = (version << 32) + index + 1;
    word *= UINT64_C(0x9e3779b97f4a7c15);
    word ^= word >> 29;
    word *= UINT64_C(0xbf58476d1ce4e5b9);
    return word ^ word >> 32;
}

void world_body_fill(uint64_t version, uint64_t offset, void *bytes, size_t size) {
    unsigned char *out = bytes;
    size_t at = 0;
    while (at < size) {
        uint64_t word = word_of(version, (offset + at) / 8);
        unsigned within = (unsigned)((offset + at) % 8);
        for (; within < 8 && at < size; within++) out[at++] = (unsigned char)(word >> 8 * within);
    }
}

void world_body_check(const struct world_body *body, uint64_t offset, const void *bytes,
                      size_t size) {
    const unsigned char *got = bytes;
    unsigned char expected[512];
    for (size_t at = 0; at < size; at += sizeof expected) {
        size_t part = size - at < sizeof expected ? size - at : sizeof expected;
        world_body_fill(body->version, offset + at, expected, part);
        if (memcmp(expected, got + at, part) == 0) continue;
        size_t wrong = 0;
        while (expected[wrong] == got[at + wrong]) wrong++;
        oracle_finding("job %u: %s: byte %llu of version %llu (%llu bytes) is wrong", body->number,
                       body->what, (unsigned long long)(offset + at + wrong),
                       (unsigned long long)body->version, (unsigned long long)body->size);
    }
}

void world_body_resume(struct world_body *body) {
    body->resumed = !body->paused;
    body->kept |= !body->paused && body->asked;
    body->asked &= !body->paused;
    body->paused = false;
}

void world_body_resume_kept(struct world_body *body) {
    body->resumed = true;
}

static void pause_body(struct world_body *body) {
    body->paused = true;
    body->on_pause(body);
}

/* ---- Sources. */

#define FILE_BYTES_BEHIND 100

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct world_body *body = user;
    body->asked = true;
    if (body->paused) return -EAGAIN; /* asked to fill up a block, it may have been forgotten */
    if (capacity == 0) oracle_finding("job %u: %s: asked for no bytes", body->number, body->what);
    if (world_chance(body->world, body->push_back)) {
        pause_body(body);
        return -EAGAIN;
    }
    uint64_t left = body->size - body->at;
    if (left == 0) return 0;
    size_t size = left < capacity ? (size_t)left : capacity;
    if (world_chance(body->world, 16384)) size = 1 + (size_t)world_below(body->world, size);
    world_body_fill(body->version, body->at, buffer, size);
    body->at += size;
    return (ssize_t)size;
}

static int rewind_body(void *user) {
    struct world_body *body = user;
    body->at = 0;
    body->paused = false;
    return 0;
}

static void *filled(struct world_body *body) {
    body->memory = malloc(body->size ? body->size : 1);
    if (!body->memory) abort();
    world_body_fill(body->version, 0, body->memory, body->size);
    return body->memory;
}

static struct hr_source of_vector(struct world_body *body) {
    char *bytes = filled(body);
    size_t parts = sizeof body->iov / sizeof *body->iov, at = 0;
    for (size_t i = 0; i < parts; i++) {
        size_t left = body->size - at;
        size_t size = i + 1 == parts ? left : (size_t)world_below(body->world, left + 1);
        body->iov[i] = (struct iovec){.iov_base = bytes + at, .iov_len = size};
        at += size;
    }
    return hr_source_iovec(body->iov, parts);
}

/* Something else stands before and behind the body. */
static struct hr_source of_file(struct world_body *body) {
    body->fd_offset = world_below(body->world, 3000);
    size_t size = (size_t)(body->fd_offset + body->size);
    unsigned char *bytes = calloc(1, size + FILE_BYTES_BEHIND);
    if (!bytes) abort();
    world_body_fill(body->version, 0, bytes + body->fd_offset, (size_t)body->size);
    body->fd = sim_file_new(bytes, size + FILE_BYTES_BEHIND);
    free(bytes);
    return hr_source_fd(body->fd,
                        (struct hr_file_range){.offset = body->fd_offset, .size = body->size});
}

struct hr_source world_body_source(struct world_body *body, bool sized) {
    unsigned kind = sized ? (unsigned)world_below(body->world, 4) : 2;
    if (kind == 3) return of_file(body);
    if (kind == 0) return hr_source_bytes(filled(body), body->size);
    if (kind == 1) return of_vector(body);
    return hr_source_producer(produce, body->rewindable ? rewind_body : NULL, body,
                              sized ? body->size : HR_SIZE_UNKNOWN);
}

/* ---- Sinks. */

ssize_t world_body_consume(void *user, const void *data, size_t size) {
    struct world_body *body = user;
    if (body->paused && !body->resumed)
        oracle_finding("job %u: %s: given more before it was resumed", body->number, body->what);
    body->asked = true;
    if (size == 0) oracle_finding("job %u: %s: given no bytes", body->number, body->what);
    if (body->paused) body->paused = body->resumed = false;
    size_t taken = size;
    if (world_chance(body->world, body->push_back)) {
        taken = (size_t)world_below(body->world, size);
        pause_body(body);
    }
    if (body->version) world_body_check(body, body->at, data, taken);
    body->at += taken;
    return (ssize_t)taken;
}

struct hr_sink world_body_sink_consumer(struct world_body *body) {
    body->kind = HR_SINK_CONSUMER;
    return hr_sink_consumer(world_body_consume, body);
}

struct hr_sink world_body_sink(struct world_body *body, size_t capacity) {
    body->kind = (unsigned)world_below(body->world, 5);
    switch (body->kind) {
    case HR_SINK_DISCARD:
        return hr_sink_discard();
    case HR_SINK_BYTES:
        body->capacity = capacity;
        body->memory = malloc(capacity ? capacity : 1);
        if (!body->memory) abort();
        return hr_sink_bytes(body->memory, capacity);
    case HR_SINK_BUFFER:
        return hr_sink_buffer(&body->buffer, 0);
    case HR_SINK_FD:
        body->fd = sim_file_new(NULL, 0);
        body->fd_offset = world_below(body->world, 3000);
        return hr_sink_fd(body->fd, body->fd_offset);
    default:
        return world_body_sink_consumer(body);
    }
}

static void check_file(const struct world_body *body, uint64_t offset, uint64_t size) {
    uint64_t there;
    const char *bytes = sim_file_bytes(body->fd, &there);
    if (size && there != body->fd_offset + size)
        oracle_finding("job %u: %s: %llu bytes in the file, %llu were sent behind %llu",
                       body->number, body->what, (unsigned long long)there,
                       (unsigned long long)size, (unsigned long long)body->fd_offset);
    if (size) world_body_check(body, offset, bytes + body->fd_offset, (size_t)size);
}

void world_body_sink_done(struct world_body *body, uint64_t offset, uint64_t size) {
    switch (body->kind) {
    case HR_SINK_BYTES:
        world_body_check(body, offset, body->memory, size);
        break;
    case HR_SINK_BUFFER:
        if (body->buffer.size != size)
            oracle_finding("job %u: %s: %zu bytes in the buffer, %llu were sent", body->number,
                           body->what, body->buffer.size, (unsigned long long)size);
        world_body_check(body, offset, body->buffer.data, size);
        break;
    case HR_SINK_CONSUMER:
        if (body->at != offset + size)
            oracle_finding("job %u: %s: %llu bytes were given, %llu were sent", body->number,
                           body->what, (unsigned long long)(body->at - offset),
                           (unsigned long long)size);
        break;
    case HR_SINK_FD:
        check_file(body, offset, size);
        break;
    default:
        break;
    }
}

void world_body_deinit(struct world_body *body) {
    free(body->memory);
    body->memory = NULL;
    hr_buffer_deinit(&body->buffer);
    if (body->fd) sim_file_close(body->fd);
    body->fd = 0;
}
