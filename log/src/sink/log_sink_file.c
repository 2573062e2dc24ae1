/* The file sink: lines at the end of a file, from registered memory. When the file is to be another
 * one (its size, the time, hr_log_reopen, or somebody moved it), a keeper opens that; lines wait
 * for it in their buffer, but never for long. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log_durable.h"
#include "log_keeper.h"
#include "log_sink.h"

#define MODE_DEFAULT 0640
#define SECOND_NS    UINT64_C(1000000000)
#define HOLD_NS      (SECOND_NS / 4) /* the longest that lines wait for another file */
#define AGAIN_NS     SECOND_NS       /* from a rotation that failed to the next */

struct hr__log_file {
    struct hr__log_sink *sink;
    struct hr__log_file_options options;
    struct hr__log_durable *durable; /* NULL: not in that mode */
    struct hr__log_keeper *keeper;   /* NULL: the host has no helpers */
    enum hr__log_job_kind asked;     /* what the keeper is doing */
    bool wants_reopen, wants_rotation;
    bool rotated;               /* `next` came of a rotation */
    struct hr__log_target next; /* fd -1: none */
    uint64_t last_of_old;       /* buffers up to this one still belong to the file before `next` */
    uint64_t hold_until_ns, not_before_ns;
    uint64_t boundary_ns; /* on the wall clock; UINT64_MAX: none */
    bool placed;          /* the piece at hand has its place in the file */
    int failed;           /* why the last job failed; 0: it did not */
    bool writes;          /* a piece is on its way */
    struct hr_timer tick, hold;
};

static uint64_t now_of(const struct hr__log_file *file) {
    return hr__reactor_now(file->sink->host->reactor);
}

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

/* A file that was last written before a boundary is due at once. */
static void set_boundary(struct hr__log_file *file, uint64_t wall_ns) {
    file->boundary_ns = UINT64_MAX;
    if (file->options.rotate_s)
        file->boundary_ns = hr__log_boundary(wall_ns, file->options.rotate_s, file->options.local);
}

/* A process that changes its folder goes on with the same file, and so does who completes it. */
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
    if (fstat(sink->target.fd, &facts) == 0 && facts.st_size > 0)
        set_boundary(file, (uint64_t)facts.st_mtim.tv_sec * SECOND_NS);
    else
        set_boundary(file, (uint64_t)time(NULL) * SECOND_NS);
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
    file->next.fd = file->next.direct = -1;
    take_options(file, options);
    sink->file = file;
    sink->path = file->options.path;
    sink->mode = file->options.mode;
    err = open_target(file, error);
    if (!err && file->options.durable_ms) err = open_durable(file, error);
    if (err || sink->host->alone) return err;
    err = hr__log_keeper_open(&file->options, sink->host->reactor, job_done, file, &file->keeper);
    return err ? hr_error_set(error, err, "the log file %s: no thread for it", sink->path) : 0;
}

/* The file gets its true length. */
static void end_durable(const struct hr__log_sink *sink) {
    int err = ftruncate(sink->target.fd, (off_t)sink->target.offset);
    if (!err) err = fdatasync(sink->target.fd);
    if (err) hr__log_tell("headrace log: the end of %s: %s\n", sink->path, hr_error_text(-errno));
}

static void close_file(struct hr__log_sink *sink) {
    struct hr__log_file *file = sink->file;
    if (!file) return;
    hr__log_keeper_close(file->keeper);
    if (file->durable && sink->target.fd >= 0) end_durable(sink);
    hr__log_target_close(&sink->target);
    hr__log_target_close(&file->next);
    hr__log_durable_close(file->durable);
    free(file);
    sink->file = NULL;
    sink->path = NULL;
}

/* ---- Another file. */

static uint64_t wall_of(const struct hr__log_file *file) {
    return hr__reactor_wall_ns(file->sink->host->reactor);
}

/* A boundary finds nothing to rotate in an empty file. After a clock that was put back, the next
 * one is no further away than one may be. */
static bool is_time(struct hr__log_file *file) {
    if (file->boundary_ns == UINT64_MAX) return false;
    uint64_t wall = wall_of(file), period = file->options.rotate_s * SECOND_NS;
    bool passed = wall >= file->boundary_ns;
    if (passed && file->sink->target.offset > 0) return true;
    if (passed || file->boundary_ns - wall > 2 * period) set_boundary(file, wall);
    return false;
}

/* The line that stands first in the rest of a buffer has no room in the file. */
static bool is_full(const struct hr__log_file *file, const struct hr__log_buffer *buffer) {
    uint64_t limit = file->options.rotate_bytes, offset = file->sink->target.offset;
    if (!limit || offset == 0 || !buffer) return false;
    const char *from = buffer->data + buffer->end;
    const char *end = memchr(from, '\n', buffer->size - buffer->end);
    size_t size = end ? (size_t)(end - from) + 1 : buffer->size - buffer->end;
    return offset + size > limit;
}

