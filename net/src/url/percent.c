/* Percent-encoding (RFC 3986 2.1). */
#include <errno.h>

#include <headrace/url.h>

static bool is_unreserved(unsigned char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

static int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

int hr_percent_encode(struct hr_slice bytes, enum hr_percent_set set, char *text, size_t capacity,
                      size_t *size) {
    static const char digits[] = "0123456789ABCDEF";
    size_t at = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        bool kept = is_unreserved(byte) || (set == HR_PERCENT_PATH && byte == '/');
        if (capacity - at < (kept ? 1u : 3u)) return -ENOBUFS;
        if (kept) {
            text[at++] = (char)byte;
            continue;
        }
        text[at++] = '%';
        text[at++] = digits[byte >> 4];
        text[at++] = digits[byte & 15];
    }
    *size = at;
    return 0;
}

int hr_percent_decode(struct hr_slice text, char *bytes, size_t capacity, size_t *size) {
    size_t at = 0;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        if (byte == '%') {
            if (text.size - i < 3) return -EINVAL;
            int high = hex_value(text.data[i + 1]), low = hex_value(text.data[i + 2]);
            if (high < 0 || low < 0) return -EINVAL;
            byte = (char)(high * 16 + low);
            i += 2;
        }
        if (at == capacity) return -ENOBUFS;
        bytes[at++] = byte;
    }
    *size = at;
    return 0;
}
