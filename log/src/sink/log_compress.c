/* gzip of rotated files, a piece at a time. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "log_rotate.h"

enum { PIECE_BYTES = 128 * 1024, WINDOW_BITS = 15, GZIP = 16, MEMORY_LEVEL = 8 };

struct work {
    z_stream stream;
    int from, to;
    unsigned char in[PIECE_BYTES], out[PIECE_BYTES];
};

static int write_all(int fd, const unsigned char *data, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return written < 0 ? -errno : -EIO;
        data += written;
        size -= (size_t)written;
    }
    return 0;
}

/* All that is in the stream's input, and at the end what it has kept. */
static int deflate_piece(struct work *work, int flush) {
    int err = 0, state;
    do {
        work->stream.next_out = work->out;
        work->stream.avail_out = sizeof work->out;
        state = deflate(&work->stream, flush);
        err = write_all(work->to, work->out, sizeof work->out - work->stream.avail_out);
    } while (!err && (work->stream.avail_out == 0 || (flush == Z_FINISH && state == Z_OK)));
    return err;
}

static int deflate_all(struct work *work, bool (*go_on)(void *user), void *user) {
    for (;;) {
        if (!go_on(user)) return -ECANCELED;
        ssize_t count = read(work->from, work->in, sizeof work->in);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        work->stream.next_in = work->in;
        work->stream.avail_in = (unsigned)count;
        int err = deflate_piece(work, count ? Z_NO_FLUSH : Z_FINISH);
        if (err || count == 0) return err;
    }
}

/* The times are the plain file's, for those who delete by age. */
static int finish(struct work *work) {
    struct stat facts;
    if (fstat(work->from, &facts) != 0) return -errno;
    const struct timespec times[2] = {facts.st_atim, facts.st_mtim};
    if (fchmod(work->to, facts.st_mode & 07777) != 0) return -errno;
    if (futimens(work->to, times) != 0) return -errno;
    return fsync(work->to) == 0 ? 0 : -errno;
}

int hr__log_compress(int from, const char *to, bool (*go_on)(void *user), void *user) {
    struct work *work = calloc(1, sizeof *work);
    if (!work) return -ENOMEM;
    work->from = from;
    unlink(to); /* of one that was killed in between */
    int err = 0;
    if (deflateInit2(&work->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS + GZIP,
                     MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        err = -ENOMEM;
    bool open_stream = !err;
    work->to = err ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (!err && work->to < 0) err = -errno;
    if (!err) err = deflate_all(work, go_on, user);
    if (!err) err = finish(work);
    if (open_stream) deflateEnd(&work->stream);
    if (work->to >= 0) close(work->to);
    if (err && work->to >= 0) unlink(to);
    free(work);
    return err;
}
