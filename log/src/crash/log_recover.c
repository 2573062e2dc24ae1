/* Completing the files of a process that was killed. As in the drain, bytes are written first and
 * committed then: after a recovery that is killed, the next one begins at its last commit. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/reserved.h>

#include "log_commit.h"
#include "log_complete.h"
#include "log_leftover.h"
#include "log_recover.h"

/* The completing of one sink's file. */
struct job {
    struct hr__log_leftover *leftover;
    struct hr__log_problems *problems;
    struct hr__log_commit commit;
    struct hr__log_commit_sink sink;
    struct hr__log_complete file;
    struct hr__log_ticks ticks;
    struct hr__log_formatter formatter;
    uint64_t *positions; /* by ring: records before this are in the buffer or the file */
    char *buffer;
    size_t size, capacity;
    uint64_t last_ticks; /* that the last line shows */
    struct hr_log_recovered done;
};

static int flush(struct job *job) {
    assert(job->file.fd >= 0 && job->size <= job->capacity);
    int err = hr__log_complete_write(&job->file, &job->commit, job->buffer, job->size);
    if (err) return err;
    job->done.bytes += job->size;
    job->size = 0;
    job->file.state.last_ticks = job->last_ticks;
    for (uint32_t i = 0; i < job->leftover->count; i++)
        if (job->leftover->rings[i].ring.page) job->positions[i] = job->leftover->rings[i].position;
    hr__log_complete_commit(&job->file, &job->commit, job->positions, job->leftover->count);
    return 0;
}

static int make_room(struct job *job, size_t bound) {
    assert(job->size <= job->capacity);
    if (job->capacity - job->size >= bound) return 0;
    int err = job->size ? flush(job) : 0;
    if (err || job->capacity >= bound) return err;
    char *grown = realloc(job->buffer, bound);
    if (!grown) return -ENOMEM;
    job->buffer = grown;
    job->capacity = bound;
    return 0;
}

static bool wanted(const struct job *job, const struct hr__log_record *record) {
    return hr__log_filter_takes(&job->sink.filter, &job->leftover->dictionary, record);
}

/* NULL where all that the record refers to is known; else a sentence that says what is not. */
static const char *look_at(const struct job *job, const struct hr__log_record *record) {
    bool site = hr__log_record_site(record) == HR_LOG_SITE_FREE ||
                hr__log_record_site(record) == HR_LOG_SITE_DROPPED ||
                hr__log_site_find(&job->leftover->dictionary, hr__log_record_site(record));
    if (!site) return "has a record of a call that the dictionary does not have";
    if (!hr__log_name_find(&job->leftover->dictionary, hr__log_record_name(record)).size)
        return "has a record of a log that the dictionary does not have";
    return NULL;
}

/* Puts a line into the buffer. One that is longer than a sink's buffer is cut as the sink would. */
static int put_line(struct job *job, struct hr__log_record *record) {
    if (record->ticks < job->last_ticks) record->ticks = job->last_ticks; /* as the drain does */
    job->last_ticks = record->ticks;
    size_t bound = hr__log_format_bound(&job->formatter, record);
    int err = bound ? make_room(job, bound) : -ENOMEM;
    if (err) return err;
    char *from = job->buffer + job->size;
    size_t size = (size_t)(hr__log_format(&job->formatter, record, from) - from);
    assert(size <= bound);
    if (size > HR_LOG_FILE_BUFFER_BYTES) {
        size = HR_LOG_FILE_BUFFER_BYTES;
        from[size - 1] = '\n';
    }
    job->size += size;
    job->done.lines += size > 0;
    return 0;
}

/* Puts the line that a mark stands for: that of the record which ends at its position. Records of
 * the ring before that are not for this sink. 0; 1: the ring has something else there, and marks
 * are of no use; or a negative code. */
static int put_marked(struct job *job, const struct hr__log_mark *mark) {
    struct hr__log_record record;
    if (mark->ring >= job->leftover->count) return 1;
    struct hr__log_left_ring *ring = &job->leftover->rings[mark->ring];
    while (ring->ticks != UINT64_MAX && ring->position < mark->position) {
        hr__log_leftover_read(ring, &record);
        bool last = ring->position + record.size == mark->position;
        if (look_at(job, &record) || wanted(job, &record) != last) return 1;
        if (last && mark->ticks > record.ticks) record.ticks = mark->ticks;
        int err = last ? put_line(job, &record) : 0;
        if (err) return err;
        hr__log_leftover_next(ring, &record);
    }
    return 0;
}

