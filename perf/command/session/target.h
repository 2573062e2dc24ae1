/* The file, device or descriptor that a body is written to by its name. Every file that the command
 * opens for output is opened here. */
#ifndef COMMAND_TARGET_H
#define COMMAND_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "session.h"
#include "transfer_file.h"

struct target_options {
    const char *path;  /* a file, or a folder (or it ends in '/'): then `name` is added */
    const char *name;  /* "": there is none */
    bool make_folders; /* those that are missing; removed again where the transfer fails */
    bool resume;       /* a plain file is continued: `offset` says behind what */
    const char *kept;  /* the end of the temporary name: another run finds what this one has left.
                          NULL: a name that nobody knows */
};

/* A plain file is written under a temporary name beside it, which replaces it at the end, with its
 * mode and owner; links are followed, and the file behind them is replaced. A pipe, a device, and a
 * descriptor of this process (/dev/stdout, /dev/fd/N, /proc/self/fd/N, a link to one) are `direct`:
 * written as they are, from their position on, by a thread (stream.h). A plain file that cannot be
 * replaced (a mount point of its own, a folder that takes no files), or that is continued, is
 * written in place. */
struct local_target {
    int fd;
    bool direct;      /* bytes that it was given cannot be taken back */
    bool is_standard; /* direct, and the same as standard output */
    bool in_place;
    bool keeps;      /* the temporary name is options.kept's, and locked: `leave` keeps the file */
    bool leave;      /* set by the caller, of a transfer that goes on later */
    bool is_new;     /* in place: it was not there before */
    uint64_t offset; /* where the body begins in a plain file */
    char path[LOCAL_PATH_SIZE];           /* as asked for, with the name */
    char place[LOCAL_PATH_SIZE];          /* behind all links */
    char temporary[LOCAL_PATH_SIZE + 40]; /* "": none */
    char folder[LOCAL_PATH_SIZE];         /* the deepest one that was made */
    unsigned folders;                     /* how many were made */
};

/* Opens it. A named pipe is waited for until somebody reads it; a signal to the session ends that
 * and is kept in it. EXIT_DONE, or the exit code after a complaint. */
int target_open(const struct target_options *options, struct session *session,
                struct local_target *target);

/* The transfer has ended, with `bytes` of body from `offset` on in a plain file. Puts it in its
 * place (keep); or removes it with the folders made for it, but for what was continued: that keeps
 * what has come. 0 or a negative code. A target that was not opened (fd -1): 0. */
int target_close(struct local_target *target, bool keep, uint64_t bytes);

#endif
