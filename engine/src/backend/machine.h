/* The limits of the machine and the container, read from /proc and /sys. */
#ifndef HR_ENGINE_MACHINE_H
#define HR_ENGINE_MACHINE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads a small file into `text` (NUL-terminated, trailing line end cut). Returns its size or
 * -errno. */
ssize_t hr__read_file(const char *path, char *text, size_t capacity);

/* A quarter of the smallest memory.max from this process's cgroup v2 up to the root, else of
 * physical memory. `root` stands before every path ("" but in tests). */
uint64_t hr__budget_default_bytes(const char *root);

#endif
