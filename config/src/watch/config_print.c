/* The comparison of files with what they were at the last load. */
#include <string.h>

#include "config_watch_state.h"

#define AWAY_TICKS 5 /* how long a file that is away is waited for */

static bool same_time(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same(const struct hr__config_print *a, const struct hr__config_print *b) {
    return a->there == b->there && a->device == b->device && a->inode == b->inode &&
           a->size == b->size && same_time(&a->modified, &b->modified) &&
           same_time(&a->changed, &b->changed);
}

/* A file that is away for a moment is about to be replaced. */
static bool is_waited_for(struct hr__config_print *print, uint64_t ticks) {
    if (!print->away) print->away_since = ticks;
    print->away = true;
    return ticks - print->away_since < AWAY_TICKS;
}

bool hr__config_prints_differ(struct hr__config_prints *prints, uint64_t ticks) {
    bool differ = false, waiting = false;
    for (size_t i = 0; i < prints->count; i++) {
        struct hr__config_print now = prints->items[i];
        hr__config_print_look(&now);
        if (prints->items[i].there && !now.there)
            waiting |= is_waited_for(&prints->items[i], ticks);
        else
            prints->items[i].away = false;
        differ |= !same(&now, &prints->items[i]);
    }
    return differ && !waiting;
}
