/* zstd (RFC 8878, as a content coding RFC 9659) by libzstd. */
#include <errno.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <headrace/error.h>

#include "decode_stage.h"

#define WINDOW_LOG_MAX 23 /* 8 MiB (RFC 9659 3) */
/* The window, two blocks of 128 KiB, a buffer for input, and the tables. */
#define ZSTD_COST ((9u << 20) + (1u << 18))

enum { MAGIC_SIZE = 4, SKIPPABLE_HEADER_SIZE = 8 };

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

static bool is_skippable(const struct hr_decode_stage *stage) {
    return (stage->header[0] & 0xf0) == 0x50;
}

/* Whether the last byte of the header that has come may stand there in a magic number: of a frame
 * (0xFD2FB528) or of one to be skipped (0x184D2A50 to 0x184D2A5F). libzstd may be built to read its
 * formats of before RFC 8878 too, with windows that our limit does not bound. */
static bool is_magic(const struct hr_decode_stage *stage) {
    static const unsigned char frame[MAGIC_SIZE] = {0x28, 0xb5, 0x2f, 0xfd};
    static const unsigned char skippable[MAGIC_SIZE] = {0x50, 0x2a, 0x4d, 0x18};
    unsigned at = stage->header_size - 1;
    if (at >= MAGIC_SIZE) return true;
    if (is_skippable(stage)) return at == 0 || stage->header[at] == skippable[at];
    return stage->header[at] == frame[at];
}

/* The size of the frame's header as far as what has come tells: behind the magic number stands the
 * descriptor, which says what else there is (RFC 8878 3.1.1.1.1). */
static unsigned header_wanted(const struct hr_decode_stage *stage) {
    static const unsigned char dictionary_id[] = {0, 1, 2, 4}, content_size[] = {0, 2, 4, 8};
    if (stage->header_size < MAGIC_SIZE) return MAGIC_SIZE;
    if (is_skippable(stage)) return SKIPPABLE_HEADER_SIZE;
    if (stage->header_size == MAGIC_SIZE) return MAGIC_SIZE + 1;
    unsigned descriptor = stage->header[MAGIC_SIZE];
    bool single_segment = descriptor & 0x20;
    unsigned size = MAGIC_SIZE + 1 + (single_segment ? 0 : 1);
    size += dictionary_id[descriptor & 3] + content_size[descriptor >> 6];
    return size + (single_segment && descriptor >> 6 == 0 ? 1 : 0);
}

static int error_of(size_t result) {
    return ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation ? -ENOMEM
                                                                     : HR_ERR_CODING_MALFORMED;
}

/* One call of libzstd, which ends with the frame at the latest. 1: something moved; 0: nothing did;
 * or an error. */
static int decode_some(struct hr_decode_stage *stage, ZSTD_inBuffer *input,
                       struct hr_decode_slice *slice) {
    ZSTD_outBuffer output = {.dst = slice->out + slice->made,
                             .size = slice->out_capacity - slice->made};
    size_t in_before = input->pos;
    size_t result = ZSTD_decompressStream(stage->state, &output, input);
    if (ZSTD_isError(result)) return error_of(result);
    slice->made += output.pos;
    bool progress = input->pos > in_before || output.pos > 0;
    if (progress) stage->complete = result == 0;
    if (stage->complete) stage->header_size = 0;
    return progress;
}

/* A frame's header is assembled and goes to libzstd alone. Its single-pass shortcut would look for
 * the whole frame in the input of one call, take the rest of a header there for a frame, and judge
 * a frame by other rules than its streaming; so what a body is would depend on how the network cut
 * it. 1: the header is through; 0: more is needed; or an error. */
static int take_header(struct hr_decode_stage *stage, struct hr_decode_slice *slice) {
    unsigned wanted = header_wanted(stage);
    for (; stage->header_size < wanted; wanted = header_wanted(stage)) {
        if (slice->used == slice->in_size) return 0;
        stage->header[stage->header_size++] = (unsigned char)slice->in[slice->used];
        if (!is_magic(stage)) return HR_ERR_CODING_MALFORMED;
        slice->used++;
        stage->complete = false;
    }
    ZSTD_inBuffer input = {.src = stage->header, .size = wanted};
    while (input.pos < input.size) {
        int progress = decode_some(stage, &input, slice);
        if (progress < 0) return progress;
        if (!progress) return HR_ERR_CODING_MALFORMED;
    }
    stage->begun = !stage->complete; /* a frame to be skipped may have no content */
    return 1;
}

static int run_zstd(struct hr_decode_stage *stage, struct hr_decode_slice *slice) {
    int result = 1;
    while (result > 0 && slice->made < slice->out_capacity) {
        if (!stage->begun) {
            result = take_header(stage, slice);
            continue;
        }
        ZSTD_inBuffer input = {.src = slice->in, .size = slice->in_size, .pos = slice->used};
        result = decode_some(stage, &input, slice);
        slice->used = input.pos;
        if (stage->complete) stage->begun = false;
    }
    return result < 0 ? result : 0;
}

const struct hr_decode_codec hr__decode_zstd = {"zstd",    NULL,     ZSTD_COST,
                                                open_zstd, run_zstd, close_zstd};
