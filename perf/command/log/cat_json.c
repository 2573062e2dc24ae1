/* JSON of one line (RFC 8259), strictly: the members of an object become fields, numbers stay as
 * they are written. */
#include <string.h>

#include <headrace/text.h>

#include "cat_forms.h"

static size_t blanks(struct hr_slice text, size_t at) {
    while (at < text.size && (text.data[at] == ' ' || text.data[at] == '\t' ||
                              text.data[at] == '\r' || text.data[at] == '\n'))
        at++;
    return at;
}

static bool is_digit(struct hr_slice text, size_t at) {
    return at < text.size && text.data[at] >= '0' && text.data[at] <= '9';
}

static size_t digits(struct hr_slice text, size_t at) {
    while (is_digit(text, at)) at++;
    return at;
}

/* The functions below return the place behind the token that begins at `at`; 0: there is none. */

static size_t skip_number(struct hr_slice text, size_t at) {
    if (text.data[at] == '-') at++;
    if (!is_digit(text, at)) return 0;
    at = text.data[at] == '0' ? at + 1 : digits(text, at);
    if (at < text.size && text.data[at] == '.') {
        if (!is_digit(text, ++at)) return 0;
        at = digits(text, at);
    }
    if (at < text.size && (text.data[at] == 'e' || text.data[at] == 'E')) {
        at++;
        if (at < text.size && (text.data[at] == '+' || text.data[at] == '-')) at++;
        if (!is_digit(text, at)) return 0;
        at = digits(text, at);
    }
    return at;
}

static int hex_digit(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The four digits behind \u; -1: they are not there. */
static int code_at(struct hr_slice text, size_t at) {
    int code = 0;
    if (text.size - at < 4) return -1;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(text.data[at + i]);
        if (digit < 0) return -1;
        code = code << 4 | digit;
    }
    return code;
}

static size_t skip_string(struct hr_slice text, size_t at) {
    for (at++; at < text.size; at++) {
        unsigned char byte = (unsigned char)text.data[at];
        if (byte == '"') return at + 1;
        if (byte < 0x20) return 0;
        if (byte != '\\') continue;
        if (++at >= text.size || !strchr("\"\\/bfnrtu", text.data[at]) || !text.data[at]) return 0;
        if (text.data[at] != 'u') continue;
        if (code_at(text, at + 1) < 0) return 0;
        at += 4;
    }
    return 0;
}

static size_t skip_word(struct hr_slice text, size_t at, const char *word) {
    size_t size = strlen(word);
    return text.size - at >= size && memcmp(text.data + at, word, size) == 0 ? at + size : 0;
}

static size_t skip_value(struct hr_slice text, size_t at, unsigned depth);

/* Inside of [ or {. */
static size_t skip_members(struct hr_slice text, size_t at, unsigned depth, bool object) {
    char close = object ? '}' : ']';
    at = blanks(text, at);
    if (at < text.size && text.data[at] == close) return at + 1;
    for (;;) {
        if (object) {
            at = blanks(text, at);
            if (at >= text.size || text.data[at] != '"' || !(at = skip_string(text, at))) return 0;
            at = blanks(text, at);
            if (at >= text.size || text.data[at++] != ':') return 0;
        }
        at = skip_value(text, blanks(text, at), depth);
        if (!at) return 0;
        at = blanks(text, at);
        if (at >= text.size) return 0;
        if (text.data[at] == close) return at + 1;
        if (text.data[at++] != ',') return 0;
    }
}

static size_t skip_value(struct hr_slice text, size_t at, unsigned depth) {
    if (at >= text.size || depth > CAT_DEPTH_MAX) return 0;
    switch (text.data[at]) {
    case '{':
        return skip_members(text, at + 1, depth + 1, true);
    case '[':
        return skip_members(text, at + 1, depth + 1, false);
    case '"':
        return skip_string(text, at);
    case 't':
        return skip_word(text, at, "true");
    case 'f':
        return skip_word(text, at, "false");
    case 'n':
        return skip_word(text, at, "null");
    default:
        return skip_number(text, at);
    }
}

size_t cat_json_value(struct hr_slice text) {
    return skip_value(text, 0, 0);
}

/* ---- Strings. */

static char *put_utf8(char *out, unsigned code) {
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    } else {
        *out++ = (char)(0xf0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    }
    return out;
}

