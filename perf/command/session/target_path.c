/* Following a path to the file, device or descriptor behind its links. */
#include "target_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <headrace/slice.h>
#include <headrace/text.h>

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */

size_t target_path_folder(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

static void folder_of(const char *path, char folder[LOCAL_PATH_SIZE]) {
    size_t size = target_path_folder(path);
    if (size)
        hr_text_copy(folder, LOCAL_PATH_SIZE, hr_slice_bytes(path, size));
    else
        memcpy(folder, ".", 2);
}

/* Whether `folder` is where the kernel shows this process's descriptors. By name too: where /proc
 * is not mounted, the names still mean them. */
static bool is_descriptors(const char *folder) {
    static const char *const names[] = {"/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(folder, names[i]) == 0) return true;
    char found[PATH_MAX], own[PATH_MAX];
    if (!realpath(folder, found)) return false;
    if (realpath("/proc/self/fd", own) && strcmp(found, own) == 0) return true;
    /* /proc/PID/task/TID/fd shows the same, for each thread. */
    size_t size = realpath("/proc/self/task", own) ? strlen(own) : 0;
    size_t end = strlen(found);
    return size && strncmp(found, own, size) == 0 && found[size] == '/' && end > 3 &&
           strcmp(found + end - 3, "/fd") == 0;
}

/* The number of the descriptor that `path` names; -1: it names none. */
static int descriptor_of(const char *path) {
    if (strcmp(path, "/dev/stdin") == 0) return STDIN_FILENO;
    if (strcmp(path, "/dev/stdout") == 0) return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0) return STDERR_FILENO;
    char folder[LOCAL_PATH_SIZE];
    uint64_t number;
    if (hr_text_u64(hr_slice_of(path + target_path_folder(path)), INT_MAX, &number) != 0) return -1;
    folder_of(path, folder);
    return is_descriptors(folder) ? (int)number : -1;
}

/* A descriptor that this process was started with: what it has opened itself is closed on exec. */
static bool was_inherited(int descriptor) {
    int flags = fcntl(descriptor, F_GETFD);
    return flags >= 0 && !(flags & FD_CLOEXEC);
}

static bool is_on_proc(const char *path) {
    char folder[LOCAL_PATH_SIZE];
    struct statfs system;
    folder_of(path, folder);
    return statfs(folder, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

/* Replaces the link by what it says. */
static int follow_link(char place[LOCAL_PATH_SIZE], const char *to) {
    char next[LOCAL_PATH_SIZE];
    size_t folder = *to == '/' ? 0 : target_path_folder(place);
    int size = snprintf(next, sizeof next, "%.*s%s", (int)folder, place, to);
    if (size < 0 || (size_t)size >= sizeof next) return -ENAMETOOLONG;
    memcpy(place, next, (size_t)size + 1);
    return 0;
}

int target_path_follow(char place[LOCAL_PATH_SIZE], int *descriptor) {
    for (unsigned links = 0; links < LINKS_MAX; links++) {
        int number = descriptor_of(place);
        if (number >= 0) {
            if (!was_inherited(number)) return -EBADF;
            *descriptor = number;
            return TARGET_PATH_DESCRIPTOR;
        }
        char to[LOCAL_PATH_SIZE];
        ssize_t size = readlink(place, to, sizeof to - 1);
        if (size < 0) return TARGET_PATH_FILE;
        if (is_on_proc(place)) return TARGET_PATH_FOREIGN;
        to[size] = '\0';
        int err = follow_link(place, to);
        if (err) return err;
    }
    return -ELOOP;
}
