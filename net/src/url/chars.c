/* Which bytes may stand where in an HTTP/1.1 message (RFC 9110 5.5 and 5.6.2, RFC 9112 3.2). */
#include <base/lanes.h>
#include <net/chars.h>

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

/* ---- Sixteen bytes at once. */

/* Bytes that are of no usual name; some of them are of a token. */
static hr_lanes_mask is_unusual(hr_lanes lanes) {
    return ((lanes | 0x20) - 'a' > 'z' - 'a') & (lanes - '0' > 9) & (lanes != '-');
}

static hr_lanes_mask is_no_text(hr_lanes lanes) {
    return ((lanes < ' ') & (lanes != '\t')) | (lanes == 0x7f);
}

static hr_lanes_mask is_no_target(hr_lanes lanes) {
    return (lanes <= ' ') | (lanes >= 0x7f) | (lanes == '#');
}

/* Behind what sixteen bytes at once have let through. */
static size_t span_from(struct hr_slice text, size_t clear, unsigned class) {
    return clear + hr__http1_span(hr_slice_bytes(text.data + clear, text.size - clear), class);
}

size_t hr__http1_token_span(struct hr_slice text) {
    return span_from(text, hr__lanes_clear(text, is_unusual), HR_CHAR_TOKEN);
}

size_t hr__http1_text_span(struct hr_slice text) {
    return span_from(text, hr__lanes_clear(text, is_no_text), HR_CHAR_TEXT);
}

bool hr__http1_equal_nocase(struct hr_slice text, struct hr_slice wanted) {
    return hr_slice_equal_nocase(text, wanted);
}

bool hr__http1_is_token(struct hr_slice text) {
    if (text.size == 0 || !text.data) return false;
    return hr__lanes_none(text, is_unusual) || hr__http1_span(text, HR_CHAR_TOKEN) == text.size;
}

bool hr__http1_is_text(struct hr_slice text) {
    return hr__lanes_none(text, is_no_text);
}

static bool is_trimmed(struct hr_slice text) {
    return text.data && !hr__http1_is_blank(text.data[0]) &&
           !hr__http1_is_blank(text.data[text.size - 1]);
}

bool hr__http1_is_field_value(struct hr_slice text) {
    return text.size == 0 || (is_trimmed(text) && hr__lanes_none(text, is_no_text));
}

bool hr__http1_is_target(struct hr_slice text) {
    return text.size > 0 && hr__lanes_none(text, is_no_target);
}
