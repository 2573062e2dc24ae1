/* gzip (RFC 1952) and deflate (RFC 1950, and bare RFC 1951) by zlib. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

#include <headrace/error.h>

#include "decode_stage.h"

/* zlib's own words (zconf.h): 7 KiB of state and the window of 32 KiB; a libz made for speed takes
 * somewhat more. */
#define ZLIB_COST (128 * 1024)

enum { WINDOW_BITS = 15, GZIP_ONLY = 16, GZIP_FIRST_BYTE = 0x1f };

static void *allocate(void *stage, unsigned items, unsigned size) {
    return hr__decode_stage_allocate(stage, (size_t)items * size);
}

static int open_with(struct hr_decode_stage *stage, int window_bits) {
    z_stream *stream = calloc(1, sizeof *stream);
    if (!stream) return -ENOMEM;
    stream->zalloc = allocate;
    stream->zfree = hr__decode_stage_release;
    stream->opaque = stage;
    if (inflateInit2(stream, window_bits) != Z_OK) {
        free(stream);
        return -ENOMEM;
    }
    stage->state = stream;
    return 0;
}

static int open_gzip(struct hr_decode_stage *stage) {
    return open_with(stage, WINDOW_BITS + GZIP_ONLY);
}

static int open_deflate(struct hr_decode_stage *stage) {
    return open_with(stage, WINDOW_BITS);
}

static void close_stage(struct hr_decode_stage *stage) {
    if (!stage->state) return;
    inflateEnd(stage->state);
    free(stage->state);
}

static int error_of(int result) {
    switch (result) {
    case Z_OK:
    case Z_STREAM_END:
    case Z_BUF_ERROR: /* nothing to do with what there was */
        return 0;
    case Z_MEM_ERROR:
        return -ENOMEM;
    default: /* a dictionary is wanted: HTTP has none to give */
        return HR_ERR_CODING_MALFORMED;
    }
}

/* One call of zlib, whose sizes are ints. */
static int inflate_some(struct hr_decode_stage *stage, struct hr_decode_slice *slice) {
    z_stream *stream = stage->state;
    size_t in = slice->in_size - slice->used, out = slice->out_capacity - slice->made;
    if (in > INT_MAX) in = INT_MAX;
    if (out > INT_MAX) out = INT_MAX;
    stream->next_in = (const unsigned char *)slice->in + slice->used;
    stream->avail_in = (unsigned)in;
    stream->next_out = (unsigned char *)slice->out + slice->made;
    stream->avail_out = (unsigned)out;
    int result = inflate(stream, Z_NO_FLUSH);
    size_t used = in - stream->avail_in, made = out - stream->avail_out;
    slice->used += used;
    slice->made += made;
    if (used > 0) stage->complete = false;
    if (result == Z_STREAM_END) stage->complete = stage->ended = true;
    /* Without progress: no more for now. */
    if (result == Z_OK && used == 0 && made == 0) return Z_BUF_ERROR;
    return result;
}

static int run_until_end(struct hr_decode_stage *stage, struct hr_decode_slice *slice) {
    int result = Z_OK;
    while (result == Z_OK && slice->made < slice->out_capacity) result = inflate_some(stage, slice);
    return error_of(result);
}

/* The first byte of a member. What is none is left unread: it counts for nothing. */
static int begin_member(struct hr_decode_stage *stage, const struct hr_decode_slice *slice) {
    if ((unsigned char)slice->in[slice->used] != GZIP_FIRST_BYTE) return HR_ERR_CODING_MALFORMED;
    if (stage->ended && inflateReset(stage->state) != Z_OK) return HR_ERR_CODING_MALFORMED;
    stage->ended = false;
    stage->begun = true;
    return 0;
}

/* Members follow each other without anything between them (RFC 1952 2.2). */
static int run_gzip(struct hr_decode_stage *stage, struct hr_decode_slice *slice) {
    for (;;) {
        if ((stage->ended || !stage->begun) && slice->used < slice->in_size) {
            int err = begin_member(stage, slice);
            if (err) return err;
        }
        if (stage->ended) return 0;
        int err = run_until_end(stage, slice);
        if (err || !stage->ended || slice->used == slice->in_size) return err;
    }
}

/* The name means RFC 1950, but servers were seen to send RFC 1951 bare, and browsers take both. The
 * first byte tells: as a bare block it would be a stored one with a padding bit set, which nobody
 * writes. */
static bool has_zlib_header(unsigned char first) {
    return (first & 15) == 8 && first >> 4 <= 7;
}

static int run_deflate(struct hr_decode_stage *stage, struct hr_decode_slice *slice) {
    if (stage->ended) return slice->in_size > 0 ? HR_ERR_CODING_MALFORMED : 0;
    if (!stage->begun && slice->in_size > 0) {
        stage->begun = true;
        if (!has_zlib_header((unsigned char)slice->in[0]) &&
            inflateReset2(stage->state, -WINDOW_BITS) != Z_OK)
            return -ENOMEM;
    }
    int err = run_until_end(stage, slice);
    if (!err && stage->ended && slice->used < slice->in_size) err = HR_ERR_CODING_MALFORMED;
    return err;
}

const struct hr_decode_codec hr__decode_gzip = {"gzip",    "x-gzip", ZLIB_COST,
                                                open_gzip, run_gzip, close_stage};
const struct hr_decode_codec hr__decode_deflate = {"deflate",    NULL,        ZLIB_COST,
                                                   open_deflate, run_deflate, close_stage};
