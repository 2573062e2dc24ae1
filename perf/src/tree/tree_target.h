/* Files written below a folder, and never outside of it. */
#ifndef PERF_TREE_TARGET_H
#define PERF_TREE_TARGET_H

#include <sys/stat.h>

#include "tree_entry.h"

#define TREE_TARGET_FOLDER_MAX 1024 /* a key's longest folder */
#define TREE_TARGET_TEMPORARY  32

/* The root, and the folder that was used last. */
struct tree_target {
    int root_fd, folder_fd; /* -1: none */
    char folder[TREE_TARGET_FOLDER_MAX + 1];
    size_t folder_size;
    mode_t mode; /* of new files */
};

/* Opens `path`, which is made where it is missing, with the folders above it; not with `dry`:
 * -ENOENT then. 0 or a negative code. */
int tree_target_open(struct tree_target *target, const char *path, bool dry);
void tree_target_close(struct tree_target *target);

/* A file on its way, under a temporary name in its own folder. */
struct tree_file {
    int fd, folder_fd;
    char temporary[TREE_TARGET_TEMPORARY];
};

/* `name` has passed tree_name_refused. Folders that are missing are made; one that is a link or a
 * file is -ENOTDIR. A file that its mode protects from this user is not replaced: -EACCES. */
int tree_file_open(struct tree_target *target, struct hr_slice name, struct tree_file *file);
/* Gives it its time and its name, in place of what has that name. */
int tree_file_keep(struct tree_file *file, struct hr_slice name, uint64_t time_s);
/* Removes it. One that is not open: nothing. */
void tree_file_drop(struct tree_file *file);

#endif
