/* A part out of a producer. */
#include "part_reader.h"

#include <assert.h>
#include <errno.h>

#include <headrace/error.h>

#define TURN_MAX 1048576 /* bytes in one turn, so that others get theirs */

static void end(struct hr__part_reader *reader, int result) {
    reader->reads = false;
    reader->on_filled(reader, result);
}

/* As much as may be asked for at once; 0: the part or the source is at its end. */
static size_t room(struct hr__part_reader *reader) {
    size_t left = reader->capacity - reader->filled;
    if (reader->source->size == HR_SIZE_UNKNOWN) return left;
    uint64_t more = reader->source->size - reader->taken;
    if (more == 0) reader->ended = true;
    return more < left ? (size_t)more : left;
}

/* One call of the producer: bytes, 0 at an end, or an error. */
static ssize_t take(struct hr__part_reader *reader, size_t size) {
    const struct hr_source *source = reader->source;
    ssize_t got = source->produce(source->user, reader->memory + reader->filled, size);
    if (got > 0 && (size_t)got > size) return -EOVERFLOW;
    if (got < 0) return got;
    if (got == 0 && source->size != HR_SIZE_UNKNOWN) return HR_ERR_SOURCE_SHORT;
    if (got == 0) reader->ended = true;
    reader->filled += (size_t)got;
    reader->taken += (size_t)got;
    return got;
}

static void run(struct hr_task *task) {
    struct hr__part_reader *reader = hr__container_of(task, struct hr__part_reader, task);
    size_t before = reader->filled;
    ssize_t got = reader->stop_reason;
    while (got >= 0) {
        size_t size = room(reader);
        if (size == 0 || reader->ended) {
            end(reader, 0);
            return;
        }
        if (reader->filled - before >= TURN_MAX) {
            hr__reactor_post(reader->reactor, task);
            return;
        }
        got = take(reader, size);
    }
    if (got == -EAGAIN)
        reader->paused = true;
    else
        end(reader, (int)got);
}

void hr__part_reader_begin(struct hr__part_reader *reader, char *memory, size_t capacity) {
    assert(!reader->reads && !reader->ended && capacity > 0);
    reader->memory = memory;
    reader->capacity = capacity;
    reader->filled = 0;
    reader->reads = true;
    reader->paused = false;
    reader->task.run = run;
    hr__reactor_post(reader->reactor, &reader->task);
}

void hr__part_reader_resume(struct hr__part_reader *reader) {
    if (!reader->paused) return;
    reader->paused = false;
    hr__reactor_post(reader->reactor, &reader->task);
}

void hr__part_reader_stop(struct hr__part_reader *reader, int reason) {
    assert(reader->reads && reason < 0);
    if (!reader->stop_reason) reader->stop_reason = reason;
    hr__part_reader_resume(reader);
}
