/* Documents with bytes that XML 1.0 has not. */
#include <stdint.h>
#include <string.h>

#include <headrace/text.h>

#include "xml_writer.h"

#define REFERENCE_MAX 12 /* bytes of "&#x0010FFFF;" */

static int digit_of(char byte, int base) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    int letter = (byte | 0x20) - 'a';
    return base == 16 && letter >= 0 && letter < 6 ? letter + 10 : -1;
}

static bool is_character(uint32_t point) {
    return point == 9 || point == 10 || point == 13 || (point >= 0x20 && point < 0xd800) ||
           (point >= 0xe000 && point < 0xfffe) || (point >= 0x10000 && point < 0x110000);
}

/* The bytes of a reference to a character that no document may have; 0: there is none. */
static size_t bad_reference(const char *at, size_t left) {
    if (left < 4 || at[0] != '&' || at[1] != '#') return 0;
    int base = at[2] == 'x' ? 16 : 10;
    uint32_t point = 0;
    size_t size = base == 16 ? 3 : 2;
    for (; size < left && size < REFERENCE_MAX && at[size] != ';'; size++) {
        int digit = digit_of(at[size], base);
        if (digit < 0 || point > 0x10ffff) return 0;
        point = point * (uint32_t)base + (uint32_t)digit;
    }
    bool ends = size < left && at[size] == ';';
    return ends && !is_character(point) ? size + 1 : 0;
}

void hr__xml_mend(char *data, size_t size) {
    for (size_t at = 0; at < size;) {
        size_t bad = bad_reference(data + at, size - at);
        size_t next = bad ? bad : hr_utf8_next(data + at, size - at);
        if (bad || next == 0 || !hr__xml_can_hold(hr_slice_bytes(data + at, next))) {
            next = next ? next : 1;
            memset(data + at, '?', next);
        }
        at += next;
    }
}
