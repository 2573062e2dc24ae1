/* Compressing a rotated file with gzip or zstd, a piece at a time. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "log_rotate.h"

enum { PIECE_BYTES = 128 * 1024, WINDOW_BITS = 15, GZIP = 16, MEMORY_LEVEL = 8 };

struct work {
    z_stream gzip;
    bool has_gzip;
    ZSTD_CCtx *zstd; /* NULL: it is gzip */
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

/* Compresses the first `size` bytes of `in`; at the end, the bytes that the stream still has are
 * written as well. */
static int put_gzip(struct work *work, size_t size, bool last) {
    assert(work->has_gzip && size <= sizeof work->in);
    int err = 0, state, flush = last ? Z_FINISH : Z_NO_FLUSH;
    work->gzip.next_in = work->in;
    work->gzip.avail_in = (unsigned)size;
    do {
        work->gzip.next_out = work->out;
        work->gzip.avail_out = sizeof work->out;
        state = deflate(&work->gzip, flush);
        err = write_all(work->to, work->out, sizeof work->out - work->gzip.avail_out);
    } while (!err && (work->gzip.avail_out == 0 || (last && state == Z_OK)));
    return err;
}

static int put_zstd(struct work *work, size_t size, bool last) {
    ZSTD_inBuffer in = {work->in, size, 0};
    size_t left;
    int err = 0;
    do {
        ZSTD_outBuffer out = {work->out, sizeof work->out, 0};
        left = ZSTD_compressStream2(work->zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left)) return -ENOMEM; /* nothing else can fail here */
        err = write_all(work->to, work->out, out.pos);
    } while (!err && (in.pos < in.size || (last && left > 0)));
    return err;
}

static int put_all(struct work *work, bool (*go_on)(void *user), void *user) {
    for (;;) {
        if (!go_on(user)) return -ECANCELED;
        ssize_t count = read(work->from, work->in, sizeof work->in);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        int err = work->zstd ? put_zstd(work, (size_t)count, count == 0)
                             : put_gzip(work, (size_t)count, count == 0);
        if (err || count == 0) return err;
    }
}

/* Gives the file mode and times of the plain one, by which keep_days goes, and brings it to the
 * disk. */
static int finish(struct work *work) {
    struct stat facts;
    if (fstat(work->from, &facts) != 0) return -errno;
    const struct timespec times[2] = {facts.st_atim, facts.st_mtim};
    if (fchmod(work->to, facts.st_mode & 07777) != 0) return -errno;
    if (futimens(work->to, times) != 0) return -errno;
    return fsync(work->to) == 0 ? 0 : -errno;
}

static int open_stream(struct work *work, enum hr_log_compression how) {
    assert(!work->zstd && !work->has_gzip);
    if (how == HR_LOG_COMPRESSION_ZSTD) {
        work->zstd = ZSTD_createCCtx();
        if (!work->zstd) return -ENOMEM;
        size_t result = ZSTD_CCtx_setParameter(work->zstd, ZSTD_c_checksumFlag, 1);
        return ZSTD_isError(result) ? -ENOMEM : 0;
    }
    work->has_gzip = deflateInit2(&work->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
                                  WINDOW_BITS + GZIP, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
    return work->has_gzip ? 0 : -ENOMEM;
}

int hr__log_compress(enum hr_log_compression how, int from, const char *to,
                     bool (*go_on)(void *user), void *user) {
    struct work *work = calloc(1, sizeof *work);
    if (!work) return -ENOMEM;
    work->from = from;
    unlink(to); /* left by a process that was killed in between */
    int err = open_stream(work, how);
    work->to = err ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (!err && work->to < 0) err = -errno;
    if (!err) err = put_all(work, go_on, user);
    if (!err) err = finish(work);
    if (work->has_gzip) deflateEnd(&work->gzip);
    ZSTD_freeCCtx(work->zstd); /* NULL is allowed */
    if (work->to >= 0) close(work->to);
    if (err && work->to >= 0) unlink(to);
    free(work);
    return err;
}
