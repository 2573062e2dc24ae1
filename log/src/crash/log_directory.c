/* Opening, locking and clearing the directory of shared rings. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_directory.h"

/* Refuses a directory that others may write to: its sinks' files name the files that are completed.
 */
static int check_owner(const char *path, int fd, struct hr_error *error) {
    struct stat facts;
    if (fstat(fd, &facts) != 0) return hr_error_set(error, -errno, "rings directory %s", path);
    if (facts.st_uid != geteuid())
        return hr_error_set(error, -EPERM,
                            "the rings directory %s belongs to user %u, not to %u, who runs this: "
                            "run it as that user, or name another directory",
                            path, (unsigned)facts.st_uid, (unsigned)geteuid());
    if (facts.st_mode & (S_IWGRP | S_IWOTH))
        return hr_error_set(error, -EPERM,
                            "the rings directory %s can be written to by others: chmod 700 it",
                            path);
    return 0;
}

static int open_directory(const char *path, bool make, struct hr_error *error) {
    if (make && mkdir(path, 0700) != 0 && errno != EEXIST) {
        int err = -errno;
        return hr_error_set(error, err, "the rings directory %s cannot be made: %s", path,
                            hr_error_text(err));
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        int err = -errno;
        struct stat facts;
        bool link = lstat(path, &facts) == 0 && S_ISLNK(facts.st_mode);
        return hr_error_set(error, err, "the rings directory %s cannot be opened: %s%s", path,
                            hr_error_text(err),
                            link ? "; it is a symbolic link: name what it points to" : "");
    }
    int err = check_owner(path, fd, error);
    if (err) close(fd);
    return err ? err : fd;
}

int hr__log_directory_file(const struct hr__log_directory *directory, const char *name, int flags) {
    struct stat facts;
    int fd =
        openat(directory->fd, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (fd < 0) return -errno;
    if (fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_uid == geteuid()) return fd;
    close(fd);
    return -EBADMSG;
}

/* The kernel unlocks it when the last thread of the process has gone, and every write with it. So a
 * process that gets the lock sees files that nobody writes to. */
static int lock_it(struct hr__log_directory *directory, bool make, struct hr_error *error) {
    assert(directory->fd >= 0 && directory->lock < 0);
    char text[24] = "";
    int fd = hr__log_directory_file(directory, "lock", O_RDWR | (make ? O_CREAT : 0));
    if (fd == -ENOENT)
        return hr_error_set(error, fd, "%s is no rings directory of a log: there is no lock in it",
                            directory->path);
    if (fd < 0)
        return hr_error_set(error, fd, "%s/lock cannot be opened: %s", directory->path,
                            hr_error_text(fd));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int err = errno == EWOULDBLOCK ? -EBUSY : -errno;
        ssize_t size = pread(fd, text, sizeof text - 1, 0);
        text[size > 0 ? strcspn(text, "\n") : 0] = 0;
        close(fd);
        if (err != -EBUSY)
            return hr_error_set(error, err, "%s/lock: %s", directory->path, hr_error_text(err));
        return hr_error_set(error, err,
                            "the rings directory %s is in use by process %s: give each process "
                            "one of its own; it can be recovered when that one has ended",
                            directory->path, text[0] ? text : "?");
    }
    int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    /* Only for the message above: without room for it the lock is as good. */
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)size, 0) != size) (void)ftruncate(fd, 0);
    directory->lock = fd;
    return 0;
}

int hr__log_directory_open(struct hr__log_directory *directory, const char *path, bool make,
                           struct hr_error *error) {
    *directory = (struct hr__log_directory){.fd = -1, .lock = -1, .path = path};
    int fd = open_directory(path, make, error);
    if (fd < 0) return fd;
    directory->fd = fd;
    int err = lock_it(directory, make, error);
    if (err) hr__log_directory_close(directory);
    return err;
}

void hr__log_directory_close(struct hr__log_directory *directory) {
    if (directory->fd >= 0) close(directory->fd);
    if (directory->lock >= 0) close(directory->lock);
    directory->fd = directory->lock = -1;
}

/* Whether `name` is `kind` and a number. */
static bool is_numbered(const char *name, const char *kind) {
    size_t size = strlen(kind);
    if (strncmp(name, kind, size) != 0 || !name[size]) return false;
    return strspn(name + size, "0123456789") == strlen(name + size);
}

static int remove_numbered(const struct hr__log_directory *directory, const char *kind) {
    int fd = openat(directory->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    if (!entries) {
        err = -errno;
        if (fd >= 0) close(fd);
        return err;
    }
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries))
        if (is_numbered(entry->d_name, kind) && unlinkat(directory->fd, entry->d_name, 0) != 0)
            err = -errno;
    closedir(entries);
    return err;
}

int hr__log_directory_clear(const struct hr__log_directory *directory) {
    int err = remove_numbered(directory, "sink-");
    if (!err) err = remove_numbered(directory, "ring-");
    if (!err && unlinkat(directory->fd, "dictionary", 0) != 0 && errno != ENOENT) err = -errno;
    return err;
}
