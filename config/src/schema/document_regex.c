/* POSIX extended regular expressions as ECMA-262 has them. */
#include <assert.h>
#include <errno.h>
#include <regex.h>
#include <stdlib.h>

#include "document_forms.h"

#define GROUPS_MAX 64
/* Bytes that a byte of the pattern becomes, at most. */
#define GROWTH 8
#define SLACK  64

struct translation {
    const char *at;
    char *out;
    size_t size;
    size_t atom; /* where the last one begins in `out` */
    bool has_atom, quantified;
    size_t groups[GROUPS_MAX]; /* where those that are open begin */
    unsigned depth;
    bool failed;
};

static void put_byte(struct translation *to, char byte) {
    to->out[to->size++] = byte;
}

static void put_text(struct translation *to, const char *text) {
    for (; *text; text++) put_byte(to, *text);
}

static void begin_atom(struct translation *to) {
    to->atom = to->size;
    to->has_atom = true;
    to->quantified = false;
}

/* ---- Bracket expressions. */

static const char *class_of(struct hr_slice name) {
    static const char *const classes[][2] = {
        {"alpha", "A-Za-z"}, {"digit", "0-9"},        {"alnum", "A-Za-z0-9"},
        {"upper", "A-Z"},    {"lower", "a-z"},        {"space", " \\t-\\r"},
        {"blank", " \\t"},   {"xdigit", "0-9A-Fa-f"}, {"punct", "!-\\/:-@\\[-`{-~"},
        {"print", " -~"},    {"graph", "!-~"},        {"cntrl", "\\x00-\\x1f\\x7f"}};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (hr_slice_equal(name, hr_slice_of(classes[i][0]))) return classes[i][1];
    return NULL;
}

static void put_member(struct translation *to, char byte) {
    if (strchr("\\]^[-", byte)) put_byte(to, '\\');
    put_byte(to, byte);
}

/* "[:alpha:]", "[.a.]" or "[=a=]", of which the bracket and its mark were seen. */
static void put_named(struct translation *to) {
    char mark = to->at[1], end[] = {mark, ']', '\0'};
    const char *name = to->at + 2, *past = strstr(name, end);
    struct hr_slice text = hr_slice_bytes(name, past ? (size_t)(past - name) : 0);
    const char *class = mark == ':' ? class_of(text) : NULL;
    if (!past || (mark == ':' ? !class : text.size != 1)) {
        to->failed = true;
        return;
    }
    if (class)
        put_text(to, class);
    else
        put_member(to, *name);
    to->at = past + 2;
}

static void put_element(struct translation *to) {
    if (to->at[0] == '[' && to->at[1] && strchr(":.=", to->at[1]))
        put_named(to);
    else
        put_member(to, *to->at++);
}

/* Behind "[". In POSIX a backslash means itself there, and so does a "]" that comes first. */
static void put_bracket(struct translation *to) {
    begin_atom(to);
    put_byte(to, '[');
    if (*to->at == '^') put_byte(to, *to->at++);
    for (bool first = true; (first || *to->at != ']') && *to->at && !to->failed; first = false) {
        put_element(to);
        if (to->at[0] != '-' || to->at[1] == ']' || !to->at[1]) continue;
        put_byte(to, *to->at++);
        put_element(to);
    }
    to->failed |= *to->at != ']';
    if (!to->failed) put_byte(to, *to->at++);
}

/* ---- Quantifiers. */

/* "+?" is a quantifier of a quantified thing in POSIX, and another one in ECMA-262. */
static void begin_quantifier(struct translation *to) {
    to->failed |= !to->has_atom;
    if (to->quantified) {
        memmove(to->out + to->atom + 3, to->out + to->atom, to->size - to->atom);
        memcpy(to->out + to->atom, "(?:", 3);
        to->size += 3;
        put_byte(to, ')');
    }
    to->quantified = true;
}

/* Behind "{", of "{2}", "{2,}", "{,3}" or "{2,3}". */
static void put_interval(struct translation *to) {
    begin_quantifier(to);
    put_byte(to, '{');
    if (*to->at == ',') put_byte(to, '0');
    while (*to->at && *to->at != '}') put_byte(to, *to->at++);
    to->failed |= *to->at != '}';
    if (!to->failed) put_byte(to, *to->at++);
}

/* ---- All of it. */

static void put_literal(struct translation *to, char byte) {
    bool inside = ((unsigned char)byte & 0xc0) == 0x80; /* of a character of several bytes */
    if (!inside) begin_atom(to);
    if (strchr("\\^$.*+?()[]{}|/", byte)) put_byte(to, '\\');
    put_byte(to, byte);
}

static void put_escape(struct translation *to) {
    char byte = *to->at++;
    bool known = strchr("wWsS", byte) || (byte >= '1' && byte <= '9');
    if (byte == 'b' || byte == 'B' || byte == '<' || byte == '>') {
        put_byte(to, '\\');
        put_byte(to, byte == 'B' ? 'B' : 'b');
        to->has_atom = false;
        return;
    }
    if (known) {
        begin_atom(to);
        put_byte(to, '\\');
        put_byte(to, byte);
    } else {
        put_literal(to, byte);
    }
}

static void open_group(struct translation *to) {
    to->failed |= to->depth == GROUPS_MAX;
    if (to->failed) return;
    to->groups[to->depth++] = to->size;
    put_byte(to, '(');
    to->has_atom = false;
}

static void close_group(struct translation *to) {
    assert(to->depth > 0);
    put_byte(to, ')');
    to->atom = to->groups[--to->depth];
    to->has_atom = true;
    to->quantified = false;
}

static void put_anchor(struct translation *to, char byte) {
    put_byte(to, byte);
    to->has_atom = false;
}

static void put_next(struct translation *to) {
    char byte = *to->at++;
    if (byte == '\\' && *to->at) {
        put_escape(to);
    } else if (byte == '[') {
        put_bracket(to);
    } else if (byte == '(') {
        open_group(to);
    } else if (byte == ')' && to->depth > 0) {
        close_group(to);
    } else if (byte == '{' && to->has_atom && *to->at && strchr("0123456789,", *to->at)) {
        put_interval(to);
    } else if (strchr("*+?", byte)) {
        begin_quantifier(to);
        put_byte(to, byte);
    } else if (strchr("|^$", byte)) {
        put_anchor(to, byte);
    } else if (byte == '.') {
        begin_atom(to);
        put_text(to, "[\\s\\S]");
    } else {
        put_literal(to, byte);
    }
}

static int compile(const char *pattern) {
    regex_t expression;
    int err = regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB);
    if (err) return err == REG_ESPACE ? -ENOMEM : -EINVAL;
    regfree(&expression);
    return 0;
}

int hr__document_regex(FILE *out, const char *pattern) {
    int err = compile(pattern);
    if (err) return err;
    size_t room = strlen(pattern) * GROWTH + SLACK;
    struct translation to = {.at = pattern, .out = malloc(room)};
    if (!to.out) return -ENOMEM;
    while (*to.at && !to.failed) put_next(&to);
    assert(to.size <= room);
    to.failed |= to.depth > 0;
    if (!to.failed) fprintf(out, "^(?:%.*s)$", (int)to.size, to.out);
    free(to.out);
    return to.failed ? -EINVAL : 0;
}
