/* Groups, classes and escapes of ECMA-262, each as POSIX has it. A byte is what a character is: the
 * two are not the same in texts that are not ASCII. */
#include "schema_pattern.h"

#include <regex.h>
#include <string.h>

#define GROWTH        160 /* bytes that one of the pattern becomes, at most: a class */
#define SLACK         64
#define REFERENCE_MAX 9 /* \1 to \9 */
#define BYTES         128
#define PATTERN_MAX   4096  /* bytes */
#define REPEATS_MAX   20000 /* atoms, with what intervals repeat counted as often */
#define DEPTH_MAX     64    /* of groups */

struct translation {
    const char *at, *end;
    char *out;
    size_t size;
    unsigned captures, groups; /* that have begun, in the pattern and in `out` */
    unsigned char group_of[REFERENCE_MAX + 1];
    bool has_atom;                       /* a quantifier may follow */
    uint64_t costs[DEPTH_MAX + 1], last; /* atoms of the open groups, and of the last atom */
    unsigned depth;
    const char *failed; /* the reason; NULL: none */
};

static void put_byte(struct translation *to, char byte) {
    to->out[to->size++] = byte;
}

static void put_text(struct translation *to, const char *text) {
    for (; *text; text++) put_byte(to, *text);
}

/* The first reason stays. */
static void fail(struct translation *to, const char *reason) {
    if (!to->failed) to->failed = reason;
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static char next(const struct translation *to) {
    return to->at < to->end ? *to->at : '\0';
}

static void put_literal(struct translation *to, char byte) {
    if (strchr("^.[$()|*+?{\\", byte)) put_byte(to, '\\');
    put_byte(to, byte);
}

/* ---- Classes: sets of ASCII. */

static void add_range(bool set[BYTES], int first, int last) {
    for (int byte = first; byte <= last; byte++) set[byte] = byte > 0;
}

/* \d, \w or \s. False: it is none. */
static bool add_class(bool set[BYTES], char name) {
    switch (name) {
    case 'w':
        add_range(set, 'a', 'z');
        add_range(set, 'A', 'Z');
        set['_'] = true;
        __attribute__((fallthrough));
    case 'd':
        add_range(set, '0', '9');
        return true;
    case 's':
        add_range(set, '\t', '\r');
        set[' '] = true;
        return true;
    default:
        return false;
    }
}

static void put_ranges(struct translation *to, const bool set[BYTES]) {
    for (int byte = 1; byte < BYTES; byte++) {
        int last = byte;
        if (!set[byte] || strchr("[]^-", byte)) continue;
        while (last + 1 < BYTES && set[last + 1] && !strchr("[]^-", last + 1)) last++;
        put_byte(to, (char)byte);
        if (last > byte + 1) put_byte(to, '-');
        if (last > byte) put_byte(to, (char)last);
        byte = last;
    }
}

/* In an order in which "]", "[", "^" and "-" mean themselves. */
static void put_set(struct translation *to, const bool set[BYTES], bool negated) {
    if (!negated && set['^'] && !memchr(set, 1, '^') &&
        !memchr(set + '^' + 1, 1, BYTES - '^' - 1)) {
        put_text(to, "\\^");
        return;
    }
    size_t begin = to->size + 1 + negated;
    put_text(to, negated ? "[^" : "[");
    if (set[']']) put_byte(to, ']');
    put_ranges(to, set);
    if (set['[']) put_byte(to, '[');
    bool bare = to->size == begin; /* "[^" would be something else */
    if (set['-'] && bare) put_byte(to, '-');
    if (set['^']) put_byte(to, '^');
    if (set['-'] && !bare) put_byte(to, '-');
    put_byte(to, ']');
}

/* ---- Escapes. */

static int hex_of(char byte) {
    if (is_digit(byte)) return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Of \xHH and \uHHHH, of which the letter was seen: the byte, or -1. */
static int read_hex(struct translation *to, int digits) {
    int value = 0;
    for (; digits > 0; digits--) {
        int digit = hex_of(next(to));
        if (digit < 0) return -1;
        value = value * 16 + digit;
        to->at++;
    }
    return value < BYTES ? value : -1;
}

/* The byte that an escape stands for, whose backslash was seen; -1: none of ASCII, or no byte. */
static int read_escape(struct translation *to) {
    static const char names[] = "tnvfr", bytes[] = "\t\n\v\f\r";
    char name = next(to);
    to->at += to->at < to->end;
    const char *known = name ? strchr(names, name) : NULL;
    if (known) return bytes[known - names];
    if (name == 'x') return read_hex(to, 2);
    if (name == 'u') return read_hex(to, 4);
    if (name == '0' && !is_digit(next(to))) return 0;
    bool word = is_digit(name) || ((name | 0x20) >= 'a' && (name | 0x20) <= 'z') || name == '_';
    return name > 0 && !word ? name : -1;
}

/* ---- Bracket expressions. */

/* One byte of a bracket expression; -1: it was a class, or failed. */
static int read_member(struct translation *to, bool set[BYTES]) {
    char byte = *to->at++;
    if (byte != '\\') {
        if (byte < 0) fail(to, "a class has a character that is not ASCII");
        return byte;
    }
    if (next(to) == 'b') {
        to->at++;
        return '\b';
    }
    if (add_class(set, next(to))) {
        to->at++;
        return -1;
    }
    int value = read_escape(to);
    if (value < 0) fail(to, "a class has an escape that POSIX has not");
    return value;
}

static void read_members(struct translation *to, bool set[BYTES]) {
    while (next(to) != ']' && to->at < to->end && !to->failed) {
        int first = read_member(to, set), last = first;
        if (first >= 0 && next(to) == '-' && to->at + 1 < to->end && to->at[1] != ']') {
            to->at++;
            last = read_member(to, set);
            if (last < first) fail(to, "a class has a range that is none");
        }
        if (first >= 0 && !to->failed) add_range(set, first, last);
    }
}

/* "[\s\S]" is any character. */
static bool is_anything(struct translation *to) {
    static const char *const all[] = {"\\s\\S]", "\\S\\s]", "\\d\\D]", "\\D\\d]",
                                      "\\w\\W]", "\\W\\w]", "^]"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t size = strlen(all[i]);
        if ((size_t)(to->end - to->at) < size || memcmp(to->at, all[i], size) != 0) continue;
        to->at += size;
        return true;
    }
    return false;
}

/* Behind "[". */
static void put_bracket(struct translation *to) {
    bool set[BYTES] = {false};
    if (is_anything(to)) {
        put_byte(to, '.');
        return;
    }
    bool negated = next(to) == '^';
    to->at += negated;
    read_members(to, set);
    if (next(to) != ']') fail(to, "a class has no end");
    to->at++;
    if (!negated && !memchr(set, 1, BYTES)) fail(to, "a class is empty");
    if (!to->failed) put_set(to, set, negated);
}

/* ---- Atoms. */

static void put_class(struct translation *to, char name) {
    bool set[BYTES] = {false};
    add_class(set, (char)(name | 0x20));
    put_set(to, set, name < 'a');
}

static void put_reference(struct translation *to, unsigned number) {
    if (number > to->captures || to->group_of[number] > REFERENCE_MAX) {
        fail(to, "a reference leads to no group");
        return;
    }
    put_byte(to, '\\');
    put_byte(to, (char)('0' + to->group_of[number]));
}

/* Behind a backslash. */
static void put_escape(struct translation *to) {
    char name = next(to);
    if (name && strchr("dDwWsS", name)) {
        to->at++;
        put_class(to, name);
    } else if (name == 'b' || name == 'B') {
        to->at++;
        to->has_atom = false;
        put_byte(to, '\\');
        put_byte(to, name);
    } else if (name >= '1' && name <= '9') {
        to->at++;
        put_reference(to, (unsigned)(name - '0'));
    } else {
        int byte = read_escape(to);
        if (byte <= 0)
            fail(to, "it has an escape that POSIX has not");
        else
            put_literal(to, (char)byte);
    }
}

static void count_atom(struct translation *to, uint64_t cost) {
    to->last = cost;
    to->costs[to->depth] += cost;
    if (to->costs[to->depth] > REPEATS_MAX) fail(to, "it repeats more than a table can bear");
}

static void close_group(struct translation *to) {
    uint64_t cost = to->costs[to->depth];
    if (to->depth > 0) to->depth--;
    count_atom(to, cost + 1);
}

/* Behind "(". */
static void open_group(struct translation *to) {
    bool plain = next(to) == '?' && to->at + 1 < to->end && to->at[1] == ':';
    if (next(to) == '?' && !plain) {
        fail(to, "it looks ahead or behind, or names a group, which POSIX does not");
        return;
    }
    to->at += plain ? 2 : 0;
    to->groups++;
    if (!plain && ++to->captures <= REFERENCE_MAX)
        to->group_of[to->captures] = (unsigned char)(to->groups < 255 ? to->groups : 255);
    if (to->depth == DEPTH_MAX) {
        fail(to, "it has more than 64 groups in one another");
        return;
    }
    to->costs[++to->depth] = 0;
    to->has_atom = false;
    put_byte(to, '(');
}

/* A character of several bytes, which a quantifier takes as one. */
static void put_character(struct translation *to) {
    put_byte(to, '(');
    to->groups++;
    put_byte(to, to->at[-1]);
    while (to->at < to->end && ((unsigned char)*to->at & 0xc0) == 0x80) put_byte(to, *to->at++);
    put_byte(to, ')');
}

/* The last atom is there `times` times. */
static void repeat(struct translation *to, unsigned times) {
    if (times > 1) count_atom(to, to->last * (times - 1));
}

/* "{2}", "{2,}" or "{2,3}", of which the brace was seen; else it means itself. */
static void put_interval(struct translation *to) {
    const char *at = to->at;
    while (at < to->end && is_digit(*at)) at++;
    bool number = at > to->at;
    if (number && at < to->end && *at == ',') at++;
    while (number && at < to->end && is_digit(*at)) at++;
    if (!number || at == to->end || *at != '}') {
        put_text(to, "\\{");
        return;
    }
    unsigned times = 0;
    put_byte(to, '{');
    for (; to->at <= at; put_byte(to, *to->at++)) { /* the larger number stands last */
        if (*to->at == ',' && to->at + 1 < at) times = 0;
        if (is_digit(*to->at) && times <= REPEATS_MAX)
            times = times * 10 + (unsigned)(*to->at - '0');
    }
    repeat(to, times);
}

/* A "?" behind a quantifier makes it lazy, which changes nothing about a text as a whole. */
static void put_quantifier(struct translation *to, char byte) {
    size_t before = to->size;
    if (byte == '{')
        put_interval(to);
    else
        put_byte(to, byte);
    bool literal = to->out[before] == '\\';
    if (!literal && !to->has_atom) fail(to, "a quantifier has nothing before it");
    if (!literal && next(to) == '?') to->at++;
    to->has_atom = literal;
}

static void put_other(struct translation *to, char byte) {
    put_byte(to, byte);
    to->has_atom = !strchr("|^$", byte);
    if (byte == ')')
        close_group(to);
    else
        count_atom(to, 1);
}

static void put_atom(struct translation *to, char byte) {
    to->has_atom = true;
    count_atom(to, 1);
    if (byte == '\\')
        put_escape(to);
    else if (byte == '[')
        put_bracket(to);
    else if (byte == '.')
        put_text(to, "[^\n\r]");
    else
        put_character(to);
}

static void put_next(struct translation *to) {
    char byte = *to->at++;
    if (byte == '\\' || byte == '[' || byte == '.' || byte < 0)
        put_atom(to, byte);
    else if (byte == '(')
        open_group(to);
    else if (byte && strchr("*+?{", byte))
        put_quantifier(to, byte);
    else
        put_other(to, byte);
}

/* ---- All of it. */

/* The size of what stands before the first "|" that is in no group and in no class. */
static size_t alternative_size(struct hr_slice pattern) {
    bool brackets = false;
    size_t depth = 0, i = 0;
    for (; i < pattern.size; i++) {
        char byte = pattern.data[i];
        if (byte == '|' && depth == 0 && !brackets) break;
        if (byte == '\\')
            i++;
        else if (brackets || byte == '[')
            brackets = byte != ']';
        else
            depth += (size_t)(byte == '(') - (size_t)(byte == ')' && depth > 0);
    }
    return i < pattern.size ? i : pattern.size;
}

/* Whether it is "(?:…)" and nothing else. */
static bool is_group(struct hr_slice pattern) {
    if (pattern.size < 4 || memcmp(pattern.data, "(?:", 3) != 0) return false;
    struct hr_slice inside = hr_slice_bytes(pattern.data + 3, pattern.size - 3);
    size_t depth = 1, i = 0;
    for (bool brackets = false; i < inside.size && depth > 0; i++) {
        char byte = inside.data[i];
        if (byte == '\\')
            i++;
        else if (brackets || byte == '[')
            brackets = byte != ']';
        else
            depth += (size_t)(byte == '(') - (size_t)(byte == ')');
    }
    return depth == 0 && i == inside.size;
}

static bool cut_end(struct hr_slice *text) {
    size_t escapes = 0, size = text->size;
    if (size == 0 || text->data[size - 1] != '$') return false;
    while (escapes + 1 < size && text->data[size - 2 - escapes] == '\\') escapes++;
    if (escapes % 2 == 0) text->size--;
    return escapes % 2 == 0;
}

/* An alternative matches the text as a whole where it has "^" and "$". */
static void put_alternative(struct translation *to, struct hr_slice text, bool alone) {
    bool begins = text.size > 0 && text.data[0] == '^';
    if (begins) text = hr_slice_bytes(text.data + 1, text.size - 1);
    bool ends = cut_end(&text);
    if (alone && begins && ends && is_group(text))
        text = hr_slice_bytes(text.data + 3, text.size - 4);
    if (!begins) put_text(to, ".*");
    to->at = text.data;
    to->end = text.data + text.size;
    to->has_atom = false;
    while (to->at < to->end && !to->failed) put_next(to);
    if (!ends) put_text(to, ".*");
}

static void put_alternatives(struct translation *to, struct hr_slice text) {
    size_t size = alternative_size(text);
    bool alone = size == text.size;
    put_alternative(to, hr_slice_bytes(text.data, size), alone);
    while (size < text.size && !to->failed) {
        put_byte(to, '|');
        text = hr_slice_bytes(text.data + size + 1, text.size - size - 1);
        size = alternative_size(text);
        put_alternative(to, hr_slice_bytes(text.data, size), false);
    }
}

static const char *compile(const char *text) {
    regex_t expression;
    if (regcomp(&expression, text, REG_EXTENDED | REG_NOSUB)) return "it is no regular expression";
    regfree(&expression);
    return NULL;
}

const char *schema_pattern(struct schema_reading *reading, const struct hr_config_node *pattern) {
    struct hr_slice text = hr_config_text(pattern);
    struct translation to = {.failed = NULL};
    if (text.size > PATTERN_MAX) {
        schema_refuse(reading, pattern, "a pattern is no longer than %d bytes", PATTERN_MAX);
        return NULL;
    }
    to.out = schema_reading_take(reading, text.size * GROWTH + SLACK);
    if (!to.out) return NULL;
    if (hr_config_type_of(pattern) != HR_CONFIG_STRING)
        to.failed = "it is no text";
    else
        put_alternatives(&to, text);
    if (!to.failed) to.failed = compile(to.out);
    if (to.failed) schema_refuse(reading, pattern, "%s", to.failed);
    return to.failed ? NULL : to.out;
}
