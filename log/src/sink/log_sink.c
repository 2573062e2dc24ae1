/* A sink: lines in two buffers, one of which is filled while the other is written. */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_redact.h"
#include "log_sink.h"

#define RETRY_NS               (100 * UINT64_C(1000000))
#define SUBMIT_BYTES           (64 * 1024)
#define REWRITTEN_MEMBER_BYTES 160
#define REWRITTEN_HEAD_BYTES   (8 * 1024) /* identifier, host, places in the source */
#define SCRATCH_KEPT_BYTES     (1 << 20)
#define TOLD_BYTES             1024 /* of a sentence on stderr; below PIPE_BUF */

static const struct hr__log_sink_class *class_of(enum hr_log_sink_kind kind) {
    switch (kind) {
    case HR_LOG_SINK_FILE:
        return &hr__log_sink_file;
    case HR_LOG_SINK_STDERR:
    case HR_LOG_SINK_STDOUT:
        return &hr__log_sink_stream;
    case HR_LOG_SINK_CALLBACK:
        return &hr__log_sink_callback;
    case HR_LOG_SINK_JOURNALD:
        return &hr__log_sink_journal;
    case HR_LOG_SINK_SYSLOG:
        return &hr__log_sink_syslog;
    default:
        return NULL;
    }
}

/* Of a sink with a protocol of its own: its messages are made of plain JSON lines, whose time is
 * RFC 3339's with six digits at most. */
static bool rewritten_style(const struct hr_log_sink *options, struct hr__log_style *style) {
    style->form = HR__LOG_JSON;
    return !options->format && !options->names && !options->time && !options->source &&
           !options->colours && options->time_digits <= 6;
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
    sink->filling = sink->buffers;
    sink->target.fd = sink->target.direct = -1;
    sink->level = options->level;
    if (!sink->class_) return hr_error_set(error, -EINVAL, "a log's sink without a kind");
    if (style_of(options, &style) != 0 ||
        (sink->class_->rewrite && !rewritten_style(options, &style)))
        return hr_error_set(error, -EINVAL, "a %s sink's format, names, time or time_digits",
                            sink->class_->name);
    if (options->logger) {
        sink->pattern = strdup(options->logger);
        if (!sink->pattern) return hr_error_set(error, -ENOMEM, "no memory for a log's sink");
    }
    int err = sink->class_->open(sink, options, error);
    if (err) return err;
    sink->done.offset = sink->target.offset;
    style.colours = style.colours && sink->is_terminal;
    err = hr__log_formatter_open(&sink->formatter, &style, &hr__log_dictionary, &host->ticks);
    if (err) return hr_error_set(error, err, "no memory for a log's sink");
    return sink->class_->commits ? hr__log_sink_commit_open(sink, index, options, error) : 0;
}

