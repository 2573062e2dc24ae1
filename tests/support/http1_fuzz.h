/* What the fuzz targets of both kinds of message share: however the bytes are cut, the parser has
 * to say the same. */
#ifndef HR_TEST_HTTP1_FUZZ_H
#define HR_TEST_HTTP1_FUZZ_H

#include "http1_replay.h"

/* Small, so that the limits are reached. */
static const struct hr_http1_limits fuzz_limits = {.head_bytes_max = 256, .head_fields_max = 6};
static const struct hr_http1_limits fuzz_lenient = {
    .head_bytes_max = 256, .head_fields_max = 6, .lenient = true};

/* What the parser is told before the bytes. */
struct fuzz_begin {
    enum hr_http1_kind kind;
    bool head_request, lenient, to_connect;
};

static inline void fuzz_check(bool holds) {
    if (!holds) abort();
}

static inline void fuzz_init(struct replay *replay, const struct fuzz_begin *begin) {
    replay_init(replay, begin->kind, begin->lenient ? &fuzz_lenient : &fuzz_limits,
                begin->head_request);
    if (begin->to_connect) hr__http1_parser_begin_tunnel(replay->parser);
}

static inline void fuzz_cut(const struct replay *whole, const struct fuzz_begin *begin,
                            struct hr_slice bytes, size_t first, size_t piece, size_t body_max) {
    struct replay again;
    fuzz_init(&again, begin);
    again.body_max = body_max;
    replay_all(&again, bytes, first, piece, true);
    fuzz_check(replay_equal(whole, &again));
    replay_deinit(&again);
}

/* The first two bytes choose a cut, whether a HEAD or a CONNECT was asked and how lenient the
 * parser is; the rest is the message. */
static inline void fuzz_message(enum hr_http1_kind kind, const uint8_t *data, size_t size,
                                void (*check)(const struct replay *whole, size_t size)) {
    if (size < 3) return;
    const struct fuzz_begin begin = {
        .kind = kind,
        .head_request = kind == HR_HTTP1_RESPONSE && (data[0] & 1),
        .lenient = kind == HR_HTTP1_RESPONSE && (data[0] & 32),
        .to_connect = kind == HR_HTTP1_RESPONSE && (data[0] & 64),
    };
    struct hr_slice bytes = hr_slice_bytes((const char *)data + 2, size - 2);
    size_t cut = 1 + data[1] % bytes.size, taken = 1 + (data[0] >> 1) % 16;
    struct replay whole;
    fuzz_init(&whole, &begin);
    replay_all(&whole, bytes, 0, 0, true);
    fuzz_check(whole.complete != (whole.result < 0));
    fuzz_check(whole.consumed <= bytes.size);
    fuzz_check(whole.result == 0 || *hr__http1_parser_reason(whole.parser));
    if (whole.complete) check(&whole, bytes.size);
    fuzz_cut(&whole, &begin, bytes, 0, 1, 0);
    fuzz_cut(&whole, &begin, bytes, cut, 0, 0);
    fuzz_cut(&whole, &begin, bytes, cut, taken, taken);
    replay_deinit(&whole);
}

#endif
