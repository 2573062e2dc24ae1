#include <criterion/criterion.h>
#include <ctype.h>
#include <errno.h>
#include <iconv.h>

#include <headrace/text.h>

static struct hr_slice s(const char *text) {
    return hr_slice_of(text);
}

Test(text, numbers_are_digits_and_nothing_else) {
    uint64_t value = 7;
    cr_assert_eq(hr_text_u64(s("0"), UINT64_MAX, &value), 0);
    cr_assert_eq(value, 0);
    cr_assert_eq(hr_text_u64(s("18446744073709551615"), UINT64_MAX, &value), 0);
    cr_assert_eq(value, UINT64_MAX);
    cr_assert_eq(hr_text_u64(s("18446744073709551616"), UINT64_MAX, &value), -ERANGE);
    cr_assert_eq(hr_text_u64(s("99999999999999999999999"), UINT64_MAX, &value), -ERANGE);
    cr_assert_eq(hr_text_u64(s("101"), 100, &value), -ERANGE);
    const char *bad[] = {
        "", " 1", "1 ", "+1", "-1", "0x1", "1.0", "1e3", "99999999999999999999999x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(hr_text_u64(s(bad[i]), UINT64_MAX, &value), -EINVAL, "%s", bad[i]);
    cr_assert_eq(value, UINT64_MAX, "untouched on error");
}

/* glibc's converter to UTF-32 refuses exactly what is not well formed. */
static bool iconv_accepts(iconv_t converter, const char *data, size_t size) {
    char out[64], *in_at = (char *)data, *out_at = out;
    size_t in_left = size, out_left = sizeof out;
    iconv(converter, NULL, NULL, NULL, NULL);
    return iconv(converter, &in_at, &in_left, &out_at, &out_left) != (size_t)-1 && in_left == 0;
}

Test(text, utf8_agrees_with_iconv_on_every_short_sequence) {
    iconv_t converter = iconv_open("UTF-32LE", "UTF-8");
    cr_assert_neq(converter, (iconv_t)-1);
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++) {
            char text[4] = {(char)a, (char)b, (char)0x80, (char)0xbf};
            for (size_t size = 1; size <= 4; size++)
                cr_assert_eq(hr_utf8_valid(hr_slice_bytes(text, size)),
                             iconv_accepts(converter, text, size), "%02x %02x 80 bf, %zu bytes", a,
                             b, size);
        }
    iconv_close(converter);
}

Test(text, copy_cuts_at_a_character) {
    char out[6];
    cr_assert_eq(hr_text_copy(out, sizeof out, s("abc")), 3);
    cr_assert_str_eq(out, "abc");
    cr_assert_eq(hr_text_copy(out, sizeof out, s("abcd\xc3\xa4")), 4);
    cr_assert_str_eq(out, "abcd");
    cr_assert_eq(hr_text_copy(out, sizeof out,
                              s("ab\xe2\x82\xac"
                                "c")),
                 5);
    cr_assert_str_eq(out, "ab\xe2\x82\xac");
    cr_assert_eq(hr_text_copy(out, 1, s("abc")), 0);
    cr_assert_str_eq(out, "");
}

Test(text, what_is_shortened_shows_it) {
    char out[8];
    cr_assert_eq(hr_text_shorten(out, sizeof out, s("1234567")), 7);
    cr_assert_str_eq(out, "1234567");
    cr_assert_eq(hr_text_shorten(out, sizeof out, s("12345678")), 7);
    cr_assert_str_eq(out, "1234\xe2\x80\xa6");
    cr_assert_eq(hr_text_shorten(out, sizeof out, s("123\xc3\xa4xxx")), 6);
    cr_assert_str_eq(out, "123\xe2\x80\xa6");
    cr_assert_eq(hr_text_shorten(out, 4, s("abcd")), 3);
    cr_assert_str_eq(out, "\xe2\x80\xa6");
}

/* Every pair of bytes, beside the C library's own comparison. */
Test(text, case_is_that_of_ascii_letters_alone) {
    for (unsigned pair = 0; pair < 65536; pair++) {
        char a[] = {'x', (char)(pair & 255)}, b[] = {'X', (char)(pair >> 8)};
        bool same = tolower((unsigned char)a[1]) == tolower((unsigned char)b[1]);
        cr_assert_eq(hr_slice_equal_nocase(hr_slice_bytes(a, 2), hr_slice_bytes(b, 2)), same, "%x",
                     pair);
    }
}
