/* The simulated kernel: sockets, accept queues, files and time inside the process, behind the
 * engine's seam (engine/src/backend/backend.h, engine/src/backend/sockets.h). One a process.
 *
 * Stepped: one thread, a virtual clock, every choice from the seed. A scheduler (the world) asks
 * sim_step again and again; each step either runs one turn of one reactor that has a reason to run,
 * or lets the kernel do one thing (move a segment, let a delayed completion out), or, when nobody
 * has anything to do, advances the clock to the next deadline. The same seed gives the same run.
 *
 * Live: the real clock, any number of threads, one lock, no faults unless asked for: for unit tests
 * that need nothing of the real kernel.
 *
 * Descriptors are numbers from SIM_DESCRIPTOR_FIRST up, so that none is ever taken for a real one.
 */
#ifndef HR_SIM_KERNEL_H
#define HR_SIM_KERNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine_core.h"

#define SIM_DESCRIPTOR_FIRST 1000000

/* Chances per occasion, of 65536. Zeroed: nothing ever goes wrong. */
struct sim_faults {
    uint16_t short_read, short_write; /* fewer bytes than there are, or than fit */
    uint16_t split, merge;            /* segments cut in two; two delivered as one */
    uint16_t reset;                   /* an established connection dies (ECONNRESET both ways) */
    uint16_t doom; /* a new connection is going to die, within so many segments: */
    unsigned doom_segments_max;
    uint16_t refuse, black_hole; /* connects: ECONNREFUSED; never answered */
    uint16_t stall;              /* a connection moves nothing for up to stall_ms_max */
    uint16_t no_buffers;         /* -ENOBUFS although there are some */
    uint16_t no_space, io_error; /* ENOSPC, EIO of file operations */
    uint16_t interrupted;        /* a turn ends early with no event (EINTR) */
    uint16_t try_again;          /* prepare or cancel answers -EAGAIN: the queue is full */
    uint16_t delay;              /* a completion comes later, up to delay_us_max */
    uint16_t reorder;            /* a completion overtakes others of other operations */
    uint16_t cancel_late;        /* a cancel finds the operation just completed */
    uint16_t queue_full;         /* the completion queue is full: multishots end early */
    uint16_t accept_fails;       /* accept: ECONNABORTED, EMFILE */
    uint16_t clock_jump;         /* the clock leaps by up to jump_ms_max; wall time also back */
    unsigned stall_ms_max, delay_us_max, jump_ms_max;
    unsigned latency_us_max; /* of each segment; 0: arrives in the next step */
    unsigned window_bytes;   /* a direction's room for bytes on the way; 0: 64 KiB */
};

struct sim_options {
    uint64_t seed; /* not 0 */
    bool live;
    struct sim_faults faults;
    FILE *trace; /* NULL: none. One line an event: virtual ns, reactor, what, which, result */
};

/* Also sets the clock source (base/clock_source.h). Only one at a time. */
void sim_open(const struct sim_options *options);
/* A directory of the simulated files: no operation makes one. `/` and `/tmp`, where relative paths
 * begin, are there. */
void sim_directory(const char *path);
/* A descriptor of a file without a name that holds `size` bytes, to be read and written. */
int sim_file_new(const void *bytes, uint64_t size);
/* What it holds now; valid until it is written. */
const void *sim_file_bytes(int fd, uint64_t *size);
void sim_file_close(int fd);
/* By path and at once, as the C library's functions; negative errno codes. Without faults. */
struct stat;
int sim_path_open(const char *path, int flags);
int sim_path_stat(const char *path, struct stat *facts);
int sim_path_rename(const char *from, const char *to);
int sim_path_unlink(const char *path);
int sim_file_stat(int fd, struct stat *facts);
/* What a path's file holds; NULL: there is none. Valid until it is written. */
const char *sim_path_bytes(const char *path, uint64_t *size);
/* Everything must have been closed: what was not is counted by sim_leftovers before. */
void sim_close(void);

/* For hr__engine_new, or for hr__engine_default_tuning in live mode; `stepped` and `seed` are set.
 */
const struct hr_engine_tuning *sim_tuning(void);

/* Stepped: an engine whose reactors the scheduler may run, from its making until on_closed. */
void sim_engine_add(hr_engine *engine);

enum sim_stepped {
    SIM_RAN,   /* something was done */
    SIM_STUCK, /* nobody can run, nothing is on the way, no deadline: whoever still waits for
                  something waits for ever */
};
enum sim_stepped sim_step(void);

uint64_t sim_now_ns(void); /* monotonic, virtual */
uint64_t sim_random(void); /* of the run's seed; the world's choices come from here too */
bool sim_chance(uint16_t of_65536);
void sim_faults_set(const struct sim_faults *faults); /* from here on: calm at the end of a run */
void sim_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What the kernel itself finds wrong in how it is used; each is a finding. NULL: nothing so far.
 * Among them: two operations receive on one socket, an operation on a closed descriptor, a buffer
 * returned twice, an operation's memory that changed while it was being sent, a second close. */
const char *sim_complaint(void);

struct sim_leftovers {
    unsigned descriptors, operations, lent_buffers, files_open;
};
struct sim_leftovers sim_leftovers(void);

#endif
