/* Bodies with a checksum behind them: sizes at the borders, a second beginning, refusals. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>

#include "chunk_encoder.h"

#define PLAN(bytes)                                                                                \
    (struct hr__chunk_plan) {                                                                      \
        .size = (bytes), .chunk_size = HR__CHUNK_SIZE_MIN, .algorithm = HR_S3_CHECKSUM_CRC32       \
    }

/* Everything the encoder gives, counted. */
static uint64_t drain(struct hr__chunk_encoder *encoder) {
    static const char zeros[HR__CHUNK_SIZE_MIN];
    uint64_t size = 0;
    while (!hr__chunk_encoder_done(encoder)) {
        size_t text = hr__chunk_encoder_text(encoder).size;
        uint64_t wanted = hr__chunk_encoder_wanted(encoder);
        size += text + wanted;
        hr__chunk_encoder_advance(encoder, text);
        if (wanted > 0) cr_assert_eq(hr__chunk_encoder_data(encoder, zeros, (size_t)wanted), 0);
    }
    return size;
}

Test(chunk_encoder, content_length_is_exact_at_each_border) {
    static const uint64_t sizes[] = {0,    1,    15,    16,    255,   256,   8191,
                                     8192, 8193, 16383, 16384, 16385, 65535, 65536};
    struct hr__chunk_encoder encoder = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct hr__chunk_plan plan = PLAN(sizes[i]);
        cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan), 0);
        cr_assert_eq(drain(&encoder), hr__chunk_wire_size(&plan), "%d", (int)sizes[i]);
    }
    hr__chunk_encoder_deinit(&encoder);
}

Test(chunk_encoder, a_body_that_is_sent_again_begins_anew) {
    struct hr__chunk_encoder encoder = {0};
    struct hr__chunk_plan plan = PLAN(5);
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan), 0);
    hr__chunk_encoder_advance(&encoder, 3);
    cr_assert_eq(hr__chunk_encoder_data(&encoder, "xx", 2), 0);
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan), 0);
    cr_assert(hr_slice_equal(hr__chunk_encoder_text(&encoder), hr_slice_of("5\r\n")));
    hr__chunk_encoder_advance(&encoder, 3);
    cr_assert_eq(hr__chunk_encoder_data(&encoder, "hello", 5), 0);
    cr_assert(hr_slice_equal(hr__chunk_encoder_text(&encoder),
                             hr_slice_of("\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n")));
    hr__chunk_encoder_deinit(&encoder);
}

Test(chunk_encoder, nothing_is_a_piece_anywhere) {
    struct hr__chunk_encoder encoder = {0};
    struct hr__chunk_plan plan = PLAN(0);
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan), 0);
    cr_assert_eq(hr__chunk_encoder_data(&encoder, NULL, 0), 0);
    cr_assert_eq(drain(&encoder), hr__chunk_wire_size(&plan));
    cr_assert_eq(hr__chunk_encoder_data(&encoder, NULL, 0), 0);
    hr__chunk_encoder_deinit(&encoder);
}

Test(chunk_encoder, the_largest_body_has_a_size) {
    struct hr__chunk_plan plan = PLAN(HR__CHUNKED_MAX);
    uint64_t chunks = HR__CHUNKED_MAX / HR__CHUNK_SIZE_MIN;
    cr_assert_eq(hr__chunk_wire_size(&plan), HR__CHUNKED_MAX + chunks * 8 + 36);
}

Test(chunk_encoder, plans_that_are_refused) {
    struct hr__chunk_encoder encoder = {0};
    struct hr__chunk_plan plan = PLAN(HR__CHUNKED_MAX + 1);
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan), -EINVAL);
    plan = PLAN(1);
    plan.chunk_size = HR__CHUNK_SIZE_MIN - 1;
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan), -EINVAL);
    plan = PLAN(1);
    plan.algorithm = HR_S3_CHECKSUM_NONE;
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan), -EINVAL);
    hr__chunk_encoder_deinit(&encoder);
}

Test(chunk_encoder, all_algorithms_fit) {
    struct hr__chunk_encoder encoder = {0};
    for (unsigned i = 1; i < HR_S3_CHECKSUM_ALGORITHMS; i++) {
        struct hr__chunk_plan plan = PLAN(HR__CHUNK_SIZE_MIN);
        plan.algorithm = i;
        cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan), 0);
        cr_assert_eq(drain(&encoder), hr__chunk_wire_size(&plan));
    }
    hr__chunk_encoder_deinit(&encoder);
}
