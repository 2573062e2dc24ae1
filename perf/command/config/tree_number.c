/* Digits are moved, never computed with, but for those of base 8 and 16. */
#include "tree_number.h"

#include <inttypes.h>
#include <string.h>

#include "tree_value.h"

#define LIMB_BASE UINT64_C(1000000000)
/* 256 digits of base 16 are 309 of base 10. */
#define LIMBS_MAX 36

static bool has_sign(struct hr_slice text) {
    return text.size > 0 && (text.data[0] == '-' || text.data[0] == '+');
}

const char *tree_number_special(struct hr_slice text) {
    size_t sign = has_sign(text);
    if (text.size < sign + 2 || text.data[sign] != '.') return NULL;
    char letter = (char)(text.data[sign + 1] | 0x20);
    if (letter == 'n') return ".nan";
    if (letter != 'i') return NULL;
    return text.data[0] == '-' ? "-.inf" : ".inf";
}

/* ---- Base 8 and 16. */

static unsigned digit_of(char byte) {
    return byte <= '9' ? (unsigned)(byte - '0') : (unsigned)((byte | 0x20) - 'a' + 10);
}

static bool put_based(FILE *out, struct hr_slice digits, unsigned base) {
    uint64_t limbs[LIMBS_MAX] = {0};
    size_t count = 1;
    if (digits.size > TREE_BASED_DIGITS_MAX) return false;
    for (size_t i = 0; i < digits.size; i++) {
        uint64_t carry = digit_of(digits.data[i]);
        for (size_t j = 0; j < count; j++) {
            carry += limbs[j] * base;
            limbs[j] = carry % LIMB_BASE;
            carry /= LIMB_BASE;
        }
        if (carry) limbs[count++] = carry;
    }
    fprintf(out, "%" PRIu64, limbs[count - 1]);
    while (--count > 0) fprintf(out, "%09" PRIu64, limbs[count - 1]);
    return true;
}

/* ---- Base 10. */

static struct hr_slice cut_digits(struct hr_slice *text) {
    struct hr_slice digits = *text;
    digits.size = 0;
    while (digits.size < text->size && digits.data[digits.size] >= '0' &&
           digits.data[digits.size] <= '9')
        digits.size++;
    *text = hr_slice_bytes(text->data + digits.size, text->size - digits.size);
    return digits;
}

static void put(FILE *out, struct hr_slice text, const char *otherwise) {
    if (text.size > 0)
        fwrite(text.data, 1, text.size, out);
    else
        fputs(otherwise, out);
}

/* JSON has no sign +, no zeros in front, and digits on both sides of a point. */
static void put_decimal(FILE *out, struct hr_slice text) {
    if (text.data[0] == '-') fputc('-', out);
    size_t sign = has_sign(text);
    struct hr_slice rest = hr_slice_bytes(text.data + sign, text.size - sign);
    struct hr_slice whole = cut_digits(&rest);
    while (whole.size > 1 && whole.data[0] == '0')
        whole = hr_slice_bytes(whole.data + 1, whole.size - 1);
    put(out, whole, "0");
    if (rest.size > 0 && rest.data[0] == '.') {
        rest = hr_slice_bytes(rest.data + 1, rest.size - 1);
        fputc('.', out);
        put(out, cut_digits(&rest), "0");
    }
    put(out, rest, "");
}

bool tree_number_put(FILE *out, struct hr_slice text) {
    unsigned base = 10;
    if (text.size > 2 && text.data[0] == '0' && text.data[1] == 'o') base = 8;
    if (text.size > 2 && text.data[0] == '0' && text.data[1] == 'x') base = 16;
    if (base != 10) return put_based(out, hr_slice_bytes(text.data + 2, text.size - 2), base);
    put_decimal(out, text);
    return true;
}