static void begin_hold(struct hr__log_file *file) {
    if (file->hold_until_ns > now_of(file)) return;
    file->hold_until_ns = now_of(file) + HOLD_NS;
    hr__timer_start(file->sink->host->reactor, &file->hold, file->hold_until_ns);
}

static void ask(struct hr__log_file *file) {
    if (file->asked || !file->keeper || file->sink->host->stopping || file->next.fd >= 0) return;
    struct hr__log_job job = {.current = file->sink->target, .wall_ns = wall_of(file)};
    if (file->wants_reopen)
        job.kind = HR_LOG_JOB_REOPEN;
    else if (file->wants_rotation)
        job.kind = HR_LOG_JOB_ROTATE;
    else
        return;
    if (!hr__log_keeper_ask(file->keeper, &job)) return;
    file->asked = job.kind;
    file->wants_reopen = file->wants_rotation = false;
}

static void want_rotation(struct hr__log_file *file, const struct hr__log_buffer *buffer) {
    bool waits = file->wants_rotation || file->asked == HR_LOG_JOB_ROTATE || file->next.fd >= 0;
    if (waits || now_of(file) < file->not_before_ns || !file->keeper) return;
    if (!is_time(file) && !is_full(file, buffer)) return;
    file->wants_rotation = true;
    begin_hold(file);
}

/* The rest of a piece that has not gone whole into the old file is written anew, from the beginning
 * of its line; what the old one has of that line is cut off. */
static void take_back(struct hr__log_file *file, struct hr__log_retired *retired) {
    struct hr__log_sink *sink = file->sink;
    struct hr__log_buffer *buffer = sink->writing;
    if (!buffer || !file->placed) return;
    size_t whole = buffer->written;
    while (whole > buffer->begin && buffer->data[whole - 1] != '\n') whole--;
    if (file->durable) whole = buffer->begin; /* of the piece nothing counts yet */
    retired->cut.from = sink->target.offset + (buffer->written - buffer->begin);
    retired->cut.to = sink->target.offset + (whole - buffer->begin);
    buffer->begin = buffer->written = buffer->end = whole;
    file->placed = false;
    hr__timer_stop(sink->host->reactor, &sink->retry);
    sink->failed = NULL;
}

static void change_over(struct hr__log_file *file) {
    struct hr__log_sink *sink = file->sink;
    struct hr__log_buffer *buffer = sink->writing;
    struct hr__log_retired retired = {.fd = sink->target.fd, .direct = sink->target.direct};
    take_back(file, &retired);
    if (file->durable) {
        retired.durable = true;
        retired.cut.to = sink->target.offset;
    }
    hr__log_keeper_retire(file->keeper, &retired);
    sink->target = file->next;
    hr__log_sink_commit_file(sink, buffer, buffer ? buffer->end : 0);
    file->next.fd = file->next.direct = -1;
    if (file->durable) hr__log_durable_begin_file(file->durable);
    if (file->rotated) hr__count(&sink->rotations, 1);
    set_boundary(file, wall_of(file));
    file->hold_until_ns = 0;
    hr__timer_stop(sink->host->reactor, &file->hold);
}

/* ---- Writing. */

/* The rotation that is due has failed, or takes too long: lines go on into the old file. */
static bool ignores_limit(const struct hr__log_file *file) {
    return !file->options.rotate_bytes || !file->keeper || file->wants_rotation ||
           file->asked == HR_LOG_JOB_ROTATE || now_of(file) < file->not_before_ns;
}

/* From `begin`: the whole lines that have room in the file, one at least. */
static size_t piece_end(const struct hr__log_file *file, const struct hr__log_buffer *buffer) {
    uint64_t limit = file->options.rotate_bytes, offset = file->sink->target.offset;
    size_t left = buffer->size - buffer->begin;
    if (ignores_limit(file) || (offset < limit && left <= limit - offset)) return buffer->size;
    uint64_t room = offset < limit ? limit - offset : 0;
    const char *from = buffer->data + buffer->begin;
    const char *end = room ? memrchr(from, '\n', room < left ? (size_t)room : left) : NULL;
    if (!end) end = memchr(from, '\n', left);
    return end ? buffer->begin + (size_t)(end - from) + 1 : buffer->size;
}

/* Whether lines wait for another file. */
static bool holds(const struct hr__log_file *file, const struct hr__log_buffer *buffer) {
    if (file->sink->host->stopping || now_of(file) >= file->hold_until_ns) return false;
    return buffer->sequence > file->last_of_old;
}

