/* The file sink: lines at the end of a file, from registered memory. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log_changeover.h"
#include "log_rotate.h"
#include "log_sink_classes.h"
#include "log_tell.h"

#define MODE_DEFAULT 0640
#define SECOND_NS    UINT64_C(1000000000)

/* ---- Opening. */

static int refuse(const struct hr_log_sink *options, struct hr_error *error) {
    if (!options->path || !options->path[0])
        return hr_error_set(error, -EINVAL, "a log's file sink has no path");
    size_t size = strlen(options->path);
    if (size > HR_LOG_PATH_MAX || options->path[size - 1] == '/')
        return hr_error_set(error, -EINVAL, "the log file %.100s: no name of a file",
                            options->path);
    if (options->rotate_s &&
        !hr__log_boundary_is_possible(options->rotate_s, options->local_rotation))
        return hr_error_set(error, -EINVAL,
                            "the log file %s: with local_rotation rotate_s divides a day of "
                            "86,400 seconds",
                            options->path);
    if (options->rotated_names > HR_LOG_ROTATED_DATED)
        return hr_error_set(error, -EINVAL, "the log file %s: rotated_names is none of its names",
                            options->path);
    if (options->compression > HR_LOG_COMPRESSION_ZSTD)
        return hr_error_set(error, -EINVAL, "the log file %s: compression is none of its values",
                            options->path);
    return 0;
}

static void take_options(struct hr__log_file *file, const struct hr_log_sink *options) {
    struct hr__log_file_options *taken = &file->options;
    memcpy(taken->path, options->path, strlen(options->path) + 1);
    taken->mode = options->mode ? options->mode : MODE_DEFAULT;
    taken->rotate_bytes = options->rotate_bytes;
    taken->rotate_s = options->rotate_s;
    taken->keep_files = options->keep_files;
    taken->keep_days = options->keep_days;
    taken->dated = options->rotated_names == HR_LOG_ROTATED_DATED;
    taken->local = options->local_rotation;
    taken->compression = options->compression;
    taken->durable_ms = options->durable_ms;
}

/* The path is made absolute: a process that changes its working directory goes on with the same
 * file, and recovery finds it. */
static int make_absolute(struct hr__log_file *file, struct hr_error *error) {
    char *path = realpath(file->options.path, NULL);
    int err = path ? 0 : -errno;
    if (path && strlen(path) > HR_LOG_PATH_MAX) err = -ENAMETOOLONG;
    if (!err) memcpy(file->options.path, path, strlen(path) + 1);
    free(path);
    return err ? hr_error_set(error, err, "the log file %s: %s", file->options.path,
                              hr_error_text(err))
               : 0;
}

static int open_target(struct hr__log_file *file, struct hr_error *error) {
    struct hr__log_sink *sink = file->sink;
    const char *path = file->options.path, *why;
    if (file->options.durable_ms) hr__log_cut_zeros(path);
    hr__log_end_line(path);
    int err = hr__log_open(&file->options, path, file->options.durable_ms ? 0 : O_APPEND,
                           &sink->target, &why);
    if (err)
        return hr_error_set(error, err, "the log file %s: %s%s%s", path, why,
                            err == -EINVAL ? "" : ": ", err == -EINVAL ? "" : hr_error_text(err));
    struct stat facts;
    /* A file that was last written before a boundary is rotated at once. */
    if (fstat(sink->target.fd, &facts) == 0 && facts.st_size > 0)
        hr__log_changeover_set_boundary(file, (uint64_t)facts.st_mtim.tv_sec * SECOND_NS);
    else
        hr__log_changeover_set_boundary(file, (uint64_t)time(NULL) * SECOND_NS);
    return make_absolute(file, error);
}

static void job_done(void *user, const struct hr__log_job *job);
static void go_on(struct hr__log_sink *sink);

static int open_durable(struct hr__log_file *file, struct hr_error *error) {
    struct hr__log_sink *sink = file->sink;
    int err = hr__log_durable_open(sink, file->options.durable_ms, go_on, &file->durable);
    if (!err) return 0;
    return hr_error_set(error, err, "the log file %s: %s", sink->path,
                        err == -EACCES ? "its end cannot be read, which durable_ms needs"
                                       : "no memory for durable_ms");
}

