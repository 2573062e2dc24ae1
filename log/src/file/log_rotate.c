/* Rotation: the file gets another name, a new one takes its place, old ones are deleted or
 * compressed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log_rotate.h"

#define SECOND_NS UINT64_C(1000000000)
#define DAY_S     86400
#define SAME_MAX  10000 /* rotations of one second */

static int temporary(const char *path, const char *kind, char *out) {
    int size = snprintf(out, HR_LOG_PATH_BYTES, "%s.%s", path, kind);
    return size < HR_LOG_PATH_BYTES ? 0 : -ENAMETOOLONG;
}

/* Renames a file, never over one that is there. Where the file system cannot promise that, it is
 * looked at first. */
static int move(const char *from, const char *to) {
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -errno;
    if (access(to, F_OK) == 0) return -EEXIST;
    return rename(from, to) == 0 ? 0 : -errno;
}

/* ---- Where the file goes. */

static uint64_t stamp_of(const struct hr__log_file_options *options, uint64_t wall_ns) {
    time_t at = (time_t)(wall_ns / SECOND_NS);
    struct tm tm;
    memset(&tm, 0, sizeof tm);
    if (options->local)
        localtime_r(&at, &tm);
    else
        gmtime_r(&at, &tm);
    uint64_t day = (uint64_t)(tm.tm_year + 1900) * 10000 + (uint64_t)(tm.tm_mon + 1) * 100 +
                   (uint64_t)tm.tm_mday;
    return day * 1000000 + (uint64_t)tm.tm_hour * 10000 + (uint64_t)tm.tm_min * 100 +
           (uint64_t)tm.tm_sec;
}

/* The number of the newest file of a stamp; 0: there is none. */
static uint32_t last_of_stamp(const struct hr__log_rotated_list *list, uint64_t stamp) {
    for (size_t i = 0; i < list->count; i++)
        if (list->files[i].stamp == stamp) return list->files[i].number;
    return 0;
}

/* Renames path.1 to path.2 and so on, up to the first number that is free. */
static int shift(const char *path, const struct hr__log_rotated_list *list) {
    uint32_t last = 0;
    size_t end = 0;
    for (; end < list->count; end++) {
        const struct hr__log_rotated *file = &list->files[end];
        if (file->stamp) continue;
        if (file->number > last + 1) break;
        last = file->number;
    }
    char from[HR_LOG_PATH_BYTES], to[HR_LOG_PATH_BYTES];
    for (size_t i = end; i-- > 0;) {
        struct hr__log_rotated file = list->files[i];
        if (file.stamp) continue;
        int err = hr__log_rotated_name(path, &file, from);
        file.number++;
        if (!err) err = hr__log_rotated_name(path, &file, to);
        if (!err) err = move(from, to);
        if (err && err != -ENOENT) return err;
    }
    return 0;
}

/* The name that the file gets; older files are renamed to make room for it. */
static int make_room(const struct hr__log_file_options *options, uint64_t wall_ns, char *to) {
    struct hr__log_rotated_list list;
    int err = hr__log_rotated_find(options->path, &list);
    if (err) return err;
    struct hr__log_rotated file = {.number = 1};
    if (options->dated) {
        file.stamp = stamp_of(options, wall_ns);
        file.number = last_of_stamp(&list, file.stamp) + 1;
        if (file.number > SAME_MAX) err = -EEXIST;
    } else {
        err = shift(options->path, &list);
    }
    free(list.files);
    return err ? err : hr__log_rotated_name(options->path, &file, to);
}

static int change_over(const struct hr__log_file_options *options, uint64_t wall_ns,
                       const char *fresh, const char **why) {
    char to[HR_LOG_PATH_BYTES];
    *why = "the older files cannot be renamed";
    int err = make_room(options, wall_ns, to);
    if (err) return err;
    *why = "the file cannot be renamed";
    err = move(options->path, to);
    bool moved = err == 0;
    if (err && err != -ENOENT) return err; /* somebody else has moved it just now */
    err = move(fresh, options->path);
    if (err && moved) move(to, options->path);
    return err;
}

int hr__log_rotate(const struct hr__log_file_options *options, uint64_t wall_ns,
                   struct hr__log_target *next, const char **why) {
    char fresh[HR_LOG_PATH_BYTES];
    *why = "its name is too long";
    int err = temporary(options->path, "new", fresh);
    if (err) return err;
    unlink(fresh); /* left by a process that was killed in between */
    int flags = O_EXCL | (options->durable_ms ? 0 : O_APPEND);
    struct hr__log_target made;
    err = hr__log_open(options, fresh, flags, &made, why);
    if (err) {
        *why = "no new file can be made";
        return err;
    }
    err = change_over(options, wall_ns, fresh, why);
    if (err) {
        if (made.direct >= 0) close(made.direct);
        close(made.fd);
        unlink(fresh);
        return err;
    }
    *next = made;
    return 0;
}

