/* Sinks without a file or a protocol: standard error, standard output, a function of the caller. */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "log_sink_classes.h"

static int open_stream(struct hr__log_sink *sink, const struct hr_log_sink *options,
                       struct hr_error *error) {
    (void)error;
    bool out = options->kind == HR_LOG_SINK_STDOUT;
    int fd = out ? STDOUT_FILENO : STDERR_FILENO;
    sink->path = out ? "stdout" : "stderr";
    sink->target = (struct hr__log_target){.fd = fd, .offset = HR_LOG_HERE};
    sink->is_terminal = isatty(fd) == 1;
    return 0;
}

static void write_stream(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    assert(buffer->in_flight && buffer->size > 0);
    buffer->target = sink->target;
    buffer->end = buffer->size;
    buffer->fixed = 0;
    hr__log_buffer_write(buffer);
}

/* Lines for a reader that has gone are lost: nobody would get them later. */
static void wrote_stream(struct hr__log_sink *sink, struct hr__log_buffer *buffer, int result) {
    assert(buffer->written <= buffer->end && buffer == sink->writing);
    bool waits = result == -EAGAIN && !sink->host->stopping;
    if (result < 0 && !waits && result != -ECANCELED) {
        hr__count(&sink->counts.dropped, buffer->records);
        hr__count(&sink->counts.errors, 1);
        buffer->size = 0;
        buffer->records = 0;
        result = 0;
    }
    hr__log_sink_written(sink, buffer, result);
}

const struct hr__log_sink_class hr__log_sink_stream = {
    .name = "stream",
    .drops = true,
    .open = open_stream,
    .write = write_stream,
    .wrote = wrote_stream,
};

static int open_callback(struct hr__log_sink *sink, const struct hr_log_sink *options,
                         struct hr_error *error) {
    if (!options->write) return hr_error_set(error, -EINVAL, "a log's callback sink has no write");
    sink->callback = (struct hr__log_callback){.write = options->write, .user = options->user};
    return 0;
}

/* The end of a write comes by a later event, as with the other sinks. */
static void called(struct hr_operation *operation, const struct hr_completion *completion) {
    (void)completion;
    struct hr__log_buffer *buffer = hr__container_of(operation, struct hr__log_buffer, operation);
    hr__log_sink_written(buffer->sink, buffer, 0);
}

static void write_callback(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    assert(sink->callback.write && buffer->size > 0);
    sink->callback.write(sink->callback.user, buffer->data, buffer->size);
    buffer->operation.kind = HR_OP_NOP;
    buffer->operation.on_event = called;
    hr__operation_start(sink->host->reactor, &buffer->operation);
}

const struct hr__log_sink_class hr__log_sink_callback = {
    .name = "callback",
    .open = open_callback,
    .write = write_callback,
};