/* Puts the lines of buffers that were handed over behind the commit, in their own order: the file
 * may have had some of their bytes, and a program that reads it has seen them. */
static int write_journals(struct job *job, uint64_t sequence) {
    assert(job->size <= job->capacity);
    for (unsigned i = 0; i < 2 * HR_LOG_JOURNALS; i++) {
        const struct hr__log_journal *journal =
            hr__log_commit_journal(&job->commit, i % HR_LOG_JOURNALS);
        if (journal->sequence != sequence + 1 || journal->count > HR_LOG_JOURNAL_MARKS) continue;
        sequence++;
        job->ticks = (struct hr__log_ticks){
            .base_ticks = journal->base_ticks, .base_ns = journal->base_ns, .rate = journal->rate};
        for (uint64_t k = 0; k < journal->count; k++) {
            int err = put_marked(job, &journal->marks[k]);
            if (err) return err < 0 ? err : 0;
        }
    }
    return 0;
}

static int write_lines(struct job *job, const struct hr__log_commit_state *from) {
    assert(job->size == 0);
    struct hr__log_record record;
    hr__log_leftover_begin(job->leftover, from->positions, from->count);
    const struct hr__log_ticks committed = job->ticks;
    job->last_ticks = from->last_ticks;
    int err = write_journals(job, from->sequence);
    if (committed.base_ticks > job->ticks.base_ticks) job->ticks = committed; /* the newer one */
    for (;;) {
        struct hr__log_left_ring *ring = hr__log_leftover_oldest(job->leftover, &record);
        if (!ring || err) break;
        ring->broken = look_at(job, &record);
        if (!ring->broken && wanted(job, &record)) err = put_line(job, &record);
        if (!err) hr__log_leftover_next(ring, &record);
    }
    return err ? err : flush(job);
}

/* Copies the state, because the page changes while the file is written. */
static int prepare(struct job *job, struct hr__log_commit_state *from) {
    assert(!job->positions && !job->buffer);
    uint32_t count = job->leftover->count > from->count ? job->leftover->count : from->count;
    hr__log_commit_sink_get(&job->commit, &job->sink);
    job->ticks = (struct hr__log_ticks){
        .base_ticks = from->base_ticks, .base_ns = from->base_ns, .rate = from->rate};
    int err = hr__log_formatter_open(&job->formatter, &job->sink.style, &job->leftover->dictionary,
                                     &job->ticks);
    if (err) return err;
    job->positions = calloc((size_t)count + 1, sizeof *job->positions);
    job->buffer = malloc(HR_LOG_FILE_BUFFER_BYTES);
    job->capacity = HR_LOG_FILE_BUFFER_BYTES;
    if (!job->positions || !job->buffer) return -ENOMEM;
    if (from->count) memcpy(job->positions, from->positions, 8 * (size_t)from->count);
    from->positions = job->positions;
    return 0;
}

static void tell_broken(struct job *job, const struct hr__log_directory *directory) {
    for (uint32_t i = 0; i < job->leftover->count; i++) {
        struct hr__log_left_ring *ring = &job->leftover->rings[i];
        if (ring->broken && !ring->told)
            hr__log_problem(job->problems, "%s/ring-%" PRIu32 " %s", directory->path, i,
                            ring->broken);
        ring->told |= ring->broken != NULL;
    }
}

static int complete(struct job *job, const struct hr__log_directory *directory) {
    assert(job->file.fd < 0);
    struct hr__log_commit_state from;
    if (!hr__log_commit_get(&job->commit, &from)) return -EBADMSG;
    int err = prepare(job, &from);
    if (!err && from.count > job->leftover->count)
        hr__log_problem(job->problems, "%s/ring-%" PRIu32 " is missing", directory->path,
                        job->leftover->count);
    if (!err)
        err = hr__log_complete_open(&job->file, &job->commit, &from, job->sink.mode, job->problems);
    job->done.path = job->file.path;
    job->done.offset = job->file.offset;
    if (!err) err = write_lines(job, &from);
    if (!err) err = hr__log_complete_end(&job->file);
    if (err && err != -EBADMSG)
        hr__log_problem(job->problems, "%s: %s", job->file.path ? job->file.path : directory->path,
                        hr_error_text(err));
    tell_broken(job, directory);
    return err;
}

