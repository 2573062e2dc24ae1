#include <criterion/criterion.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include <headrace/encode.h>
#include <headrace/url.h>

#include "cases.h"

static bool encodes(struct hr_slice bytes, enum hr_percent_set set, struct hr_slice wanted) {
    char text[1024];
    size_t size;
    int err = hr_percent_encode(bytes, set, text, sizeof text, &size);
    return !err && hr_slice_equal(hr_slice_bytes(text, size), wanted);
}

static bool decodes_as_given(const json_t *one) {
    char bytes[1024], wanted[1024];
    size_t size, wanted_size;
    int err = hr_percent_decode(cases_slice(one, "decode"), bytes, sizeof bytes, &size);
    if (!cases_text(one, "decoded_b64")) return err == -EINVAL;
    struct hr_slice base64 = cases_slice(one, "decoded_b64");
    cr_assert_eq(hr_base64_decode(base64, wanted, sizeof wanted, &wanted_size), 0);
    return !err && size == wanted_size && memcmp(bytes, wanted, size) == 0;
}

static bool encodes_as_given(const json_t *one) {
    char bytes[1024], again[1024];
    size_t size, back;
    struct hr_slice base64 = cases_slice(one, "bytes_b64");
    cr_assert_eq(hr_base64_decode(base64, bytes, sizeof bytes, &size), 0);
    struct hr_slice slice = hr_slice_bytes(bytes, size);
    int err = hr_percent_decode(cases_slice(one, "strict"), again, sizeof again, &back);
    return encodes(slice, HR_PERCENT_STRICT, cases_slice(one, "strict")) &&
           encodes(slice, HR_PERCENT_PATH, cases_slice(one, "path")) && !err && back == size &&
           memcmp(bytes, again, size) == 0;
}

Test(percent, cases) {
    json_t *cases = cases_load("url/percent.given.jsonl"), *one;
    size_t i, passed = 0;
    if (!cases) cr_skip_test("no cases: set HR_CASES");
    json_array_foreach(cases, i, one) {
        bool good = cases_text(one, "decode") ? decodes_as_given(one) : encodes_as_given(one);
        cr_expect(good, "%s", cases_text(one, "name"));
        passed += good;
    }
    fprintf(stderr, "percent cases: %zu of %zu\n", passed, json_array_size(cases));
    cr_expect_gt(passed, 100);
    json_decref(cases);
}

/* Not the table, but RFC 3986 2.3, and what each set adds to it. */
static bool is_kept(int byte, enum hr_percent_set set) {
    if (set == HR_PERCENT_ASCII) return byte < 0x80;
    return isalnum(byte) || (byte && strchr("-._~", byte)) ||
           (set == HR_PERCENT_PATH && byte == '/');
}

Test(percent, each_byte_at_each_place_of_a_text) {
    char in[35], wanted[sizeof in + 3], text[sizeof wanted];
    memset(in, 'k', sizeof in);
    for (enum hr_percent_set set = HR_PERCENT_STRICT; set <= HR_PERCENT_ASCII; set++)
        for (size_t size = 1; size <= sizeof in; size++)
            for (size_t at = 0; at < size; at++) {
                for (int byte = 0; byte < 256; byte++) {
                    size_t written, tail = size - at - 1;
                    int head = snprintf(wanted, sizeof wanted, "%.*s", (int)at, in);
                    if (is_kept(byte, set))
                        wanted[head++] = (char)byte;
                    else
                        head += snprintf(wanted + head, 4, "%%%02X", (unsigned)byte);
                    memset(wanted + head, 'k', tail);
                    in[at] = (char)byte;
                    cr_assert_eq(hr_percent_encode(hr_slice_bytes(in, size), set, text,
                                                   (size_t)head + tail, &written),
                                 0);
                    cr_assert(hr_slice_equal(hr_slice_bytes(text, written),
                                             hr_slice_bytes(wanted, (size_t)head + tail)),
                              "%#x at %zu of %zu", (unsigned)byte, at, size);
                    cr_assert_eq(hr_percent_encode(hr_slice_bytes(in, size), set, text,
                                                   (size_t)head + tail - 1, &written),
                                 -ENOBUFS);
                }
                in[at] = 'k';
            }
}

