/* The limits of the machine and the container. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <headrace/text.h>

#include "machine.h"

#define BUDGET_SHARE 4 /* of memory: a quarter */

ssize_t hr__read_file(const char *path, char *text, size_t capacity) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    size_t size = 0;
    ssize_t step = 0;
    while (size + 1 < capacity) {
        step = read(fd, text + size, capacity - 1 - size);
        if (step < 0 && errno == EINTR) continue;
        if (step <= 0) break;
        size += (size_t)step;
    }
    int error = step < 0 ? -errno : 0;
    close(fd);
    if (error) return error;
    while (size > 0 && text[size - 1] == '\n') size--;
    text[size] = '\0';
    return (ssize_t)size;
}

static uint64_t physical_bytes(const char *root) {
    char path[512], text[4096];
    unsigned long long kib = 0;
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (hr__read_file(path, text, sizeof text) >= 0) {
        const char *line = strstr(text, "MemTotal:");
        if (line && sscanf(line, "MemTotal: %llu kB", &kib) == 1) return kib << 10;
    }
    return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The smallest memory.max on the way from `group` ("/a/b") to the root. */
static uint64_t cgroup_bytes(const char *root, char *group) {
    uint64_t least = UINT64_MAX;
    for (;;) {
        char path[4096 + 512], text[64];
        uint64_t value;
        snprintf(path, sizeof path, "%s/sys/fs/cgroup%s/memory.max", root, group);
        if (hr__read_file(path, text, sizeof text) >= 0 &&
            hr_text_u64(hr_slice_of(text), UINT64_MAX, &value) == 0 && value > 0 && value < least)
            least = value; /* "max" is no number, and 0 is none that anything could run under */
        char *slash = strrchr(group, '/');
        if (!slash) return least;
        *slash = '\0';
    }
}

uint64_t hr__budget_default_bytes(const char *root) {
    char path[512], text[4096];
    uint64_t bytes = physical_bytes(root);
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    if (hr__read_file(path, text, sizeof text) >= 0) {
        /* Version 2 is the line "0::/path"; on a hybrid system others stand before it. */
        char *line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
        if (line) {
            char *group = strchr(line, '/');
            char *end = group ? strchr(group, '\n') : NULL;
            if (end) *end = '\0';
            uint64_t limit = group ? cgroup_bytes(root, group) : UINT64_MAX;
            if (limit < bytes) bytes = limit;
        }
    }
    return bytes / BUDGET_SHARE;
}
