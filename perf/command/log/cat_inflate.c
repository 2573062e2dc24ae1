/* Streams of gzip members and of zstd frames, as log rotation leaves them. */
#include "cat_inflate.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>
#include <zstd.h>

#define GZIP_WINDOW (15 + 16) /* the largest, in gzip's wrapping */

struct cat_inflater {
    bool zstd, within; /* of a member or frame */
    z_stream gzip;
    ZSTD_DStream *frames;
};

int cat_inflater_open(const char *data, size_t size, struct cat_inflater **inflater) {
    bool gzip = size >= 2 && memcmp(data, "\x1f\x8b", 2) == 0;
    bool zstd = size >= 4 && memcmp(data, "\x28\xb5\x2f\xfd", 4) == 0;
    if (!gzip && !zstd) return 0;
    struct cat_inflater *made = calloc(1, sizeof *made);
    if (!made) return -ENOMEM;
    made->zstd = zstd;
    if (zstd ? !(made->frames = ZSTD_createDStream())
             : inflateInit2(&made->gzip, GZIP_WINDOW) != Z_OK) {
        free(made);
        return -ENOMEM;
    }
    *inflater = made;
    return 1;
}

void cat_inflater_close(struct cat_inflater *inflater) {
    if (!inflater) return;
    if (inflater->zstd)
        ZSTD_freeDStream(inflater->frames);
    else
        inflateEnd(&inflater->gzip);
    free(inflater);
}

static int inflate_zstd(struct cat_inflater *inflater, struct cat_window *window) {
    ZSTD_inBuffer in = {window->in, window->in_size, 0};
    ZSTD_outBuffer out = {window->out, window->out_size, 0};
    size_t result = ZSTD_decompressStream(inflater->frames, &out, &in);
    if (ZSTD_isError(result)) return -EBADMSG;
    inflater->within = result != 0;
    window->in += in.pos;
    window->in_size -= in.pos;
    window->out += out.pos;
    window->out_size -= out.pos;
    return 0;
}

static unsigned limited(size_t size) {
    return size < 1u << 30 ? (unsigned)size : 1u << 30;
}

static int inflate_gzip(struct cat_inflater *inflater, struct cat_window *window) {
    z_stream *gzip = &inflater->gzip;
    if (!inflater->within && window->in_size) inflateReset(gzip);
    gzip->next_in = (z_const Bytef *)(uintptr_t)window->in;
    gzip->avail_in = limited(window->in_size);
    gzip->next_out = (Bytef *)window->out;
    gzip->avail_out = limited(window->out_size);
    if (gzip->avail_in) inflater->within = true;
    int result = inflate(gzip, Z_NO_FLUSH);
    if (result == Z_STREAM_END) inflater->within = false;
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return -EBADMSG;
    window->in_size -= (size_t)((const char *)gzip->next_in - window->in);
    window->in = (const char *)gzip->next_in;
    window->out_size -= (size_t)((char *)gzip->next_out - window->out);
    window->out = (char *)gzip->next_out;
    return 0;
}

int cat_inflate(struct cat_inflater *inflater, struct cat_window *window) {
    return inflater->zstd ? inflate_zstd(inflater, window) : inflate_gzip(inflater, window);
}

bool cat_inflater_is_complete(const struct cat_inflater *inflater) {
    return !inflater->within;
}
