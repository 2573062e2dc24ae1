/* Bytes of field values: each byte at each place of texts that are looked at in words and in bytes.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "chars.h"

#define SIZE_MAX_TRIED 27

/* field-vchar, SP, HTAB and obs-text of RFC 9110 5.5. */
static bool is_allowed(int byte) {
    return byte == 0x09 || (byte >= 0x20 && byte <= 0x7e) || byte >= 0x80;
}

static void try_byte(const char *around, size_t size, size_t at, int byte) {
    char text[SIZE_MAX_TRIED];
    memcpy(text, around, size);
    text[at] = (char)byte;
    cr_assert_eq(hr__http1_is_text(hr_slice_bytes(text, size)), is_allowed(byte),
                 "byte %#x at %zu of %zu", (unsigned)byte, at, size);
}

Test(chars, each_byte_at_each_place) {
    static const char *const around[] = {
        "aaaaaaaaaaaaaaaaaaaaaaaaaaa", "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t",
        "\x80\xff ~!\x80\xff ~!\x80\xff ~!\x80\xff ~!\x80\xff ~!\x80\xff"};
    for (size_t which = 0; which < sizeof around / sizeof around[0]; which++)
        for (size_t size = 1; size <= SIZE_MAX_TRIED; size++)
            for (size_t at = 0; at < size; at++)
                for (int byte = 0; byte < 256; byte++) try_byte(around[which], size, at, byte);
}

Test(chars, nothing_is_text) {
    cr_assert(hr__http1_is_text(hr_slice_bytes("", 0)));
}
