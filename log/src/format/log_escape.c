/* Text that goes into a line: escaped so that it can end neither string nor line nor the mode of a
 * terminal. */
#include <headrace/encode.h>
#include <headrace/text.h>

#include "log_out.h"

/* Longer texts are looked at and copied piece by piece. */
enum { PLAIN_MAX = 256 };
#define PLAIN_WORD UINT64_C(0x7878787878787878) /* "xxxxxxxx" */

/* Sixteen bytes at a time, in the compiler's own vectors. */
typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

static bool any(bytes16 mask) {
    words2 words = (words2)mask;
    return (words[0] | words[1]) != 0;
}

/* Marks the bytes that cannot stand in quotes as they are: controls, quotes, backslashes, DEL and
 * bytes beyond ASCII; where `bare`, those that cannot stand without quotes. A range is one
 * comparison, as the difference wraps. */
static inline bytes16 mark(bytes16 block, bool bare) {
    if (!bare)
        return (bytes16)((block - 0x20) > 0x5e) | (bytes16)(block == '"') |
               (bytes16)(block == '\\');
    return (bytes16)((block - 0x21) > 0x5d) | (bytes16)(block == '"') | (bytes16)(block == '=') |
           (bytes16)((block - '[') < 3); /* [ \ ] */
}

static inline bytes16 load(const char *data) {
    bytes16 block;
    memcpy(&block, data, sizeof block);
    return block;
}

/* The first and the last bytes of a text of fewer than sixteen, which may overlap: no byte behind
 * the text is read. */
struct ends {
    uint64_t first, last;
};

static inline struct ends load_ends(const char *data, size_t size) {
    struct ends ends = {PLAIN_WORD, PLAIN_WORD};
    if (size >= 8) {
        memcpy(&ends.first, data, 8);
        memcpy(&ends.last, data + size - 8, 8);
    } else if (size >= 4) {
        memcpy(&ends.first, data, 4);
        memcpy(&ends.last, data + size - 4, 4);
    } else if (size > 0) {
        memcpy(&ends.first, data, 1);
        memcpy((char *)&ends.first + 1, data + size / 2, 1);
        memcpy((char *)&ends.first + 2, data + size - 1, 1);
    }
    return ends;
}

static inline void store_ends(char *out, size_t size, struct ends ends) {
    if (size >= 8) {
        memcpy(out, &ends.first, 8);
        memcpy(out + size - 8, &ends.last, 8);
    } else if (size >= 4) {
        memcpy(out, &ends.first, 4);
        memcpy(out + size - 4, &ends.last, 4);
    } else if (size > 0) {
        memcpy(out, &ends.first, 1);
        memcpy(out + size / 2, (char *)&ends.first + 1, 1);
        memcpy(out + size - 1, (char *)&ends.first + 2, 1);
    }
}

static inline bool any_marked_ends(struct ends ends, bool bare) {
    return any(mark((bytes16)(words2){ends.first, ends.last}, bare));
}

bool hr__log_copy_plain(char *out, struct hr_slice text, bool bare) {
    if (text.size > PLAIN_MAX || (bare && text.size == 0)) return false;
    if (text.size < 16) {
        struct ends ends = load_ends(text.data, text.size);
        store_ends(out, text.size, ends);
        return !any_marked_ends(ends, bare);
    }
    bytes16 block = load(text.data + text.size - 16), marked = mark(block, bare);
    memcpy(out + text.size - 16, &block, 16);
    for (size_t at = 0; at + 16 < text.size; at += 16) {
        block = load(text.data + at);
        memcpy(out + at, &block, 16);
        marked |= mark(block, bare);
    }
    return !any(marked);
}

/* Whether a byte is no control, quote, backslash or DEL, and not beyond ASCII. */
static bool is_plain(unsigned char byte) {
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* The number of plain bytes at the front. */
static size_t plain_prefix(const char *data, size_t size) {
    size_t at = 0;
    while (at + 16 <= size && !any(mark(load(data + at), false))) at += 16;
    while (at < size && is_plain((unsigned char)data[at])) at++;
    return at;
}

static char *put_code(char *out, unsigned code) {
    static const char digits[] = "0123456789abcdef";
    *out++ = '\\';
    *out++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) *out++ = digits[code >> shift & 15];
    return out;
}

