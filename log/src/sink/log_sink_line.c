/* Lines that do not go straight into a buffer: messages of a protocol, and lines of its size. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "log_sink.h"

#define REWRITTEN_MEMBER_BYTES 160
#define REWRITTEN_HEAD_BYTES   (8 * 1024) /* identifier, host, places in the source */
#define SCRATCH_KEPT_BYTES     (1 << 20)

/* Formats a line whose bound is more than a buffer beside it, and cuts what does not fit. */
static size_t put_long(struct hr__log_sink *sink, const struct hr__log_record *record,
                       struct hr__log_buffer *buffer) {
    char *memory = malloc(sink->bound);
    assert(buffer->size == 0 && !buffer->in_flight);
    if (!memory) return 0;
    size_t size = (size_t)(hr__log_format(&sink->formatter, record, memory) - memory);
    bool cut = size > buffer->capacity;
    if (cut) size = buffer->capacity;
    memcpy(buffer->data, memory, size);
    if (cut) buffer->data[size - 1] = '\n';
    free(memory);
    return size;
}

/* The most bytes of a message: each member of the line may get a longer key, eight bytes of size,
 * and its group's name. */
static size_t rewritten_bound(const char *line, size_t size) {
    size_t members = 0;
    for (size_t i = 0; i + 1 < size; i++) members += line[i] == '"' && line[i + 1] == ':';
    return 2 * size + REWRITTEN_MEMBER_BYTES * members + REWRITTEN_HEAD_BYTES;
}

static bool grow_scratch(struct hr__log_scratch *scratch, size_t size) {
    assert(!scratch->size == !scratch->memory);
    if (size <= scratch->size) return true;
    char *grown = realloc(scratch->memory, size);
    if (!grown) return false;
    scratch->memory = grown;
    scratch->size = size;
    return true;
}

static void shrink_scratch(struct hr__log_scratch *scratch) {
    if (scratch->size <= SCRATCH_KEPT_BYTES) return;
    free(scratch->memory);
    *scratch = (struct hr__log_scratch){.memory = NULL};
}

/* Puts a message behind its size. False: there is no room for it. */
static bool put_message(struct hr__log_sink *sink, const char *message, uint32_t size) {
    size_t wanted = size + sizeof size;
    if (!hr__log_sink_find_room(sink, wanted) || wanted > sink->filling->capacity) return false;
    struct hr__log_buffer *buffer = sink->filling;
    assert(!buffer->in_flight && wanted <= buffer->capacity - buffer->size);
    memcpy(buffer->data + buffer->size, &size, sizeof size);
    memcpy(buffer->data + buffer->size + sizeof size, message, size);
    buffer->size += wanted;
    buffer->records++;
    return true;
}

/* Puts the message of a record. False: it was dropped. */
static bool put_rewritten(struct hr__log_sink *sink, const struct hr__log_record *record) {
    struct hr__log_scratch *scratch = &sink->scratch;
    if (!grow_scratch(scratch, sink->bound)) return false;
    char *line = scratch->memory;
    size_t size = (size_t)(hr__log_format(&sink->formatter, record, line) - line);
    if (size == 0 || !grow_scratch(scratch, 2 * size + rewritten_bound(line, size))) return false;
    line = scratch->memory;
    scratch->text = line + size;
    char *message = line + 2 * size;
    char *end = sink->class_->rewrite(sink, record, hr_slice_bytes(line, size), message);
    assert(end <= line + scratch->size);
    bool put = put_message(sink, message, (uint32_t)(end - message));
    if (put) shrink_scratch(scratch);
    return put;
}

void hr__log_sink_put_other(struct hr__log_sink *sink, const struct hr__log_record *record) {
    struct hr__log_buffer *buffer = sink->filling;
    if (sink->class_->rewrite) {
        if (!put_rewritten(sink, record)) hr__count(&sink->counts.dropped, 1);
        return;
    }
    size_t size = sink->bound == HR_LOG_NO_ROOM ? 0 : put_long(sink, record, buffer);
    hr__log_buffer_add(buffer, record, size);
}
