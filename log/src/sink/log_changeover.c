/* Changing a sink's file: when it is due, asking the keeper, going over. */
#include "log_changeover.h"

#include <assert.h>
#include <string.h>

#include "log_rotate.h"
#include "log_tell.h"

#define SECOND_NS UINT64_C(1000000000)
#define HOLD_NS   (SECOND_NS / 4) /* the longest that lines wait for another file */
#define AGAIN_NS  SECOND_NS       /* from a rotation that failed to the next */

/* ---- When it is due. */

void hr__log_changeover_set_boundary(struct hr__log_file *file, uint64_t wall_ns) {
    file->change.boundary_ns = UINT64_MAX;
    if (file->options.rotate_s)
        file->change.boundary_ns =
            hr__log_boundary(wall_ns, file->options.rotate_s, file->options.local);
}

static uint64_t wall_of(const struct hr__log_file *file) {
    return hr__reactor_wall_ns(file->sink->host->reactor);
}

/* Whether a boundary has passed. An empty file is not rotated. Where the clock was put back, the
 * next boundary is set anew. */
static bool is_time(struct hr__log_file *file) {
    if (file->change.boundary_ns == UINT64_MAX) return false;
    uint64_t wall = wall_of(file), period = file->options.rotate_s * SECOND_NS;
    bool passed = wall >= file->change.boundary_ns;
    if (passed && file->sink->target.offset > 0) return true;
    if (passed || file->change.boundary_ns - wall > 2 * period)
        hr__log_changeover_set_boundary(file, wall);
    return false;
}

/* Whether the first line in the rest of the buffer has no room in the file. */
static bool is_full(const struct hr__log_file *file, const struct hr__log_buffer *buffer) {
    uint64_t limit = file->options.rotate_bytes, offset = file->sink->target.offset;
    if (!limit || offset == 0 || !buffer) return false;
    const char *from = buffer->data + buffer->end;
    const char *end = memchr(from, '\n', buffer->size - buffer->end);
    size_t size = end ? (size_t)(end - from) + 1 : buffer->size - buffer->end;
    return offset + size > limit;
}

bool hr__log_changeover_holds(const struct hr__log_file *file,
                              const struct hr__log_buffer *buffer) {
    if (file->sink->host->stopping || hr__log_file_now(file) >= file->change.hold_until_ns)
        return false;
    return buffer->sequence > file->change.last_of_old;
}

bool hr__log_changeover_ignores_limit(const struct hr__log_file *file) {
    const struct hr__log_changeover *change = &file->change;
    return !file->options.rotate_bytes || !change->keeper || change->wants_rotation ||
           change->asked == HR_LOG_JOB_ROTATE || hr__log_file_now(file) < change->not_before_ns;
}

/* ---- Asking the keeper. */

static void begin_hold(struct hr__log_file *file) {
    assert(file->change.keeper);
    if (file->change.hold_until_ns > hr__log_file_now(file)) return;
    file->change.hold_until_ns = hr__log_file_now(file) + HOLD_NS;
    hr__timer_start(file->sink->host->reactor, &file->change.hold, file->change.hold_until_ns);
}

void hr__log_changeover_want(struct hr__log_file *file, const struct hr__log_buffer *buffer) {
    struct hr__log_changeover *change = &file->change;
    assert(change->boundary_ns > 0);
    bool waits =
        change->wants_rotation || change->asked == HR_LOG_JOB_ROTATE || change->next.fd >= 0;
    if (waits || hr__log_file_now(file) < change->not_before_ns || !change->keeper) return;
    if (!is_time(file) && !is_full(file, buffer)) return;
    change->wants_rotation = true;
    begin_hold(file);
}

void hr__log_changeover_ask(struct hr__log_file *file) {
    struct hr__log_changeover *change = &file->change;
    assert(!file->writes);
    if (change->asked || !change->keeper || file->sink->host->stopping || change->next.fd >= 0)
        return;
    struct hr__log_job job = {.current = file->sink->target, .wall_ns = wall_of(file)};
    if (change->wants_reopen)
        job.kind = HR_LOG_JOB_REOPEN;
    else if (change->wants_rotation)
        job.kind = HR_LOG_JOB_ROTATE;
    else
        return;
    if (!hr__log_keeper_ask(change->keeper, &job)) return;
    change->asked = job.kind;
    change->wants_reopen = change->wants_rotation = false;
}

