/* The file of a transfer's journal: one writer, appended to, removed at the end. */
#include "journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPENS_MAX 16 /* another transfer may remove the file between an open and its lock */

static int cannot(struct hr_error *error, const char *what, const char *path, int code) {
    return hr_error_set(error, code, "cannot %s the journal %s: %s", what, path, strerror(-code));
}

/* Whether the path still leads to the file that is open. */
static bool is_there(int fd, const char *path) {
    struct stat open_one, named;
    return fstat(fd, &open_one) == 0 && lstat(path, &named) == 0 &&
           open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

/* 0 with the lock held, 1: once more, or a negative code. */
static int open_locked(const char *path, struct hr_error *error, int *fd) {
    struct stat info;
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, 0600);
    if (*fd < 0 && errno == ELOOP)
        return hr_error_set(error, -EEXIST, "the journal %s is a link: name the file", path);
    if (*fd < 0 || fstat(*fd, &info) != 0) return cannot(error, "open", path, -errno);
    if (!S_ISREG(info.st_mode))
        return hr_error_set(error, -EEXIST, "the journal %s is no plain file", path);
    if (info.st_uid != geteuid())
        return hr_error_set(error, -EEXIST, "the journal %s is another user's", path);
    if (info.st_nlink > 1)
        return hr_error_set(error, -EEXIST, "the journal %s has other names, too", path);
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0) return is_there(*fd, path) ? 0 : 1;
    if (errno != EWOULDBLOCK) return cannot(error, "lock", path, -errno);
    return hr_error_set(error, -EBUSY, "the journal %s is in use by another transfer", path);
}

static int open_file(const char *path, struct hr_error *error, int *fd) {
    for (int i = 0; i < OPENS_MAX; i++) {
        int result = open_locked(path, error, fd);
        if (result == 0) return 0;
        if (*fd >= 0) close(*fd);
        *fd = -1;
        if (result < 0) return result;
    }
    return hr_error_set(error, -EBUSY, "the journal %s is in use by other transfers", path);
}

/* All bytes of it, to be freed. */
static int read_all(int fd, char **data, size_t *size) {
    size_t capacity = 65536;
    *size = 0;
    *data = malloc(capacity);
    while (*data) {
        ssize_t got = pread(fd, *data + *size, capacity - *size, (off_t)*size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -errno;
        if (got == 0) return 0;
        *size += (size_t)got;
        if (*size > HR__JOURNAL_BYTES_MAX) return -EFBIG;
        if (*size < capacity) continue;
        capacity *= 2;
        char *more = realloc(*data, capacity);
        if (!more) break;
        *data = more;
    }
    return -ENOMEM;
}

static int explain(enum hr__journal_reading reading, const char *path, struct hr_error *error) {
    switch (reading) {
    case HR__JOURNAL_READ:
        return 0;
    case HR__JOURNAL_FOREIGN:
        return hr_error_set(error, -EEXIST,
                            "%s is there and no journal of a transfer: name another file", path);
    case HR__JOURNAL_VERSION:
        return hr_error_set(error, -ENOTSUP,
                            "the journal %s is of another version of headrace: go on with that, or "
                            "remove it",
                            path);
    default:
        return -ENOMEM;
    }
}

/* An empty one is a journal's if it is as one is made: a run may have been killed behind that. */
static enum hr__journal_reading judge_empty(int fd) {
    struct stat info;
    if (fstat(fd, &info) != 0 || (info.st_mode & 07777 & ~0600u) != 0) return HR__JOURNAL_FOREIGN;
    return HR__JOURNAL_READ;
}

static int read_file(struct hr__journal_file *file, struct hr_error *error,
                     struct hr__journal_contents *contents) {
    char *data = NULL;
    size_t size = 0;
    int err = read_all(file->fd, &data, &size);
    if (err) cannot(error, "read", file->path, err);
    enum hr__journal_reading reading = HR__JOURNAL_READ;
    if (!err) reading = hr__journal_read(data, size, contents);
    if (reading == HR__JOURNAL_EMPTY) reading = judge_empty(file->fd);
    if (!err) err = explain(reading, file->path, error);
    free(data);
    if (err) return err;
    file->size = contents->good;
    file->torn = file->size < size;
    return 0;
}

int hr__journal_file_open(const char *path, struct hr_error *error, struct hr__journal_file *file,
                          struct hr__journal_contents *contents) {
    memset(contents, 0, sizeof *contents);
    *file = (struct hr__journal_file){.fd = -1, .path = strdup(path)};
    if (!file->path) return -ENOMEM;
    int err = open_file(path, error, &file->fd);
    return err ? err : read_file(file, error, contents);
}

/* A write that was cut short is taken back. */
int hr__journal_file_append(struct hr__journal_file *file, const char *line, size_t size) {
    ssize_t done;
    if (file->full) return -EFBIG;
    file->full = !size || file->size + size > HR__JOURNAL_BYTES_MAX;
    if (file->full) return -EFBIG;
    if (file->torn && ftruncate(file->fd, (off_t)file->size) != 0) return -errno;
    file->torn = false;
    do done = pwrite(file->fd, line, size, (off_t)file->size);
    while (done < 0 && errno == EINTR);
    int err = done < 0 ? -errno : -ENOSPC;
    if (done == (ssize_t)size) {
        file->size += size;
        return 0;
    }
    file->full = true;
    (void)!ftruncate(file->fd, (off_t)file->size);
    return err;
}

int hr__journal_file_empty(struct hr__journal_file *file) {
    if (ftruncate(file->fd, 0) != 0) return -errno;
    file->size = 0;
    file->full = file->torn = false;
    return 0;
}

int hr__journal_file_begin(struct hr__journal_file *file,
                           const struct hr__journal_contents *contents, struct hr_error *error) {
    char line[HR__JOURNAL_LINE];
    size_t size = hr__journal_write_begin(contents, line);
    if (fchmod(file->fd, 0600) != 0) return cannot(error, "write", file->path, -errno);
    int err = hr__journal_file_empty(file);
    if (err) return cannot(error, "write", file->path, err);
    err = hr__journal_file_append(file, HR__JOURNAL_MAGIC, strlen(HR__JOURNAL_MAGIC));
    if (!err) err = hr__journal_file_append(file, line, size);
    return err ? cannot(error, "write", file->path, err) : 0;
}

void hr__journal_file_close(struct hr__journal_file *file, bool remove) {
    if (file->fd >= 0) {
        if (remove && is_there(file->fd, file->path)) {
            (void)!ftruncate(file->fd, 0);
            unlink(file->path);
        }
        close(file->fd);
    }
    free(file->path);
    *file = (struct hr__journal_file){.fd = -1};
}
