/* JSON read in place: one scanner without recursion, and look-up by name. */
#include "flat_json.h"

#include <errno.h>

#include <headrace/text.h>

struct scan {
    const char *at, *end;
};

static void skip_blank(struct scan *scan) {
    while (scan->at < scan->end && memchr(" \t\r\n", *scan->at, 4)) scan->at++;
}

static bool take(struct scan *scan, char byte) {
    if (scan->at == scan->end || *scan->at != byte) return false;
    scan->at++;
    return true;
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static bool is_hex(char byte) {
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

/* ---- Scalars. */

static bool scan_escape(struct scan *scan) {
    if (scan->at == scan->end) return false;
    char kind = *scan->at++;
    if (kind != 'u') return memchr("\"\\/bfnrt", kind, 8) != NULL;
    if (scan->end - scan->at < 4) return false;
    for (int i = 0; i < 4; i++)
        if (!is_hex(*scan->at++)) return false;
    return true;
}

static bool scan_string(struct scan *scan) {
    if (!take(scan, '"')) return false;
    while (scan->at < scan->end) {
        char byte = *scan->at++;
        if (byte == '"') return true;
        if ((unsigned char)byte < ' ') return false;
        if (byte == '\\' && !scan_escape(scan)) return false;
    }
    return false;
}

static bool scan_digits(struct scan *scan) {
    const char *begin = scan->at;
    while (scan->at < scan->end && is_digit(*scan->at)) scan->at++;
    return scan->at > begin;
}

static bool scan_number(struct scan *scan) {
    take(scan, '-');
    if (!take(scan, '0') && !scan_digits(scan)) return false;
    if (take(scan, '.') && !scan_digits(scan)) return false;
    if (!take(scan, 'e') && !take(scan, 'E')) return true;
    if (!take(scan, '+')) take(scan, '-');
    return scan_digits(scan);
}

static bool scan_word(struct scan *scan) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        size_t size = strlen(words[i]);
        if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, words[i], size) != 0)
            continue;
        scan->at += size;
        return true;
    }
    return false;
}

static bool scan_scalar(struct scan *scan) {
    if (scan->at == scan->end) return false;
    if (*scan->at == '"') return scan_string(scan);
    return *scan->at == '-' || is_digit(*scan->at) ? scan_number(scan) : scan_word(scan);
}

/* ---- Whole values. */

/* The containers that are open: a bit each, set for an object, the innermost last. */
struct open {
    uint64_t objects;
    unsigned depth;
};

static bool scan_name(struct scan *scan) {
    skip_blank(scan);
    if (!scan_string(scan)) return false;
    skip_blank(scan);
    return take(scan, ':');
}

/* The value has ended: so may containers. 1: another value follows, 0: all is over, negative:
 * malformed. */
static int scan_after(struct scan *scan, struct open *open) {
    while (open->depth > 0) {
        bool object = open->objects & 1;
        skip_blank(scan);
        if (take(scan, ',')) return object && !scan_name(scan) ? -1 : 1;
        if (!take(scan, object ? '}' : ']')) return -1;
        open->objects >>= 1;
        open->depth--;
    }
    return 0;
}

/* A container begins. 1: a value follows in it, 0: it was empty, negative: malformed. */
static int scan_opening(struct scan *scan, struct open *open) {
    bool object = *scan->at++ == '{';
    if (open->depth == HR__JSON_DEPTH_MAX) return -1;
    skip_blank(scan);
    if (take(scan, object ? '}' : ']')) return 0;
    open->objects = open->objects << 1 | object;
    open->depth++;
    return object && !scan_name(scan) ? -1 : 1;
}

static bool scan_value(struct scan *scan) {
    struct open open = {0};
    int more;
    do {
        skip_blank(scan);
        bool opens = scan->at < scan->end && (*scan->at == '{' || *scan->at == '[');
        if (opens)
            more = scan_opening(scan, &open);
        else
            more = scan_scalar(scan) ? 0 : -1;
        if (more == 0) more = scan_after(scan, &open);
    } while (more > 0);
    return more == 0;
}

