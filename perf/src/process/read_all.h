/* All that a descriptor gives. */
#ifndef PERF_READ_ALL_H
#define PERF_READ_ALL_H

#include <stddef.h>

/* Reads to the end. 0, -errno, or -EFBIG where `capacity` bytes were not enough: a file that fills
 * it exactly counts as more. */
int perf_read_all(int fd, char *data, size_t capacity, size_t *size);

#endif