static void free_job(struct job *job) {
    hr__log_complete_close(&job->file);
    hr__log_formatter_close(&job->formatter);
    hr__log_commit_close(&job->commit);
    free(job->positions);
    free(job->buffer);
}

/* 0; -ENOENT: there is no such sink; or a negative code of which a problem was told. */
static int recover_sink(const struct hr__log_directory *directory, unsigned index,
                        struct job *job) {
    char name[HR_LOG_FILE_NAME_BYTES];
    hr__log_file_name(name, "sink", index);
    int fd = hr__log_directory_file(directory, name, O_RDWR);
    if (fd == -ENOENT) return fd;
    int err = fd < 0 ? fd : hr__log_commit_load(&job->commit, fd);
    if (fd >= 0) close(fd);
    if (err == -ENODATA) return 0; /* nothing was logged before the kill */
    if (err) {
        hr__log_problem(job->problems, "%s/%s is no commit page of a log: %s", directory->path,
                        name, hr_error_text(err));
        return err;
    }
    return complete(job, directory);
}

static int recover_all(const struct hr__log_directory *directory,
                       const struct hr_log_recover_options *options,
                       struct hr__log_leftover *leftover, struct hr__log_problems *problems,
                       struct hr_log_recovery *recovery) {
    int result = 0;
    for (unsigned i = 0; i < HR_LOG_SINKS_MAX; i++) {
        struct job job = {.leftover = leftover, .problems = problems, .file.fd = -1};
        int err = recover_sink(directory, i, &job);
        if (err && err != -ENOENT && !result) result = err;
        if (job.file.fd >= 0) {
            recovery->files++;
            recovery->lines += job.done.lines;
            recovery->bytes += job.done.bytes;
            if (options->on_file) options->on_file(options->user, &job.done);
        }
        free_job(&job);
    }
    return result;
}

int hr__log_recover(const struct hr__log_directory *directory,
                    const struct hr_log_recover_options *options, struct hr_error *error,
                    struct hr_log_recovery *recovery) {
    struct hr__log_leftover leftover;
    struct hr__log_problems problems = {
        .tell = options->on_problem, .user = options->user, .error = error};
    int err = hr__log_leftover_open(&leftover, directory, &problems);
    if (err)
        return hr_error_set(error, err, "the rings in %s cannot be read: %s", directory->path,
                            hr_error_text(err));
    recovery->rings = leftover.count;
    err = recover_all(directory, options, &leftover, &problems, recovery);
    hr__log_leftover_close(&leftover);
    recovery->problems = problems.count;
    if (problems.count) return err ? err : -EBADMSG;
    err = hr__log_directory_clear(directory);
    if (err)
        return hr_error_set(error, err, "the rings in %s cannot be removed: %s", directory->path,
                            hr_error_text(err));
    return 0;
}

int hr_log_recover(const char *path, const struct hr_log_recover_options *options,
                   struct hr_error *error, struct hr_log_recovery *recovery) {
    static const struct hr_log_recover_options none;
    struct hr_log_recovery unasked;
    struct hr__log_directory directory;
    if (!path || !path[0]) return hr_error_set(error, -EINVAL, "no rings directory is named");
    if (!options) options = &none;
    const struct hr_reserved own = {"hr_log_recover_options", options->reserved,
                                    sizeof options->reserved};
    int err = hr__reserved_check(&own, 1, error);
    if (err) return err;
    if (!recovery) recovery = &unasked;
    memset(recovery, 0, sizeof *recovery);
    err = hr__log_directory_open(&directory, path, false, error);
    if (err) return err;
    err = hr__log_recover(&directory, options, error, recovery);
    hr__log_directory_close(&directory);
    return err;
}
