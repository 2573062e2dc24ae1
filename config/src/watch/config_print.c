/* Fingerprints of files: device, inode, size and times. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config_snapshot.h"
#include "config_watch_state.h"

static void look(struct hr__config_print *print) {
    struct stat now;
    print->there = stat(print->path, &now) == 0;
    if (!print->there) return;
    print->device = now.st_dev;
    print->inode = now.st_ino;
    if (S_ISFIFO(now.st_mode)) return; /* reading it changes it */
    print->size = now.st_size;
    print->modified = now.st_mtim;
    print->changed = now.st_ctim;
}

static bool is_there(const struct hr__config_prints *prints, const char *path) {
    for (size_t i = 0; i < prints->count; i++)
        if (strcmp(prints->items[i].path, path) == 0) return true;
    return false;
}

static int add(struct hr__config_prints *prints, const char *path) {
    if (is_there(prints, path)) return 0;
    struct hr__config_print *items =
        realloc(prints->items, (prints->count + 1) * sizeof *prints->items);
    if (!items) return -ENOMEM;
    prints->items = items;
    struct hr__config_print *print = &items[prints->count];
    *print = (struct hr__config_print){.path = strdup(path)};
    if (!print->path) return -ENOMEM;
    prints->count++;
    return 0;
}

int hr__config_prints_add(const struct hr_config_options *options, const hr_config *config,
                          struct hr__config_prints *prints) {
    int err = 0;
    for (size_t i = 0; !err && i < options->file_count; i++) err = add(prints, options->files[i]);
    for (size_t i = 0; !err && i < options->env_file_count; i++)
        err = add(prints, options->env_files[i]);
    if (!err && options->secrets_folder) err = add(prints, options->secrets_folder);
    for (uint32_t i = 0; !err && config && i < config->source_count; i++)
        if (config->sources[i].kind == HR_CONFIG_FROM_FILE ||
            config->sources[i].kind == HR_CONFIG_FROM_SECRET)
            err = add(prints, config->sources[i].name);
    return err;
}

int hr__config_prints_take(const struct hr_config_options *options, const hr_config *config,
                           struct hr__config_prints *prints) {
    struct hr__config_prints made = {.items = NULL};
    int err = hr__config_prints_add(options, config, &made);
    if (err) {
        hr__config_prints_free(&made);
        return err;
    }
    for (size_t i = 0; i < made.count; i++) look(&made.items[i]);
    hr__config_prints_free(prints);
    *prints = made;
    return 0;
}

static bool same_time(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same(const struct hr__config_print *a, const struct hr__config_print *b) {
    return a->there == b->there && a->device == b->device && a->inode == b->inode &&
           a->size == b->size && same_time(&a->modified, &b->modified) &&
           same_time(&a->changed, &b->changed);
}

/* A file that is away for a moment is waited for. */
bool hr__config_prints_differ(const struct hr__config_prints *prints) {
    bool differ = false;
    for (size_t i = 0; i < prints->count; i++) {
        struct hr__config_print now = prints->items[i];
        look(&now);
        if (!now.there && prints->items[i].there) return false;
        differ |= !same(&now, &prints->items[i]);
    }
    return differ;
}

void hr__config_prints_free(struct hr__config_prints *prints) {
    for (size_t i = 0; i < prints->count; i++) free(prints->items[i].path);
    free(prints->items);
    *prints = (struct hr__config_prints){.items = NULL};
}
