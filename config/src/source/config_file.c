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

static int read_open(int fd, size_t bytes_max, char **data, size_t *size, struct hr_error *error) {
    struct stat before, after;
    if (fstat(fd, &before) != 0) return hr_error_set(error, -errno, "it cannot be looked at");
    if (!S_ISREG(before.st_mode))
        return hr_error_set(error, -EINVAL, "it is %s, and not a file", kind_of(before.st_mode));
    if ((uint64_t)before.st_size > bytes_max)
        return hr_error_set(error, -EFBIG,
                            "it has %lld bytes, more than %zu (limits.file_bytes_max)",
                            (long long)before.st_size, bytes_max);
    size_t wanted = (size_t)before.st_size + 1; /* one more shows that it has grown */
    char *memory = malloc(wanted);
    if (!memory) return hr_error_set(error, -ENOMEM, "no memory for its %zu bytes", wanted);
    ssize_t count = read_all(fd, memory, wanted);
    int err = 0;
    if (count < 0)
        err = hr_error_set(error, (int)count, "it cannot be read: %s", hr_error_text((int)count));
    else if (count != before.st_size || fstat(fd, &after) != 0 || !same(&before, &after))
        err = hr_error_set(error, -EAGAIN, "it has changed while it was read");
    if (err) {
        free(memory);
        return err;
    }
    *data = memory;
    *size = (size_t)count;
    return 0;
}

int hr__config_file_read(const char *path, size_t bytes_max, char **data, size_t *size,
                         struct hr_error *error) {
    /* Opening a pipe would wait for its other end. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return hr_error_set(error, -errno, "it cannot be opened: %s", hr_error_text(-errno));
    int err = read_open(fd, bytes_max, data, size, error);
    close(fd);
    return err;
}
