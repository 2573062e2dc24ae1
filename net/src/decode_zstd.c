/* zstd (RFC 8878, as a content coding RFC 9659) by libzstd. */
#include <errno.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <headrace/error.h>

#include "decode_stage.h"

#define WINDOW_LOG_MAX 23 /* 8 MiB (RFC 9659 3) */
/* The window, two blocks of 128 KiB, a buffer for input, and the tables. */
#define ZSTD_COST ((9u << 20) + (1u << 18))

enum { MAGIC_SIZE = 4 };

static int open_zstd(struct hr_decode_stage *stage) {
    ZSTD_DStream *stream = ZSTD_createDStream();
    if (!stream) return -ENOMEM;
    stage->state = stream;
    size_t result = ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    return ZSTD_isError(result) ? -ENOMEM : 0;
}

static void close_zstd(struct hr_decode_stage *stage) {
    ZSTD_freeDStream(stage->state);
}

/* Whether `byte` may be the next of a magic number: of a frame (0xFD2FB528) or of one to be skipped
 * (0x184D2A50 to 0x184D2A5F). libzstd may be built to read its formats of before RFC 8878 too, with
 * windows that our limit does not bound. */
static bool take_magic(struct hr_decode_stage *stage, unsigned char byte) {
    static const unsigned char frame[MAGIC_SIZE] = {0x28, 0xb5, 0x2f, 0xfd};
    static const unsigned char skippable[MAGIC_SIZE] = {0x50, 0x2a, 0x4d, 0x18};
    if (stage->magic == 0) stage->skippable = (byte & 0xf0) == skippable[0];
    unsigned at = stage->magic++;
    if (stage->skippable) return at == 0 || byte == skippable[at];
    return byte == frame[at];
}

static int error_of(size_t result) {
    return ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation ? -ENOMEM
                                                                     : HR_ERR_CODING_MALFORMED;
}

/* One call of libzstd, which ends with the frame at the latest. */
static int decode_some(struct hr_decode_stage *stage, struct hr_decode_slice *slice,
                       bool *progress) {
    size_t size = slice->in_size - slice->used;
    const char *in = slice->in + slice->used;
    if (stage->magic < MAGIC_SIZE) {
        size_t wanted = MAGIC_SIZE - stage->magic;
        if (size > wanted) size = wanted;
        for (size_t i = 0; i < size; i++)
            if (!take_magic(stage, (unsigned char)in[i])) return HR_ERR_CODING_MALFORMED;
    }
    ZSTD_inBuffer input = {.src = in, .size = size};
    ZSTD_outBuffer output = {.dst = slice->out + slice->made,
                             .size = slice->out_capacity - slice->made};
    size_t result = ZSTD_decompressStream(stage->state, &output, &input);
    if (ZSTD_isError(result)) return error_of(result);
    slice->used += input.pos;
    slice->made += output.pos;
    *progress = input.pos > 0 || output.pos > 0;
    if (*progress) stage->complete = result == 0;
    if (stage->complete) stage->magic = 0;
    return 0;
}

static int run_zstd(struct hr_decode_stage *stage, struct hr_decode_slice *slice) {
    bool progress = true;
    while (progress && slice->made < slice->out_capacity) {
        if (stage->complete && slice->used == slice->in_size) return 0;
        int err = decode_some(stage, slice, &progress);
        if (err) return err;
    }
    return 0;
}

const struct hr_decode_codec hr__decode_zstd = {"zstd",    NULL,     ZSTD_COST,
                                                open_zstd, run_zstd, close_zstd};
