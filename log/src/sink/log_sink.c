/* A sink: lines in two buffers, one of which is filled while the other is written. */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_redact.h"
#include "log_sink.h"

#define RETRY_NS (100 * UINT64_C(1000000))

static const struct hr__log_sink_class *class_of(enum hr_log_sink_kind kind) {
    switch (kind) {
    case HR_LOG_SINK_FILE:
        return &hr__log_sink_file;
    case HR_LOG_SINK_STDERR:
    case HR_LOG_SINK_STDOUT:
        return &hr__log_sink_stream;
    case HR_LOG_SINK_CALLBACK:
        return &hr__log_sink_callback;
    default:
        return NULL;
    }
}

static int style_of(const struct hr_log_sink *options, struct hr__log_style *style) {
    if (options->format > HR_LOG_FORMAT_LOGFMT || options->names > HR_LOG_NAMES_OTEL ||
        options->time > HR_LOG_TIME_ESPER)
        return -EINVAL;
    unsigned digits = options->time_digits ? options->time_digits : 3;
    if (digits != 3 && digits != 6 && digits != 9) return -EINVAL;
    *style = (struct hr__log_style){
        .form = (enum hr__log_form)options->format,
        .names = (enum hr__log_names)options->names,
        .time = {options->time == HR_LOG_TIME_ESPER, options->local_time, digits},
        .source = options->source,
        .colours = options->colours,
    };
    return 0;
}

int hr__log_sink_open(struct hr__log_sink *sink, struct hr__log_host *host, unsigned index,
                      const struct hr_log_sink *options, struct hr_error *error) {
    struct hr__log_style style;
    sink->class_ = class_of(options->kind);
    sink->host = host;
    sink->fd = -1;
    sink->level = options->level;
    if (!sink->class_) return hr_error_set(error, -EINVAL, "a log's sink without a kind");
    if (style_of(options, &style) != 0)
        return hr_error_set(error, -EINVAL, "a %s sink's format, names, time or time_digits",
                            sink->class_->name);
    if (options->logger) {
        sink->pattern = strdup(options->logger);
        if (!sink->pattern) return hr_error_set(error, -ENOMEM, "no memory for a log's sink");
    }
    int err = sink->class_->open(sink, options, error);
    if (err) return err;
    sink->done_offset = sink->offset;
    style.colours = style.colours && sink->is_terminal;
    err = hr__log_formatter_open(&sink->formatter, &style, &hr__log_dictionary, &host->ticks);
    if (err) return hr_error_set(error, err, "no memory for a log's sink");
    return sink->class_->commits ? hr__log_sink_commit_open(sink, index, options, error) : 0;
}

void hr__log_sink_close(struct hr__log_sink *sink) {
    if (sink->class_ && sink->class_->close) sink->class_->close(sink);
    hr__log_formatter_close(&sink->formatter);
    for (unsigned i = 0; i < HR_LOG_BUFFERS; i++) {
        free(sink->buffers[i].covers);
        free(sink->buffers[i].marks.of);
    }
    free(sink->pattern);
    free(sink->wanted);
    free(sink->durable);
    free(sink->positions);
    hr__log_commit_close(&sink->commit);
}

/* ---- Which records. */

static bool grow_bytes(uint8_t **bytes, uint32_t *count, uint32_t wanted) {
    uint32_t size = (wanted + 64) & ~63u;
    uint8_t *grown = realloc(*bytes, size);
    if (!grown) return false;
    memset(grown + *count, 0, size - *count);
    *bytes = grown;
    *count = size;
    return true;
}

/* Without memory to remember it, the pattern is tried each time. */
static bool wants_name(struct hr__log_sink *sink, uint16_t name) {
    if (!sink->pattern) return true;
    if (name >= sink->wanted_count)
        grow_bytes(&sink->wanted, &sink->wanted_count, (uint32_t)name + 1);
    bool known = name < sink->wanted_count;
    if (known && sink->wanted[name]) return sink->wanted[name] == 2;
    bool fits = hr__log_pattern_fits(hr_slice_of(sink->pattern),
                                     hr__log_name_find(&hr__log_dictionary, name));
    if (known) sink->wanted[name] = fits ? 2 : 1;
    return fits;
}

/* ---- Buffers. */

static struct hr__log_buffer *filling(struct hr__log_sink *sink) {
    return &sink->buffers[sink->filling];
}