/* The character of an escape whose letter is at `*at`, which moves to its last byte. Half a
 * surrogate pair is U+FFFD. */
static unsigned read_escape(struct hr_slice text, size_t *at) {
    static const char letters[] = "bfnrt", codes[] = "\b\f\n\r\t";
    const char *letter = strchr(letters, text.data[*at]);
    if (letter) return (unsigned)codes[letter - letters];
    if (text.data[*at] != 'u') return (unsigned)text.data[*at];
    unsigned code = (unsigned)code_at(text, *at + 1);
    *at += 4;
    if (code < 0xd800 || code > 0xdfff) return code;
    if (code > 0xdbff || text.size - *at < 7 || text.data[*at + 1] != '\\' ||
        text.data[*at + 2] != 'u')
        return 0xfffd;
    int low = code_at(text, *at + 3);
    if (low < 0xdc00 || low > 0xdfff) return 0xfffd;
    *at += 6;
    return 0x10000 + ((code - 0xd800) << 10) + ((unsigned)low - 0xdc00);
}

size_t cat_json_string(struct cat_fields *fields, struct hr_slice text, struct hr_slice *decoded) {
    size_t size = text.size && text.data[0] == '"' ? skip_string(text, 0) : 0;
    if (!size) return 0;
    *decoded = hr_slice_bytes(text.data + 1, size - 2);
    if (!memchr(decoded->data, '\\', decoded->size)) return size;
    char *from = cat_fields_memory(fields, decoded->size), *out = from;
    if (!from) return 0;
    for (size_t at = 1; at < size - 1; at++) {
        if (text.data[at] != '\\') {
            *out++ = text.data[at];
            continue;
        }
        at++;
        out = put_utf8(out, read_escape(text, &at));
    }
    *decoded = hr_slice_bytes(from, (size_t)(out - from));
    return size;
}

/* ---- Objects. */

static bool join(struct cat_fields *fields, struct hr_slice outer, struct hr_slice key,
                 struct hr_slice *path) {
    *path = key;
    if (outer.size == 0) return true;
    char *memory = cat_fields_memory(fields, outer.size + 1 + key.size);
    if (!memory) return false;
    memcpy(memory, outer.data, outer.size);
    memory[outer.size] = '.';
    memcpy(memory + outer.size + 1, key.data, key.size);
    *path = hr_slice_bytes(memory, outer.size + 1 + key.size);
    return true;
}

static bool add_members(struct cat_fields *fields, struct hr_slice outer, struct hr_slice object);

static bool add_member(struct cat_fields *fields, struct hr_slice path, struct hr_slice value) {
    struct cat_field field = {.key = path, .value = value, .string = value.data[0] == '"'};
    bool empty = value.data[blanks(value, 1)] == '}';
    if (value.data[0] == '{' && !empty && path.size <= CAT_PATH_MAX)
        return add_members(fields, path, value);
    if (field.string && !cat_json_string(fields, value, &field.value)) return false;
    return cat_fields_add(fields, &field);
}

/* Adds the members of an object whose syntax was checked already. */
static bool add_members(struct cat_fields *fields, struct hr_slice outer, struct hr_slice object) {
    size_t at = blanks(object, 1);
    while (object.data[at] != '}') {
        struct hr_slice key, path, rest = hr_slice_bytes(object.data + at, object.size - at);
        size_t size = cat_json_string(fields, rest, &key);
        if (!size || !join(fields, outer, key, &path)) return false;
        at = blanks(object, at + size) + 1; /* the colon */
        at = blanks(object, at);
        size_t end = skip_value(object, at, 0);
        if (!add_member(fields, path, hr_slice_bytes(object.data + at, end - at))) return false;
        at = blanks(object, end);
        if (object.data[at] == ',') at = blanks(object, at + 1);
    }
    return true;
}

bool cat_json_read(struct cat_fields *fields, struct hr_slice text) {
    size_t at = blanks(text, 0);
    if (at >= text.size || text.data[at] != '{' || !hr_utf8_valid(text)) return false;
    size_t end = skip_value(text, at, 0);
    if (!end || blanks(text, end) != text.size) return false;
    return add_members(fields, hr_slice_bytes(NULL, 0), hr_slice_bytes(text.data + at, end - at));
}
