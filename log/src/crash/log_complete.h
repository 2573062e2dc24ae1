/* The file of a sink while it is completed: found again, cut to its last whole line, written on. */
#ifndef HR_LOG_COMPLETE_H
#define HR_LOG_COMPLETE_H

#include "log_commit.h"
#include "log_leftover.h"

struct hr__log_complete {
    int fd;          /* -1: not open */
    char *path;      /* where it is now */
    char *named;     /* the path in the commit page, where that is another; else NULL */
    uint64_t offset; /* where it goes on */
    struct hr__log_commit_state state;
};

/* Opens the file that `state`, the commit's, names. The state is committed again where the file is
 * another one, or shorter. 0 or a negative code; -EBADMSG: the file is left alone, and a problem
 * says why. */
int hr__log_complete_open(struct hr__log_complete *file, struct hr__log_commit *commit,
                          const struct hr__log_commit_state *state, unsigned mode,
                          struct hr__log_problems *problems);
/* Writes behind the last byte. 0 or a negative code. */
int hr__log_complete_write(struct hr__log_complete *file, struct hr__log_commit *commit,
                           const char *data, size_t size);
/* Commits that the file is whole, and has all records before these positions of the rings. */
void hr__log_complete_commit(struct hr__log_complete *file, struct hr__log_commit *commit,
                             const uint64_t *positions, uint32_t count);
/* Brings the file to the disk. 0 or a negative code. */
int hr__log_complete_end(struct hr__log_complete *file);
void hr__log_complete_close(struct hr__log_complete *file);

#endif
