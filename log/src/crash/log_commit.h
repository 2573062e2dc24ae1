/* The commit page of a file sink: how far its file is whole, and how far the rings have been read
 * for that. Whoever comes after the process, or a handler in it, cuts the file there and formats
 * the rings from there; every record stands in the file once then.
 *
 * Two slots: the older is overwritten while the newer stays as it is, and a slot counts when its
 * checksum is right. A process that is killed has carried out its stores up to some instruction,
 * and each of its threads up to one of its own; so one of the two slots is always whole. A slot is
 * written when the write of its bytes has completed, and before ring space is freed by it (a store
 * with release, which the producer reads with acquire before it overwrites anything): a ring never
 * lacks what stands behind the positions of the newest slot. */
#ifndef HR_LOG_COMMIT_H
#define HR_LOG_COMMIT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "log_filter.h"
#include "log_format.h"

#define HR_LOG_COMMIT_PATTERN_MAX 2048

/* The constant part: in which style, and which records. */
struct hr__log_commit_sink {
    struct hr__log_style style;
    struct hr__log_filter filter;
    unsigned mode; /* of a file that has to be made again */
};

/* A state of the file. `path` is absolute. */
struct hr__log_commit_state {
    uint64_t number;                    /* as it was read */
    uint64_t offset;                    /* all before it is whole */
    uint64_t sequence;                  /* of the last buffer of the sink that is in it */
    uint64_t device, inode;             /* of the file, which somebody may have renamed */
    uint64_t base_ticks, base_ns, rate; /* from ticks to the time of day */
    uint64_t last_ticks;                /* that the last line shows: none behind it shows less */
    uint32_t count;
    struct hr_slice path;
    const uint64_t *positions; /* of each ring: all before it is in the file */
};

/* In which order a buffer has its lines, which is not quite that of time where a thread was
 * interrupted in a call: the file may have some of them already. */
struct hr__log_mark {
    uint64_t position; /* of the ring, behind the record */
    uint64_t ticks;    /* that its line shows: a late record has those of the one before it */
    uint32_t ring;
    uint32_t size; /* bytes of the buffer, this line included */
};
/* Of a file sink; a longer line is cut. Each write wakes a worker of the kernel: with a quarter of
 * it the drain is a quarter slower. */
#define HR_LOG_FILE_BUFFER_BYTES (1024 * 1024)
#define HR_LOG_JOURNAL_MARKS     16384 /* lines of a buffer */
#define HR_LOG_JOURNALS          2     /* one for each buffer of a sink */
struct hr__log_journal {
    uint64_t sequence; /* of the buffer when it is handed over; 0 while it is filled */
    uint64_t count;
    uint64_t base_ticks, base_ns, rate; /* all of its lines were formatted with this reading */
    struct hr__log_mark marks[HR_LOG_JOURNAL_MARKS];
};

struct hr__log_commit {
    struct hr__log_commit_page *page; /* NULL: the sink has none */
    uint64_t bytes;
    uint32_t positions_max;
    uint64_t *positions; /* the last committed: those that hr__log_commit_put wrote */
    uint32_t count;
    uint64_t number; /* of the last commit; it is in the slot of its parity */
    bool shared;
};

/* Anonymous memory where `fd` is negative, else the whole of a new file. 0, -ENOMEM, -ENOSPC,
 * -E2BIG: the pattern is too long. */
int hr__log_commit_open(struct hr__log_commit *commit, const struct hr__log_commit_sink *sink,
                        uint32_t positions_max, int fd);
/* A commit block that a process left: checked, and mapped from its file. -EBADMSG: it is none, or a
 * damaged one; -ENODATA: its writer was killed before the first slot was whole. */
int hr__log_commit_load(struct hr__log_commit *commit, int fd);
void hr__log_commit_close(struct hr__log_commit *commit);

void hr__log_commit_put(struct hr__log_commit *commit, const struct hr__log_commit_state *state);
/* The newest; false: there is none. Points into the page. Async-signal-safe. */
bool hr__log_commit_get(const struct hr__log_commit *commit, struct hr__log_commit_state *state);
void hr__log_commit_sink_get(const struct hr__log_commit *commit, struct hr__log_commit_sink *sink);

/* NULL where the page is memory of the process: whoever needs them has the buffers. */
struct hr__log_journal *hr__log_commit_journal(const struct hr__log_commit *commit, unsigned index);

/* Bytes up to here may have been given to the kernel; what stands behind is somebody else's.
 * Written before the write begins. */
void hr__log_commit_reach(struct hr__log_commit *commit, uint64_t reach);
uint64_t hr__log_commit_reached(const struct hr__log_commit *commit);

static inline uint64_t hr__log_commit_position(const struct hr__log_commit *commit, uint32_t ring) {
    return ring < commit->count ? commit->positions[ring] : 0;
}

#endif
