/* The file that is uploaded: a file as it is, a pipe by way of an unlinked file. */
#include "transfer_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "signals.h"

#define SPOOL_PIECE (256u << 10)

static int too_large(const char *path, uint64_t size, bool json) {
    return output_failed(json, -EFBIG,
                         "%s: %llu bytes are more than the 5 GiB that one request can hold", path,
                         (unsigned long long)size);
}

/* A file without a name: by O_TMPFILE, or made and unlinked where the file system lacks that. */
static int open_unlinked(const char *folder) {
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
    char path[LOCAL_PATH_SIZE];
    if ((size_t)snprintf(path, sizeof path, "%s/headrace-XXXXXX", folder) >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) unlink(path);
    return fd;
}

static int write_whole(int fd, const char *data, size_t size) {
    while (size) {
        ssize_t done = write(fd, data, size);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return -errno;
        data += done;
        size -= (size_t)done;
    }
    return 0;
}

/* Waits for the pipe or a signal. Returns the signal, or 0 when there is something to read. */
static int wait_readable(int fd, int signal_fd) {
    struct pollfd ready[2] = {{.fd = fd, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}};
    while (poll(ready, 2, -1) < 0 && errno == EINTR) {}
    return ready[1].revents ? signals_next(signal_fd) : 0;
}

static int too_long(const struct local_source_limits *limits, bool json) {
    char size[OUTPUT_SIZE_TEXT];
    output_size(limits->spool, size);
    if (limits->file == limits->spool) /* no option of the command's */
        return output_failed(json, -EFBIG, "the input has more than the %s of one request", size);
    return output_failed(json, -EFBIG, "the input has more than %s (--spool-max): raise the limit",
                         size);
}

static int spool_all(int from, const char *folder, struct session *session,
                     struct local_source *source) {
    struct output_progress progress;
    output_progress_begin(&progress);
    char *piece = malloc(SPOOL_PIECE);
    int code = piece ? EXIT_DONE : output_failed(session->json, -ENOMEM, "out of memory");
    while (code == EXIT_DONE) {
        session->signal = wait_readable(from, session->signal_fd);
        if (session->signal) {
            output_failed(session->json, -ECANCELED, "stopped by %s after %llu bytes of input",
                          output_signal_name(session->signal), (unsigned long long)source->size);
            code = 128 + session->signal;
            break;
        }
        ssize_t count = read(from, piece, SPOOL_PIECE);
        if (count == 0) break;
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0) {
            code =
                output_failed(session->json, -errno, "cannot read the input: %s", strerror(errno));
            break;
        }
        int err = write_whole(source->fd, piece, (size_t)count);
        if (err)
            code = output_failed(session->json, err,
                                 "cannot spool the input to %s after %llu bytes: %s (TMPDIR names "
                                 "the folder)",
                                 folder, (unsigned long long)source->size, strerror(-err));
        source->size += (uint64_t)count;
        if (code == EXIT_DONE && source->size > source->limits.spool)
            code = too_long(&source->limits, session->json);
        output_progress_bytes(&progress, "spooled", source->size, 0);
    }
    output_progress_end(&progress);
    free(piece);
    return code;
}

static int spool(int from, struct session *session, struct local_source *source) {
    const char *folder = getenv("TMPDIR");
    if (!folder || !*folder) folder = "/tmp";
    source->fd = open_unlinked(folder);
    if (source->fd < 0)
        return output_failed(session->json, -errno,
                             "cannot spool the input to %s: %s (TMPDIR names the folder)", folder,
                             strerror(errno));
    source->spooled = true;
    return spool_all(from, folder, session, source);
}

int local_source_open(const char *path, struct local_source_limits limits, struct session *session,
                      struct local_source *source) {
    *source = (struct local_source){.fd = -1, .limits = limits};
    bool standard = strcmp(path, "-") == 0;
    /* Not blocking: signals are blocked, and the open of a named pipe waits for its writer. A
     * regular file must not stay so: io_uring answers -EAGAIN instead of reading from the disk. */
    int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                      : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0 || (!standard && fcntl(fd, F_SETFL, 0) != 0)) {
        output_failed(session->json, -errno, "cannot read %s: %s",
                      standard ? "standard input" : path, strerror(errno));
        if (fd >= 0) close(fd);
        return EXIT_FAILED;
    }
    int code = EXIT_DONE;
    off_t at = standard ? lseek(fd, 0, SEEK_CUR) : 0;
    if (S_ISDIR(info.st_mode)) {
        output_complain("%s is a folder; copying folders is not part of this version", path);
        code = EXIT_USAGE;
    } else if (S_ISREG(info.st_mode) && at >= 0) {
        source->fd = fd;
        source->offset = (uint64_t)at;
        source->size = info.st_size > at ? (uint64_t)(info.st_size - at) : 0;
        if (source->size <= limits.file) return EXIT_DONE;
        source->fd = -1;
        code = too_large(path, source->size, session->json);
    } else {
        code = spool(fd, session, source);
    }
    close(fd);
    if (code != EXIT_DONE) local_source_close(source);
    return code;
}

void local_source_close(struct local_source *source) {
    if (source->fd >= 0) close(source->fd);
    source->fd = -1;
}
