/* A file sink's helper thread: what may block for long and is no write. It opens, renames, deletes,
 * compresses and closes, so that a slow disk holds up neither the drain nor another sink. */
#ifndef HR_LOG_KEEPER_H
#define HR_LOG_KEEPER_H

#include <engine/reactor.h>

#include "log_open.h"

struct hr__log_keeper;

enum hr__log_job_kind {
    HR_LOG_JOB_NONE,
    HR_LOG_JOB_CHECK,  /* is the file still at its path? Else it is opened there */
    HR_LOG_JOB_REOPEN, /* the same, asked for by somebody */
    HR_LOG_JOB_ROTATE,
};

/* One thing that it is asked for, and what came of it. */
struct hr__log_job {
    enum hr__log_job_kind kind;
    struct hr__log_target current; /* `offset` is where the file should end */
    uint64_t wall_ns;
    /* The outcome: */
    int err;
    const char *why;
    bool rotated;
    struct hr__log_target next; /* to be written from now on; fd -1: the current one */
    uint64_t size;              /* of the current one */
};

/* A file that is written no more. Where it is `cut.from` bytes long it is made `cut.to` long. */
struct hr__log_retired {
    int fd, direct;
    struct {
        uint64_t from, to; /* equal: nothing is cut */
    } cut;
    bool durable; /* made `cut.to` long whatever it is, and brought to the disk */
};

/* `done` is called on the reactor after each job. 0, -ENOMEM, -EAGAIN (no thread). */
int hr__log_keeper_open(const struct hr__log_file_options *options, struct hr_reactor *reactor,
                        void (*done)(void *user, const struct hr__log_job *job), void *user,
                        struct hr__log_keeper **keeper);
/* ---- On the reactor. */
/* False: it has one already. */
bool hr__log_keeper_ask(struct hr__log_keeper *keeper, const struct hr__log_job *job);
/* Closes it; what has been rotated away is then deleted or compressed. */
void hr__log_keeper_retire(struct hr__log_keeper *keeper, const struct hr__log_retired *retired);
/* No `done` any more but for one that is on its way already. */
void hr__log_keeper_mute(struct hr__log_keeper *keeper);
/* Whether a `done` is on its way. */
bool hr__log_keeper_busy(struct hr__log_keeper *keeper);
/* ---- Any thread, and never two at once. */
/* Waits for a few seconds until all is done; what takes longer is left to end by itself. */
void hr__log_keeper_close(struct hr__log_keeper *keeper);
/* Failures of deleting and compressing. */
uint64_t hr__log_keeper_errors(const struct hr__log_keeper *keeper);

#endif