static int open_file(struct hr__log_sink *sink, const struct hr_log_sink *options,
                     struct hr_error *error) {
    int err = refuse(options, error);
    if (err) return err;
    struct hr__log_file *file = calloc(1, sizeof *file);
    if (!file) return hr_error_set(error, -ENOMEM, "no memory for a log's sink");
    file->sink = sink;
    file->change.next.fd = file->change.next.direct = -1;
    take_options(file, options);
    sink->file = file;
    sink->path = file->options.path;
    sink->mode = file->options.mode;
    err = open_target(file, error);
    if (!err && file->options.durable_ms) err = open_durable(file, error);
    if (err || sink->host->alone) return err;
    err = hr__log_keeper_open(&file->options, sink->host->reactor, job_done, file,
                              &file->change.keeper);
    return err ? hr_error_set(error, err, "the log file %s: no thread for it", sink->path) : 0;
}

/* Cuts the file to its true length. */
static void end_durable(const struct hr__log_sink *sink) {
    int err = ftruncate(sink->target.fd, (off_t)sink->target.offset);
    if (!err) err = fdatasync(sink->target.fd);
    if (err) hr__log_tell("headrace log: the end of %s: %s\n", sink->path, hr_error_text(-errno));
}

static void close_file(struct hr__log_sink *sink) {
    struct hr__log_file *file = sink->file;
    if (!file) return;
    hr__log_keeper_close(file->change.keeper);
    if (file->durable && sink->target.fd >= 0) end_durable(sink);
    hr__log_target_close(&sink->target);
    hr__log_target_close(&file->change.next);
    hr__log_durable_close(file->durable);
    free(file);
    sink->file = NULL;
    sink->path = NULL;
}

/* ---- Writing. */

/* The end of the piece from `begin` on: the whole lines that have room in the file, at least one.
 */
static size_t piece_end(const struct hr__log_file *file, const struct hr__log_buffer *buffer) {
    uint64_t limit = file->options.rotate_bytes, offset = file->sink->target.offset;
    size_t left = buffer->size - buffer->begin;
    if (hr__log_changeover_ignores_limit(file) || (offset < limit && left <= limit - offset))
        return buffer->size;
    uint64_t room = offset < limit ? limit - offset : 0;
    const char *from = buffer->data + buffer->begin;
    const char *end = room ? memrchr(from, '\n', room < left ? (size_t)room : left) : NULL;
    if (!end) end = memchr(from, '\n', left);
    return end ? buffer->begin + (size_t)(end - from) + 1 : buffer->size;
}

/* Does what can be done next, while no piece is on its way. */
static void step(struct hr__log_file *file) {
    struct hr__log_sink *sink = file->sink;
    struct hr__log_buffer *buffer = sink->writing;
    assert(!buffer || buffer->in_flight);
    bool failed = buffer && sink->retry.buffer == buffer;
    if (hr__operation_active(&sink->buffers[0].operation) ||
        hr__operation_active(&sink->buffers[1].operation) || file->writes)
        return;
    if (file->change.next.fd >= 0 &&
        (!buffer || failed || buffer->sequence > file->change.last_of_old)) {
        if (file->durable && !hr__log_durable_settle(file->durable)) return;
        hr__log_changeover_do(file);
        failed = false;
    }
    if (!file->placed || failed) hr__log_changeover_want(file, file->placed ? NULL : buffer);
    hr__log_changeover_ask(file);
    if (!buffer || failed) return;
    if (!file->placed) {
        if (hr__log_changeover_holds(file, buffer)) return;
        buffer->begin = buffer->written = buffer->end;
        buffer->end = piece_end(file, buffer);
        assert(buffer->end > buffer->begin && buffer->end <= buffer->size);
        buffer->target = sink->target;
        file->placed = true;
        hr__log_sink_commit_place(sink, buffer);
    }
    file->writes = true;
    if (file->durable)
        hr__log_durable_write(file->durable, buffer);
    else
        hr__log_buffer_write(buffer);
}

