/* The directory of rings that a process left, read and checked. */
#ifndef HR_LOG_LEFTOVER_H
#define HR_LOG_LEFTOVER_H

#include <stdbool.h>

#include "log_directory.h"
#include "log_record.h"
#include "log_ring.h"

/* A ring as it was found. It is a copy, so that nothing changes under the reader. */
struct hr__log_left_ring {
    struct hr__log_ring ring; /* page NULL: it never got a record, or is damaged */
    uint64_t head;
    uint64_t position;  /* the reader's */
    uint64_t ticks;     /* of the record there; UINT64_MAX: none */
    const char *damage; /* why the file is no ring; NULL: it is one */
    const char *broken; /* why reading from these positions ended early; NULL: it did not */
    bool told;          /* of that */
};

struct hr__log_leftover {
    struct hr__log_dictionary dictionary;
    struct hr__log_left_ring *rings;
    uint32_t count;
};

/* Where problems are told: each names a file, which is left out. */
struct hr__log_problems {
    void (*tell)(void *user, const char *text);
    void *user;
    uint64_t count;
    struct hr_error *error; /* gets the first; NULL allowed */
};
__attribute__((format(printf, 2, 3))) void hr__log_problem(struct hr__log_problems *problems,
                                                           const char *format, ...);

/* Reads dictionary and rings. 0, -ENOMEM, or what reading met. */
int hr__log_leftover_open(struct hr__log_leftover *leftover,
                          const struct hr__log_directory *directory,
                          struct hr__log_problems *problems);
void hr__log_leftover_close(struct hr__log_leftover *leftover);

/* Begins to read the rings at these positions; a ring without one is read from 0. */
void hr__log_leftover_begin(struct hr__log_leftover *leftover, const uint64_t *positions,
                            uint32_t count);
/* Reads the oldest record of all rings. Returns its ring, for hr__log_leftover_next; NULL: there is
 * none.
 */
struct hr__log_left_ring *hr__log_leftover_oldest(struct hr__log_leftover *leftover,
                                                  struct hr__log_record *record);
/* Reads the record at the ring's position. The ring's ticks are not UINT64_MAX. */
void hr__log_leftover_read(const struct hr__log_left_ring *ring, struct hr__log_record *record);
/* Moves the ring's position behind the record. */
void hr__log_leftover_next(struct hr__log_left_ring *ring, const struct hr__log_record *record);

#endif
