/* A file sink's way from one file to the next: its size or the time asks for it, hr_log_reopen, or
 * somebody has moved the file. A keeper opens the next one; lines wait for it, but never for long.
 */
#ifndef HR_LOG_CHANGEOVER_H
#define HR_LOG_CHANGEOVER_H

#include "log_durable.h"
#include "log_keeper.h"
#include "log_sink.h"

#define HR_LOG_CHECK_NS UINT64_C(1000000000) /* from one look at the path to the next */

struct hr__log_changeover {
    struct hr__log_keeper *keeper; /* NULL: the host has no helpers */
    enum hr__log_job_kind asked;   /* what the keeper is doing */
    bool wants_reopen, wants_rotation;
    struct hr__log_target next; /* fd -1: none */
    bool rotated;               /* `next` came of a rotation */
    uint64_t last_of_old;       /* buffers up to this one still belong to the file before `next` */
    uint64_t hold_until_ns;     /* lines wait for `next` */
    uint64_t not_before_ns;     /* the last rotation failed: none is asked for */
    uint64_t boundary_ns;       /* on the wall clock; UINT64_MAX: none */
    int failed;                 /* why the last job failed; 0: it did not */
    struct hr_timer tick, hold; /* looks at the path; lines have waited for long enough */
};

struct hr__log_file {
    struct hr__log_sink *sink;
    struct hr__log_file_options options;
    struct hr__log_durable *durable; /* NULL: not in that mode */
    struct hr__log_changeover change;
    bool placed; /* the piece at hand has its place in the file */
    bool writes; /* a piece is on its way */
};

static inline uint64_t hr__log_file_now(const struct hr__log_file *file) {
    return hr__reactor_now(file->sink->host->reactor);
}

/* The first boundary after this moment of the wall clock. */
void hr__log_changeover_set_boundary(struct hr__log_file *file, uint64_t wall_ns);
/* Whether lines of this buffer wait for the next file. */
bool hr__log_changeover_holds(const struct hr__log_file *file, const struct hr__log_buffer *buffer);
/* Whether lines go on into a file that has reached its limit: the rotation that is due has failed,
 * or takes too long. */
bool hr__log_changeover_ignores_limit(const struct hr__log_file *file);
/* A rotation is wanted where one is due. `buffer` is the one at hand where its rest has no place in
 * the file yet, else NULL. */
void hr__log_changeover_want(struct hr__log_file *file, const struct hr__log_buffer *buffer);
/* Asks the keeper for what is wanted, unless it is at work. */
void hr__log_changeover_ask(struct hr__log_file *file);
/* Has the keeper look whether the file is still at its path. */
void hr__log_changeover_check(struct hr__log_file *file);
/* The file is opened again behind all that the sink was given so far. */
void hr__log_changeover_reopen(struct hr__log_file *file);
/* Takes what the keeper's job has found. */
void hr__log_changeover_take(struct hr__log_file *file, const struct hr__log_job *job);
/* The sink writes to `next` from now on; nothing is on its way to the old file. */
void hr__log_changeover_do(struct hr__log_file *file);

#endif
