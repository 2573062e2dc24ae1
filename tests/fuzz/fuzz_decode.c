/* Content codings: garbage ends, in bounded memory and output; a stream says the same in whatever
 * slices it comes. The first byte chooses the coding, the second the size of the slices. */
#include <stdlib.h>
#include <string.h>

#include <headrace/error.h>

#include "decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BYTES_MAX (256u << 10)

struct result {
    int err;
    size_t size;
    char *bytes;
};

static void check(bool holds) {
    if (!holds) abort();
}

static int feed(struct hr_decoder *decoder, struct hr_slice in, size_t out_step,
                struct result *result) {
    struct hr_decode_slice slice = {.in_size = in.size};
    char *exact = malloc(in.size + 1), *out = malloc(out_step);
    memcpy(exact + 1, in.data, in.size);
    slice.in = exact + 1;
    slice.out = out;
    slice.out_capacity = out_step;
    int err;
    do {
        err = hr__decode(decoder, &slice);
        check(slice.used <= slice.in_size && slice.made <= out_step);
        check(err || slice.used > 0 || slice.made > 0 || slice.in_size == 0);
        check(slice.made <= BYTES_MAX - result->size);
        memcpy(result->bytes + result->size, out, slice.made);
        result->size += slice.made;
        slice.in += slice.used;
        slice.in_size -= slice.used;
    } while (!err && (slice.made == out_step || slice.in_size > 0));
    free(exact);
    free(out);
    return err;
}

static struct result decode(const char *coding, struct hr_slice in, size_t in_step,
                            size_t out_step) {
    struct result result = {.bytes = malloc(BYTES_MAX)};
    struct hr_decoder *decoder;
    check(hr__decoder_new(hr_slice_of(coding), BYTES_MAX, &decoder) == 0);
    while (!result.err && in.size > 0) {
        size_t step = in.size < in_step ? in.size : in_step;
        result.err = feed(decoder, hr_slice_bytes(in.data, step), out_step, &result);
        in = hr_slice_bytes(in.data + step, in.size - step);
    }
    if (!result.err) result.err = hr__decode_finish(decoder);
    check(result.err == 0 || result.err == HR_ERR_CODING_MALFORMED ||
          result.err == HR_ERR_CODING_TOO_LARGE);
    check(result.err != HR_ERR_CODING_TOO_LARGE || strchr(coding, ',') || result.size == BYTES_MAX);
    hr__decoder_free(decoder);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const codings[] = {"gzip",     "deflate",  "zstd",       "br",
                                          "gzip, br", "br, gzip", "zstd, gzip", "deflate, zstd"};
    if (size < 2) return 0;
    const char *coding = codings[data[0] % 8];
    size_t in_step = 1 + data[1] % 16, out_step = 1 + (data[1] / 16) * 37;
    struct hr_slice in = hr_slice_bytes((const char *)data + 2, size - 2);
    struct result whole = decode(coding, in, in.size, 16384);
    struct result steps = decode(coding, in, in_step, out_step);
    check(whole.err == 0 ? steps.err == 0 : steps.err != 0);
    if (!whole.err) {
        check(whole.size == steps.size);
        check(memcmp(whole.bytes, steps.bytes, whole.size) == 0);
    }
    free(whole.bytes);
    free(steps.bytes);
    /* Any text as the coding itself. */
    check(hr__decode_need(in) == HR_DECODE_NEEDED || hr__decoder_cost(in) == 0);
    return 0;
}
