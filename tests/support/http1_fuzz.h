/* What the fuzz targets of both kinds of message share: however the bytes are cut, the parser has
 * to say the same. */
#ifndef HR_TEST_HTTP1_FUZZ_H
#define HR_TEST_HTTP1_FUZZ_H

#include "http1_replay.h"

/* Small, so that the limits are reached. */
static const struct hr_http1_limits fuzz_limits = {.head_bytes_max = 256, .head_fields_max = 6};

static inline void fuzz_check(bool holds) {
    if (!holds) abort();
}

static inline void fuzz_cut(const struct replay *whole, enum hr_http1_kind kind,
                            struct hr_slice bytes, bool head_request, size_t first, size_t piece,
                            size_t body_max) {
    struct replay again;
    replay_init(&again, kind, &fuzz_limits, head_request);
    again.body_max = body_max;
    replay_all(&again, bytes, first, piece, true);
    fuzz_check(replay_equal(whole, &again));
    replay_deinit(&again);
}

/* The first two bytes choose a cut and whether a HEAD was asked; the rest is the message. */
static inline void fuzz_message(enum hr_http1_kind kind, const uint8_t *data, size_t size,
                                void (*check)(const struct replay *whole, size_t size)) {
    if (size < 3) return;
    bool head_request = kind == HR_HTTP1_RESPONSE && (data[0] & 1);
    struct hr_slice bytes = hr_slice_bytes((const char *)data + 2, size - 2);
    size_t cut = 1 + data[1] % bytes.size, taken = 1 + (data[0] >> 1) % 16;
    struct replay whole;
    replay_init(&whole, kind, &fuzz_limits, head_request);
    replay_all(&whole, bytes, 0, 0, true);
    fuzz_check(whole.complete != (whole.result < 0));
    fuzz_check(whole.consumed <= bytes.size);
    fuzz_check(whole.result == 0 || *hr__http1_parser_reason(whole.parser));
    if (whole.complete) check(&whole, bytes.size);
    fuzz_cut(&whole, kind, bytes, head_request, 0, 1, 0);
    fuzz_cut(&whole, kind, bytes, head_request, cut, 0, 0);
    fuzz_cut(&whole, kind, bytes, head_request, cut, taken, taken);
    replay_deinit(&whole);
}

#endif
