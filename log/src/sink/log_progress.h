/* How far a sink has written the rings. */
#ifndef HR_LOG_PROGRESS_H
#define HR_LOG_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* A state of the file and of the rings: all lines before it are there. */
struct hr__log_reach {
    uint64_t offset;   /* of the file's end */
    uint64_t sequence; /* of the last buffer */
    uint64_t ticks;    /* that the last line shows */
    uint64_t *rings;   /* by ring: records before this position */
    uint32_t rings_count;
};

struct hr__log_progress {
    struct hr__log_reach done;    /* given to the kernel, and in durable mode on the disk */
    struct hr__log_reach written; /* durable mode: given to the kernel */
    struct hr__log_reach syncing; /* durable mode: what the sync under way is for */
    bool syncs;                   /* durable mode */
    bool unsynced;                /* something written is not on the disk yet */
};

/* A buffer has been written up to there. */
void hr__log_progress_wrote(struct hr__log_progress *progress, const struct hr__log_reach *to);
/* The lines of a buffer were given up: its rings count as read, the file is where it was. */
void hr__log_progress_passed(struct hr__log_progress *progress, const struct hr__log_reach *to);
/* An fdatasync begins; it is for all that has been written now. */
void hr__log_progress_sync_begins(struct hr__log_progress *progress);
/* That fdatasync has ended well. `all`: nothing was written meanwhile. */
void hr__log_progress_synced(struct hr__log_progress *progress, bool all);
void hr__log_progress_close(struct hr__log_progress *progress);

/* The position before which all records of a ring are done. */
static inline uint64_t hr__log_progress_of_ring(const struct hr__log_progress *progress,
                                                uint32_t ring) {
    return ring < progress->done.rings_count ? progress->done.rings[ring] : 0;
}

#endif