int hr__json_check(struct hr_slice document) {
    struct scan scan = {document.data, document.data + document.size};
    skip_blank(&scan);
    if (scan.at == scan.end || *scan.at != '{' || !scan_value(&scan)) return -EINVAL;
    skip_blank(&scan);
    return scan.at == scan.end ? 0 : -EINVAL;
}

static enum hr__json_kind kind_of(char first) {
    if (first == '"') return HR__JSON_STRING;
    if (first == '{') return HR__JSON_OBJECT;
    if (first == 'n') return HR__JSON_NONE;
    return first == '-' || is_digit(first) ? HR__JSON_NUMBER : HR__JSON_OTHER;
}

struct hr__json_value hr__json_member(struct hr_slice object, const char *name) {
    struct hr__json_value found = {HR__JSON_NONE, {NULL, 0}};
    struct scan scan = {object.data, object.data + object.size};
    skip_blank(&scan);
    if (!take(&scan, '{')) return found;
    do {
        skip_blank(&scan);
        const char *begin = scan.at;
        if (!scan_string(&scan)) break; /* the object is empty */
        struct hr_slice each = hr_slice_bytes(begin + 1, (size_t)(scan.at - begin) - 2);
        skip_blank(&scan);
        if (!take(&scan, ':')) break;
        skip_blank(&scan);
        const char *value = scan.at;
        if (!scan_value(&scan)) break;
        if (hr_slice_equal_nocase(each, hr_slice_of(name)))
            found = (struct hr__json_value){kind_of(*value), {value, (size_t)(scan.at - value)}};
        skip_blank(&scan);
    } while (take(&scan, ','));
    if (found.kind == HR__JSON_STRING)
        found.text = hr_slice_bytes(found.text.data + 1, found.text.size - 2);
    return found;
}

/* ---- Strings. */

static unsigned hex4(const char *digits) {
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        char lower = (char)(digits[i] | 0x20);
        value = value << 4 | (unsigned)(is_digit(digits[i]) ? digits[i] - '0' : lower - 'a' + 10);
    }
    return value;
}

static void put_utf8(struct hr__writer *out, unsigned point) {
    if (point < 0x80) {
        hr__put_byte(out, (char)point);
        return;
    }
    unsigned more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};
    hr__put_byte(out, (char)(leads[more] | point >> (6 * more)));
    while (more-- > 0) hr__put_byte(out, (char)(0x80 | (point >> (6 * more) & 0x3f)));
}

/* Behind "\u". Returns how many bytes were read, 0: it is half a pair, or NUL. */
static size_t put_unicode(struct hr__writer *out, struct hr_slice rest) {
    unsigned point = hex4(rest.data);
    size_t used = 4;
    if (point >= 0xd800 && point < 0xdc00) {
        if (rest.size < 10 || rest.data[4] != '\\' || rest.data[5] != 'u') return 0;
        unsigned low = hex4(rest.data + 6);
        if (low < 0xdc00 || low > 0xdfff) return 0;
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
        used = 10;
    } else if (point == 0 || (point >= 0xdc00 && point < 0xe000)) {
        return 0;
    }
    put_utf8(out, point);
    return used;
}

static char escaped(char kind) {
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *at = strchr(from, kind);
    return at ? to[at - from] : kind;
}

int hr__json_text(struct hr_slice string, struct hr__writer *out, struct hr_slice *text) {
    if (!hr_utf8_valid(string)) return -EINVAL;
    char *begin = out->at;
    for (size_t i = 0; i < string.size; i++) {
        if (string.data[i] != '\\') {
            hr__put_byte(out, string.data[i]);
            continue;
        }
        if (string.data[++i] != 'u') {
            hr__put_byte(out, escaped(string.data[i]));
            continue;
        }
        struct hr_slice rest = hr_slice_bytes(string.data + i + 1, string.size - i - 1);
        size_t used = put_unicode(out, rest);
        if (used == 0) return -EINVAL;
        i += used;
    }
    *text = hr_slice_bytes(begin, (size_t)(out->at - begin));
    return 0;
}
