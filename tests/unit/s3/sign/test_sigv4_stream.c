#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include <headrace/clock.h>
#include <headrace/sigv4.h>

#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

static struct hr_sigv4_options options(void) {
    struct hr_sigv4_options made = {.region = hr_slice_of("us-east-1")};
    cr_assert_eq(hr_date_parse(hr_slice_of("20130524T000000Z"), &made.time_s), 0);
    return made;
}

static void add(hr_sigv4_stream *stream, char byte, size_t size) {
    for (size_t i = 0; i < size; i++) cr_assert_eq(hr_sigv4_stream_update(stream, &byte, 1), 0);
}

/* The worked example of the S3 API Reference, "Signature calculations for the Authorization header:
 * transferring payload in multiple chunks": 66560 bytes of 'a' in chunks of 64 KiB. */
Test(sigv4_stream, example_of_the_s3_reference) {
    struct hr_sigv4_options made = options();
    hr_sigv4_stream *stream;
    char signature[HR_SIGV4_HEX_SIZE + 1];
    cr_assert_eq(
        hr_sigv4_stream_new(
            hr_slice_of(SECRET), &made,
            hr_slice_of("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"),
            &stream),
        0);
    add(stream, 'a', 65536);
    cr_assert_eq(hr_sigv4_stream_chunk(stream, signature), 0);
    cr_assert_str_eq(signature, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
    add(stream, 'a', 1024);
    cr_assert_eq(hr_sigv4_stream_chunk(stream, signature), 0);
    cr_assert_str_eq(signature, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
    cr_assert_eq(hr_sigv4_stream_chunk(stream, signature), 0);
    cr_assert_str_eq(signature, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
    hr_sigv4_stream_free(stream);
}

/* "… including trailing headers". */
Test(sigv4_stream, trailer_example_of_the_s3_reference) {
    struct hr_sigv4_options made = options();
    hr_sigv4_stream *stream;
    char signature[HR_SIGV4_HEX_SIZE + 1];
    cr_assert_eq(
        hr_sigv4_stream_new(
            hr_slice_of(SECRET), &made,
            hr_slice_of("2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
            &stream),
        0);
    struct hr_http_field fields[] = {
        {hr_slice_of("x-amz-trailer-signature"), hr_slice_of("left out")},
        {hr_slice_of("X-Amz-Checksum-CRC32C"), hr_slice_of(" sOO8/Q== ")},
    };
    cr_assert_eq(hr_sigv4_stream_trailer(stream, fields, 2, signature), 0);
    cr_assert_str_eq(signature, "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435");
    hr_sigv4_stream_free(stream);
}

Test(sigv4_stream, refuses_what_is_malformed) {
    struct hr_sigv4_options made = options();
    hr_sigv4_stream *stream = NULL;
    char signature[HR_SIGV4_HEX_SIZE + 1], seed[64], large[9000];
    memset(seed, 'a', sizeof seed);
    memset(large, 'a', sizeof large);
    cr_assert_eq(hr_sigv4_stream_new(hr_slice_of(SECRET), &made, hr_slice_bytes(seed, 63), &stream),
                 -EINVAL);
    cr_assert_eq(hr_sigv4_stream_new(hr_slice_of(""), &made, hr_slice_bytes(seed, 64), &stream),
                 -EINVAL);
    cr_assert_null(stream);
    cr_assert_eq(hr_sigv4_stream_new(hr_slice_of(SECRET), &made, hr_slice_bytes(seed, 64), &stream),
                 0);
    struct hr_http_field field = {hr_slice_of("a b"), hr_slice_of("c")};
    cr_assert_eq(hr_sigv4_stream_trailer(stream, &field, 1, signature), -EINVAL);
    cr_assert_eq(hr_sigv4_stream_trailer(stream, &field, 129, signature), -EINVAL);
    cr_assert_eq(hr_sigv4_stream_trailer(stream, NULL, 1, signature), -EINVAL);
    field = (struct hr_http_field){hr_slice_of("a"), hr_slice_bytes(large, sizeof large)};
    cr_assert_eq(hr_sigv4_stream_trailer(stream, &field, 1, signature), -EMSGSIZE);
    hr_sigv4_stream_free(stream);
    hr_sigv4_stream_free(NULL);
}
