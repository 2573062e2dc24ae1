/* The directory of shared rings, of a live process or left by a dead one. In it:
 *     lock          held for as long as the process lives, whose number stands in it
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

/* Opens and locks the directory at `path`, which is borrowed; `make`: creates it where it is not
 * there. Refused are a symbolic link, another user's directory, one that others may write to, and
 * one that a live process uses (-EBUSY). 0, or a negative code and `error`. */
int hr__log_directory_open(struct hr__log_directory *directory, const char *path, bool make,
                           struct hr_error *error);
/* Closes and unlocks it. */
void hr__log_directory_close(struct hr__log_directory *directory);

/* Removes the sinks' files, then the rings, then the dictionary. A process that is killed in
 * between does no harm, as the rest is of no use without a sink's file. The lock stays. 0 or a
 * negative code. */
int hr__log_directory_clear(const struct hr__log_directory *directory);

/* Opens a regular file of the directory that is this user's, and no link. Its descriptor, or a
 * negative code. */
int hr__log_directory_file(const struct hr__log_directory *directory, const char *name, int flags);

#endif
