/* Numbers as text, without locale and without printf. */
#include <math.h>

#include "log_double.h"
#include "log_out.h"

static const char two_digits[] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";

static inline void put_two(char *out, uint32_t number) {
    memcpy(out, two_digits + 2 * (size_t)number, 2);
}

/* A number below 10^4, with leading zeros. */
static inline void put_four(char *out, uint32_t number) {
    uint32_t high = number / 100;
    put_two(out, high);
    put_two(out + 2, number - high * 100);
}

/* A number below 10^4. */
static inline char *put_up_to_four(char *out, uint32_t number) {
    uint32_t high = number / 100, low = number - high * 100;
    if (high >= 10) {
        put_two(out, high);
        out += 2;
    } else if (high > 0) {
        *out++ = (char)('0' + high);
    } else if (low < 10) {
        *out = (char)('0' + low);
        return out + 1;
    }
    put_two(out, low);
    return out + 2;
}

/* A number below 10^8. */
static inline char *put_up_to_eight(char *out, uint32_t number) {
    if (number < 10000) return put_up_to_four(out, number);
    uint32_t high = number / 10000;
    out = put_up_to_four(out, high);
    put_four(out, number - high * 10000);
    return out + 4;
}

/* A number below 10^8, with leading zeros. */
static inline char *put_eight(char *out, uint32_t number) {
    uint32_t high = number / 10000;
    put_four(out, high);
    put_four(out + 4, number - high * 10000);
    return out + 8;
}

/* Not inlined, as put_other. */
static __attribute__((noinline)) char *put_above_16_digits(char *out, uint64_t number) {
    uint64_t above = number / UINT64_C(10000000000000000);
    number -= above * UINT64_C(10000000000000000);
    out = put_up_to_four(out, (uint32_t)above);
    out = put_eight(out, (uint32_t)(number / 100000000));
    return put_eight(out, (uint32_t)(number % 100000000));
}

static inline char *put_u64(char *out, uint64_t number) {
    if (number < 100000000) return put_up_to_eight(out, (uint32_t)number);
    if (number >= UINT64_C(10000000000000000)) return put_above_16_digits(out, number);
    uint64_t above = number / 100000000;
    out = put_up_to_eight(out, (uint32_t)above);
    return put_eight(out, (uint32_t)(number - above * 100000000));
}

char *hr__log_put_u64(char *out, uint64_t number) {
    return put_u64(out, number);
}

char *hr__log_put_i64(char *out, int64_t number) {
    uint64_t positive = (uint64_t)number;
    if (number < 0) {
        *out++ = '-';
        positive = 0 - positive;
    }
    return put_u64(out, positive);
}

char *hr__log_put_decimals(char *out, uint64_t number, unsigned digits) {
    for (unsigned i = digits; i-- > 0; number /= 10) out[i] = (char)('0' + number % 10);
    return out + digits;
}

char *hr__log_put_hex(char *out, uint64_t number) {
    static const char digits[] = "0123456789abcdef";
    unsigned shift = 60;
    while (shift > 0 && !(number >> shift)) shift -= 4;
    *out++ = '0';
    *out++ = 'x';
    for (;; shift -= 4) {
        *out++ = digits[number >> shift & 15];
        if (shift == 0) return out;
    }
}

/* A number with at most three decimals, as most measured ones are: exact where the product is a
 * whole number below 2^53, and then `number` is the double nearest to that decimal fraction. */
static char *put_thousandths(char *out, double number) {
    double scaled = fabs(number) * 1000;
    if (!(scaled < 9e14)) return NULL;
    int64_t thousandths = (int64_t)scaled; /* signed: one instruction converts it */
    if ((double)thousandths != scaled || scaled / 1000 != fabs(number)) return NULL;
    if (signbit(number)) *out++ = '-';
    uint64_t whole = (uint64_t)thousandths / 1000;
    unsigned rest = (unsigned)((uint64_t)thousandths - whole * 1000), last = rest % 10;
    out = put_u64(out, whole);
    *out++ = '.';
    put_two(out, rest / 10);
    if (last) {
        out[2] = (char)('0' + last);
        return out + 3;
    }
    return out + 1 + (out[1] != '0');
}

/* As people and JavaScript write it: 0.000001, 123456.789, 1e21, 1.5e-7. */
static char *put_decimal(char *out, struct hr__log_decimal decimal) {
    char digits[20];
    int count = (int)(hr__log_put_u64(digits, decimal.significand) - digits);
    int point = count + decimal.exponent; /* digits in front of it */
    if (point > 21 || point < -5) {
        *out++ = digits[0];
        if (count > 1) *out++ = '.';
        out = hr__log_copy(out, digits + 1, (size_t)count - 1);
        *out++ = 'e';
        return hr__log_put_i64(out, point - 1);
    }
    if (point <= 0) {
        out = hr__log_copy(out, "0.", 2);
        for (; point < 0; point++) *out++ = '0';
        return hr__log_copy(out, digits, (size_t)count);
    }
    int whole = point < count ? point : count;
    out = hr__log_copy(out, digits, (size_t)whole);
    for (; whole < point; whole++) *out++ = '0';
    *out++ = '.';
    if (point >= count) *out++ = '0';
    return point < count ? hr__log_copy(out, digits + point, (size_t)(count - point)) : out;
}

/* Not inlined, so that the usual numbers do not save the registers that it needs. */
static __attribute__((noinline)) char *put_other(char *out, double number) {
    if (isnan(number)) return hr__log_copy(out, "nan", 3);
    if (isinf(number))
        return number < 0 ? hr__log_copy(out, "-inf", 4) : hr__log_copy(out, "inf", 3);
    if (signbit(number)) *out++ = '-';
    return put_decimal(out, hr__log_shortest(number));
}

char *hr__log_put_double(char *out, double number) {
    char *end = put_thousandths(out, number);
    return end ? end : put_other(out, number);
}
