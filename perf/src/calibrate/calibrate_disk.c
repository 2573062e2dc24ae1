/* Small writes, each of which has reached the disk when the next one begins. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "calibration_samples.h"

#define WRITE_BYTES 4096
#define PATH_SIZE   4096

/* A file without a name; where the file system has none, one whose name goes at once. */
static int open_unnamed(const char *folder) {
    char path[PATH_SIZE];
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) return fd;
    if ((size_t)snprintf(path, sizeof path, "%s/.headrace-XXXXXX", folder) >= sizeof path)
        return -1;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) unlink(path);
    return fd;
}

/* Always the same place: a disk's head need not move, and no file grows. */
static int write_synced(void *user) {
    static const char bytes[WRITE_BYTES] = "calibration";
    int fd = *(const int *)user;
    if (pwrite(fd, bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) return -1;
    return fdatasync(fd);
}

double perf_calibrate_disk(const char *folder) {
    int fd = open_unnamed(folder);
    if (fd < 0) return -1;
    double rate = perf_calibration_rate(write_synced, &fd, 1);
    close(fd);
    return rate;
}
