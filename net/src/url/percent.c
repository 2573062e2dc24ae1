/* Percent-encoding (RFC 3986 2.1). */
#include <errno.h>

#include <base/lanes.h>
#include <net/percent.h>

enum {
    STRICT = 1 << HR_PERCENT_STRICT,
    PATH = 1 << HR_PERCENT_PATH,
    ASCII = 1 << HR_PERCENT_ASCII,
    ALL = STRICT | PATH | ASCII,
};

const uint8_t hr__percent_kept_in[256] = {
    [0 ... ','] = ASCII,   ['-' ... '.'] = ALL, ['/'] = PATH | ASCII,  ['0' ... '9'] = ALL,
    [':' ... '@'] = ASCII, ['A' ... 'Z'] = ALL, ['[' ... '^'] = ASCII, ['_'] = ALL,
    ['`'] = ASCII,         ['a' ... 'z'] = ALL, ['{' ... '}'] = ASCII, ['~'] = ALL,
    [0x7f] = ASCII,
};

const char hr__percent_digits[16] = {'0', '1', '2', '3', '4', '5', '6', '7',
                                     '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'};

/* Bytes that may not stand for themselves in some set: all but letters, digits and "-._". */
static hr_lanes_mask is_unusual(hr_lanes lanes) {
    hr_lanes_mask letter = (lanes | 0x20) - 'a' <= 'z' - 'a', digit = lanes - '0' <= 9;
    return ~(letter | digit | (lanes == '-') | (lanes == '.') | (lanes == '_'));
}

static hr_lanes_mask is_unusual_in_path(hr_lanes lanes) {
    return is_unusual(lanes) & (lanes != '/');
}

static bool is_usual(struct hr_slice bytes, enum hr_percent_set set) {
    return set == HR_PERCENT_STRICT ? hr__lanes_none(bytes, is_unusual)
                                    : hr__lanes_none(bytes, is_unusual_in_path);
}

int hr_percent_encode(struct hr_slice bytes, enum hr_percent_set set, char *text, size_t capacity,
                      size_t *size) {
    size_t at = 0;
    if (bytes.size <= capacity && is_usual(bytes, set)) {
        if (bytes.size > 0) memcpy(text, bytes.data, bytes.size);
        *size = bytes.size;
        return 0;
    }
    for (size_t i = 0; i < bytes.size; i++) {
        size_t first = i; /* most texts are one stretch of kept bytes */
        while (i < bytes.size && hr__percent_kept((unsigned char)bytes.data[i], set)) i++;
        if (capacity - at < i - first) return -ENOBUFS;
        if (i > first) memcpy(text + at, bytes.data + first, i - first);
        at += i - first;
        if (i == bytes.size) break;
        if (capacity - at < 3) return -ENOBUFS;
        hr__percent_put(text + at, (unsigned char)bytes.data[i]);
        at += 3;
    }
    *size = at;
    return 0;
}

int hr_percent_decode(struct hr_slice text, char *bytes, size_t capacity, size_t *size) {
    size_t at = 0;
    for (size_t i = 0; i < text.size; i++) {
        int byte = (unsigned char)text.data[i];
        if (byte == '%') {
            if (text.size - i < 3) return -EINVAL;
            byte = hr__percent_byte(text.data + i + 1);
            if (byte < 0) return -EINVAL;
            i += 2;
        }
        if (at == capacity) return -ENOBUFS;
        bytes[at++] = (char)byte;
    }
    *size = at;
    return 0;
}
