/* Sentences on standard error. */
#include "log_tell.h"

#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#define TOLD_BYTES 1024 /* of a sentence; below PIPE_BUF */

void hr__log_tell(const char *format, ...) {
    char text[TOLD_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size < 0) return;
    if ((size_t)size >= sizeof text) size = sizeof text - 1;
    /* A pipe that is writable takes that many (PIPE_BUF) at once; one without a reader (POLLERR)
     * would raise SIGPIPE. */
    struct pollfd entry = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&entry, 1, 0) != 1 || entry.revents != POLLOUT) return;
    ssize_t written = write(STDERR_FILENO, text, (size_t)size);
    (void)written; /* there is nobody else to tell */
}
