/* A command line as reports show it. */
#ifndef COMMAND_SHOWN_WORDS_H
#define COMMAND_SHOWN_WORDS_H

#include "options.h"

#define SHOWN_WORDS_MAX 1024

/* Writes "headrace PATH WORDS…" with *** for the values of secret options and the user information
 * of URLs, words with blanks in quotes; cut with "..." where it is longer. `argv` is behind the
 * command's words. */
void shown_words(const struct command *command, int argc, char **argv, char text[SHOWN_WORDS_MAX]);

#endif
