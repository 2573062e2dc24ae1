/* A document that is written as a whole to the file of an option, as docs/command.md has it. */
#ifndef COMMAND_TARGET_DOCUMENT_H
#define COMMAND_TARGET_DOCUMENT_H

#include <stdio.h>

#include "session.h"

struct target_document {
    const char *path;
    /* 0, or a negative code; what it wrote is then dropped. */
    int (*write)(FILE *out, const void *user);
    const void *user;
};

/* Writes it, flushing standard output first, which the path may lead to. Of `session` only signals
 * matter (fd -1: none). EXIT_DONE, or the exit code after a complaint that names the path. */
int target_document(const struct target_document *document, struct session *session);

#endif
