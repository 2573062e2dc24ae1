/* Checkpoints on the disk. */
#include "checkpoint_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/encode.h>
#include <headrace/s3_checksum.h>
#include <headrace/sigv4.h>

#include "read_all.h"

#define WINDOW    8192
#define SEAL      "sha256 "
#define SEAL_SIZE (sizeof SEAL - 1 + HR_SIGV4_HEX_SIZE + 1) /* with its line end */

static int fail(struct hr_error *error, int err, const char *path) {
    return hr_error_set(error, err, "%.200s: %s", path, strerror(-err));
}

/* "PATH.lock" */
static int name_of(const char *path, const char *end, char name[PATH_MAX]) {
    int size = snprintf(name, PATH_MAX, "%s%s", path, end);
    return size < 0 || size >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* ---- The lock. */

/* Whether the one before has deleted it since it was opened: the name may be another's by now. */
static bool is_gone(int fd) {
    struct stat info;
    return fstat(fd, &info) == 0 && info.st_nlink == 0;
}

int perf_checkpoint_lock(const char *path, int *fd, struct hr_error *error) {
    char name[PATH_MAX];
    int err = name_of(path, ".lock", name);
    *fd = err ? -1 : open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0) return fail(error, err ? err : -errno, path);
    err = flock(*fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno == EWOULDBLOCK ? -EBUSY : -errno;
    if (!err && is_gone(*fd)) err = -EBUSY;
    if (!err) return 0;
    close(*fd);
    *fd = -1;
    if (err != -EBUSY) return fail(error, err, path);
    return hr_error_set(error, err, "%.200s is another process's, which is still running", path);
}

void perf_checkpoint_unlock(const char *path, int *fd) {
    char name[PATH_MAX];
    if (*fd < 0) return;
    if (name_of(path, ".lock", name) == 0) unlink(name);
    close(*fd);
    *fd = -1;
}

/* ---- Writing. */

static int write_all(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return -errno;
        data += written;
        size -= (size_t)written;
    }
    return 0;
}

/* A file that is written, and the SHA-256 of what is in it. */
struct sealed {
    int fd;
    struct hr_s3_hasher hasher;
};

static int flush(void *user, const char *data, size_t size) {
    struct sealed *sealed = user;
    int err = hr_s3_hasher_update(&sealed->hasher, data, size);
    return err ? err : write_all(sealed->fd, data, size);
}

static int write_seal(struct sealed *sealed) {
    struct hr_s3_checksum value;
    char seal[SEAL_SIZE + 1] = SEAL;
    int err = hr_s3_hasher_end(&sealed->hasher, &value);
    if (err) return err;
    hr_hex_encode(value.bytes, HR_SIGV4_HEX_SIZE / 2, seal + sizeof SEAL - 1);
    seal[SEAL_SIZE - 1] = '\n';
    return write_all(sealed->fd, seal, SEAL_SIZE);
}

static int write_sealed(int fd, const struct perf_checkpoint_text *text) {
    struct sealed sealed = {.fd = fd};
    struct hr_json_writer json;
    char window[WINDOW];
    int err = hr_s3_hasher_begin(&sealed.hasher, HR_S3_CHECKSUM_SHA256);
    if (err) return err;
    hr_json_init(&json, window, sizeof window, flush, &sealed);
    text->put(&json, text->user);
    err = hr_json_finish(&json);
    if (!err) err = flush(&sealed, "\n", 1);
    if (!err) err = write_seal(&sealed);
    hr_s3_hasher_deinit(&sealed.hasher);
    return err || fsync(fd) == 0 ? err : -errno;
}

/* The name itself is on the disk. */
static int sync_folder(const char *path) {
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1,
             slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int err = fsync(fd) == 0 ? 0 : -errno;
    close(fd);
    return err;
}

int perf_checkpoint_write(const char *path, const struct perf_checkpoint_text *text,
                          struct hr_error *error) {
    char aside[PATH_MAX];
    int err = name_of(path, ".new", aside);
    int fd = err ? -1 : open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return fail(error, err ? err : -errno, path);
    err = write_sealed(fd, text);
    if (close(fd) != 0 && !err) err = -errno;
    if (!err && rename(aside, path) != 0) err = -errno;
    if (err) unlink(aside);
    if (!err) err = sync_folder(path);
    return err ? fail(error, err, path) : 0;
}

/* ---- Reading. */

/* Takes the seal off. 0 or -EPROTO. */
static int unseal(const char *path, char *data, size_t *size, struct hr_error *error) {
    char hex[HR_SIGV4_HEX_SIZE + 1];
    const char *seal = *size > SEAL_SIZE ? data + *size - SEAL_SIZE : NULL;
    if (!seal || memcmp(seal, SEAL, sizeof SEAL - 1) != 0 || data[*size - 1] != '\n')
        return hr_error_set(error, -EPROTO,
                            "%.200s is no whole checkpoint: its end, the line with its SHA-256, is "
                            "missing",
                            path);
    *size -= SEAL_SIZE;
    int err = hr_sigv4_payload_hash(data, *size, hex);
    if (err) return hr_error_set(error, err, "%.200s: its SHA-256 cannot be computed", path);
    if (memcmp(hex, seal + sizeof SEAL - 1, HR_SIGV4_HEX_SIZE) == 0) return 0;
    return hr_error_set(error, -EPROTO,
                        "%.200s is no checkpoint as it was written: its SHA-256 is another one",
                        path);
}

int perf_checkpoint_read(const char *path, char **text, size_t *size, struct hr_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return -ENOENT;
    if (fd < 0) return fail(error, -errno, path);
    char *data = malloc(PERF_CHECKPOINT_MAX + 1);
    int err = data ? perf_read_all(fd, data, PERF_CHECKPOINT_MAX + 1, size) : -ENOMEM;
    close(fd);
    if (err) fail(error, err, path);
    if (!err) err = unseal(path, data, size, error);
    if (err) {
        free(data);
        return err;
    }
    *text = data;
    return 0;
}
