/* Fingerprints of files: device, inode, size and times. */
#include "config_seen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void hr__config_print_look(struct hr__config_print *print) {
    struct stat now;
    print->there = stat(print->path, &now) == 0;
    print->folder = print->there && S_ISDIR(now.st_mode);
    if (!print->there) return;
    print->device = now.st_dev;
    print->inode = now.st_ino;
    if (S_ISFIFO(now.st_mode)) return; /* reading it changes it */
    print->size = now.st_size;
    print->modified = now.st_mtim;
    print->changed = now.st_ctim;
}

static bool make_room(struct hr__config_prints *prints) {
    if (prints->count < prints->room) return true;
    size_t room = prints->room ? prints->room * 2 : 8;
    struct hr__config_print *items = realloc(prints->items, room * sizeof *items);
    if (!items) return false;
    prints->items = items;
    prints->room = room;
    return true;
}

void hr__config_prints_add(struct hr__config_prints *prints, const char *path) {
    if (!prints) return;
    struct hr__config_print print = {.path = strdup(path)};
    if (!print.path || !make_room(prints)) {
        free(print.path);
        prints->incomplete = true;
        return;
    }
    hr__config_print_look(&print);
    prints->items[prints->count++] = print;
}

void hr__config_prints_free(struct hr__config_prints *prints) {
    for (size_t i = 0; i < prints->count; i++) free(prints->items[i].path);
    free(prints->items);
    *prints = (struct hr__config_prints){.items = NULL};
}
