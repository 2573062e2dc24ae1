/* The guard of a log, by which a handler of signals puts all records into the files when the
 * process is about to die. */
#ifndef HR_LOG_GUARD_H
#define HR_LOG_GUARD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "log_sink.h"

struct hr__log_drain;
struct hr_log_core;

/* A ring as the handler reads it. */
struct hr__log_guard_ring {
    const struct hr__log_ring *ring;
    uint64_t head, position;
    uint64_t ticks; /* of the record at the position; UINT64_MAX: there is none */
};

/* A sink's file as the handler writes it. */
struct hr__log_guard_sink {
    struct hr__log_formatter formatter;
    struct hr__log_ticks ticks;
    int fd;
    uint64_t offset;
    uint64_t last_ticks; /* that the last line shows */
    size_t size;         /* of the bytes in the buffer */
};

/* All of its memory is taken when it is made; pages that are not needed cost nothing. */
struct hr__log_guard {
    struct hr_log_core *core;
    uint16_t name; /* of the log to which the record of the signal belongs */
    struct hr__log_guard_sink sinks[HR_LOG_SINKS_MAX];
    struct hr__log_guard_ring *rings;
    uint64_t *positions;
    uint32_t rings_max;
    struct hr__log_arena arena;
    char *memory, *buffer;
    size_t memory_bytes;
    struct hr__log_guard *next;
};

/* The signal that killed the process. */
struct hr__log_death {
    int number;
    const char *name;
    bool has_address;
    uint64_t address;
    int64_t thread;
    void **frames;
    unsigned frame_count;
};

/* ---- log_guard.c */

/* Removes the guard, and the handlers with the last one. NULL is ignored. */
void hr__log_guard_close(struct hr__log_guard *guard);

/* ---- log_guard_drain.c */

/* Takes the memory. 0 or -ENOMEM. */
int hr__log_guard_open(struct hr__log_guard *guard);
void hr__log_guard_free(struct hr__log_guard *guard);
/* The rest is async-signal-safe, while no thread writes to the rings or runs the drain. drain:
 * completes the files. tell: adds the record of the signal. end: cuts off bytes of a write that was
 * on its way. */
void hr__log_guard_drain(struct hr__log_guard *guard);
void hr__log_guard_tell(struct hr__log_guard *guard, const struct hr__log_death *death);
void hr__log_guard_end(struct hr__log_guard *guard);

#endif
