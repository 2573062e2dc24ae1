#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include <headrace/clock.h>
#include <headrace/encode.h>

#include "cases.h"
#include "checksums.h"
#include "chunked.h"

struct received {
    char *data;
    size_t size, capacity;
};

static enum s3_error receive(void *user, const void *data, size_t size) {
    struct received *received = user;
    if (size > received->capacity - received->size) return S3_EntityTooLarge;
    memcpy(received->data + received->size, data, size);
    received->size += size;
    return S3_OK;
}

/* How the wire bytes are cut: 0 whole, 1 byte by byte, else at seeded places. */
static enum s3_error decode(struct s3_chunked *chunked, const struct s3_chunked_options *options,
                            struct hr_slice wire, unsigned seed) {
    s3_server__chunked_init(chunked, options);
    for (size_t at = 0; at < wire.size;) {
        size_t size = seed == 0 ? wire.size : seed == 1 ? 1 : (size_t)rand_r(&seed) % 40000 + 1;
        if (size > wire.size - at) size = wire.size - at;
        if (s3_server__chunked_feed(chunked, wire.data + at, size)) break;
        at += size;
    }
    return s3_server__chunked_finish(chunked);
}

static enum s3_error decode_unsigned(const char *wire, uint64_t size, unsigned seed) {
    static char memory[100000];
    struct received received = {memory, 0, sizeof memory};
    struct s3_chunked chunked;
    struct s3_chunked_options options = {
        .has_trailer = true, .decoded_size = size, .on_data = receive, .user = &received};
    return decode(&chunked, &options, hr_slice_of(wire), seed);
}

Test(chunked, unsigned_with_trailer) {
    static const struct {
        const char *wire;
        uint64_t size;
        enum s3_error error;
    } rows[] = {
        {"3\r\nabc\r\n0\r\n\r\n", 3, S3_OK},
        {"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n", 3, S3_OK},
        {"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\n\r\n\r\n\r\n", 3,
         S3_OK}, /* as minio-go ends it */
        {"003;ext=1\r\nabc\r\n00\r\n\r\n", 3, S3_OK},
        {"0\r\n\r\n", 0, S3_OK},
        {"", 0, S3_IncompleteBody},
        {"3\r\nab", 3, S3_IncompleteBody},
        {"3\r\nabc\r\n", 3, S3_IncompleteBody},
        {"3\r\nabc\r\n0\r\n", 3, S3_IncompleteBody},
        {"3\r\nabc\r\n0\r\n\r\n", 4, S3_IncompleteBody},
        {"3\r\nabc\r\n0\r\n\r\n", 2, S3_IncompleteBody},
        {"3\r\nabcd\r\n0\r\n\r\n", 3, S3_InvalidRequest},
        {"3\r\nabc\n0\r\n\r\n", 3, S3_InvalidRequest},
        {"\r\n", 0, S3_InvalidRequest},
        {"-1\r\n", 0, S3_InvalidRequest},
        {"3 \r\nabc\r\n0\r\n\r\n", 3, S3_InvalidRequest},
        {"ffffffffffffffff\r\n", 3, S3_InvalidRequest},
        {"fffffffffffffff\r\n", 3, S3_IncompleteBody},
        {"1\r\na\r\n1\r\nb\r\n0\r\n\r\n", 2, S3_InvalidChunkSizeError},
        {"0\r\nno colon\r\n\r\n", 0, S3_MalformedTrailerError},
        {"0\r\n:x\r\n\r\n", 0, S3_MalformedTrailerError},
        {"0\r\nx-amz-trailer-signature:0\r\n\r\n", 0, S3_MalformedTrailerError},
        {"0\r\n\r\nmore", 0, S3_InvalidRequest},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned seed = 0; seed < 4; seed++)
            cr_assert_eq(decode_unsigned(rows[i].wire, rows[i].size, seed), rows[i].error,
                         "%s seed %u", rows[i].wire, seed);
}

