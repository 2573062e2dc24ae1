/* Bytes of field values, names and targets: each byte at each place of texts that are looked at
 * sixteen bytes at once, against the grammar. */
#include <criterion/criterion.h>
#include <string.h>

#include <net/chars.h>

#define SIZE_MAX_TRIED 35

/* field-vchar, SP, HTAB and obs-text of RFC 9110 5.5. */
static bool is_allowed(int byte) {
    return byte == 0x09 || (byte >= 0x20 && byte <= 0x7e) || byte >= 0x80;
}

/* tchar of RFC 9110 5.6.2. */
static bool is_tchar(int byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

/* Visible, and not what begins a fragment. */
static bool is_of_target(int byte) {
    return byte > 0x20 && byte < 0x7f && byte != '#';
}

typedef bool (*text_check)(struct hr_slice text);
typedef bool (*byte_check)(int byte);

static void try_each(text_check check, byte_check expected, char around) {
    char text[SIZE_MAX_TRIED];
    for (size_t size = 1; size <= SIZE_MAX_TRIED; size++) {
        memset(text, around, size);
        for (size_t at = 0; at < size; at++) {
            for (int byte = 0; byte < 256; byte++) {
                text[at] = (char)byte;
                cr_assert_eq(check(hr_slice_bytes(text, size)), expected(byte),
                             "byte %#x at %zu of %zu", (unsigned)byte, at, size);
            }
            text[at] = around;
        }
    }
}

Test(chars, each_byte_at_each_place_of_a_text) {
    static const char around[] = "a\t\x80\xff ~!";
    for (size_t i = 0; i < sizeof around - 1; i++)
        try_each(hr__http1_is_text, is_allowed, around[i]);
}

Test(chars, each_byte_at_each_place_of_a_token) {
    static const char around[] = "azAZ09-_!~";
    for (size_t i = 0; i < sizeof around - 1; i++)
        try_each(hr__http1_is_token, is_tchar, around[i]);
}

Test(chars, each_byte_at_each_place_of_a_target) {
    static const char around[] = "a/?!~\"";
    for (size_t i = 0; i < sizeof around - 1; i++)
        try_each(hr__http1_is_target, is_of_target, around[i]);
}

Test(chars, nothing_is_neither_a_token_nor_a_target) {
    cr_assert_not(hr__http1_is_token(hr_slice_bytes("", 0)));
    cr_assert_not(hr__http1_is_target(hr_slice_bytes("", 0)));
}

Test(chars, nothing_is_text) {
    cr_assert(hr__http1_is_text(hr_slice_bytes("", 0)));
}
