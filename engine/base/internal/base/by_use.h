/* A list by use: the newest entry at one end, at the other the one that was not used for longest. A
 * zeroed list is empty. Its lock is the caller's. */
#ifndef HR_BASE_BY_USE_H
#define HR_BASE_BY_USE_H

#include <assert.h>
#include <stddef.h>

#include <base/container_of.h>

/* In each entry. */
struct hr__by_use_link {
    struct hr__by_use_link *older, *newer;
};

struct hr__by_use {
    struct hr__by_use_link *oldest, *newest;
    size_t count;
};

static inline void hr__by_use_add(struct hr__by_use *list, struct hr__by_use_link *link) {
    link->older = list->newest;
    link->newer = NULL;
    *(list->newest ? &list->newest->newer : &list->oldest) = link;
    list->newest = link;
    list->count++;
}

static inline void hr__by_use_remove(struct hr__by_use *list, struct hr__by_use_link *link) {
    assert(list->count > 0);
    *(link->older ? &link->older->newer : &list->oldest) = link->newer;
    *(link->newer ? &link->newer->older : &list->newest) = link->older;
    list->count--;
}

/* An entry has been used. */
static inline void hr__by_use_touch(struct hr__by_use *list, struct hr__by_use_link *link) {
    if (link == list->newest) return;
    hr__by_use_remove(list, link);
    hr__by_use_add(list, link);
}

#endif
