/* Which type a plain scalar has, and its value. */
#include "config_scalar.h"

#include <assert.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

static bool is_one_of(struct hr_slice text, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (hr_slice_equal(text, hr_slice_of(words[i]))) return true;
    return false;
}

#define IS_ONE_OF(text, ...)                                                                       \
    is_one_of(text, (const char *const[]){__VA_ARGS__},                                            \
              sizeof(const char *const[]){__VA_ARGS__} / sizeof(const char *))

static size_t digits_at(struct hr_slice text, size_t at) {
    size_t size = 0;
    while (at + size < text.size && text.data[at + size] >= '0' && text.data[at + size] <= '9')
        size++;
    return size;
}

static int digit_of(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return 16;
}

/* "0o17" and "0xff", which have no sign: 8 or 16, else 10. */
static int base_of(struct hr_slice text) {
    if (text.size < 3 || text.data[0] != '0') return 10;
    return text.data[1] == 'o' ? 8 : text.data[1] == 'x' ? 16 : 10;
}

static bool is_based(struct hr_slice text, int base) {
    for (size_t i = 2; i < text.size; i++)
        if (digit_of(text.data[i]) >= base) return false;
    return true;
}

static size_t sign_of(struct hr_slice text) {
    return text.data[0] == '-' || text.data[0] == '+';
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static enum hr_config_type decimal_type(struct hr_slice text) {
    size_t at = sign_of(text), whole = digits_at(text, at), part = 0;
    at += whole;
    bool point = at < text.size && text.data[at] == '.';
    if (point) at += 1 + (part = digits_at(text, at + 1));
    if (whole + part == 0) return HR_CONFIG_STRING;
    if (at == text.size) return point ? HR_CONFIG_FLOAT : HR_CONFIG_INT;
    if (text.data[at] != 'e' && text.data[at] != 'E') return HR_CONFIG_STRING;
    at++;
    if (at < text.size && (text.data[at] == '-' || text.data[at] == '+')) at++;
    size_t exponent = digits_at(text, at);
    return exponent > 0 && at + exponent == text.size ? HR_CONFIG_FLOAT : HR_CONFIG_STRING;
}

static enum hr_config_type number_type(struct hr_slice text) {
    int base = base_of(text);
    if (base != 10) return is_based(text, base) ? HR_CONFIG_INT : HR_CONFIG_STRING;
    size_t sign = sign_of(text);
    struct hr_slice rest = hr_slice_bytes(text.data + sign, text.size - sign);
    if (IS_ONE_OF(rest, ".inf", ".Inf", ".INF")) return HR_CONFIG_FLOAT;
    if (IS_ONE_OF(text, ".nan", ".NaN", ".NAN")) return HR_CONFIG_FLOAT;
    return decimal_type(text);
}

enum hr_config_type hr__config_resolve(struct hr_slice text) {
    if (text.size == 0) return HR_CONFIG_NULL;
    switch (text.data[0]) {
    case '~':
        return text.size == 1 ? HR_CONFIG_NULL : HR_CONFIG_STRING;
    case 'n':
    case 'N':
        return IS_ONE_OF(text, "null", "Null", "NULL") ? HR_CONFIG_NULL : HR_CONFIG_STRING;
    case 't':
    case 'T':
        return IS_ONE_OF(text, "true", "True", "TRUE") ? HR_CONFIG_BOOL : HR_CONFIG_STRING;
    case 'f':
    case 'F':
        return IS_ONE_OF(text, "false", "False", "FALSE") ? HR_CONFIG_BOOL : HR_CONFIG_STRING;
    case '0' ... '9':
    case '-':
    case '+':
    case '.':
        return number_type(text);
    default:
        return HR_CONFIG_STRING;
    }
}

bool hr__config_is_true(struct hr_slice text) {
    return text.size == 4;
}

int hr__config_integer(struct hr_slice text, bool *negative, uint64_t *magnitude) {
    assert(text.size > 0);
    int base = base_of(text);
    uint64_t value = 0;
    *negative = text.data[0] == '-';
    for (size_t i = base == 10 ? sign_of(text) : 2; i < text.size; i++) {
        uint64_t digit = (uint64_t)digit_of(text.data[i]), times = (uint64_t)base;
        if (__builtin_mul_overflow(value, times, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return -ERANGE;
    }
    *magnitude = value;
    return 0;
}

/* The "C" locale needs no memory. */
static double read_double(const char *text) {
    static locale_t plain;
    locale_t locale = __atomic_load_n(&plain, __ATOMIC_ACQUIRE);
    if (!locale) {
        locale = newlocale(LC_ALL_MASK, "C", NULL);
        __atomic_store_n(&plain, locale, __ATOMIC_RELEASE);
    }
    return strtod_l(text, NULL, locale);
}

static int based_float(struct hr_slice text, double *value) {
    bool negative;
    uint64_t magnitude;
    int err = hr__config_integer(text, &negative, &magnitude);
    if (!err) *value = (double)magnitude;
    return err;
}

int hr__config_float(struct hr_slice text, double *value) {
    size_t sign = sign_of(text);
    const char *rest = text.data + sign;
    if (base_of(text) != 10) return based_float(text, value);
    if (rest[0] == '.' && (rest[1] | 0x20) == 'i') {
        *value = text.data[0] == '-' ? -INFINITY : INFINITY;
        return 0;
    }
    double read = rest[0] == '.' && (rest[1] | 0x20) == 'n' ? (double)NAN : read_double(text.data);
    if (isinf(read)) return -ERANGE;
    *value = read;
    return 0;
}

/* ---- YAML 1.1. */

static bool is_sexagesimal(struct hr_slice text) {
    size_t at = sign_of(text), parts = 0, digits;
    while ((digits = digits_at(text, at)) > 0) {
        parts++;
        at += digits;
        if (at == text.size || text.data[at] == '.') return parts > 1;
        if (text.data[at++] != ':') return false;
    }
    return false;
}

static bool is_date(struct hr_slice text) {
    return text.size >= 10 && digits_at(text, 0) == 4 && text.data[4] == '-' &&
           digits_at(text, 5) == 2 && text.data[7] == '-' && digits_at(text, 8) == 2;
}

static bool is_octal(struct hr_slice text) {
    size_t sign = sign_of(text);
    if (text.size < sign + 2 || text.data[sign] != '0') return false;
    for (size_t i = sign; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '7') return false;
    return true;
}

const char *hr__config_old_meaning(struct hr_slice text) {
    if (text.size == 0) return NULL;
    static const char *const words[] = {"y", "n", "yes", "no", "on", "off"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (hr_slice_equal_nocase(text, hr_slice_of(words[i]))) return "a boolean";
    if (is_octal(text)) return "an octal number";
    if (is_sexagesimal(text)) return "a number of base 60";
    return is_date(text) ? "a date" : NULL;
}
