/* Percent-encoding byte by byte (RFC 3986 2.1), for text that is written as it goes. */
#ifndef HR_NET_PERCENT_H
#define HR_NET_PERCENT_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/url.h>

/* Of each byte one bit a set: whether it stands for itself. */
extern const uint8_t hr__percent_kept_in[256];
extern const char hr__percent_digits[16];

static inline bool hr__percent_kept(unsigned char byte, enum hr_percent_set set) {
    return (hr__percent_kept_in[byte] & 1u << set) != 0;
}

/* "%XX" */
static inline void hr__percent_put(char out[3], unsigned char byte) {
    out[0] = '%';
    out[1] = hr__percent_digits[byte >> 4];
    out[2] = hr__percent_digits[byte & 15];
}

static inline int hr__percent_digit(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    char lower = (char)(digit | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The byte that two hexadecimal digits stand for; negative where they are none. */
static inline int hr__percent_byte(const char digits[2]) {
    int high = hr__percent_digit(digits[0]), low = hr__percent_digit(digits[1]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

#endif