static char *put_ascii(char *out, unsigned char byte) {
    static const char letters[] = "btn\0fr"; /* for 0x08 to 0x0d; 0x0b has none */
    if (byte == '"' || byte == '\\') {
        *out++ = '\\';
        *out++ = (char)byte;
        return out;
    }
    if (byte >= 8 && byte <= 13 && letters[byte - 8]) {
        *out++ = '\\';
        *out++ = letters[byte - 8];
        return out;
    }
    return put_code(out, byte);
}

static bool continues(unsigned char byte) {
    return (byte & 0xc0) == 0x80;
}

/* The length of the maximal subpart at `data`, where no character stands: the bytes that could have
 * been the start of one. */
static size_t subpart(const unsigned char *data, size_t size) {
    unsigned char lead = data[0];
    if (lead < 0xc2 || lead > 0xf4 || size < 2 || lead < 0xe0) return 1;
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (data[1] < low || data[1] > high) return 1;
    if (lead < 0xf0 || size < 3 || !continues(data[2])) return 2;
    return 3;
}

/* Writes a character beyond ASCII, or U+FFFD in its place. `taken`: its bytes. */
static char *put_wide(char *out, const char *data, size_t size, size_t *taken) {
    const unsigned char *byte = (const unsigned char *)data;
    size_t step = hr_utf8_next(data, size);
    if (step == 0) {
        *taken = subpart(byte, size);
        return hr__log_copy(out, "\xef\xbf\xbd", 3);
    }
    *taken = step;
    if (step == 2 && byte[0] == 0xc2 && byte[1] < 0xa0) return put_code(out, byte[1]);
    if (step == 3 && byte[0] == 0xe2 && byte[1] == 0x80 && (byte[2] == 0xa8 || byte[2] == 0xa9))
        return put_code(out, 0x2000u + (byte[2] - 0x80u));
    return hr__log_copy(out, data, step);
}

/* Writes a byte that is not plain. Outside of quotes a quote or a backslash stays as it is. */
static char *put_special(char *out, unsigned char byte, bool in_quotes) {
    if (in_quotes || (byte != '"' && byte != '\\')) return put_ascii(out, byte);
    *out++ = (char)byte;
    return out;
}

static char *put_text(char *out, struct hr_slice text, bool in_quotes) {
    for (;;) {
        size_t plain = plain_prefix(text.data, text.size);
        out = hr__log_copy(out, text.data, plain);
        if (plain == text.size) return out;
        text.data += plain;
        text.size -= plain;
        unsigned char byte = (unsigned char)text.data[0];
        size_t taken = 1;
        if (byte < 0x80)
            out = put_special(out, byte, in_quotes);
        else
            out = put_wide(out, text.data, text.size, &taken);
        text.data += taken;
        text.size -= taken;
    }
}

char *hr__log_put_escaped(char *out, struct hr_slice text) {
    return put_text(out, text, true);
}

char *hr__log_put_line(char *out, struct hr_slice text) {
    return put_text(out, text, false);
}

bool hr__log_is_bare(struct hr_slice text) {
    size_t at = 0;
    if (text.size < 16)
        return text.size > 0 && !any_marked_ends(load_ends(text.data, text.size), true);
    for (; at + 16 < text.size; at += 16)
        if (any(mark(load(text.data + at), true))) return false;
    return !any(mark(load(text.data + text.size - 16), true));
}

char *hr__log_put_quoted(char *out, struct hr_slice text) {
    if (hr__log_is_bare(text)) return hr__log_copy_slice(out, text);
    *out++ = '"';
    out = hr__log_put_escaped(out, text);
    *out++ = '"';
    return out;
}

char *hr__log_put_bytes(char *out, struct hr_slice bytes) {
    hr_hex_encode(bytes.data, bytes.size, out);
    return out + 2 * bytes.size;
}
