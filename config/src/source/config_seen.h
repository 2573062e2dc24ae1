/* The files and folders that a load has looked at, as they were right before. */
#ifndef HR_CONFIG_SEEN_H
#define HR_CONFIG_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct hr__config_print {
    char *path;
    bool there, folder;
    bool away;           /* it was there, and later was not */
    uint64_t away_since; /* in ticks of the watch */
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed; /* the second: by chmod and rename, too */
};

/* Zeroed is empty. A path may be there twice. */
struct hr__config_prints {
    struct hr__config_print *items;
    size_t count, room;
    bool incomplete; /* there was no memory for one */
};

/* Looks at the path again. */
void hr__config_print_look(struct hr__config_print *print);
/* Adds a path, as it is now. Prints NULL: nobody wants to know. */
void hr__config_prints_add(struct hr__config_prints *prints, const char *path);
void hr__config_prints_free(struct hr__config_prints *prints);

#endif
