/* Reading the members of JSON lines of this logger. */
#include "log_json_member.h"

#include <string.h>

#include "log_out.h"

static struct hr_slice without_front(struct hr_slice text, size_t count) {
    return hr_slice_bytes(text.data + count, text.size - count);
}

/* The bytes of a string with both its quotes; 0: it has no end. */
static size_t string_size(struct hr_slice text) {
    for (size_t i = 1; i < text.size; i++) {
        if (text.data[i] == '\\')
            i++;
        else if (text.data[i] == '"')
            return i + 1;
    }
    return 0;
}

/* The bytes of the value at the front; 0: it has no end. */
static size_t value_size(struct hr_slice text) {
    unsigned depth = 0;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        if (byte == '"') {
            size_t size = string_size(without_front(text, i));
            if (size == 0) return 0;
            i += size - 1;
            if (depth == 0) return i + 1;
        } else if (byte == '{' || byte == '[') {
            depth++;
        } else if (byte == '}' || byte == ']') {
            if (depth == 0) return i;
            if (--depth == 0) return i + 1;
        } else if (byte == ',' && depth == 0) {
            return i;
        }
    }
    return depth == 0 ? text.size : 0;
}

bool hr__log_member_next(struct hr_slice *rest, struct hr__log_member *member) {
    struct hr_slice text = *rest;
    if (text.size && text.data[0] == ',') text = without_front(text, 1);
    if (text.size == 0 || text.data[0] != '"') return false;
    size_t size = string_size(text);
    if (size == 0 || size >= text.size || text.data[size] != ':') return false;
    member->key = hr_slice_bytes(text.data + 1, size - 2);
    text = without_front(text, size + 1);
    size = value_size(text);
    if (size == 0) return false;
    member->value = hr_slice_bytes(text.data, size);
    *rest = without_front(text, size);
    return true;
}

bool hr__log_member_inside(struct hr_slice value, struct hr_slice *inside) {
    if (value.size < 2 || value.data[0] != '{') return false;
    *inside = hr_slice_bytes(value.data + 1, value.size - 2);
    return true;
}

static unsigned hex_of(const char *digits) {
    unsigned number = 0;
    for (unsigned i = 0; i < 4; i++) {
        char digit = digits[i];
        number = number * 16 + (unsigned)(digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10);
    }
    return number;
}

/* Writes a character in UTF-8. Lines have escapes of the first 65,536 characters alone, and none of
 * a surrogate. */
static char *put_character(char *out, unsigned character) {
    if (character < 0x80) {
        *out++ = (char)character;
        return out;
    }
    if (character < 0x800) {
        *out++ = (char)(0xc0 | character >> 6);
    } else {
        *out++ = (char)(0xe0 | character >> 12);
        *out++ = (char)(0x80 | (character >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (character & 0x3f));
    return out;
}

static char plain_of(char letter) {
    switch (letter) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return letter;
    }
}

char *hr__log_member_text(char *out, struct hr_slice value, bool shown) {
    if (value.size < 2 || value.data[0] != '"') return hr__log_copy_slice(out, value);
    const char *at = value.data + 1, *end = value.data + value.size - 1;
    while (at < end) {
        if (*at != '\\' || at + 1 >= end) {
            *out++ = *at++;
        } else if (shown && strchr("ubfr", at[1])) {
            *out++ = *at++;
            *out++ = *at++;
        } else if (at[1] == 'u' && end - at >= 6) {
            out = put_character(out, hex_of(at + 2));
            at += 6;
        } else {
            *out++ = plain_of(at[1]);
            at += 2;
        }
    }
    return out;
}