Test(percent, each_byte_comes_back) {
    for (unsigned byte = 0; byte < 256; byte++) {
        char in = (char)byte, text[3], out;
        for (enum hr_percent_set set = HR_PERCENT_STRICT; set <= HR_PERCENT_PATH; set++) {
            size_t size, back;
            cr_assert_eq(hr_percent_encode(hr_slice_bytes(&in, 1), set, text, sizeof text, &size),
                         0);
            cr_assert(size == 1 || size == 3, "%u", byte);
            cr_assert_eq(hr_percent_decode(hr_slice_bytes(text, size), &out, 1, &back), 0);
            cr_assert(back == 1 && out == in);
        }
    }
}

/* The length, or the error. */
static long encoded(const char *bytes, enum hr_percent_set set, char *text, size_t capacity) {
    size_t size = 99;
    int err = hr_percent_encode(hr_slice_of(bytes), set, text, capacity, &size);
    if (err) cr_assert_eq(size, 99); /* untouched */
    return err ? err : (long)size;
}

static long decoded(const char *text, char *bytes, size_t capacity) {
    size_t size = 99;
    int err = hr_percent_decode(hr_slice_of(text), bytes, capacity, &size);
    if (err) cr_assert_eq(size, 99);
    return err ? err : (long)size;
}

Test(percent, no_room) {
    char text[8] = "";
    cr_assert_eq(encoded("a/b", HR_PERCENT_STRICT, text, 5), 5);
    cr_assert_eq(encoded("a/b", HR_PERCENT_STRICT, text, 4), -ENOBUFS);
    cr_assert_eq(encoded("a/b", HR_PERCENT_STRICT, text, 3), -ENOBUFS);
    cr_assert_eq(encoded("a/b", HR_PERCENT_PATH, text, 3), 3);
    cr_assert_eq(encoded("", HR_PERCENT_PATH, NULL, 0), 0);
    cr_assert_eq(decoded("%41b", text, 2), 2);
    cr_assert_eq(decoded("%41b", text, 1), -ENOBUFS);
    cr_assert_eq(decoded("", NULL, 0), 0);
}

Test(percent, malformed) {
    static const char *const texts[] = {"%", "%4", "a%", "%4g", "%g4", "%%41", "% 1", "%+1", "%0x"};
    char out[16];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert_eq(decoded(texts[i], out, sizeof out), -EINVAL, "%s", texts[i]);
    cr_assert_eq(decoded("a+b", out, sizeof out), 3);
    cr_assert_eq(out[1], '+');
}

/* AWS's UriEncode. */
Test(percent, as_the_signature_wants_it) {
    cr_assert(encodes(hr_slice_bytes("a/ \0~", 5), HR_PERCENT_PATH, hr_slice_of("a/%20%00~")));
    cr_assert(encodes(hr_slice_of("/\xff"), HR_PERCENT_STRICT, hr_slice_of("%2F%FF")));
    cr_assert(encodes(hr_slice_of("-._~+*"), HR_PERCENT_STRICT, hr_slice_of("-._~%2B%2A")));
}

Test(percent, beyond_ascii_alone) {
    for (unsigned byte = 0; byte < 256; byte++) {
        char in = (char)byte, text[4];
        snprintf(text, sizeof text, "%%%02X", byte);
        cr_assert(encodes(hr_slice_bytes(&in, 1), HR_PERCENT_ASCII,
                          byte < 0x80 ? hr_slice_bytes(&in, 1) : hr_slice_of(text)),
                  "%u", byte);
    }
}

Test(percent, decodes_in_place) {
    char text[] = "a%20b%2Fc";
    size_t size;
    cr_assert_eq(hr_percent_decode(hr_slice_of(text), text, sizeof text, &size), 0);
    cr_assert_eq(size, 5);
    cr_assert_arr_eq(text, "a b/c", 5);
}