/* ---- What is kept. */

static bool is_too_old(const struct hr__log_file_options *options, const char *name,
                       uint64_t wall_ns) {
    struct stat facts;
    if (!options->keep_days || stat(name, &facts) != 0) return false;
    return (int64_t)(wall_ns / SECOND_NS) - facts.st_mtime > (int64_t)options->keep_days * DAY_S;
}

static bool same_rotation(const struct hr__log_rotated *one, const struct hr__log_rotated *other) {
    return one->stamp == other->stamp && one->number == other->number;
}

int hr__log_retain(const struct hr__log_file_options *options, uint64_t wall_ns) {
    struct hr__log_rotated_list list;
    int err = hr__log_rotated_find(options->path, &list), first = err;
    uint32_t files = 0;
    for (size_t i = 0; i < list.count; i++) {
        char name[HR_LOG_PATH_BYTES];
        files += i == 0 || !same_rotation(&list.files[i - 1], &list.files[i]);
        err = hr__log_rotated_name(options->path, &list.files[i], name);
        bool goes = (options->keep_files && files > options->keep_files) ||
                    (!err && is_too_old(options, name, wall_ns));
        if (!err && goes && unlink(name) != 0 && errno != ENOENT) err = -errno;
        if (err && !first) first = err;
    }
    free(list.files);
    return first;
}

/* ---- What is compressed. */

/* The oldest file that is not compressed; false: there is none. */
static bool next_plain(const char *path, struct hr__log_rotated *file) {
    struct hr__log_rotated_list list;
    bool found = false;
    if (hr__log_rotated_find(path, &list) != 0) return false;
    for (size_t i = list.count; i-- > 0 && !found;) {
        found = list.files[i].suffix == HR_LOG_PLAIN;
        if (found) *file = list.files[i];
    }
    free(list.files);
    return found;
}

/* Finds a rotated file by its inode: it may have another number now. False: it was deleted. */
static bool find_again(const char *path, const struct stat *wanted, struct hr__log_rotated *file) {
    struct hr__log_rotated_list list;
    bool found = false;
    if (hr__log_rotated_find(path, &list) != 0) return false;
    for (size_t i = 0; i < list.count && !found; i++) {
        char name[HR_LOG_PATH_BYTES];
        struct stat facts;
        found = list.files[i].suffix == HR_LOG_PLAIN &&
                hr__log_rotated_name(path, &list.files[i], name) == 0 && stat(name, &facts) == 0 &&
                facts.st_dev == wanted->st_dev && facts.st_ino == wanted->st_ino;
        if (found) *file = list.files[i];
    }
    free(list.files);
    return found;
}

/* The compressed file takes the plain one's place. */
static int replace_plain(const struct hr__log_file_options *options, const struct stat *plain,
                         const char *compressed) {
    const char *path = options->path;
    struct hr__log_rotated file;
    char from[HR_LOG_PATH_BYTES], to[HR_LOG_PATH_BYTES];
    if (!find_again(path, plain, &file)) {
        unlink(compressed);
        return 0;
    }
    int err = hr__log_rotated_name(path, &file, from);
    file.suffix = options->compression == HR_LOG_COMPRESSION_ZSTD ? HR_LOG_ZST : HR_LOG_GZ;
    if (!err) err = hr__log_rotated_name(path, &file, to);
    if (!err && rename(compressed, to) != 0) err = -errno;
    if (!err && unlink(from) != 0) err = -errno;
    if (err) unlink(compressed);
    return err;
}

static int compress_one(const struct hr__log_file_options *options,
                        const struct hr__log_rotated *file, bool (*go_on)(void *user), void *user) {
    const char *path = options->path;
    char name[HR_LOG_PATH_BYTES], beside[HR_LOG_PATH_BYTES];
    int err = hr__log_rotated_name(path, file, name);
    if (!err) err = temporary(path, "compressing", beside);
    if (err) return err;
    int from = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (from < 0) return -errno;
    struct stat facts;
    if (fstat(from, &facts) != 0) err = -errno;
    if (!err && !S_ISREG(facts.st_mode)) err = -EINVAL;
    if (!err) err = hr__log_compress(options->compression, from, beside, go_on, user);
    close(from);
    return err ? err : replace_plain(options, &facts, beside);
}

int hr__log_compress_all(const struct hr__log_file_options *options, bool (*go_on)(void *user),
                         void *user) {
    struct hr__log_rotated file;
    while (go_on(user) && next_plain(options->path, &file)) {
        int err = compress_one(options, &file, go_on, user);
        if (err) return err == -ECANCELED ? 0 : err;
    }
    return 0;
}
