/* Walks a local tree in the order of keys: each folder is read whole and sorted when its turn
 * comes. */
#include "tree_walk.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree_folder.h"

struct level {
    struct tree_folder folder;
    size_t path_size; /* of the folder's own path, with its '/' */
};

struct tree_walk_s {
    struct tree_source source; /* first */
    struct tree_walk_options options;
    struct level *levels;
    unsigned depth;
    size_t names; /* in all levels */
    char path[TREE_WALK_PATH_MAX];
};

static int open_folder(int at, const char *name, bool follow) {
    int fd = openat(at, name,
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
    return fd < 0 ? -errno : fd;
}

static bool is_above(const tree_walk *walk, const struct tree_folder *folder) {
    for (unsigned i = 0; i < walk->depth; i++) {
        const struct tree_folder *above = &walk->levels[i].folder;
        if (above->device == folder->device && above->inode == folder->inode) return true;
    }
    return false;
}

/* The folder at `fd`, whose path is the first `path_size` bytes. */
static int push(tree_walk *walk, int fd, size_t path_size) {
    struct tree_folder folder;
    if (walk->depth == walk->options.depth_max) {
        close(fd);
        return -E2BIG;
    }
    int err =
        tree_folder_open(fd, walk->options.follow, walk->options.names_max - walk->names, &folder);
    if (err) return err;
    if (is_above(walk, &folder)) {
        tree_folder_close(&folder);
        return -ELOOP;
    }
    struct level *levels = realloc(walk->levels, (walk->depth + 1) * sizeof *levels);
    if (!levels) {
        tree_folder_close(&folder);
        return -ENOMEM;
    }
    walk->levels = levels;
    walk->names += folder.count;
    walk->levels[walk->depth++] = (struct level){.folder = folder, .path_size = path_size};
    return 0;
}

static void pop(tree_walk *walk) {
    assert(walk->depth > 0);
    struct tree_folder *folder = &walk->levels[--walk->depth].folder;
    walk->names -= folder->count;
    tree_folder_close(folder);
}

static int problem(const tree_walk *walk, size_t size, int code, struct tree_entry *entry) {
    *entry = (struct tree_entry){.name = hr_slice_bytes(walk->path, size),
                                 .kind = TREE_PROBLEM,
                                 .problem = code,
                                 .folder_fd = -1};
    return 1;
}

/* 1: an entry; 0: gone meanwhile. */
static int show_file(const tree_walk *walk, const struct level *level, const char *base,
                     size_t size, struct tree_entry *entry) {
    struct stat info;
    int fd = level->folder.fd;
    bool seen = fstatat(fd, base, &info, walk->options.follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0;
    int err = seen ? 0 : -errno;
    /* A link that leads nowhere, or in a circle of links. */
    if (!seen && fstatat(fd, base, &info, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT) return 0;
    if (!seen && (err == -ENOENT || err == -ELOOP)) err = 0;
    if (err) return problem(walk, size, err, entry);
    *entry = (struct tree_entry){.name = hr_slice_bytes(walk->path, size),
                                 .kind = S_ISREG(info.st_mode) ? TREE_FILE : TREE_SPECIAL,
                                 .size_bytes = (uint64_t)info.st_size,
                                 .time_s = info.st_mtime > 0 ? (uint64_t)info.st_mtime : 0,
                                 .folder_fd = fd,
                                 .base = base};
    return 1;
}

/* 1: an entry; 0: nothing to show, a folder was entered perhaps. */
static int visit(tree_walk *walk, const struct tree_folder_name *name, struct tree_entry *entry) {
    struct level *level = &walk->levels[walk->depth - 1];
    size_t size = level->path_size + name->size;
    if (size + 2 > sizeof walk->path) {
        size_t room = sizeof walk->path - level->path_size;
        memcpy(walk->path + level->path_size, name->at.text, room);
        return problem(walk, sizeof walk->path, -ENAMETOOLONG, entry);
    }
    memcpy(walk->path + level->path_size, name->at.text, name->size);
    if (!name->is_folder) return show_file(walk, level, name->at.text, size, entry);
    walk->path[size++] = '/';
    int fd = open_folder(level->folder.fd, name->at.text, walk->options.follow);
    int err = fd < 0 ? fd : push(walk, fd, size);
    if (!err || err == -ENOENT) return 0;
    return problem(walk, size, err, entry);
}

static int next(struct tree_source *source, struct tree_entry *entry, struct hr_error *error) {
    tree_walk *walk = (tree_walk *)(void *)source;
    (void)error;
    while (walk->depth) {
        struct tree_folder *folder = &walk->levels[walk->depth - 1].folder;
        if (folder->next == folder->count)
            pop(walk);
        else if (visit(walk, &folder->names[folder->next++], entry))
            return 1;
    }
    return 0;
}

int tree_walk_open(const char *path, const struct tree_walk_options *options, tree_walk **out) {
    tree_walk *walk = calloc(1, sizeof *walk);
    if (!walk) return -ENOMEM;
    walk->source.next = next;
    walk->options = *options;
    if (!walk->options.names_max) walk->options.names_max = TREE_WALK_NAMES_MAX;
    if (!walk->options.depth_max) walk->options.depth_max = TREE_WALK_DEPTH_MAX;
    int fd = open_folder(AT_FDCWD, path, true);
    int err = fd < 0 ? fd : push(walk, fd, 0);
    if (err)
        tree_walk_close(walk);
    else
        *out = walk;
    return err;
}

struct tree_source *tree_walk_source(tree_walk *walk) {
    return &walk->source;
}

void tree_walk_close(tree_walk *walk) {
    if (!walk) return;
    while (walk->depth) pop(walk);
    free(walk->levels);
    free(walk);
}
