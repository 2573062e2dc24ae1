/* A store's folder: made, taken, left. */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT_TEXT   "headrace store 1\n"
#define FORMAT_PREFIX "headrace store "

enum s3_error s3_server__disk_error(int code) {
    if (code == ENOSPC || code == EDQUOT) return S3_InsufficientStorage;
    return S3_InternalError;
}

void s3_server__disk_name(uint64_t number, bool has_record, char name[S3_DISK_NAME_MAX]) {
    snprintf(name, S3_DISK_NAME_MAX, "%02x/%016" PRIx64 ".%s", (unsigned)(number % S3_DISK_FOLDERS),
             number, has_record ? "obj" : "dat");
}

DIR *s3_server__disk_list(int folder, const char *name) {
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    int code = errno;
    if (!list && fd >= 0) close(fd);
    errno = code;
    return list;
}

int s3_server__disk_write(int fd, const void *data, size_t size, uint64_t offset) {
    for (size_t done = 0; done < size;) {
        ssize_t more = pwrite(fd, (const char *)data + done, size - done, (off_t)(offset + done));
        if (more < 0 && errno == EINTR) continue;
        if (more < 0) return -errno;
        if (more == 0) return -EIO;
        done += (size_t)more;
    }
    return 0;
}

static int refuse(struct hr_error *error, int code, const char *folder) {
    return hr_error_set(error, -code, "s3 server: store %s: %s", folder, hr_error_text(-code));
}

void s3_server__disk_use(struct s3_disk *disk) {
    __atomic_add_fetch(&disk->users, 1, __ATOMIC_RELAXED);
}

void s3_server__disk_unuse(struct s3_disk *disk) {
    if (__atomic_sub_fetch(&disk->users, 1, __ATOMIC_ACQ_REL) == 0) disk->on_unused(disk->user);
}

/* ---- Whose folder it is. */

static bool is_own_name(const char *name) {
    static const char *const names[] = {".",       "..",      "format", "lock",      "objects",
                                        "buckets", "damaged", "tmp",    "lost+found"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static bool is_format(const char *name) {
    return strcmp(name, "format") == 0;
}

static bool is_place(const char *name) {
    return strlen(name) == 2 && strspn(name, "0123456789abcdef") == 2;
}

static bool is_none(const char *name) {
    (void)name;
    return false;
}

/* Folders of one that is being made, with the names that may stand in them. */
static const struct {
    const char *name;
    bool (*may_have)(const char *name);
} made[] = {{".", is_own_name},
            {"objects", is_place},
            {"buckets", is_none},
            {"damaged", is_none},
            {"tmp", is_format}};

static int check_names(const struct s3_disk *disk, const char *folder, size_t which,
                       struct hr_error *error) {
    DIR *list = s3_server__disk_list(disk->root, made[which].name);
    if (!list) return errno == ENOENT ? 0 : refuse(error, errno, folder);
    const struct dirent *entry;
    int err = 0;
    errno = 0;
    while (!err && (entry = readdir(list))) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || made[which].may_have(name))
            continue;
        err = hr_error_set(error, -ENOTEMPTY,
                           "s3 server: store %s: it is no store and not empty (it has '%s/%.64s'):"
                           " name an empty folder, or one that is not there yet",
                           folder, made[which].name, name);
    }
    if (!err && errno) err = refuse(error, errno, folder);
    closedir(list);
    return err;
}

/* Nothing but a store's own names is in a folder without a format: a new one, or one that was being
 * made when its process ended. */
static int check_empty(const struct s3_disk *disk, const char *folder, struct hr_error *error) {
    int err = 0;
    for (size_t i = 0; i < sizeof made / sizeof made[0] && !err; i++)
        err = check_names(disk, folder, i, error);
    return err;
}

