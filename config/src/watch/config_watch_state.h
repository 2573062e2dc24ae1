/* The state of a watch, for its files. */
#ifndef HR_CONFIG_WATCH_STATE_H
#define HR_CONFIG_WATCH_STATE_H

#include <headrace/config_watch.h>
#include <pthread.h>
#include <sys/types.h>

/* A file as it was when it was looked at last. */
struct hr__config_print {
    char *path;
    bool there;
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed; /* the second: by chmod and rename, too */
};

struct hr__config_prints {
    struct hr__config_print *items;
    size_t count;
};

struct hr_config_watch_s {
    struct hr_config_watch_options options;
    pthread_mutex_t lock; /* over `current` where it changes */
    hr_config *current;
    uint64_t generation; /* read by any thread */
    struct hr__config_prints prints;
    int ready_fd, notify_fd, timer_fd; /* notify_fd -1: the kernel gives none */
};

/* config_print.c. */

/* Of the files that options name and those that a configuration came from (NULL: none). -ENOMEM. */
int hr__config_prints_take(const struct hr_config_options *options, const hr_config *config,
                           struct hr__config_prints *prints);
/* Adds files that are not among them, as ones that were not there: the next look finds them
 * changed, as nobody knows what they were when they were read. -ENOMEM. */
int hr__config_prints_add(const struct hr_config_options *options, const hr_config *config,
                          struct hr__config_prints *prints);
/* Whether all of them are there, and one is another than it was. */
bool hr__config_prints_differ(const struct hr__config_prints *prints);
void hr__config_prints_free(struct hr__config_prints *prints);

/* config_notify.c. */

/* Opens the descriptors. -errno. */
int hr__config_notify_open(hr_config_watch *watch);
/* Asks to be told of the folders of the files. Its failure is none: there is the timer. */
void hr__config_notify_folders(hr_config_watch *watch);
/* Takes what is there. */
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
