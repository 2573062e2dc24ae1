/* The YAML files of a folder. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include <headrace/error.h>

#include "config_sources.h"

#define NAMES_MAX 1000

static bool ends_with(struct hr_slice name, struct hr_slice ending) {
    return name.size > ending.size &&
           memcmp(name.data + name.size - ending.size, ending.data, ending.size) == 0;
}

/* Not those of editors and of Kubernetes, which begin with a dot. */
static bool is_yaml(const char *text) {
    struct hr_slice name = hr_slice_of(text);
    return text[0] != '.' &&
           (ends_with(name, hr_slice_of(".yaml")) || ends_with(name, hr_slice_of(".yml")));
}

static int add(struct hr__config_load *load, struct hr__config_names *names, const char *name) {
    if (names->count == names->room) {
        uint32_t room = names->room ? names->room * 2 : 16;
        const char **items = realloc(names->items, room * sizeof *items);
        if (!items) return -ENOMEM;
        names->items = items;
        names->room = room;
    }
    const char *copy = hr__config_copy(&load->scratch, hr_slice_of(name)).data;
    if (!copy) return -ENOMEM;
    names->items[names->count++] = copy;
    return 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list(struct hr__config_load *load, DIR *folder, struct hr__config_names *names,
                struct hr_error *error) {
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (!is_yaml(entry->d_name)) continue;
        if (names->count == NAMES_MAX)
            return hr_error_set(error, -E2BIG, "more than %d files are in it", NAMES_MAX);
        int err = add(load, names, entry->d_name);
        if (err) return hr_error_set(error, err, "no memory for the names in it");
    }
    if (names->count > 1) qsort(names->items, names->count, sizeof *names->items, by_name);
    return 0;
}

int hr__config_folder_list(struct hr__config_load *load, const char *path,
                           struct hr__config_names *names, struct hr_error *error) {
    DIR *folder = opendir(path);
    if (!folder)
        return hr_error_set(error, -errno, "it cannot be opened: %s", hr_error_text(-errno));
    int err = list(load, folder, names, error);
    closedir(folder);
    return err;
}
