/* The library's messages name its options; a person at the command line has others. */
#ifndef COMMAND_WORDING_H
#define COMMAND_WORDING_H

#include <stddef.h>

/* Writes `message` with the command's words for the library's, NUL-terminated and cut to `size`. */
void wording_of_command(const char *message, char *text, size_t size);

#endif
