/* A command line split into words as a POSIX shell quotes them, and nothing else that a shell does:
 * Python's shlex.split, which botocore uses for credential_process. Pure. */
#ifndef HR_S3_SHELL_WORDS_H
#define HR_S3_SHELL_WORDS_H

#include <stddef.h>

#include <headrace/slice.h>

#define HR__WORDS_MAX 64 /* of a command */

struct hr__words {
    char *memory; /* the caller's; command.size + 1 bytes always do */
    size_t capacity;
    char *words[HR__WORDS_MAX + 1]; /* NUL-terminated, in memory; NULL ends */
    size_t count;
};

/* 0; -EINVAL: a quote that is not closed, a backslash at the end, a NUL; -E2BIG: more words or
 * bytes than there is room for. */
int hr__words_split(struct hr_slice command, struct hr__words *words);

#endif
