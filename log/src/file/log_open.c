/* Opens log files: regular ones, never through a symbolic link, never waiting for a reader. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_open.h"

void hr__log_split(const char *path, struct hr__log_place_of *place) {
    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) + 1 : 0;
    assert(size <= HR_LOG_PATH_MAX);
    memcpy(place->folder, path, size);
    if (size == 0) place->folder[size++] = '.';
    place->folder[size] = 0;
    place->name = slash ? slash + 1 : path;
}

static const char *kind_of(mode_t mode) {
    if (S_ISLNK(mode)) return "a symbolic link, which is not followed";
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a FIFO";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

static int refuse(const char *path, int err, const char **why) {
    struct stat facts;
    *why = "it cannot be opened";
    if (lstat(path, &facts) != 0 || S_ISREG(facts.st_mode)) return err;
    *why = kind_of(facts.st_mode);
    return -EINVAL;
}

/* A second descriptor of the file; a handler of signals writes by the plain one. -1: the file
 * system has no O_DIRECT. */
static int open_direct(int fd) {
    char name[40];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return open(name, O_WRONLY | O_DIRECT | O_CLOEXEC | O_NOCTTY);
}

int hr__log_open(const struct hr__log_file_options *options, const char *path, int flags,
                 struct hr__log_target *target, const char **why) {
    /* O_NONBLOCK: opening a FIFO without a reader would wait. */
    flags |= O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    int fd = open(path, flags, options->mode);
    if (fd < 0) return refuse(path, -errno, why);
    struct stat facts;
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        close(fd);
        return refuse(path, -EINVAL, why);
    }
    /* O_NONBLOCK off: with it io_uring gives -EAGAIN where a write has to wait. */
    fcntl(fd, F_SETFL, flags & O_APPEND);
    *target = (struct hr__log_target){fd, facts.st_dev, facts.st_ino, (uint64_t)facts.st_size, -1};
    if (options->durable_ms) target->direct = open_direct(fd);
    return 0;
}

void hr__log_cut_zeros(const char *path) {
    char block[4096];
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) return;
    off_t end = lseek(fd, 0, SEEK_END),
          from = end > (off_t)sizeof block ? end - (off_t)sizeof block : 0;
    ssize_t size = pread(fd, block, sizeof block, from), left = size;
    while (left > 0 && block[left - 1] == 0) left--;
    if (left != size && ftruncate(fd, from + left) != 0) left = size; /* then they stay */
    close(fd);
}

void hr__log_end_line(const char *path) {
    char last;
    int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) return;
    off_t end = lseek(fd, 0, SEEK_END);
    if (end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n') {
        ssize_t written = write(fd, "\n", 1);
        (void)written; /* a full disk: then the next line fails as well, and says so */
    }
    close(fd);
}

void hr__log_target_close(const struct hr__log_target *target) {
    if (target->direct >= 0) close(target->direct);
    if (target->fd >= 0) close(target->fd);
}
