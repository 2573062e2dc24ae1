/* A keeper: the helper thread of a file sink, for all that may block for long and is no write. It
 * opens, renames, deletes, compresses and closes, so that a slow disk holds up neither the drain
 * nor another sink. */
#ifndef HR_LOG_KEEPER_H
#define HR_LOG_KEEPER_H

#include <engine/reactor.h>

#include "log_open.h"

struct hr__log_keeper;

enum hr__log_job_kind {
    HR_LOG_JOB_NONE,
    HR_LOG_JOB_CHECK,  /* opens the path where it is another file than the current one */
    HR_LOG_JOB_REOPEN, /* the same, for hr_log_reopen */
    HR_LOG_JOB_ROTATE,
};

/* A job, and its outcome. */
struct hr__log_job {
    enum hr__log_job_kind kind;
    struct hr__log_target current; /* `offset` is where the file should end */
    uint64_t wall_ns;              /* the time of day */
    /* The outcome: */
    int err;
    const char *why; /* a sentence, where there is an error */
    bool rotated;
    struct hr__log_target next; /* is to be written from now on; fd -1: the current file is */
    uint64_t size;              /* of the current file */
};

/* A file that is written no more. It is cut to `cut.to` bytes if it is `cut.from` bytes long. */
struct hr__log_retired {
    int fd, direct;
    struct {
        uint64_t from, to; /* equal: nothing is cut */
    } cut;
    bool durable; /* it is cut whatever its size, and brought to the disk */
};

/* Starts the thread. `done` is called on the reactor after each job. 0, -ENOMEM, -EAGAIN (no
 * thread). */
int hr__log_keeper_open(const struct hr__log_file_options *options, struct hr_reactor *reactor,
                        void (*done)(void *user, const struct hr__log_job *job), void *user,
                        struct hr__log_keeper **keeper);
/* ---- On the reactor. */
/* Gives it a job. False: it has one already. */
bool hr__log_keeper_ask(struct hr__log_keeper *keeper, const struct hr__log_job *job);
/* Has it close a file; rotated files are then deleted or compressed. */
void hr__log_keeper_retire(struct hr__log_keeper *keeper, const struct hr__log_retired *retired);
/* `done` is not called any more, but for a call that is on its way. */
void hr__log_keeper_mute(struct hr__log_keeper *keeper);
/* Whether a call of `done` is on its way. */
bool hr__log_keeper_busy(struct hr__log_keeper *keeper);
/* ---- Any thread, and never two at once. */
/* Waits at most a few seconds until all is done; work that takes longer ends by itself. NULL is
 * ignored.
 */
void hr__log_keeper_close(struct hr__log_keeper *keeper);
/* How often deleting or compressing has failed. */
uint64_t hr__log_keeper_errors(const struct hr__log_keeper *keeper);

#endif
