/* The commit page of a file sink: how far its file is whole, and how far the rings had been read
 * then. Recovery, or a handler of signals in the process, cuts the file there and formats the rings
 * from there, so that every record stands in the file once.
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

/* The constant part of a page: the style of the lines, and which records are written. */
struct hr__log_commit_sink {
    struct hr__log_style style;
    struct hr__log_filter filter;
    unsigned mode; /* of a file that has to be made again */
};

/* A state of the file. `path` is absolute. */
struct hr__log_commit_state {
    uint64_t number;                    /* of the commit, where the state was read */
    uint64_t offset;                    /* all before it is whole */
    uint64_t sequence;                  /* of the last buffer that is in the file */
    uint64_t device, inode;             /* of the file, which may have another path by now */
    uint64_t base_ticks, base_ns, rate; /* from ticks to the time of day */
    uint64_t last_ticks;                /* that the last line shows; no later line shows less */
    uint32_t count;
    struct hr_slice path;
    const uint64_t *positions; /* by ring: records before this are in the file */
};

/* The place of a line in a buffer. The order of lines is not quite that of time, as a thread may be
 * interrupted in a call, and the file may have some of them already. */
struct hr__log_mark {
    uint64_t position; /* of the ring, behind the record */
    uint64_t ticks;    /* that the line shows: a late record has those of the line before it */
    uint32_t ring;
    uint32_t size; /* of the buffer up to the end of this line */
};
/* A buffer of a file sink; a longer line is cut. Each write wakes a worker of the kernel: with
 * buffers of a quarter of this the drain is a quarter slower. */
#define HR_LOG_FILE_BUFFER_BYTES (1024 * 1024)
#define HR_LOG_JOURNAL_MARKS     16384 /* lines of a buffer */
#define HR_LOG_JOURNALS          2     /* one for each buffer of a sink */
/* The lines of a buffer that was handed over, in their order. */
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
    uint64_t *positions; /* of the last commit */
    uint32_t count;
    uint64_t number; /* of the last commit, which is in the slot of its parity */
    bool shared;
};

/* Makes a page in memory of the process where `fd` is negative, else in a new file. 0, -ENOMEM,
 * -ENOSPC; -E2BIG: the pattern is too long. */
int hr__log_commit_open(struct hr__log_commit *commit, const struct hr__log_commit_sink *sink,
                        uint32_t positions_max, int fd);
/* Maps a page that a process left, and checks it. 0; -EBADMSG: it is none, or damaged; -ENODATA:
 * its writer was killed before the first slot was whole; -ENOMEM. */
int hr__log_commit_load(struct hr__log_commit *commit, int fd);
void hr__log_commit_close(struct hr__log_commit *commit);

/* Commits a state. Async-signal-safe. */
void hr__log_commit_put(struct hr__log_commit *commit, const struct hr__log_commit_state *state);
/* The newest state, which points into the page; false: there is none. Async-signal-safe. */
bool hr__log_commit_get(const struct hr__log_commit *commit, struct hr__log_commit_state *state);
/* The constant part, which points into the page. */
void hr__log_commit_sink_get(const struct hr__log_commit *commit, struct hr__log_commit_sink *sink);

/* The journal of a buffer; NULL where the page is memory of the process, which has the buffers. */
struct hr__log_journal *hr__log_commit_journal(const struct hr__log_commit *commit, unsigned index);

/* Notes that bytes up to `reach` may have been given to the kernel: bytes behind that are somebody
 * else's. Called before the write begins. */
void hr__log_commit_reach(struct hr__log_commit *commit, uint64_t reach);
uint64_t hr__log_commit_reached(const struct hr__log_commit *commit);

/* The position of a ring in the last commit. */
static inline uint64_t hr__log_commit_position(const struct hr__log_commit *commit, uint32_t ring) {
    return ring < commit->count ? commit->positions[ring] : 0;
}

#endif
