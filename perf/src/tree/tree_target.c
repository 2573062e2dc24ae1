/* Writes files below a folder: parts of their names are opened one by one, and no link is
 * followed. */
#include "tree_target.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_SIZE   256
#define TRIES_MAX   100
#define FOLDER_OPEN (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

static int make_path(const char *path) {
    char part[4096];
    size_t size = strlen(path);
    if (size >= sizeof part) return -ENAMETOOLONG;
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST && access(part, F_OK) != 0) return -errno;
    }
    return 0;
}

int tree_target_open(struct tree_target *target, const char *path, bool dry) {
    *target = (struct tree_target){.root_fd = -1, .folder_fd = -1};
    mode_t mask = umask(0);
    umask(mask);
    target->mode = 0666 & ~mask;
    int err = dry ? 0 : make_path(path);
    if (err) return err;
    target->root_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return target->root_fd < 0 ? -errno : 0;
}

static void leave_folder(struct tree_target *target) {
    if (target->folder_fd >= 0) close(target->folder_fd);
    target->folder_fd = -1;
}

void tree_target_close(struct tree_target *target) {
    leave_folder(target);
    if (target->root_fd >= 0) close(target->root_fd);
    target->root_fd = -1;
}

static int enter(int at, const char *name) {
    int fd = openat(at, name, FOLDER_OPEN);
    if (fd < 0 && errno == ENOENT) {
        if (mkdirat(at, name, 0777) != 0 && errno != EEXIST) return -errno;
        fd = openat(at, name, FOLDER_OPEN);
    }
    if (fd >= 0) return fd;
    return errno == ELOOP ? -ENOTDIR : -errno;
}

/* The folder of so many bytes of the name, as a descriptor of the caller's. */
static int open_folder(const struct tree_target *target, const char *name, size_t size) {
    char part[NAME_SIZE];
    int fd = fcntl(target->root_fd, F_DUPFD_CLOEXEC, 0);
    for (size_t at = 0; fd >= 0 && at < size;) {
        const char *slash = memchr(name + at, '/', size - at);
        assert(slash && slash - (name + at) < NAME_SIZE);
        size_t part_size = (size_t)(slash - (name + at));
        memcpy(part, name + at, part_size);
        part[part_size] = '\0';
        int next = enter(fd, part);
        close(fd);
        fd = next;
        if (fd < 0) return fd;
        at += part_size + 1;
    }
    return fd < 0 ? -errno : fd;
}

static size_t folder_size(struct hr_slice name) {
    size_t size = name.size;
    while (size && name.data[size - 1] != '/') size--;
    return size;
}

/* Makes the name's folder the current one. */
static int use_folder(struct tree_target *target, struct hr_slice name) {
    size_t size = folder_size(name);
    if (size > TREE_TARGET_FOLDER_MAX) return -ENAMETOOLONG;
    if (target->folder_fd >= 0 && size == target->folder_size &&
        memcmp(target->folder, name.data, size) == 0)
        return 0;
    leave_folder(target);
    int fd = open_folder(target, name.data, size);
    if (fd < 0) return fd;
    target->folder_fd = fd;
    memcpy(target->folder, name.data, size);
    target->folder_size = size;
    return 0;
}

static const char *base_of(struct hr_slice name, char base[NAME_SIZE]) {
    size_t folder = folder_size(name), size = name.size - folder;
    assert(size > 0 && size < NAME_SIZE);
    memcpy(base, name.data + folder, size);
    base[size] = '\0';
    return base;
}

/* A new file under a name that nobody else has. */
static int open_temporary(struct tree_file *file) {
    static atomic_uint counter;
    for (unsigned i = 0; i < TRIES_MAX; i++) {
        snprintf(file->temporary, sizeof file->temporary, ".headrace-%x-%x", (unsigned)getpid(),
                 atomic_fetch_add(&counter, 1));
        file->fd = openat(file->folder_fd, file->temporary,
                          O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (file->fd >= 0) return 0;
        if (errno != EEXIST) break;
    }
    return -errno;
}

int tree_file_open(struct tree_target *target, struct hr_slice name, struct tree_file *file) {
    char base[NAME_SIZE];
    struct stat before;
    *file = (struct tree_file){.fd = -1, .folder_fd = -1};
    int err = use_folder(target, name);
    if (err) return err;
    base_of(name, base);
    bool exists = fstatat(target->folder_fd, base, &before, AT_SYMLINK_NOFOLLOW) == 0;
    if (exists && S_ISDIR(before.st_mode)) return -EISDIR;
    bool plain = exists && S_ISREG(before.st_mode);
    if (plain && faccessat(target->folder_fd, base, W_OK, AT_EACCESS) != 0) return -errno;
    file->folder_fd = fcntl(target->folder_fd, F_DUPFD_CLOEXEC, 0);
    if (file->folder_fd < 0) return -errno;
    err = open_temporary(file);
    /* Set-id bits would be of whoever owns the new file. */
    if (!err && fchmod(file->fd, plain ? before.st_mode & 0777 : target->mode) != 0) err = -errno;
    if (!err) return 0;
    if (file->fd < 0) file->temporary[0] = '\0';
    tree_file_drop(file);
    return err;
}

static void close_file(struct tree_file *file) {
    if (file->fd >= 0) close(file->fd);
    if (file->folder_fd >= 0) close(file->folder_fd);
    *file = (struct tree_file){.fd = -1, .folder_fd = -1};
}

int tree_file_keep(struct tree_file *file, struct hr_slice name, uint64_t time_s) {
    char base[NAME_SIZE];
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t)time_s}};
    assert(file->fd >= 0 && file->temporary[0]);
    int err = time_s && futimens(file->fd, times) != 0 ? -errno : 0;
    int fd = file->fd;
    file->fd = -1;
    if (close(fd) != 0 && !err) err = -errno;
    if (!err &&
        renameat(file->folder_fd, file->temporary, file->folder_fd, base_of(name, base)) != 0)
        err = -errno;
    if (err)
        tree_file_drop(file);
    else
        close_file(file);
    return err;
}

void tree_file_drop(struct tree_file *file) {
    if (file->folder_fd >= 0 && file->temporary[0]) unlinkat(file->folder_fd, file->temporary, 0);
    close_file(file);
}
