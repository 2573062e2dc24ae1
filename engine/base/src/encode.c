/* Hex and base64. */
#include <errno.h>
#include <string.h>

#include <base/lanes.h>
#include <headrace/encode.h>

typedef uint8_t eight_bytes __attribute__((vector_size(8)));
typedef uint16_t eight_pairs __attribute__((vector_size(16)));

/* Of a pair of digits as a number: how far up the first and the second in memory are. */
enum { FIRST = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 8, SECOND = 8 - FIRST };

static void put_digits_of_eight(const uint8_t *bytes, char *out) {
    eight_bytes in;
    memcpy(&in, bytes, sizeof in);
    eight_pairs pairs = __builtin_convertvector(in, eight_pairs);
    hr_lanes digits = (hr_lanes)((pairs >> 4) << FIRST | (pairs & 15) << SECOND);
    digits += '0' + ((hr_lanes)(digits > 9) & ('a' - '9' - 1));
    memcpy(out, &digits, sizeof digits);
}

void hr_hex_encode(const void *data, size_t size, char *out) {
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    size_t i = 0;
    for (; size - i >= 8; i += 8) put_digits_of_eight(bytes + i, out + 2 * i);
    for (; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

int hr_hex_decode(struct hr_slice text, void *out, size_t capacity, size_t *size) {
    uint8_t *bytes = out;
    if (text.size % 2 != 0) return -EINVAL;
    if (text.size / 2 > capacity) return -ENOBUFS;
    for (size_t i = 0; i < text.size; i += 2) {
        int high = hex_digit(text.data[i]), low = hex_digit(text.data[i + 1]);
        if (high < 0 || low < 0) return -EINVAL;
        bytes[i / 2] = (uint8_t)(high << 4 | low);
    }
    *size = text.size / 2;
    return 0;
}

void hr_base64_encode(const void *data, size_t size, char *out) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *bytes = data;
    for (; size > 0; out += 4) {
        size_t step = size < 3 ? size : 3;
        uint32_t group = (uint32_t)bytes[0] << 16;
        if (step > 1) group |= (uint32_t)bytes[1] << 8;
        if (step > 2) group |= bytes[2];
        out[0] = letters[group >> 18];
        out[1] = letters[group >> 12 & 63];
        out[2] = step > 1 ? letters[group >> 6 & 63] : '=';
        out[3] = step > 2 ? letters[group & 63] : '=';
        bytes += step;
        size -= step;
    }
}

static int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    if (c == '/') return 63;
    return -1;
}

int hr_base64_decode(struct hr_slice text, void *out, size_t capacity, size_t *size) {
    uint8_t *bytes = out;
    if (text.size % 4 != 0) return -EINVAL;
    size_t padding = 0;
    while (padding < 2 && padding < text.size && text.data[text.size - 1 - padding] == '=')
        padding++;
    size_t wanted = text.size / 4 * 3 - padding;
    if (wanted > capacity) return -ENOBUFS;
    uint32_t group = 0;
    size_t written = 0;
    for (size_t i = 0; i < text.size; i++) {
        int digit = i >= text.size - padding ? 0 : base64_digit(text.data[i]);
        if (digit < 0) return -EINVAL;
        group = group << 6 | (uint32_t)digit;
        if (i % 4 != 3) continue;
        for (int shift = 16; shift >= 0; shift -= 8) {
            uint8_t byte = (uint8_t)(group >> shift);
            if (written < wanted)
                bytes[written++] = byte;
            else if (byte != 0)
                return -EINVAL; /* bits that no encoder leaves behind */
        }
        group = 0;
    }
    *size = wanted;
    return 0;
}
