/* The state of a watch, for its files. */
#ifndef HR_CONFIG_WATCH_STATE_H
#define HR_CONFIG_WATCH_STATE_H

#include <headrace/config_watch.h>
#include <pthread.h>

#include "config_seen.h"

struct hr_config_watch_s {
    struct hr_config_watch_options options;
    pthread_mutex_t lock; /* over `current` where it changes */
    hr_config *current;
    uint64_t generation;               /* read by any thread */
    struct hr__config_prints prints;   /* of the last load */
    uint64_t ticks;                    /* of the timer, each poll_ms long */
    int ready_fd, notify_fd, timer_fd; /* notify_fd -1: the kernel gives none */
};

/* config_print.c. */

/* Whether one is another than it was. While one is away that was there, none is, for a few ticks.
 */
bool hr__config_prints_differ(struct hr__config_prints *prints, uint64_t ticks);

/* config_notify.c. */

/* Opens the descriptors. -errno. */
int hr__config_notify_open(hr_config_watch *watch);
/* Asks to be told of the folders of the files. Its failure is none: there is the timer. */
void hr__config_notify_folders(hr_config_watch *watch);
/* Takes what is there, and counts ticks. */
void hr__config_notify_drain(hr_config_watch *watch);
void hr__config_notify_close(hr_config_watch *watch);

/* config_change.c. */

struct hr__config_changes {
    struct hr_config_change *items;
    size_t count, room;
    int err;
};

/* All differences, into *changes, which is empty. -ENOMEM, and it is empty again. */
int hr__config_changes_collect(const hr_config *before, const hr_config *after,
                               struct hr__config_changes *changes);
void hr__config_changes_free(struct hr__config_changes *changes);

#endif
