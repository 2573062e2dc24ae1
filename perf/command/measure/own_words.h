/* This program's own command line, to be run once more as one of several. */
#ifndef COMMAND_OWN_WORDS_H
#define COMMAND_OWN_WORDS_H

#include <stddef.h>

#define OWN_WORDS_MAX 512

struct own_words {
    char *text;
    const char *words[OWN_WORDS_MAX + 1]; /* "/proc/self/exe" first; ended by NULL */
};

/* Takes /proc/self/cmdline without the options that are of the comparison alone, and adds `more`.
 * 0, -E2BIG, -ENOMEM or what reading it said. */
int own_words_make(struct own_words *own, const char *const *more);
void own_words_free(struct own_words *own);

#endif
