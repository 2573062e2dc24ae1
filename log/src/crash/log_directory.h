/* The directory of shared rings: one live process's, or what a dead one left. In it:
 *     lock          held for as long as the process lives; its number stands in it
 *     dictionary    log_book.h
 *     ring-N        a thread's, log_ring.h
 *     sink-N        how far a file sink's file is whole, log_commit.h */
#ifndef HR_LOG_DIRECTORY_H
#define HR_LOG_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/error.h>

struct hr__log_directory {
    int fd, lock;
    const char *path; /* the caller's, for messages */
};

/* Opens and locks it; `make`: creates it where it is not there. Refused: a symbolic link, another
 * user's, one that others may write to, and one that a live process uses (-EBUSY). */
int hr__log_directory_open(struct hr__log_directory *directory, const char *path, bool make,
                           struct hr_error *error);
/* Lets go of it. */
void hr__log_directory_close(struct hr__log_directory *directory);

/* Removes the sinks' files, then the rings, then the dictionary: what is there without a sink's
 * file is of no use, so that being killed in between does no harm. The lock stays. */
int hr__log_directory_clear(const struct hr__log_directory *directory);

/* A file of it that this user wrote: a regular one, not a link. Its descriptor, or a negative code.
 */
int hr__log_directory_file(const struct hr__log_directory *directory, const char *name, int flags);

#endif
