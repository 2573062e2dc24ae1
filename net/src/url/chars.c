/* Which bytes may stand where in an HTTP/1.1 message (RFC 9110 5.5 and 5.6.2, RFC 9112 3.2). */
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

bool hr__http1_is_field_value(struct hr_slice text) {
    if (text.size == 0) return true;
    if (!text.data) return false;
    if (hr__http1_is_blank(text.data[0]) || hr__http1_is_blank(text.data[text.size - 1]))
        return false;
    return hr__http1_span(text, HR_CHAR_TEXT) == text.size;
}

bool hr__http1_is_target(struct hr_slice text) {
    return text.size > 0 && hr__http1_span(text, HR_CHAR_TARGET) == text.size;
}
