/* The file of a sink while it is completed: found again, cut to where it is whole, written on. */
#ifndef HR_LOG_COMPLETE_H
#define HR_LOG_COMPLETE_H

#include "log_commit.h"
#include "log_leftover.h"

struct hr__log_complete {
    int fd;          /* -1: not open */
    char *path;      /* where it is now */
    char *named;     /* and what the commit page calls it, where that is something else */
    uint64_t offset; /* where it goes on */
    struct hr__log_commit_state state;
};

/* `state` is the commit's; it is written again where the file is another one than it names, or
 * shorter. -EBADMSG: it was left alone, and told why. */
int hr__log_complete_open(struct hr__log_complete *file, struct hr__log_commit *commit,
                          const struct hr__log_commit_state *state, unsigned mode,
                          struct hr__log_problems *problems);
int hr__log_complete_write(struct hr__log_complete *file, struct hr__log_commit *commit,
                           const char *data, size_t size);
/* The file is whole, and has all of the rings before these positions. */
void hr__log_complete_commit(struct hr__log_complete *file, struct hr__log_commit *commit,
                             const uint64_t *positions, uint32_t count);
/* The disk has it. */
int hr__log_complete_end(struct hr__log_complete *file);
void hr__log_complete_close(struct hr__log_complete *file);

#endif