/* Does what can be done next, while no piece is on its way. */
static void step(struct hr__log_file *file) {
    struct hr__log_sink *sink = file->sink;
    struct hr__log_buffer *buffer = sink->writing;
    bool failed = buffer && sink->failed == buffer;
    if (hr__operation_active(&sink->buffers[0].operation) ||
        hr__operation_active(&sink->buffers[1].operation) || file->writes)
        return;
    if (file->next.fd >= 0 && (!buffer || failed || buffer->sequence > file->last_of_old)) {
        if (file->durable && !hr__log_durable_settle(file->durable)) return;
        change_over(file);
        failed = false;
    }
    if (!file->placed || failed) want_rotation(file, file->placed ? NULL : buffer);
    ask(file);
    if (!buffer || failed) return;
    if (!file->placed) {
        if (holds(file, buffer)) return;
        buffer->begin = buffer->written = buffer->end;
        buffer->end = piece_end(file, buffer);
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

static void say_failure(struct hr__log_file *file, const struct hr__log_job *job) {
    hr__count(&file->sink->errors, 1);
    file->not_before_ns = now_of(file) + AGAIN_NS;
    file->hold_until_ns = 0;
    int before = file->failed;
    file->failed = job->err;
    if (before) return;
    hr__log_tell("headrace log: file %s: %s: %s; the old file is written further\n",
                 file->options.path, job->why, hr_error_text(job->err));
}

/* Somebody has cut it (copytruncate of logrotate), or writes into it as well. A durable file is
 * nobody else's, and longer than its lines. */
static void follow_size(struct hr__log_file *file, const struct hr__log_job *job) {
    struct hr__log_target *target = &file->sink->target;
    if (file->durable) return;
    if (job->size < job->current.offset)
        target->offset -= job->current.offset - job->size;
    else if (!file->placed && job->size > target->offset)
        target->offset = job->size;
}

static void job_done(void *user, const struct hr__log_job *job) {
    struct hr__log_file *file = user;
    struct hr__log_sink *sink = file->sink;
    bool reopened = file->asked == HR_LOG_JOB_REOPEN;
    file->asked = HR_LOG_JOB_NONE;
    if (job->err) {
        say_failure(file, job);
    } else {
        file->failed = 0;
        if (reopened && job->next.fd < 0) file->hold_until_ns = 0;
        follow_size(file, job);
    }
    if (job->next.fd >= 0) {
        file->next = job->next;
        file->rotated = job->rotated;
        if (!reopened && !file->wants_reopen) file->last_of_old = 0;
    }
    step(file);
    sink->host->go_on(sink->host);
}

static void on_tick(struct hr_timer *timer) {
    struct hr__log_file *file = hr__container_of(timer, struct hr__log_file, tick);
    struct hr__log_job check = {.kind = HR_LOG_JOB_CHECK, .current = file->sink->target};
    step(file);
    if (!file->asked && file->next.fd < 0 && hr__log_keeper_ask(file->keeper, &check))
        file->asked = HR_LOG_JOB_CHECK;
    hr__timer_start(file->sink->host->reactor, timer, now_of(file) + SECOND_NS);
}

static void on_hold_end(struct hr_timer *timer) {
    step(hr__container_of(timer, struct hr__log_file, hold));
}

static void begin_file(struct hr__log_sink *sink) {
    struct hr__log_file *file = sink->file;
    if (!file->keeper) return;
    file->tick.on_fire = on_tick;
    file->hold.on_fire = on_hold_end;
    hr__timer_start(sink->host->reactor, &file->tick, now_of(file) + SECOND_NS);
}

static void reopen_file(struct hr__log_sink *sink) {
    struct hr__log_file *file = sink->file;
    const struct hr__log_buffer *filled = sink->filling;
    if (!file->keeper) return;
    file->last_of_old = sink->sequence + (!filled->in_flight && filled->size > 0);
    file->wants_reopen = true;
    begin_hold(file);
    step(file);
}

static int reopened_file(const struct hr__log_sink *sink) {
    const struct hr__log_file *file = sink->file;
    if (file->wants_reopen || file->asked == HR_LOG_JOB_REOPEN) return -EINPROGRESS;
    return file->failed;
}

static void stop_file(struct hr__log_sink *sink) {
    struct hr__log_file *file = sink->file;
    if (file->keeper) {
        hr__timer_stop(sink->host->reactor, &file->tick);
        hr__timer_stop(sink->host->reactor, &file->hold);
        hr__log_keeper_mute(file->keeper);
    }
    if (file->durable) hr__log_durable_stop(file->durable);
    step(file); /* what it held */
}

static bool busy_file(const struct hr__log_sink *sink) {
    const struct hr__log_file *file = sink->file;
    return (file->durable && hr__log_durable_busy(file->durable)) ||
           (file->keeper && hr__log_keeper_busy(file->keeper));
}

uint64_t hr__log_sink_file_errors(const struct hr__log_sink *sink) {
    const struct hr__log_file *file = sink->class_ == &hr__log_sink_file ? sink->file : NULL;
    return file && file->keeper ? hr__log_keeper_errors(file->keeper) : 0;
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
    .close = close_file,
};
