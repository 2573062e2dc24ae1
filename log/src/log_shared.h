/* The directory of a log's shared rings, from hr_log_new to hr_log_close. */
#ifndef HR_LOG_SHARED_H
#define HR_LOG_SHARED_H

#include "log_book.h"
#include "log_directory.h"
#include "log_producer.h"

struct hr__log_shared {
    struct hr__log_directory directory;
    struct hr__log_book book;
    char *path; /* NULL: the rings are memory */
};

/* Locks the directory, completes the files of a killed process from it, and has the rings made
 * there. 0, or a negative code and `error`. With a NULL path nothing happens. */
int hr__log_shared_open(struct hr__log_shared *shared, struct hr__log_rings *rings,
                        const char *path, struct hr_error *error);
/* Makes the first thread's ring, so that a full disk shows at once. */
int hr__log_shared_reserve(const struct hr__log_shared *shared, struct hr__log_rings *rings,
                           struct hr_error *error);
/* Unlocks the directory. `complete`: every record is in the files, and the rings are removed. */
void hr__log_shared_close(struct hr__log_shared *shared, bool complete);

#endif
