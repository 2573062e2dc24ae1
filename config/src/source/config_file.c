/* Reading a file, and nothing that only looks like one. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/error.h>

#include "config_sources.h"

static const char *kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a folder";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

static bool same(const struct stat *a, const struct stat *b) {
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Up to `size` bytes, which may be fewer at the end of the file; negative: an error. */
static ssize_t read_all(int fd, char *data, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t count = read(fd, data + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        if (count == 0) break;
        done += (size_t)count;
    }
    return (ssize_t)done;
}

static int read_regular(int fd, const struct stat *before, const struct hr__config_reading *reading,
                        struct hr__config_file *file, struct hr_error *error) {
    struct stat after;
    if ((uint64_t)before->st_size > reading->bytes_max)
        return hr_error_set(error, -EFBIG, "it has %lld bytes, more than %zu (%s)",
                            (long long)before->st_size, reading->bytes_max, reading->limit);
    size_t wanted = (size_t)before->st_size + 1; /* one more shows that it has grown */
    file->data = malloc(wanted);
    if (!file->data) return hr_error_set(error, -ENOMEM, "no memory for its %zu bytes", wanted);
    ssize_t count = read_all(fd, file->data, wanted);
    if (count < 0)
        return hr_error_set(error, (int)count, "it cannot be read: %s", hr_error_text((int)count));
    file->size = (size_t)count;
    if (count != before->st_size || fstat(fd, &after) != 0 || !same(before, &after))
        return hr_error_set(error, -EAGAIN, "it has changed while it was read");
    return 0;
}

static int read_open(int fd, const struct hr__config_reading *reading, struct hr__config_file *file,
                     struct hr_error *error) {
    struct stat status;
    if (fstat(fd, &status) != 0) return hr_error_set(error, -errno, "it cannot be looked at");
    file->device = status.st_dev;
    file->inode = status.st_ino;
    file->mode = status.st_mode;
    file->owner = status.st_uid;
    if (S_ISREG(status.st_mode)) return read_regular(fd, &status, reading, file, error);
    if (S_ISFIFO(status.st_mode) && reading->pipe_ms)
        return hr__config_pipe_read(fd, reading, file, error);
    return hr_error_set(error, S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL,
                        "it is %s, and not a file", kind_of(status.st_mode));
}

int hr__config_file_read(const char *path, const struct hr__config_reading *reading,
                         struct hr__config_file *file, struct hr_error *error) {
    /* Opening a pipe would wait for its other end. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct hr__config_file read = {.data = NULL};
    if (fd < 0)
        return hr_error_set(error, -errno, "it cannot be opened: %s", hr_error_text(-errno));
    int err = read_open(fd, reading, &read, error);
    close(fd);
    if (err)
        hr__config_file_free(&read);
    else
        *file = read;
    return err;
}

void hr__config_file_free(struct hr__config_file *file) {
    if (file->data) explicit_bzero(file->data, file->size);
    free(file->data);
    *file = (struct hr__config_file){.data = NULL};
}
