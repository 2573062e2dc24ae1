#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include <headrace/encode.h>
#include <headrace/url.h>

#include "cases.h"

static bool encodes(struct hr_slice bytes, enum hr_percent_set set, struct hr_slice wanted) {
    char text[1024];
    ssize_t size = hr_percent_encode(bytes, set, text, sizeof text);
    return size >= 0 && hr_slice_equal(hr_slice_bytes(text, (size_t)size), wanted);
}

static bool decodes_as_given(const json_t *one) {
    char bytes[1024], wanted[1024];
    ssize_t size = hr_percent_decode(cases_slice(one, "decode"), bytes, sizeof bytes);
    if (!cases_text(one, "decoded_b64")) return size == -EINVAL;
    ssize_t wanted_size = hr_base64_decode(cases_slice(one, "decoded_b64"), wanted, sizeof wanted);
    return size == wanted_size && memcmp(bytes, wanted, (size_t)size) == 0;
}

static bool encodes_as_given(const json_t *one) {
    char bytes[1024], again[1024];
    ssize_t size = hr_base64_decode(cases_slice(one, "bytes_b64"), bytes, sizeof bytes);
    cr_assert_geq(size, 0);
    struct hr_slice slice = hr_slice_bytes(bytes, (size_t)size);
    ssize_t back = hr_percent_decode(cases_slice(one, "strict"), again, sizeof again);
    return encodes(slice, HR_PERCENT_STRICT, cases_slice(one, "strict")) &&
           encodes(slice, HR_PERCENT_PATH, cases_slice(one, "path")) && back == size &&
           memcmp(bytes, again, (size_t)size) == 0;
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

Test(percent, each_byte_comes_back) {
    for (unsigned byte = 0; byte < 256; byte++) {
        char in = (char)byte, text[3], out;
        for (enum hr_percent_set set = HR_PERCENT_STRICT; set <= HR_PERCENT_PATH; set++) {
            ssize_t size = hr_percent_encode(hr_slice_bytes(&in, 1), set, text, sizeof text);
            cr_assert(size == 1 || size == 3, "%u", byte);
            cr_assert_eq(hr_percent_decode(hr_slice_bytes(text, (size_t)size), &out, 1), 1);
            cr_assert_eq(out, in);
        }
    }
}

Test(percent, no_room) {
    char text[8] = "";
    cr_assert_eq(hr_percent_encode(hr_slice_of("a/b"), HR_PERCENT_STRICT, text, 5), 5);
    cr_assert_eq(hr_percent_encode(hr_slice_of("a/b"), HR_PERCENT_STRICT, text, 4), -ENOBUFS);
    cr_assert_eq(hr_percent_encode(hr_slice_of("a/b"), HR_PERCENT_STRICT, text, 3), -ENOBUFS);
    cr_assert_eq(hr_percent_encode(hr_slice_of("a/b"), HR_PERCENT_PATH, text, 3), 3);
    cr_assert_eq(hr_percent_encode(hr_slice_of(""), HR_PERCENT_PATH, NULL, 0), 0);
    cr_assert_eq(hr_percent_decode(hr_slice_of("%41b"), text, 2), 2);
    cr_assert_eq(hr_percent_decode(hr_slice_of("%41b"), text, 1), -ENOBUFS);
    cr_assert_eq(hr_percent_decode(hr_slice_of(""), NULL, 0), 0);
}

Test(percent, malformed) {
    static const char *const texts[] = {"%", "%4", "a%", "%4g", "%g4", "%%41", "% 1", "%+1", "%0x"};
    char out[16];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert_eq(hr_percent_decode(hr_slice_of(texts[i]), out, sizeof out), -EINVAL, "%s",
                     texts[i]);
    cr_assert_eq(hr_percent_decode(hr_slice_of("a+b"), out, sizeof out), 3);
    cr_assert_eq(out[1], '+');
}
