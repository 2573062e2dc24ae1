/* Finds and reads the files of AWS. Their bytes may be secrets: the pages are in no core file, and
 * are wiped. */
#include "profile_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "environment.h"
#include "writer.h"

/* ---- Paths. */

/* "~" and "~/" in front are HOME; where that is not set they stay, and nothing is found. */
static bool expand(const char *path, char *into) {
    const char *home = hr__environment("HOME");
    struct hr__writer out = hr__writer(into, HR__PROFILE_PATH_MAX - 1);
    bool tilde = path[0] == '~' && (path[1] == '/' || path[1] == 0);
    if (tilde && home) {
        hr__put_text(&out, home);
        path++;
    }
    hr__put_text(&out, path);
    *out.at = 0;
    return !out.full;
}

int hr__profile_paths(struct hr_error *error, struct hr__profile_paths *paths) {
    static const struct {
        const char *variable, *path;
    } rows[2] = {
        [HR__PROFILE_CONFIG] = {"AWS_CONFIG_FILE", "~/.aws/config"},
        [HR__PROFILE_CREDENTIALS] = {"AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"},
    };
    for (int i = 0; i < 2; i++) {
        const char *given = hr__environment(rows[i].variable);
        paths->named[i] = given != NULL;
        if (!expand(given ? given : rows[i].path, paths->path[i]))
            return hr_error_set(error, HR_ERR_S3_PROFILE, "%s is longer than %zu bytes",
                                given ? rows[i].variable : "HOME", HR__PROFILE_PATH_MAX - 1);
    }
    return 0;
}

/* ---- Memory: the text, and as much again for its sub-properties; a byte more for a NUL each. */

static size_t bytes_of(size_t capacity) {
    return 2 * (capacity + 1);
}

int hr__profile_file_init(struct hr__profile_file *file, size_t capacity) {
    size_t bytes = bytes_of(capacity);
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return -ENOMEM;
    madvise(pages, bytes, MADV_DONTDUMP); /* where it fails: they are wiped anyhow */
    file->text = pages;
    file->size = 0;
    file->capacity = capacity;
    file->nested = file->text + capacity + 1;
    file->nested_size = 0;
    return 0;
}

void hr__profile_file_deinit(struct hr__profile_file *file) {
    free(file->sections);
    free(file->properties);
    if (file->text) {
        OPENSSL_cleanse(file->text, bytes_of(file->capacity));
        munmap(file->text, bytes_of(file->capacity));
    }
    *file = (struct hr__profile_file){.text = NULL};
}

/* ---- Reading. */

static int refuse(const struct hr__profile_file *file, const char *why, struct hr_error *error) {
    return hr_error_set(error, HR_ERR_S3_PROFILE, "%.150s: %s", file->path, why);
}

/* O_NONBLOCK: opening a FIFO without a writer would wait. */
static int open_file(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

/* Whether AWS's programs would find nothing there either. */
static bool is_missing(const char *path, bool named, int err) {
    if (err == -ENOENT || err == -ENOTDIR) return true;
    return err == -EACCES && !named && access(path, F_OK) != 0;
}

/* The size of a file that can be read; a device (/dev/null) has none. */
static int check_kind(const struct hr__profile_file *file, int fd, struct hr_error *error,
                      size_t *size) {
    struct stat info;
    if (fstat(fd, &info) != 0) return refuse(file, hr_error_text(-errno), error);
    if (S_ISDIR(info.st_mode)) return refuse(file, "is a folder, not a file", error);
    if (!S_ISREG(info.st_mode) && !S_ISCHR(info.st_mode))
        return refuse(file, "is no file (a FIFO or a socket)", error);
    if (info.st_size > (off_t)HR__PROFILE_FILE_MAX)
        return refuse(file, "is larger than 1 MiB", error);
    *size = (size_t)info.st_size;
    return 0;
}

/* Reads to the end; a byte more than the file had says that it has grown meanwhile. */
static int read_all(struct hr__profile_file *file, int fd, struct hr_error *error) {
    for (;;) {
        ssize_t got = read(fd, file->text + file->size, file->capacity + 1 - file->size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return refuse(file, hr_error_text(-errno), error);
        if (got == 0) return 0;
        if (file->size + (size_t)got > file->capacity)
            return refuse(file, "has grown while it was read: try again", error);
        file->size += (size_t)got;
    }
}

static int read_open(struct hr__profile_file *file, int fd, struct hr_error *error) {
    size_t size = 0;
    int err = check_kind(file, fd, error, &size);
    if (err) return err;
    err = hr__profile_file_init(file, size);
    if (err) return hr_error_set(error, err, "no memory for %.150s", file->path);
    return read_all(file, fd, error);
}

int hr__profile_file_read(struct hr__profile_file *file, bool named, struct hr_error *error) {
    if (!file->path[0]) return 0;
    int fd = open_file(file->path);
    if (fd < 0 && is_missing(file->path, named, fd)) return 0;
    if (fd < 0) return refuse(file, hr_error_text(fd), error);
    int err = read_open(file, fd, error);
    close(fd);
    return err;
}
