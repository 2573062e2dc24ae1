/* The C library's calls on files, as a simulated world makes them (linked by --wrap): those on a
 * path below SIM_FOLDER, and on descriptors of the simulated kernel, go there. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_calls.h"
#include "kernel.h"

int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
int __real_fstat(int fd, struct stat *facts);
int __real_stat(const char *path, struct stat *facts);
int __real_lstat(const char *path, struct stat *facts);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
char *__real_realpath(const char *path, char *resolved);

int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_fstat(int fd, struct stat *facts);
int __wrap_stat(const char *path, struct stat *facts);
int __wrap_lstat(const char *path, struct stat *facts);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
char *__wrap_realpath(const char *path, char *resolved);

static bool is_ours(const char *path) {
    return strncmp(path, SIM_FOLDER, strlen(SIM_FOLDER)) == 0;
}

static int answer(int result) {
    if (result >= 0) return result;
    errno = -result;
    return -1;
}

int __wrap_open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (!is_ours(path)) return __real_open(path, flags, mode);
    return answer(sim_path_open(path, flags));
}

int __wrap_close(int fd) {
    if (fd < SIM_DESCRIPTOR_FIRST) return __real_close(fd);
    sim_file_close(fd);
    return 0;
}

int __wrap_fstat(int fd, struct stat *facts) {
    return fd < SIM_DESCRIPTOR_FIRST ? __real_fstat(fd, facts) : answer(sim_file_stat(fd, facts));
}

int __wrap_stat(const char *path, struct stat *facts) {
    return is_ours(path) ? answer(sim_path_stat(path, facts)) : __real_stat(path, facts);
}

int __wrap_lstat(const char *path, struct stat *facts) {
    return is_ours(path) ? answer(sim_path_stat(path, facts)) : __real_lstat(path, facts);
}

int __wrap_rename(const char *from, const char *to) {
    return is_ours(from) ? answer(sim_path_rename(from, to)) : __real_rename(from, to);
}

int __wrap_unlink(const char *path) {
    return is_ours(path) ? answer(sim_path_unlink(path)) : __real_unlink(path);
}

char *__wrap_realpath(const char *path, char *resolved) {
    if (!is_ours(path) || resolved) return __real_realpath(path, resolved);
    return strdup(path);
}
