/* The names in one folder, sorted as keys would be. */
#ifndef PERF_TREE_FOLDER_H
#define PERF_TREE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tree_folder_name {
    union {
        size_t offset; /* while it is read */
        const char *text;
    } at;
    unsigned short size;
    bool is_folder; /* sorted as if it ended in '/' */
};

struct tree_folder {
    int fd;
    dev_t device;
    ino_t inode;
    struct tree_folder_name *names;
    size_t count, next;
    char *text;
};

/* Reads the folder that `fd` is, which becomes the struct's (closed on error, too). More than
 * `names_max` names: -E2BIG. 0 or a negative code. */
int tree_folder_open(int fd, bool follow, size_t names_max, struct tree_folder *folder);
void tree_folder_close(struct tree_folder *folder);

#endif