void hr__log_sink_close(struct hr__log_sink *sink) {
    if (sink->class_ && sink->class_->close) sink->class_->close(sink);
    hr__log_formatter_close(&sink->formatter);
    for (unsigned i = 0; i < HR_LOG_BUFFERS; i++) free(sink->buffers[i].covers);
    free(sink->pattern);
    free(sink->wanted);
    free(sink->read);
    free(sink->done.rings);
    free(sink->written.rings);
    free(sink->syncing.rings);
    free(sink->positions);
    free(sink->scratch);
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
bool hr__log_sink_wants_name(struct hr__log_sink *sink, uint16_t name) {
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

static struct hr__log_buffer *other(struct hr__log_sink *sink) {
    return &sink->buffers[sink->filling == &sink->buffers[0]];
}

/* How far each ring has been read: all of it is in this buffer or in those before it. */
static bool note_positions(struct hr__log_buffer *buffer) {
    struct hr__log_rings *rings = buffer->sink->host->rings;
    struct hr__log_producer *first = hr__log_rings_first(rings);
    uint32_t count = first ? first->index + 1 : 0;
    if (count > buffer->covers_count) {
        uint64_t *grown = realloc(buffer->covers, count * sizeof *grown);
        if (!grown) return false;
        buffer->covers = grown;
    }
    buffer->covers_count = count;
    for (struct hr__log_producer *producer = first; producer; producer = producer->next)
        buffer->covers[producer->index] = hr__log_sink_read(buffer->sink, producer);
    return true;
}

/* Hands the oldest buffer to the class, which has one at a time: two that are written at once may
 * change places, or tear each other's lines. */
static void begin_next(struct hr__log_sink *sink) {
    struct hr__log_buffer *next = NULL;
    for (unsigned i = 0; i < HR_LOG_BUFFERS; i++) {
        struct hr__log_buffer *buffer = &sink->buffers[i];
        if (buffer->in_flight && (!next || buffer->sequence < next->sequence)) next = buffer;
    }
    if (!next || sink->writing) return;
    sink->writing = next;
    if (sink->given_up)
        hr__log_sink_written(sink, next, -ECANCELED);
    else
        sink->class_->write(sink, next);
}

static void start_write(struct hr__log_sink *sink) {
    struct hr__log_buffer *buffer = sink->filling;
    assert(!buffer->in_flight && buffer->size > 0);
    /* Without memory the rings are freed later, by a buffer that finds some. */
    if (!note_positions(buffer)) buffer->covers_count = 0;
    buffer->elsewhere = 0;
    buffer->in_flight = true;
    buffer->begin = buffer->written = buffer->end = 0;
    buffer->polled = false;
    /* It counts as handed over once it has its number. */
    __atomic_store_n(&buffer->sequence, ++sink->sequence, __ATOMIC_RELEASE);
    if (buffer->journal) hr__log_sink_publish(buffer);
    sink->filling = other(sink);
    begin_next(sink);
}

void hr__log_sink_push(struct hr__log_sink *sink, bool now) {
    if (sink->filling->in_flight || sink->filling->size == 0) return;
    if (other(sink)->in_flight && !now) return;
    start_write(sink);
}

/* A buffer with room for `bound` bytes; false: both are on their way. */
static bool has_room(struct hr__log_sink *sink, size_t bound) {
    struct hr__log_buffer *buffer = sink->filling;
    if (buffer->in_flight) return false;
    if (hr__log_buffer_has_room(buffer, bound)) return true;
    if (buffer->size == 0) return true; /* longer than a buffer */
    start_write(sink);
    return !sink->filling->in_flight;
}

bool hr__log_sink_make_room(struct hr__log_sink *sink) {
    if (sink->class_->rewrite) return true; /* how much it wants is seen when it is made */
    if (has_room(sink, sink->bound)) return true;
    sink->bound = HR_LOG_NO_ROOM; /* counted when the others have it */
    if (sink->class_->drops) return true;
    if (!sink->full_ns) sink->full_ns = hr__reactor_now(sink->host->reactor);
    return false;
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

/* Each member of a line may get a longer key, eight bytes of size, and its group's name. */
static size_t rewritten_bound(const char *line, size_t size) {
    size_t members = 0;
    for (size_t i = 0; i + 1 < size; i++) members += line[i] == '"' && line[i + 1] == ':';
    return 2 * size + REWRITTEN_MEMBER_BYTES * members + REWRITTEN_HEAD_BYTES;
}

/* The scratch memory has the line, and behind it the text of a value, then the message. */
static bool grow_scratch(struct hr__log_sink *sink, size_t size) {
    if (size <= sink->scratch_size) return true;
    char *grown = realloc(sink->scratch, size);
    if (!grown) return false;
    sink->scratch = grown;
    sink->scratch_size = size;
    return true;
}

/* The message of a record, behind its size. False: it was dropped. */
static bool put_rewritten(struct hr__log_sink *sink, const struct hr__log_record *record) {
    if (!grow_scratch(sink, sink->bound)) return false;
    size_t size = (size_t)(hr__log_format(&sink->formatter, record, sink->scratch) - sink->scratch);
    if (size == 0 || !grow_scratch(sink, 2 * size + rewritten_bound(sink->scratch, size)))
        return false;
    sink->scratch_text = sink->scratch + size;
    char *out = sink->scratch + 2 * size;
    char *end = sink->class_->rewrite(sink, record, hr_slice_bytes(sink->scratch, size), out);
    uint32_t message = (uint32_t)(end - out);
    size_t wanted = message + sizeof message;
    if (!has_room(sink, wanted) || wanted > sink->filling->capacity) return false;
    struct hr__log_buffer *buffer = sink->filling;
    memcpy(buffer->data + buffer->size, &message, sizeof message);
    memcpy(buffer->data + buffer->size + sizeof message, out, message);
    buffer->size += wanted;
    buffer->records++;
    if (sink->scratch_size <= SCRATCH_KEPT_BYTES) return true;
    free(sink->scratch);
    sink->scratch = NULL;
    sink->scratch_size = 0;
    return true;
}

void hr__log_sink_put_other(struct hr__log_sink *sink, const struct hr__log_record *record) {
    struct hr__log_buffer *buffer = sink->filling;
    if (sink->class_->rewrite) {
        if (!put_rewritten(sink, record)) hr__count(&sink->dropped, 1);
        return;
    }
    size_t size = sink->bound == HR_LOG_NO_ROOM ? 0 : put_long(sink, record, buffer);
    hr__log_buffer_add(buffer, record, size);
}

/* ---- What was written. */

void hr__log_tell(const char *format, ...) {
    char text[TOLD_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size < 0) return;
    if ((size_t)size >= sizeof text) size = sizeof text - 1;
    /* A pipe that is writable takes that many (PIPE_BUF) at once; one without a reader (POLLERR)
     * would raise SIGPIPE. */
    struct pollfd entry = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&entry, 1, 0) != 1 || entry.revents != POLLOUT) return;
    ssize_t written = write(STDERR_FILENO, text, (size_t)size);
    (void)written; /* there is nobody else to tell */
}

void hr__log_sink_complain(struct hr__log_sink *sink, const char *what, int result) {
    hr__count(&sink->errors, 1);
    if (sink->failing) return;
    sink->failing = true;
    hr__log_tell("headrace log: %s %s: %s; %s\n", sink->class_->name, sink->path ? sink->path : "",
                 hr_error_text(result), what);
}

static void try_again(struct hr_timer *timer) {
    struct hr__log_sink *sink = hr__container_of(timer, struct hr__log_sink, retry);
    struct hr__log_buffer *buffer = sink->failed;
    sink->failed = NULL;
    sink->class_->write(sink, buffer); /* goes on where it stopped */
}

static void reach_rings(struct hr__log_reach *reach, const uint64_t *rings, uint32_t count) {
    if (count > reach->rings_count) {
        uint64_t *grown = realloc(reach->rings, count * sizeof *grown);
        if (!grown) return; /* the next buffer's will do */
        for (uint32_t i = reach->rings_count; i < count; i++) grown[i] = 0;
        reach->rings = grown;
        reach->rings_count = count;
    }
    for (uint32_t i = 0; i < count; i++)
        if (rings[i] > reach->rings[i]) reach->rings[i] = rings[i];
}

static void reach_as(struct hr__log_reach *reach, const struct hr__log_reach *other) {
    reach->offset = other->offset;
    reach->sequence = other->sequence;
    reach->ticks = other->ticks;
    reach_rings(reach, other->rings, other->rings_count);
}

void hr__log_sink_syncing(struct hr__log_sink *sink) {
    reach_as(&sink->syncing, &sink->written);
}

void hr__log_sink_synced(struct hr__log_sink *sink, bool all) {
    reach_as(&sink->done, &sink->syncing);
    if (all) sink->unsynced = false;
}

static void finish(struct hr__log_sink *sink, struct hr__log_buffer *buffer, int result) {
    struct hr__log_reach *reach = sink->syncs ? &sink->written : &sink->done;
    if (result < 0) {
        hr__log_sink_complain(sink, "lines are lost", result);
        hr__count(&sink->dropped, buffer->records);
        sink->commit_frozen = true;
    } else {
        reach->offset = sink->target.offset;
        reach->sequence = buffer->sequence;
        reach->ticks = buffer->last_ticks;
        sink->failing = false;
        hr__count(&sink->bytes, buffer->size);
        hr__count(&sink->lines, buffer->records);
    }
    reach_rings(reach, buffer->covers, buffer->covers_count);
    /* Committed before it is let go: whoever is stopped in between finds its bytes in one of the
     * two places. */
    hr__log_sink_commit(sink);
    __atomic_store_n(&buffer->in_flight, false, __ATOMIC_RELEASE);
    buffer->size = 0;
    buffer->records = 0;
    sink->full_ns = 0;
}

/* The buffer is handed over again after a while. */
static void retry_later(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    sink->failed = buffer;
    sink->retry.on_fire = try_again;
    hr__timer_start(sink->host->reactor, &sink->retry,
                    hr__reactor_now(sink->host->reactor) + RETRY_NS);
}

void hr__log_sink_written(struct hr__log_sink *sink, struct hr__log_buffer *buffer, int result) {
    if (result < 0 && !sink->host->stopping) {
        if (result != -EAGAIN)
            hr__log_sink_complain(sink, "the lines are kept and tried again", result);
        retry_later(sink, buffer);
        return;
    }
    sink->writing = NULL;
    sink->given_up |= result < 0; /* what came behind would stand behind half a line */
    finish(sink, buffer, result);
    begin_next(sink);
    sink->host->go_on(sink->host);
}

/* ---- Writing a piece. */

static void wrote(struct hr_operation *operation, const struct hr_completion *completion);

static void write_rest(struct hr__log_buffer *buffer) {
    struct hr_operation *operation = &buffer->operation;
    const struct hr__log_target *target = &buffer->target;
    uint64_t behind = buffer->written - buffer->begin;
    operation->kind = HR_OP_WRITE;
    operation->fd = target->fd;
    operation->on_event = wrote;
    operation->u.buffer.data = buffer->data + buffer->written;
    operation->u.buffer.size = buffer->end - buffer->written;
    operation->u.buffer.offset =
        target->offset == HR_LOG_HERE ? HR_LOG_HERE : target->offset + behind;
    operation->u.buffer.fixed = buffer->fixed;
    struct hr_reactor *reactor = buffer->sink->host->reactor;
    hr__operation_start(reactor, operation);
    /* A worker of the kernel writes this buffer while the rest of the turn fills the other. */
    if (operation->u.buffer.size >= SUBMIT_BYTES) hr__reactor_submit(reactor);
}

static void wait_writable(struct hr__log_buffer *buffer) {
    buffer->polled = true;
    buffer->operation.kind = HR_OP_POLL;
    buffer->operation.multi = false;
    buffer->operation.u.poll.events = POLLOUT;
    hr__operation_start(buffer->sink->host->reactor, &buffer->operation);
}

/* A descriptor that says it can be written and then refuses (-EAGAIN twice) is left alone for a
 * while. Once the log is being closed, nothing is begun that might wait. */
static void wrote(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__log_buffer *buffer = hr__container_of(operation, struct hr__log_buffer, operation);
    struct hr__log_sink *sink = buffer->sink;
    int result = completion->result;
    bool may_wait = !sink->host->stopping || !sink->class_->drops;
    if (operation->kind == HR_OP_POLL && result >= 0) {
        write_rest(buffer);
        return;
    }
    if (result > 0) {
        buffer->written += (size_t)result;
        buffer->polled = false;
    }
    bool again = result > 0 ? buffer->written < buffer->end : result == -EINTR;
    if (again && may_wait)
        write_rest(buffer);
    else if (result == -EAGAIN && !buffer->polled && may_wait)
        wait_writable(buffer);
    else if (result > 0)
        sink->class_->wrote(sink, buffer, again ? -ECANCELED : 0);
    else
        sink->class_->wrote(sink, buffer, result ? result : -EIO);
}

void hr__log_buffer_write(struct hr__log_buffer *buffer) {
    buffer->polled = false;
    write_rest(buffer);
}

void hr__log_sink_stop(struct hr__log_sink *sink) {
    struct hr__log_buffer *failed = sink->failed;
    sink->failed = NULL;
    hr__timer_stop(sink->host->reactor, &sink->retry);
    if (failed) hr__log_sink_written(sink, failed, -ECANCELED);
    if (sink->class_->stop) sink->class_->stop(sink);
    for (unsigned i = 0; i < HR_LOG_BUFFERS; i++)
        hr__operation_cancel(sink->host->reactor, &sink->buffers[i].operation);
}

bool hr__log_sink_idle(const struct hr__log_sink *sink) {
    for (unsigned i = 0; i < HR_LOG_BUFFERS; i++)
        if (sink->buffers[i].size || sink->buffers[i].in_flight) return false;
    return !sink->unsynced;
}

uint64_t hr__log_sink_durable(const struct hr__log_sink *sink,
                              const struct hr__log_producer *producer) {
    uint32_t ring = producer->index;
    if (sink->commit.page) return hr__log_commit_position(&sink->commit, ring);
    if (hr__log_sink_idle(sink)) return hr__log_sink_read(sink, producer);
    return ring < sink->done.rings_count ? sink->done.rings[ring] : 0;
}