void hr__log_changeover_check(struct hr__log_file *file) {
    struct hr__log_changeover *change = &file->change;
    assert(change->keeper);
    struct hr__log_job check = {.kind = HR_LOG_JOB_CHECK, .current = file->sink->target};
    if (!change->asked && change->next.fd < 0 && hr__log_keeper_ask(change->keeper, &check))
        change->asked = HR_LOG_JOB_CHECK;
}

void hr__log_changeover_reopen(struct hr__log_file *file) {
    assert(file->change.keeper);
    const struct hr__log_sink *sink = file->sink;
    const struct hr__log_buffer *filled = sink->filling;
    file->change.last_of_old = sink->sequence + (!filled->in_flight && filled->size > 0);
    file->change.wants_reopen = true;
    begin_hold(file);
}

/* ---- Going over. */

/* Takes back a piece that has not gone whole into the old file: it is written to the new one from
 * the beginning of the line at hand, and the old file is cut there. */
static void take_back(struct hr__log_file *file, struct hr__log_retired *retired) {
    struct hr__log_sink *sink = file->sink;
    struct hr__log_buffer *buffer = sink->writing;
    if (!buffer || !file->placed) return;
    size_t whole = buffer->written;
    while (whole > buffer->begin && buffer->data[whole - 1] != '\n') whole--;
    assert(whole >= buffer->begin && whole <= buffer->written);
    if (file->durable) whole = buffer->begin; /* of the piece nothing counts yet */
    retired->cut.from = sink->target.offset + (buffer->written - buffer->begin);
    retired->cut.to = sink->target.offset + (whole - buffer->begin);
    buffer->begin = buffer->written = buffer->end = whole;
    file->placed = false;
    hr__log_sink_forget_retry(sink);
}

void hr__log_changeover_do(struct hr__log_file *file) {
    struct hr__log_sink *sink = file->sink;
    struct hr__log_buffer *buffer = sink->writing;
    assert(file->change.next.fd >= 0 && !file->writes);
    struct hr__log_retired retired = {.fd = sink->target.fd, .direct = sink->target.direct};
    take_back(file, &retired);
    if (file->durable) {
        retired.durable = true;
        retired.cut.to = sink->target.offset;
    }
    hr__log_keeper_retire(file->change.keeper, &retired);
    sink->target = file->change.next;
    hr__log_sink_commit_file(sink, buffer, buffer ? buffer->end : 0);
    file->change.next.fd = file->change.next.direct = -1;
    if (file->durable) hr__log_durable_begin_file(file->durable);
    if (file->change.rotated) hr__count(&sink->counts.rotations, 1);
    hr__log_changeover_set_boundary(file, wall_of(file));
    file->change.hold_until_ns = 0;
    hr__timer_stop(sink->host->reactor, &file->change.hold);
}

/* ---- What the keeper has found. */

static void say_failure(struct hr__log_file *file, const struct hr__log_job *job) {
    assert(job->err < 0 && job->next.fd < 0);
    hr__count(&file->sink->counts.errors, 1);
    file->change.not_before_ns = hr__log_file_now(file) + AGAIN_NS;
    file->change.hold_until_ns = 0;
    int before = file->change.failed;
    file->change.failed = job->err;
    if (before) return;
    hr__log_tell("headrace log: file %s: %s: %s; the old file is written further\n",
                 file->options.path, job->why, hr_error_text(job->err));
}

/* Follows the size of a file that somebody has cut (logrotate's copytruncate), or writes to as
 * well. A durable file is nobody else's, and longer than its lines. */
static void follow_size(struct hr__log_file *file, const struct hr__log_job *job) {
    struct hr__log_target *target = &file->sink->target;
    if (file->durable) return;
    assert(job->size >= job->current.offset || target->offset >= job->current.offset - job->size);
    if (job->size < job->current.offset)
        target->offset -= job->current.offset - job->size;
    else if (!file->placed && job->size > target->offset)
        target->offset = job->size;
}

void hr__log_changeover_take(struct hr__log_file *file, const struct hr__log_job *job) {
    struct hr__log_changeover *change = &file->change;
    bool reopened = change->asked == HR_LOG_JOB_REOPEN;
    assert(change->asked != HR_LOG_JOB_NONE && change->next.fd < 0);
    change->asked = HR_LOG_JOB_NONE;
    if (job->err) {
        say_failure(file, job);
    } else {
        change->failed = 0;
        if (reopened && job->next.fd < 0) change->hold_until_ns = 0;
        follow_size(file, job);
    }
    if (job->next.fd < 0) return;
    change->next = job->next;
    change->rotated = job->rotated;
    if (!reopened && !change->wants_reopen) change->last_of_old = 0;
}