static void go_on(struct hr__log_sink *sink) {
    step(sink->file);
}

static void write_file(struct hr__log_sink *sink, struct hr__log_buffer *buffer) {
    if (buffer->end == 0) sink->file->placed = false; /* a new one */
    step(sink->file);
}

static void wrote_file(struct hr__log_sink *sink, struct hr__log_buffer *buffer, int result) {
    struct hr__log_file *file = sink->file;
    assert(file->writes && file->placed && buffer == sink->writing);
    file->writes = false;
    if (result < 0) {
        if (sink->host->stopping) file->placed = false;
        hr__log_sink_written(sink, buffer, result);
        if (!sink->host->stopping) step(file); /* a next file may be there already */
        return;
    }
    sink->target.offset += buffer->end - buffer->begin;
    file->placed = false;
    if (file->durable) hr__log_durable_wrote(file->durable);
    if (buffer->end == buffer->size)
        hr__log_sink_written(sink, buffer, 0);
    else
        step(file);
}

/* ---- From time to time. */

static void job_done(void *user, const struct hr__log_job *job) {
    struct hr__log_file *file = user;
    struct hr__log_sink *sink = file->sink;
    hr__log_changeover_take(file, job);
    step(file);
    sink->host->go_on(sink->host);
}

static void on_tick(struct hr_timer *timer) {
    struct hr__log_file *file = hr__container_of(timer, struct hr__log_file, change.tick);
    step(file);
    hr__log_changeover_check(file);
    hr__timer_start(file->sink->host->reactor, timer, hr__log_file_now(file) + HR_LOG_CHECK_NS);
}

static void on_hold_end(struct hr_timer *timer) {
    step(hr__container_of(timer, struct hr__log_file, change.hold));
}

static void begin_file(struct hr__log_sink *sink) {
    struct hr__log_file *file = sink->file;
    if (!file->change.keeper) return;
    file->change.tick.on_fire = on_tick;
    file->change.hold.on_fire = on_hold_end;
    hr__timer_start(sink->host->reactor, &file->change.tick,
                    hr__log_file_now(file) + HR_LOG_CHECK_NS);
}

static void reopen_file(struct hr__log_sink *sink) {
    struct hr__log_file *file = sink->file;
    if (!file->change.keeper) return;
    hr__log_changeover_reopen(file);
    step(file);
}

static int reopened_file(const struct hr__log_sink *sink) {
    const struct hr__log_file *file = sink->file;
    if (file->change.wants_reopen || file->change.asked == HR_LOG_JOB_REOPEN) return -EINPROGRESS;
    return file->change.failed;
}

static void stop_file(struct hr__log_sink *sink) {
    struct hr__log_file *file = sink->file;
    if (file->change.keeper) {
        hr__timer_stop(sink->host->reactor, &file->change.tick);
        hr__timer_stop(sink->host->reactor, &file->change.hold);
        hr__log_keeper_mute(file->change.keeper);
    }
    if (file->durable) hr__log_durable_stop(file->durable);
    step(file); /* what it held */
}

static bool busy_file(const struct hr__log_sink *sink) {
    const struct hr__log_file *file = sink->file;
    return (file->durable && hr__log_durable_busy(file->durable)) ||
           (file->change.keeper && hr__log_keeper_busy(file->change.keeper));
}

static uint64_t errors_of_keeper(const struct hr__log_sink *sink) {
    const struct hr__log_keeper *keeper = sink->file->change.keeper;
    return keeper ? hr__log_keeper_errors(keeper) : 0;
}

const struct hr__log_sink_class hr__log_sink_file = {
    .name = "file",
    .buffer_bytes = HR_LOG_FILE_BUFFER_BYTES,
    .commits = true,
    .open = open_file,
    .begin = begin_file,
    .write = write_file,
    .wrote = wrote_file,
    .reopen = reopen_file,
    .reopened = reopened_file,
    .stop = stop_file,
    .busy = busy_file,
    .errors = errors_of_keeper,
    .close = close_file,
};
