/* Content codings: a chain of stages, each a codec. */
#include "decode.h"

#include <errno.h>
#include <stdlib.h>

#include <headrace/error.h>

#include "decode_stage.h"

#define STAGES_MAX  2
#define MIDDLE_SIZE 16384
/* More may pass between two stages than comes out: by so much, and so many times.
 * The most that honest streams need is a header for each byte. Without a limit a first stage could
 * keep a reactor busy with what the second skips. */
#define MIDDLE_AHEAD (1u << 20)
#define MIDDLE_TIMES 64

struct hr_decoder {
    unsigned count;
    uint64_t left;                             /* of what may come out */
    uint64_t made, middle_made;                /* what came out, what passed between the stages */
    struct hr_decode_stage stages[STAGES_MAX]; /* as they are undone: the last applied first */
    size_t begin, end;                         /* of what waits in the middle */
    char middle[];
};

static const struct hr_decode_codec *find(struct hr_slice name) {
    static const struct hr_decode_codec *const codecs[] = {&hr__decode_gzip, &hr__decode_deflate,
                                                           &hr__decode_zstd, &hr__decode_brotli};
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if (hr_slice_equal_nocase(name, hr_slice_of(codecs[i]->name)) ||
            (codecs[i]->alias && hr_slice_equal_nocase(name, hr_slice_of(codecs[i]->alias))))
            return codecs[i];
    return NULL;
}

/* The codecs as they were applied. Empty elements count for nothing (RFC 9110 5.6.1). */
static enum hr_decode_need parse(struct hr_slice list, const struct hr_decode_codec **codecs,
                                 unsigned *count) {
    struct hr_slice name;
    *count = 0;
    while (hr_slice_cut(&list, ',', &name)) {
        name = hr_slice_trim(name);
        if (name.size == 0 || hr_slice_equal_nocase(name, hr_slice_of("identity"))) continue;
        const struct hr_decode_codec *codec = find(name);
        if (!codec || *count == STAGES_MAX) return HR_DECODE_UNKNOWN;
        codecs[(*count)++] = codec;
    }
    return *count > 0 ? HR_DECODE_NEEDED : HR_DECODE_NONE;
}

enum hr_decode_need hr__decode_need(struct hr_slice coding) {
    const struct hr_decode_codec *codecs[STAGES_MAX];
    unsigned count;
    return parse(coding, codecs, &count);
}

static size_t size_of(unsigned count) {
    return sizeof(struct hr_decoder) + (count > 1 ? MIDDLE_SIZE : 0);
}

size_t hr__decoder_cost(struct hr_slice coding) {
    const struct hr_decode_codec *codecs[STAGES_MAX];
    unsigned count;
    if (parse(coding, codecs, &count) != HR_DECODE_NEEDED) return 0;
    size_t cost = size_of(count);
    for (unsigned i = 0; i < count; i++) cost += codecs[i]->cost;
    return cost;
}

int hr__decoder_new(struct hr_slice coding, uint64_t bytes_max, struct hr_decoder **decoder) {
    const struct hr_decode_codec *codecs[STAGES_MAX];
    unsigned count;
    if (parse(coding, codecs, &count) != HR_DECODE_NEEDED) return -EINVAL;
    struct hr_decoder *out = calloc(1, size_of(count));
    if (!out) return -ENOMEM;
    out->left = bytes_max;
    for (unsigned i = 0; i < count; i++) {
        struct hr_decode_stage *stage = &out->stages[out->count++];
        stage->codec = codecs[count - 1 - i];
        stage->complete = true;
        int err = stage->codec->open(stage);
        if (!err) continue;
        hr__decoder_free(out);
        return err;
    }
    *decoder = out;
    return 0;
}

void hr__decoder_free(struct hr_decoder *decoder) {
    if (!decoder) return;
    for (unsigned i = 0; i < decoder->count; i++)
        decoder->stages[i].codec->close(&decoder->stages[i]);
    free(decoder);
}

/* Runs a stage with room for one byte more than may come: whether that comes is the question. */
static int run_limited(struct hr_decode_stage *stage, struct hr_decode_slice *slice,
                       uint64_t *left) {
    size_t capacity = slice->out_capacity;
    if (*left < capacity) slice->out_capacity = (size_t)*left + 1;
    int err = stage->codec->run(stage, slice);
    slice->out_capacity = capacity;
    if (slice->made > *left) {
        slice->made = (size_t)*left;
        *left = 0;
        return HR_ERR_CODING_TOO_LARGE;
    }
    *left -= slice->made;
    return err;
}

static int decode_middle(struct hr_decoder *decoder, struct hr_decode_slice *slice) {
    struct hr_decode_slice part = {.in = decoder->middle + decoder->begin,
                                   .in_size = decoder->end - decoder->begin,
                                   .out = slice->out + slice->made,
                                   .out_capacity = slice->out_capacity - slice->made};
    int err = run_limited(&decoder->stages[1], &part, &decoder->left);
    decoder->begin += part.used;
    decoder->made += part.made;
    slice->made += part.made;
    return err;
}

static int fill_middle(struct hr_decoder *decoder, struct hr_decode_slice *slice) {
    struct hr_decode_slice part = {.in = slice->in + slice->used,
                                   .in_size = slice->in_size - slice->used,
                                   .out = decoder->middle,
                                   .out_capacity = MIDDLE_SIZE};
    uint64_t left = decoder->made > UINT64_MAX / MIDDLE_TIMES - MIDDLE_AHEAD
                        ? MIDDLE_SIZE
                        : decoder->made * MIDDLE_TIMES + MIDDLE_AHEAD - decoder->middle_made;
    /* The rest is made before more is asked for: the second stage may earn more with it, and in
     * how many slices the input came must not decide. */
    if (left > 0 && left < part.out_capacity) part.out_capacity = (size_t)left;
    int err = run_limited(&decoder->stages[0], &part, &left);
    decoder->middle_made += part.made;
    slice->used += part.used;
    decoder->begin = 0;
    decoder->end = part.made;
    return err;
}

static int decode_chain(struct hr_decoder *decoder, struct hr_decode_slice *slice) {
    for (;;) {
        int err = decode_middle(decoder, slice);
        if (err || decoder->begin < decoder->end || slice->made == slice->out_capacity) return err;
        size_t used = slice->used;
        err = fill_middle(decoder, slice);
        if (err || (decoder->end == 0 && slice->used == used)) return err;
    }
}

int hr__decode(struct hr_decoder *decoder, struct hr_decode_slice *slice) {
    slice->used = slice->made = 0;
    if (!slice->in) slice->in = ""; /* none, to be added to */
    if (slice->out_capacity == 0) return 0;
    if (decoder->count > 1) return decode_chain(decoder, slice);
    return run_limited(&decoder->stages[0], slice, &decoder->left);
}

int hr__decode_finish(const struct hr_decoder *decoder) {
    for (unsigned i = 0; i < decoder->count; i++)
        if (!decoder->stages[i].complete) return HR_ERR_CODING_MALFORMED;
    return decoder->begin == decoder->end ? 0 : HR_ERR_CODING_MALFORMED;
}
