/* Reading a small file at once. */
#include "small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(struct hr_error *error, const char *path, const char *why) {
    return hr_error_set(error, HR_ERR_S3_CREDENTIALS, "\"%.140s\": %s", path, why);
}

/* A pipe or a device would block. */
static int open_regular(const char *path, struct hr_error *error) {
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return refuse(error, path, hr_error_text(-errno));
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) return fd;
    close(fd);
    return refuse(error, path, "is no regular file");
}

int hr__small_file_read(const char *path, const struct hr__file_memory *memory,
                        struct hr_error *error, struct hr_slice *text) {
    int fd = open_regular(path, error);
    if (fd < 0) return fd;
    size_t size = 0;
    ssize_t more = 1;
    while (more > 0 && size < memory->capacity) {
        more = read(fd, memory->data + size, memory->capacity - size);
        if (more < 0 && errno == EINTR)
            more = 1;
        else if (more > 0)
            size += (size_t)more;
    }
    int err = more < 0 ? -errno : 0;
    close(fd);
    if (err) return refuse(error, path, hr_error_text(err));
    if (size == 0) return refuse(error, path, "is empty");
    if (size == memory->capacity) return refuse(error, path, "is too large");
    *text = hr_slice_bytes(memory->data, size);
    return 0;
}