Test(chunked, lines_and_trailers_have_limits) {
    static char wire[100000];
    snprintf(wire, sizeof wire, "3;%02000d\r\nabc\r\n0\r\n\r\n", 0);
    cr_assert_eq(decode_unsigned(wire, 3, 0), S3_InvalidRequest);
    cr_assert_eq(decode_unsigned(wire, 3, 1), S3_InvalidRequest);
    size_t size = (size_t)snprintf(wire, sizeof wire, "0\r\n");
    for (unsigned i = 0; i < S3_CHUNK_TRAILERS_MAX + 1; i++)
        size += (size_t)snprintf(wire + size, sizeof wire - size, "a%u:b\r\n", i);
    cr_assert_eq(decode_unsigned(wire, 0, 1), S3_MalformedTrailerError);
    size = (size_t)snprintf(wire, sizeof wire, "0\r\n");
    for (unsigned i = 0; i < 3; i++)
        size += (size_t)snprintf(wire + size, sizeof wire - size, "a:%0800d\r\n", 0);
    cr_assert_eq(decode_unsigned(wire, 0, 1), S3_MalformedTrailerError);
}

Test(chunked, what_the_taker_refuses_ends_it) {
    struct received received = {NULL, 0, 0};
    struct s3_chunked chunked;
    struct s3_chunked_options options = {.decoded_size = 3, .on_data = receive, .user = &received};
    cr_assert_eq(decode(&chunked, &options, hr_slice_of("3\r\nabc\r\n0\r\n\r\n"), 0),
                 S3_EntityTooLarge);
}

/* ---- Signed chunks: a body of one repeated byte, as the examples of the S3 API Reference have it.
 */

struct signed_case {
    const char *name, *secret, *region, *timestamp, *seed, *trailer;
    char byte;
    size_t length, chunk_size;
    const char *const *signatures;
    size_t signature_count;
    const char *trailer_line, *trailer_signature;
};

static size_t write_wire(const struct signed_case *one, char *wire, size_t capacity) {
    size_t at = 0, left = one->length;
    for (size_t i = 0; i < one->signature_count; i++) {
        size_t size = left < one->chunk_size ? left : one->chunk_size;
        at += (size_t)snprintf(wire + at, capacity - at, "%zx;chunk-signature=%s\r\n", size,
                               one->signatures[i]);
        memset(wire + at, one->byte, size);
        at += size;
        left -= size;
        if (size > 0 || !one->trailer_line)
            at += (size_t)snprintf(wire + at, capacity - at, "\r\n");
    }
    if (one->trailer_line)
        at += (size_t)snprintf(wire + at, capacity - at, "%s\r\nx-amz-trailer-signature:%s\r\n\r\n",
                               one->trailer_line, one->trailer_signature);
    return at;
}

static enum s3_error verify(const struct signed_case *one, struct hr_slice wire, unsigned cut,
                            struct received *received) {
    struct hr_sigv4_options signing = {.region = hr_slice_of(one->region)};
    cr_assert_eq(hr_date_parse(hr_slice_of(one->timestamp), &signing.time_s), 0);
    hr_sigv4_stream *stream;
    cr_assert_eq(
        hr_sigv4_stream_new(hr_slice_of(one->secret), &signing, hr_slice_of(one->seed), &stream),
        0);
    static struct s3_chunked chunked;
    received->size = 0;
    struct s3_chunked_options options = {.has_trailer = one->trailer_line != NULL,
                                         .is_signed = stream != NULL,
                                         .stream = stream,
                                         .decoded_size = one->length,
                                         .on_data = receive,
                                         .user = received};
    enum s3_error error = decode(&chunked, &options, wire, cut);
    if (!error && one->trailer_line) cr_assert_eq(chunked.trailer_count, 1);
    hr_sigv4_stream_free(stream);
    return error;
}

