/* All that a descriptor gives. */
#include "read_all.h"

#include <errno.h>
#include <unistd.h>

int perf_read_all(int fd, char *data, size_t capacity, size_t *size) {
    *size = 0;
    while (*size < capacity) {
        ssize_t got = read(fd, data + *size, capacity - *size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -errno;
        if (got == 0) return 0;
        *size += (size_t)got;
    }
    return -EFBIG;
}