static struct hr__log_buffer *other(struct hr__log_sink *sink) {
    return &sink->buffers[!sink->filling];
}

/* How far each ring has been read: all of it is in this buffer or in those before it. */
static bool note_positions(struct hr__log_buffer *buffer) {
    struct hr__log_rings *rings = buffer->sink->host->rings;
    struct hr__log_producer *first = __atomic_load_n(&rings->first, __ATOMIC_ACQUIRE);
    uint32_t count = first ? first->index + 1 : 0;
    if (count > buffer->covers_count) {
        uint64_t *grown = realloc(buffer->covers, count * sizeof *grown);
        if (!grown) return false;
        buffer->covers = grown;
    }
    buffer->covers_count = count;
    for (struct hr__log_producer *producer = first; producer; producer = producer->next)
        buffer->covers[producer->index] = producer->ring.read;
    return true;
}

static void start_write(struct hr__log_sink *sink) {
    struct hr__log_buffer *buffer = filling(sink);
    assert(!buffer->in_flight && buffer->size > 0);
    /* Without memory the rings are freed later, by a buffer that finds some. */
    if (!note_positions(buffer)) buffer->covers_count = 0;
    buffer->in_flight = true;
    buffer->written = 0;
    buffer->sequence = ++sink->sequence;
    sink->filling = !sink->filling;
    sink->class_->write(sink, buffer);
}

void hr__log_sink_push(struct hr__log_sink *sink, bool now) {
    if (filling(sink)->in_flight || filling(sink)->size == 0) return;
    if (other(sink)->in_flight && !now) return;
    start_write(sink);
}

/* A buffer with room for `bound` bytes; false: both are on their way. */
static bool has_room(struct hr__log_sink *sink, size_t bound) {
    struct hr__log_buffer *buffer = filling(sink);
    if (buffer->in_flight) return false;
    if (buffer->capacity - buffer->size >= bound) return true;
    if (buffer->size == 0) return true; /* longer than a buffer */
    start_write(sink);
    return !filling(sink)->in_flight;
}

bool hr__log_sink_ready(struct hr__log_sink *sink, const struct hr__log_record *record) {
    sink->bound = 0;
    if (record->level < sink->level || !wants_name(sink, record->name)) return true;
    size_t bound = hr__log_format_bound(&sink->formatter, record);
    if (!has_room(sink, bound)) {
        if (!sink->class_->drops) return false;
        hr__count(&sink->dropped, 1);
        return true;
    }
    sink->bound = bound;
    return true;
}

/* A line whose bound is more than a buffer: formatted beside it; what does not fit is cut. */
static size_t put_long(struct hr__log_sink *sink, const struct hr__log_record *record,
                       struct hr__log_buffer *buffer) {
    char *memory = malloc(sink->bound);
    if (!memory) return 0;
    size_t size = (size_t)(hr__log_format(&sink->formatter, record, memory) - memory);
    bool cut = size > buffer->capacity;
    if (cut) size = buffer->capacity;
    memcpy(buffer->data, memory, size);
    if (cut) buffer->data[size - 1] = '\n';
    free(memory);
    return size;
}

void hr__log_sink_put(struct hr__log_sink *sink, const struct hr__log_record *record) {
    if (sink->bound == 0) return;
    struct hr__log_buffer *buffer = filling(sink);
    size_t size;
    if (sink->bound > buffer->capacity) {
        size = put_long(sink, record, buffer);
    } else {
        char *from = buffer->data + buffer->size;
        size = (size_t)(hr__log_format(&sink->formatter, record, from) - from);
        assert(size <= sink->bound);
    }
    buffer->size += size;
    buffer->records += size > 0;
    if (buffer->marks.on && size > 0) hr__log_sink_mark(buffer, record);
    if (size == 0) hr__count(&sink->dropped, 1); /* there was no memory for it */
}

/* ---- What was written. */

/* One line to standard error, where it takes one without waiting: a line of PIPE_BUF bytes at most
 * goes into a pipe that poll calls writable. */
static void say(const char *line, int size) {
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (size < 0 || poll(&fd, 1, 0) != 1 || !(fd.revents & POLLOUT)) return;
    ssize_t written = write(STDERR_FILENO, line, (size_t)size);
    (void)written; /* nobody is left to be told */
}