static int check_format(const struct s3_disk *disk, const char *folder, bool *is_new,
                        struct hr_error *error) {
    char text[64] = "";
    int fd = openat(disk->root, "format", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *is_new = fd < 0 && errno == ENOENT;
    if (*is_new) return check_empty(disk, folder, error);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    int code = errno;
    if (fd >= 0) close(fd);
    if (size < 0) return refuse(error, code, folder);
    text[size] = '\0';
    if (strcmp(text, FORMAT_TEXT) == 0) return 0;
    if (strncmp(text, FORMAT_PREFIX, sizeof FORMAT_PREFIX - 1) == 0)
        return hr_error_set(error, -EPROTO,
                            "s3 server: store %s: its format is '%.20s', and this version of "
                            "headrace reads format 1",
                            folder, text + sizeof FORMAT_PREFIX - 1);
    return hr_error_set(error, -EPROTO, "s3 server: store %s: its file 'format' is no store's",
                        folder);
}

/* The process that holds the lock names itself in it. */
static int take_lock(struct s3_disk *disk, const char *folder, struct hr_error *error) {
    disk->lock = openat(disk->root, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (disk->lock < 0) return refuse(error, errno, folder);
    struct stat info;
    if (fstat(disk->lock, &info) < 0 || !S_ISREG(info.st_mode))
        return hr_error_set(error, -EPROTO, "s3 server: store %s: its 'lock' is no plain file",
                            folder);
    char text[32] = "";
    if (flock(disk->lock, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK) return refuse(error, errno, folder);
        ssize_t size = pread(disk->lock, text, sizeof text - 1, 0);
        text[size > 0 ? size : 0] = '\0';
        return hr_error_set(error, -EBUSY,
                            "s3 server: store %s: process %.*s serves it already: end that, or "
                            "name another folder",
                            folder, (int)strcspn(text, " \n"), text);
    }
    /* For people: on a full disk it may stay away. */
    int size = snprintf(text, sizeof text, "%-19ld\n", (long)getpid());
    (void)!pwrite(disk->lock, text, (size_t)size, 0);
    return 0;
}

/* ---- Making one. */

static int open_folder(int parent, const char *name, int *fd) {
    if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST) return -errno;
    *fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *fd < 0 ? -errno : 0;
}

static int make_folders(struct s3_disk *disk) {
    int err = open_folder(disk->root, "objects", &disk->objects);
    if (!err) err = open_folder(disk->root, "buckets", &disk->buckets);
    if (!err) err = open_folder(disk->root, "damaged", &disk->damaged);
    if (!err) err = open_folder(disk->root, "tmp", &disk->temporary);
    for (unsigned i = 0; i < S3_DISK_FOLDERS && !err; i++) {
        char name[4];
        snprintf(name, sizeof name, "%02x", i);
        if (mkdirat(disk->objects, name, 0700) < 0 && errno != EEXIST) err = -errno;
    }
    return err;
}

/* Last, so that a folder with a format is whole. */
static int write_format(struct s3_disk *disk) {
    int fd = openat(disk->temporary, "format",
                    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return -errno;
    int err = s3_server__disk_write(fd, FORMAT_TEXT, sizeof FORMAT_TEXT - 1, 0);
    if (!err && fsync(fd) < 0) err = -errno;
    if (!err && fsync(disk->objects) < 0) err = -errno;
    close(fd);
    if (!err && renameat(disk->temporary, "format", disk->root, "format") < 0) err = -errno;
    if (!err && fsync(disk->root) < 0) err = -errno;
    return err;
}

int s3_server__disk_open(struct s3_disk *disk, const struct s3_disk_options *options,
                         struct hr_error *error) {
    const char *folder = options->folder;
    *disk = (struct s3_disk){.root = -1,
                             .objects = -1,
                             .temporary = -1,
                             .buckets = -1,
                             .damaged = -1,
                             .lock = -1,
                             .next = 1,
                             .users = 1,
                             .files_max = options->files_max,
                             .fsync = options->fsync};
    if (mkdir(folder, 0700) < 0 && errno != EEXIST) return refuse(error, errno, folder);
    disk->root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (disk->root < 0) return refuse(error, errno, folder);
    bool is_new = false;
    int err = check_format(disk, folder, &is_new, error);
    if (!err) err = take_lock(disk, folder, error);
    if (!err) {
        err = make_folders(disk);
        if (!err && is_new) err = write_format(disk);
        if (err) refuse(error, -err, folder);
    }
    if (err) s3_server__disk_close(disk);
    return err;
}

void s3_server__disk_close(struct s3_disk *disk) {
    const int fds[] = {disk->objects, disk->temporary, disk->buckets,
                       disk->damaged, disk->lock,      disk->root};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0) close(fds[i]);
}
