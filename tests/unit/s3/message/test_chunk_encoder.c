/* Bodies as aws-chunked: the worked examples of the S3 API Reference, sizes at the borders, a
 * second beginning, refusals. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>

#include <headrace/clock.h>

#include "chunk_encoder.h"

#define PLAN(bytes)                                                                                \
    (struct hr__chunk_plan) {                                                                      \
        .size = (bytes), .chunk_size = HR__CHUNK_SIZE_MIN, .algorithm = HR_S3_CHECKSUM_CRC32       \
    }
#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

static hr_sigv4_stream *stream_of(const char *seed) {
    struct hr_sigv4_options options = {.region = hr_slice_of("us-east-1")};
    hr_sigv4_stream *stream;
    cr_assert_eq(hr_date_parse(hr_slice_of("20130524T000000Z"), &options.time_s), 0);
    cr_assert_eq(hr_sigv4_stream_new(hr_slice_of(SECRET), &options, hr_slice_of(seed), &stream), 0);
    return stream;
}

static uint64_t add_next(struct hr__chunk_encoder *encoder, char byte) {
    size_t size = hr__chunk_encoder_next(encoder);
    char *data = malloc(size + 1);
    memset(data, byte, size);
    struct iovec pieces[2] = {{data, size / 3}, {data + size / 3, size - size / 3}};
    cr_assert_eq(hr__chunk_encoder_add(encoder, pieces, 2), 0);
    free(data);
    return hr__chunk_encoder_before(encoder).size + size + hr__chunk_encoder_behind(encoder).size;
}

static void assert_texts(const struct hr__chunk_encoder *encoder, const char *before,
                         const char *behind) {
    struct hr_slice one = hr__chunk_encoder_before(encoder),
                    two = hr__chunk_encoder_behind(encoder);
    cr_assert(hr_slice_equal(one, hr_slice_of(before)), "%.*s", (int)one.size, one.data);
    cr_assert(hr_slice_equal(two, hr_slice_of(behind)), "%.*s", (int)two.size, two.data);
}

/* "Signature calculations: transferring payload in multiple chunks": 66560 bytes of 'a'. */
Test(chunk_encoder, signed_example_of_the_s3_reference) {
    struct hr__chunk_encoder encoder = {0};
    const struct hr__chunk_plan plan = {.size = 66560, .chunk_size = 65536, .is_signed = true};
    hr_sigv4_stream *stream =
        stream_of("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
    cr_assert_eq(hr__chunk_wire_size(&plan), 66824, "Content-Length of the example");
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan, stream), 0);
    uint64_t size = add_next(&encoder, 'a');
    assert_texts(&encoder,
                 "10000;chunk-signature="
                 "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n",
                 "\r\n");
    size += add_next(&encoder, 'a');
    assert_texts(&encoder,
                 "400;chunk-signature="
                 "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n",
                 "\r\n0;chunk-signature="
                 "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n");
    cr_assert_eq(size, 66824);
    hr__chunk_encoder_deinit(&encoder);
}

/* "… including trailing headers": the same body, CRC-32C behind it. */
Test(chunk_encoder, signed_example_with_a_trailer_of_the_s3_reference) {
    struct hr__chunk_encoder encoder = {0};
    const struct hr__chunk_plan plan = {
        .size = 66560, .chunk_size = 65536, .algorithm = HR_S3_CHECKSUM_CRC32C, .is_signed = true};
    hr_sigv4_stream *stream =
        stream_of("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan, stream), 0);
    uint64_t size = add_next(&encoder, 'a');
    assert_texts(&encoder,
                 "10000;chunk-signature="
                 "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n",
                 "\r\n");
    size += add_next(&encoder, 'a');
    assert_texts(&encoder,
                 "400;chunk-signature="
                 "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n",
                 "\r\n0;chunk-signature="
                 "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
                 "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:"
                 "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n");
    cr_assert_eq(size, hr__chunk_wire_size(&plan));
    hr__chunk_encoder_deinit(&encoder);
}

/* Everything the encoder gives, counted. */
static uint64_t drain(struct hr__chunk_encoder *encoder) {
    uint64_t size = 0;
    while (!encoder->ended) size += add_next(encoder, 0);
    return size;
}

Test(chunk_encoder, content_length_is_exact_at_each_border) {
    static const uint64_t sizes[] = {0,    1,    15,    16,    255,   256,   8191,
                                     8192, 8193, 16383, 16384, 16385, 65535, 65536};
    struct hr__chunk_encoder encoder = {0};
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        struct hr__chunk_plan plan = PLAN(sizes[i / 2]);
        plan.is_signed = i % 2;
        hr_sigv4_stream *stream = NULL;
        if (plan.is_signed)
            stream = stream_of("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
        cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan, stream), 0);
        cr_assert_eq(drain(&encoder), hr__chunk_wire_size(&plan), "%d", (int)sizes[i / 2]);
        cr_assert_eq(hr__chunk_encoder_next(&encoder), 0);
    }
    hr__chunk_encoder_deinit(&encoder);
}

Test(chunk_encoder, a_body_that_is_sent_again_begins_anew) {
    struct hr__chunk_encoder encoder = {0};
    struct hr__chunk_plan plan = PLAN(HR__CHUNK_SIZE_MIN + 5);
    char hello[] = "hello";
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan, NULL), 0);
    add_next(&encoder, 'x');
    plan = PLAN(5);
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan, NULL), 0);
    cr_assert_eq(hr__chunk_encoder_add(&encoder, &(struct iovec){hello, 5}, 1), 0);
    assert_texts(&encoder, "5\r\n", "\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n");
    hr__chunk_encoder_deinit(&encoder);
}

Test(chunk_encoder, an_empty_body_is_its_end_alone) {
    struct hr__chunk_encoder encoder = {0};
    struct hr__chunk_plan plan = PLAN(0);
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan, NULL), 0);
    cr_assert_eq(hr__chunk_encoder_add(&encoder, NULL, 0), 0);
    assert_texts(&encoder, "", "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n");
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
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan, NULL), -EINVAL);
    plan = PLAN(1);
    plan.chunk_size = HR__CHUNK_SIZE_MIN - 1;
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan, NULL), -EINVAL);
    plan = PLAN(1);
    plan.algorithm = HR_S3_CHECKSUM_NONE;
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan, NULL), -EINVAL);
    plan = PLAN(1);
    plan.is_signed = true;
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, &plan, NULL), -EINVAL, "and no stream");
    hr__chunk_encoder_deinit(&encoder);
}

Test(chunk_encoder, all_algorithms_fit) {
    struct hr__chunk_encoder encoder = {0};
    for (unsigned i = 1; i < HR_S3_CHECKSUM_ALGORITHMS; i++) {
        struct hr__chunk_plan plan = PLAN(HR__CHUNK_SIZE_MIN);
        plan.algorithm = i;
        plan.is_signed = true;
        cr_assert_eq(
            hr__chunk_encoder_begin(
                &encoder, &plan,
                stream_of("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e")),
            0);
        cr_assert_eq(drain(&encoder), hr__chunk_wire_size(&plan));
    }
    hr__chunk_encoder_deinit(&encoder);
}