/* The case as it is, cut in every way; and with one byte changed anywhere it must fail. */
static void run_case(const struct signed_case *one) {
    size_t capacity = one->length + 4096 + 200 * one->signature_count;
    char *wire = malloc(capacity);
    struct received received = {malloc(one->length + 1), 0, one->length};
    size_t size = write_wire(one, wire, capacity);
    for (unsigned cut = 0; cut < 4; cut++) {
        cr_assert_eq(verify(one, hr_slice_bytes(wire, size), cut, &received), S3_OK, "%s cut %u",
                     one->name, cut);
        cr_assert_eq(received.size, one->length);
        for (size_t i = 0; i < one->length; i++) cr_assert_eq(received.data[i], one->byte);
    }
    size_t step = size / 61 + 1;
    for (size_t at = 0; at < size; at += step) {
        if (wire[at] == '\r' || wire[at] == '\n') continue;
        wire[at] ^= 1;
        cr_assert_neq(verify(one, hr_slice_bytes(wire, size), 0, &received), S3_OK, "%s at %zu",
                      one->name, at);
        wire[at] ^= 1;
        cr_assert_neq(verify(one, hr_slice_bytes(wire, at), 0, &received), S3_OK,
                      "%s cut off at %zu", one->name, at);
    }
    free(wire);
    free(received.data);
}

static const char *const plain_signatures[] = {
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"};
static const char *const trailer_signatures[] = {
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"};

static const struct signed_case published = {
    .name = "without trailer",
    .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    .region = "us-east-1",
    .timestamp = "20130524T000000Z",
    .seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    .byte = 'a',
    .length = 66560,
    .chunk_size = 65536,
    .signatures = plain_signatures,
    .signature_count = 3,
};

/* The S3 API Reference, "Transferring Payload in Multiple Chunks". */
Test(chunked, published_example) {
    run_case(&published);
}

/* …and "Including Trailing Headers". */
Test(chunked, published_example_with_trailer) {
    struct signed_case one = published;
    one.name = "with trailer";
    one.seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    one.signatures = trailer_signatures;
    one.trailer_line = "x-amz-checksum-crc32c:sOO8/Q==";
    one.trailer_signature = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";
    run_case(&one);
    one.trailer_line = "x-amz-checksum-crc32c:sOO8/Q==\n"; /* an empty line before the signature */
    run_case(&one);
}

Test(chunked, cases_given) {
    json_t *cases = cases_load("sigv4/cases.given.jsonl"), *each;
    size_t index, count = 0;
    if (!cases) cr_skip_test("no sigv4 cases");
    json_array_foreach(cases, index, each) {
        if (strcmp(cases_text(each, "kind"), "chunked") != 0) continue;
        const json_t *context = json_object_get(each, "context"),
                     *request = json_object_get(each, "request");
        const json_t *expected = json_object_get(each, "expected"),
                     *body = json_object_get(request, "body");
        const json_t *chunks = json_object_get(expected, "chunks"),
                     *trailer = json_object_get(expected, "trailer");
        const char *signatures[64];
        size_t chunk_count = json_array_size(chunks);
        cr_assert_leq(chunk_count, 64);
        for (size_t i = 0; i < chunk_count; i++)
            signatures[i] = cases_text(json_array_get(chunks, i), "signature");
        char line[256] = "";
        if (trailer)
            snprintf(line, sizeof line, "%s:%s", cases_text(trailer, "header"),
                     cases_text(trailer, "value"));
        struct signed_case one = {
            .name = cases_text(each, "name"),
            .secret = cases_text(context, "secret_access_key"),
            .region = cases_text(context, "region"),
            .timestamp = cases_text(context, "timestamp"),
            .seed = cases_text(expected, "seed_signature"),
            .byte = cases_text(body, "repeat")[0],
            .length = (size_t)json_integer_value(json_object_get(body, "length")),
            .chunk_size = (size_t)json_integer_value(json_object_get(request, "chunk_size")),
            .signatures = signatures,
            .signature_count = chunk_count,
            .trailer_line = trailer ? line : NULL,
            .trailer_signature = trailer ? cases_text(trailer, "signature") : NULL,
        };
        run_case(&one);
        count++;
    }
    cr_assert_gt(count, 0);
    json_decref(cases);
}
