/* br (RFC 7932) by libbrotlidec. Large windows, an extension, stay off: 16 MiB is the most. */
#include <brotli/decode.h>
#include <errno.h>

#include <headrace/error.h>

#include "decode_stage.h"

/* The ring buffer and, while it grows, the one before of half its size; and the Huffman tables of
 * up to 3 · 256 trees. */
#define BROTLI_COST (32u << 20)

static int open_brotli(struct hr_decode_stage *stage) {
    stage->state =
        BrotliDecoderCreateInstance(hr__decode_stage_allocate, hr__decode_stage_release, stage);
    return stage->state ? 0 : -ENOMEM;
}

static void close_brotli(struct hr_decode_stage *stage) {
    BrotliDecoderDestroyInstance(stage->state);
}

static int error_of(BrotliDecoderErrorCode code) {
    bool memory = code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
                  code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
    return memory ? -ENOMEM : HR_ERR_CODING_MALFORMED;
}

static int run_brotli(struct hr_decode_stage *stage, struct hr_decode_slice *slice) {
    if (stage->ended) return slice->in_size > 0 ? HR_ERR_CODING_MALFORMED : 0;
    if (slice->in_size > 0) stage->complete = false;
    size_t in = slice->in_size, out = slice->out_capacity;
    const uint8_t *next_in = (const uint8_t *)slice->in;
    uint8_t *next_out = (uint8_t *)slice->out;
    BrotliDecoderResult result =
        BrotliDecoderDecompressStream(stage->state, &in, &next_in, &out, &next_out, NULL);
    slice->used = slice->in_size - in;
    slice->made = slice->out_capacity - out;
    if (result == BROTLI_DECODER_RESULT_ERROR)
        return error_of(BrotliDecoderGetErrorCode(stage->state));
    if (result != BROTLI_DECODER_RESULT_SUCCESS) return 0;
    stage->complete = stage->ended = true;
    return in > 0 ? HR_ERR_CODING_MALFORMED : 0;
}

const struct hr_decode_codec hr__decode_brotli = {"br",        NULL,       BROTLI_COST,
                                                  open_brotli, run_brotli, close_brotli};