static void complain(struct hr__log_sink *sink, int result) {
    char line[512];
    hr__count(&sink->errors, 1);
    if (sink->failing) return;
    sink->failing = true;
    int size = snprintf(line, sizeof line,
                        "headrace log: %s %.300s: %s; the lines are kept and tried again\n",
                        sink->class_->name, sink->path ? sink->path : "", hr_error_text(result));
    say(line, size < (int)sizeof line ? size : (int)sizeof line);
}

/* The one that was handed over first goes first; each goes on where it stopped. */
static void try_again(struct hr_timer *timer) {
    struct hr__log_sink *sink =
        (struct hr__log_sink *)((char *)timer - offsetof(struct hr__log_sink, retry));
    unsigned first = sink->buffers[0].sequence > sink->buffers[1].sequence;
    for (unsigned i = 0; i < HR_LOG_BUFFERS; i++) {
        struct hr__log_buffer *buffer = &sink->buffers[i ^ first];
        if (!buffer->failed) continue;
        buffer->failed = false;
        sink->class_->write(sink, buffer);
    }
}

/* Takes over how far a written buffer reaches. */
static void make_durable(struct hr__log_sink *sink, const struct hr__log_buffer *buffer) {
    if (buffer->covers_count > sink->durable_count) {
        uint64_t *grown = realloc(sink->durable, buffer->covers_count * sizeof *grown);
        if (!grown) return;
        for (uint32_t i = sink->durable_count; i < buffer->covers_count; i++) grown[i] = 0;
        sink->durable = grown;
        sink->durable_count = buffer->covers_count;
    }
    for (uint32_t i = 0; i < buffer->covers_count; i++)
        if (buffer->covers[i] > sink->durable[i]) sink->durable[i] = buffer->covers[i];
}

static void finish(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    if (buffer->result < 0) {
        complain(sink, buffer->result);
        hr__count(&sink->dropped, buffer->records);
        sink->commit_frozen = true;
    } else {
        sink->done_offset = buffer->offset + buffer->size;
        sink->done_sequence = buffer->sequence;
        sink->failing = false;
        hr__count(&sink->bytes, buffer->size);
        hr__count(&sink->lines, buffer->records);
    }
    make_durable(sink, buffer);
    buffer->in_flight = buffer->placed = buffer->ended = false;
    buffer->size = 0;
    buffer->records = 0;
}

/* The one that was handed over first ends first, whatever the kernel did. */
void hr__log_sink_written(struct hr__log_sink *sink, struct hr__log_buffer *buffer, int result) {
    if (result < 0 && !sink->host->stopping) {
        complain(sink, result);
        buffer->failed = true;
        sink->retry.on_fire = try_again;
        hr__timer_start(sink->host->reactor, &sink->retry,
                        hr__reactor_now(sink->host->reactor) + RETRY_NS);
        return;
    }
    buffer->result = result;
    buffer->ended = true;
    struct hr__log_buffer *beside = &sink->buffers[buffer == sink->buffers];
    bool beside_first = beside->in_flight && beside->sequence < buffer->sequence;
    if (beside_first && !beside->ended) return;
    if (beside_first) finish(sink, beside);
    finish(sink, buffer);
    if (beside->in_flight && beside->ended) finish(sink, beside);
    sink->host->go_on(sink->host);
}

void hr__log_sink_stop(struct hr__log_sink *sink) {
    hr__timer_stop(sink->host->reactor, &sink->retry);
    for (unsigned i = 0; i < HR_LOG_BUFFERS; i++) {
        struct hr__log_buffer *buffer = &sink->buffers[i];
        if (!buffer->in_flight || buffer->ended) continue;
        bool failed = buffer->failed;
        buffer->failed = false;
        if (failed)
            hr__log_sink_written(sink, buffer, -ECANCELED);
        else
            hr__operation_cancel(sink->host->reactor, &buffer->operation);
    }
}

bool hr__log_sink_idle(const struct hr__log_sink *sink) {
    for (unsigned i = 0; i < HR_LOG_BUFFERS; i++)
        if (sink->buffers[i].size || sink->buffers[i].in_flight) return false;
    return true;
}

uint64_t hr__log_sink_durable(struct hr__log_sink *sink, uint32_t ring, uint64_t read) {
    if (sink->commit.page) return hr__log_commit_position(&sink->commit, ring);
    if (hr__log_sink_idle(sink)) return read;
    return ring < sink->durable_count ? sink->durable[ring] : 0;
}
