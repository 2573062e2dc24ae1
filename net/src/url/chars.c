/* Which bytes may stand where in an HTTP/1.1 message (RFC 9110 5.5 and 5.6.2, RFC 9112 3.2). */
#include <string.h>

#include "chars.h"

#define ALL    (HR_CHAR_TOKEN | HR_CHAR_TEXT | HR_CHAR_TARGET)
#define NAMING (HR_CHAR_TOKEN | HR_CHAR_TEXT)
#define SIGN   (HR_CHAR_TEXT | HR_CHAR_TARGET)

const uint8_t hr__http1_chars[256] = {
    ['\t'] = HR_CHAR_TEXT, [' '] = HR_CHAR_TEXT, ['!'] = ALL,
    ['"'] = SIGN,          ['#'] = NAMING,       ['$' ... '\''] = ALL,
    ['(' ... ')'] = SIGN,  ['*' ... '+'] = ALL,  [','] = SIGN,
    ['-' ... '.'] = ALL,   ['/'] = SIGN,         ['0' ... '9'] = ALL,
    [':' ... '@'] = SIGN,  ['A' ... 'Z'] = ALL,  ['[' ... ']'] = SIGN,
    ['^' ... 'z'] = ALL,   ['{'] = SIGN,         ['|'] = ALL,
    ['}'] = SIGN,          ['~'] = ALL,          [0x80 ... 0xff] = HR_CHAR_TEXT,
};

bool hr__http1_is_token(struct hr_slice text) {
    return text.size > 0 && text.data && hr__http1_span(text, HR_CHAR_TOKEN) == text.size;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight bytes at once: whether one of them is below a blank, or DEL. */
static bool has_control(uint64_t word) {
    uint64_t delete = word ^ EACH(0x7f);
    uint64_t below = (word - EACH(' ')) & ~word;
    return ((below | ((delete - EACH(1)) & ~delete)) & EACH(0x80)) != 0;
}

/* The last word may overlap the one before it. */
bool hr__http1_is_text(struct hr_slice text) {
    uint64_t word;
    size_t at = 0;
    while (text.size >= sizeof word && at < text.size) {
        if (at > text.size - sizeof word) at = text.size - sizeof word;
        memcpy(&word, text.data + at, sizeof word);
        if (has_control(word)) break; /* a TAB is none that matters */
        at += sizeof word;
    }
    struct hr_slice rest = hr_slice_bytes(text.data + at, text.size - at);
    return hr__http1_span(rest, HR_CHAR_TEXT) == rest.size;
}

bool hr__http1_is_field_value(struct hr_slice text) {
    if (text.size == 0) return true;
    if (!text.data) return false;
    if (hr__http1_is_blank(text.data[0]) || hr__http1_is_blank(text.data[text.size - 1]))
        return false;
    return hr__http1_is_text(text);
}

bool hr__http1_is_target(struct hr_slice text) {
    return text.size > 0 && hr__http1_span(text, HR_CHAR_TARGET) == text.size;
}
