/* Numbers and UTF-8 out of text. */
#include <errno.h>

#include <headrace/text.h>

int hr_text_u64(struct hr_slice text, uint64_t max, uint64_t *value) {
    if (text.size == 0) return -EINVAL;
    uint64_t sum = 0;
    bool too_large = false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = (unsigned)(unsigned char)text.data[i] - '0';
        if (digit > 9) return -EINVAL;
        if (sum > (UINT64_MAX - digit) / 10)
            too_large = true;
        else
            sum = sum * 10 + digit;
    }
    if (too_large || sum > max) return -ERANGE;
    *value = sum;
    return 0;
}

static bool continues(unsigned char byte) {
    return (byte & 0xc0) == 0x80;
}

/* Unicode 15, table 3-7: well-formed UTF-8 byte sequences. */
size_t hr_utf8_next(const char *data, size_t size) {
    const unsigned char *byte = (const unsigned char *)data;
    if (size == 0) return 0;
    if (byte[0] < 0x80) return 1;
    if (byte[0] < 0xc2 || byte[0] > 0xf4) return 0;
    if (byte[0] < 0xe0) return size >= 2 && continues(byte[1]) ? 2 : 0;
    if (size < 3 || !continues(byte[1]) || !continues(byte[2])) return 0;
    if (byte[0] < 0xf0) {
        if (byte[0] == 0xe0 && byte[1] < 0xa0) return 0; /* overlong */
        if (byte[0] == 0xed && byte[1] > 0x9f) return 0; /* surrogate */
        return 3;
    }
    if (size < 4 || !continues(byte[3])) return 0;
    if (byte[0] == 0xf0 && byte[1] < 0x90) return 0; /* overlong */
    if (byte[0] == 0xf4 && byte[1] > 0x8f) return 0; /* above U+10FFFF */
    return 4;
}

bool hr_utf8_valid(struct hr_slice text) {
    while (text.size > 0) {
        size_t step = hr_utf8_next(text.data, text.size);
        if (step == 0) return false;
        text.data += step;
        text.size -= step;
    }
    return true;
}

size_t hr_text_copy(char *out, size_t capacity, struct hr_slice text) {
    size_t size = text.size;
    if (size >= capacity) {
        size = capacity - 1;
        /* Back to the start of the character that would be cut, at most three bytes. */
        for (unsigned step = 0; step < 3 && size > 0 && continues((unsigned char)text.data[size]);
             step++)
            size--;
    }
    if (size > 0) memcpy(out, text.data, size);
    out[size] = '\0';
    return size;
}

size_t hr_text_shorten(char *out, size_t capacity, struct hr_slice text) {
    static const char ellipsis[] = "\xe2\x80\xa6";
    if (text.size < capacity) return hr_text_copy(out, capacity, text);
    size_t size = hr_text_copy(out, capacity - (sizeof ellipsis - 1), text);
    memcpy(out + size, ellipsis, sizeof ellipsis);
    return size + sizeof ellipsis - 1;
}
