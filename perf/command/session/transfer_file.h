/* The local end of an upload: the file, or the pipe, that is sent. */
#ifndef COMMAND_TRANSFER_FILE_H
#define COMMAND_TRANSFER_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "session.h"

#define LOCAL_PATH_SIZE 4096

#define PUT_BYTES_MAX (5ull << 30) /* S3's limit for one PUT */

/* Most bytes of what is sent. */
struct local_source_limits {
    uint64_t file, spool;
};

/* The body that is sent: a regular file from `offset`, or what came through a pipe, spooled. */
struct local_source {
    int fd;
    uint64_t offset, size;
    bool spooled;
    struct local_source_limits limits;
};

/* `path` "-" is standard input. A pipe is read to its end into an unlinked file in TMPDIR first; a
 * signal to the session ends that and is kept in it. EXIT_DONE, or the exit code after a complaint.
 */
int local_source_open(const char *path, struct local_source_limits limits, struct session *session,
                      struct local_source *source);
void local_source_close(struct local_source *source);

#endif
