/* Where the journals of transfers are, and how one is found again. */
#ifndef COMMAND_TRANSFER_JOURNAL_H
#define COMMAND_TRANSFER_JOURNAL_H

#include <stdbool.h>

#include "transfer_file.h"

#define TRANSFER_JOURNAL_NAME 32 /* hexadecimal digits */

struct transfer_journal_options {
    const char *folder; /* NULL: $XDG_STATE_HOME/headrace/transfers, or below ~/.local/state */
    bool none;
};

/* A transfer, as its journal's name tells it. */
struct transfer_journal_place {
    const char *endpoint; /* NULL: of the environment */
    const char *bucket, *key;
    const char *path; /* of the local file, which need not be there yet */
    bool download;
};

struct transfer_journal {
    char name[TRANSFER_JOURNAL_NAME + 1]; /* "": there is none */
    char path[LOCAL_PATH_SIZE];
};

/* Names it, and makes its folder with `make`. EXIT_DONE, also where there is to be none or the
 * usual folder cannot be made; or the exit code after a complaint about the folder that was named.
 */
int transfer_journal_find(const struct transfer_journal_options *options,
                          const struct transfer_journal_place *place, bool make,
                          struct transfer_journal *journal);
static inline const char *transfer_journal_path(const struct transfer_journal *journal) {
    return journal->name[0] ? journal->path : NULL;
}

#endif
