/* Local ends of a copy: the file that is sent, the file that is received. */
#ifndef COMMAND_TRANSFER_FILE_H
#define COMMAND_TRANSFER_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "session.h"

#define PUT_BYTES_MAX (5ull << 30) /* S3's limit for one PUT */

/* What is sent: a regular file from `offset`, or what came through a pipe, spooled. */
struct local_source {
    int fd;
    uint64_t offset, size;
    bool spooled;
};

/* `path` "-" is standard input. A pipe is read to its end into an unlinked file in TMPDIR first;
 * a signal to the session ends that and is kept in it. EXIT_DONE, or the exit code after a
 * complaint. */
int local_source_open(const char *path, struct session *session, struct local_source *source);
void local_source_close(struct local_source *source);

#define LOCAL_PATH_SIZE 4096

/* What is received: written under a temporary name beside the target, which it replaces at the end.
 * Something that is no regular file (a pipe, a device) is written to as it is. */
struct local_target {
    int fd;
    bool direct;
    char path[LOCAL_PATH_SIZE];
    char temporary[LOCAL_PATH_SIZE + 40];
};

/* `path` may be a folder (or end in '/'): then `name` is added. EXIT_DONE, or the exit code after a
 * complaint. */
int local_target_open(const char *path, const char *name, bool json, struct local_target *target);
/* Puts the file in its place (keep), or removes it. 0 or a negative code. */
int local_target_close(struct local_target *target, bool keep);

#endif
