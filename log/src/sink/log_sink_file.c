/* The file sink: lines at the end of a file, from registered memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_sink.h"

#define MODE_DEFAULT 0640

/* A process that changes its folder goes on with the same file, and so does who completes it. */
static int make_absolute(struct hr__log_sink *sink, struct hr_error *error) {
    char *path = realpath(sink->path, NULL);
    if (!path) {
        int err = -errno;
        return hr_error_set(error, err, "the log file %s: %s", sink->path, hr_error_text(err));
    }
    free(sink->path);
    sink->path = path;
    return 0;
}

static int open_file(struct hr__log_sink *sink, const struct hr_log_sink *options,
                     struct hr_error *error) {
    if (!options->path || !options->path[0])
        return hr_error_set(error, -EINVAL, "a log's file sink has no path");
    sink->mode = options->mode ? options->mode : MODE_DEFAULT;
    sink->path = strdup(options->path);
    if (!sink->path) return hr_error_set(error, -ENOMEM, "no memory for a log's sink");
    int fd = open(sink->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, sink->mode);
    if (fd < 0) {
        int err = -errno;
        return hr_error_set(error, err, "the log file %s cannot be opened: %s%s", sink->path,
                            hr_error_text(err),
                            err == -ELOOP ? "; a symbolic link is not followed" : "");
    }
    struct stat facts;
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        close(fd);
        return hr_error_set(error, -EINVAL, "the log file %s is no regular file", sink->path);
    }
    sink->fd = fd;
    sink->offset = (uint64_t)facts.st_size;
    sink->device = facts.st_dev;
    sink->inode = facts.st_ino;
    return make_absolute(sink, error);
}

static void wrote(struct hr_operation *operation, const struct hr_completion *completion);

/* Somebody may have cut the file (copytruncate of logrotate): lines go to its end then, not behind
 * a hole. */
static void follow_end(struct hr__log_sink *sink, const struct hr__log_buffer *buffer) {
    struct stat facts;
    if (buffer->written == 0 && fstat(sink->fd, &facts) == 0 &&
        (uint64_t)facts.st_size < sink->offset && !sink->buffers[buffer == sink->buffers].in_flight)
        sink->offset = (uint64_t)facts.st_size;
}

static void write_rest(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    struct hr_operation *operation = &buffer->operation;
    operation->kind = HR_OP_WRITE;
    operation->fd = sink->fd;
    operation->on_event = wrote;
    operation->u.buffer.data = buffer->data + buffer->written;
    operation->u.buffer.size = buffer->size - buffer->written;
    operation->u.buffer.offset = buffer->offset + buffer->written;
    operation->u.buffer.fixed = buffer->fixed;
    hr__operation_start(sink->host->reactor, operation);
}

static void wrote(struct hr_operation *operation, const struct hr_completion *completion) {
    struct hr__log_buffer *buffer =
        (struct hr__log_buffer *)((char *)operation - offsetof(struct hr__log_buffer, operation));
    struct hr__log_sink *sink = buffer->sink;
    if (completion->result == -EINTR || completion->result == -EAGAIN) {
        write_rest(sink, buffer);
    } else if (completion->result <= 0) {
        hr__log_sink_written(sink, buffer, completion->result ? completion->result : -EIO);
    } else {
        buffer->written += (size_t)completion->result;
        if (buffer->written < buffer->size)
            write_rest(sink, buffer);
        else
            hr__log_sink_written(sink, buffer, 0);
    }
}

/* Each buffer has its place in the file before it is written, so that two may be on their way. One
 * that failed keeps its place. */
static void write_file(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    if (!buffer->placed) {
        follow_end(sink, buffer);
        buffer->offset = sink->offset;
        sink->offset += buffer->size;
        buffer->placed = true;
        hr__log_sink_commit_place(sink, buffer);
    }
    write_rest(sink, buffer);
}

static void close_file(struct hr__log_sink *sink) {
    if (sink->fd >= 0) close(sink->fd);
    free(sink->path);
    sink->path = NULL;
}

const struct hr__log_sink_class hr__log_sink_file = {
    .name = "file",
    .commits = true,
    .open = open_file,
    .write = write_file,
    .close = close_file,
};
