/* Sinks that may not hold up the rings: standard error, standard output, a function of the caller.
 */
#include <errno.h>
#include <unistd.h>

#include "log_sink.h"

static int open_stream(struct hr__log_sink *sink, const struct hr_log_sink *options,
                       struct hr_error *error) {
    (void)error;
    sink->fd = options->kind == HR_LOG_SINK_STDOUT ? STDOUT_FILENO : STDERR_FILENO;
    sink->is_terminal = isatty(sink->fd) == 1;
    return 0;
}

static void wrote(struct hr_operation *operation, const struct hr_completion *completion);

static void write_stream(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    struct hr_operation *operation = &buffer->operation;
    operation->kind = HR_OP_WRITE;
    operation->fd = sink->fd;
    operation->on_event = wrote;
    operation->u.buffer.data = buffer->data + buffer->written;
    operation->u.buffer.size = buffer->size - buffer->written;
    operation->u.buffer.offset = UINT64_MAX; /* where the descriptor stands */
    operation->u.buffer.fixed = 0;
    hr__operation_start(sink->host->reactor, operation);
}

/* What a reader that has gone did not take is lost: there is nobody to keep it for. */
static void wrote(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__log_buffer *buffer =
        (struct hr__log_buffer *)((char *)operation - offsetof(struct hr__log_buffer, operation));
    struct hr__log_sink *sink = buffer->sink;
    if (completion->result == -EINTR || completion->result == -EAGAIN) {
        write_stream(sink, buffer);
        return;
    }
    if (completion->result <= 0) {
        hr__count(&sink->dropped, buffer->records);
        hr__count(&sink->errors, 1);
        buffer->size = 0;
        buffer->records = 0;
    } else {
        buffer->written += (size_t)completion->result;
        if (buffer->written < buffer->size) {
            write_stream(sink, buffer);
            return;
        }
    }
    hr__log_sink_written(sink, buffer, 0);
}

const struct hr__log_sink_class hr__log_sink_stream = {
    .name = "stream",
    .drops = true,
    .open = open_stream,
    .write = write_stream,
};

static int open_callback(struct hr__log_sink *sink, const struct hr_log_sink *options,
                         struct hr_error *error) {
    if (!options->write) return hr_error_set(error, -EINVAL, "a log's callback sink has no write");
    sink->callback = options->write;
    sink->user = options->user;
    return 0;
}

/* Ends from a later event, as those of the other sinks do. */
static void called(struct hr_operation *operation, const struct hr_completion *completion) {
    (void)completion;
    struct hr__log_buffer *buffer =
        (struct hr__log_buffer *)((char *)operation - offsetof(struct hr__log_buffer, operation));
    hr__log_sink_written(buffer->sink, buffer, 0);
}

static void write_callback(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    sink->callback(sink->user, buffer->data, buffer->size);
    buffer->operation.kind = HR_OP_NOP;
    buffer->operation.on_event = called;
    hr__operation_start(sink->host->reactor, &buffer->operation);
}

const struct hr__log_sink_class hr__log_sink_callback = {
    .name = "callback",
    .open = open_callback,
    .write = write_callback,
};
