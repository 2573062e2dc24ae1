/* The directory of rings that a process left, read and checked. */
#ifndef HR_LOG_LEFTOVER_H
#define HR_LOG_LEFTOVER_H

#include <stdbool.h>

#include "log_directory.h"
#include "log_record.h"
#include "log_ring.h"

/* A ring as it was found. Its bytes are copied, so that nothing changes under the reader. */
struct hr__log_left_ring {
    struct hr__log_ring ring; /* page NULL: it was made, but never got a record */
    uint64_t head;
    uint64_t position;  /* the reader's */
    uint64_t ticks;     /* of the record there; UINT64_MAX: none */
    const char *damage; /* the file is no ring */
    const char *broken; /* reading from these positions ended at something that is no record */
    bool told;
};

struct hr__log_leftover {
    struct hr__log_dictionary dictionary;
    struct hr__log_left_ring *rings;
    uint32_t count;
};

/* Problems are told by name; they leave the ring out that they are about. */
struct hr__log_problems {
    void (*tell)(void *user, const char *text);
    void *user;
    uint64_t count;
    struct hr_error *error; /* gets the first; NULL allowed */
};
__attribute__((format(printf, 2, 3))) void hr__log_problem(struct hr__log_problems *problems,
                                                           const char *format, ...);

/* 0 or -ENOMEM, or what reading met. */
int hr__log_leftover_open(struct hr__log_leftover *leftover,
                          const struct hr__log_directory *directory,
                          struct hr__log_problems *problems);
void hr__log_leftover_close(struct hr__log_leftover *leftover);

/* Begins to read all rings at these positions, those without one at 0. */
void hr__log_leftover_begin(struct hr__log_leftover *leftover, const uint64_t *positions,
                            uint32_t count);
/* The oldest record of all rings; its ring, or NULL: there is none. Call hr__log_leftover_next
 * behind it. */
struct hr__log_left_ring *hr__log_leftover_oldest(struct hr__log_leftover *leftover,
                                                  struct hr__log_record *record);
/* The record where the ring is read, which there is unless its ticks are UINT64_MAX. */
void hr__log_leftover_read(const struct hr__log_left_ring *ring, struct hr__log_record *record);
void hr__log_leftover_next(struct hr__log_left_ring *ring, const struct hr__log_record *record);

#endif
