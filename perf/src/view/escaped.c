/* Escaping, character by character. */
#include "escaped.h"

#include <string.h>

#include <headrace/text.h>

#define REPLACEMENT "\xEF\xBF\xBD"

/* The bytes of the character at `text`; 0: they are no UTF-8. */
static size_t size_of(const char *text) {
    unsigned char lead = (unsigned char)*text;
    size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (strnlen(text, size) < size || !hr_utf8_valid(hr_slice_bytes(text, size))) return 0;
    return size;
}

static const char *in_xml(char one) {
    switch (one) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static const char *in_markdown(char one) {
    switch (one) {
    case '|':
        return "\\|";
    case '<':
        return "&lt;";
    case '&':
        return "&amp;";
    case '`':
        return "\\`";
    case '[':
        return "\\[";
    case '*':
        return "\\*";
    case '\\':
        return "\\\\";
    case '\n':
    case '\r':
        return " ";
    default:
        return NULL;
    }
}

static const char *in_label(char one) {
    switch (one) {
    case '\\':
        return "\\\\";
    case '"':
        return "\\\"";
    case '\n':
        return "\\n";
    default:
        return NULL;
    }
}

/* NULL: it stands for itself. */
static const char *escape_of(enum perf_form form, char one) {
    switch (form) {
    case PERF_FORM_XML:
        return in_xml(one);
    case PERF_FORM_MARKDOWN:
        return in_markdown(one);
    case PERF_FORM_CSV:
        return one == '"' ? "\"\"" : NULL;
    case PERF_FORM_LABEL:
        return in_label(one);
    }
    return NULL;
}

/* U+FFFE and U+FFFF: no characters of XML 1.0. */
static int is_no_character(const char *text, size_t size) {
    return size == 3 && memcmp(text, "\xEF\xBF", 2) == 0 && (unsigned char)text[2] >= 0xBE;
}

static int is_control(char one) {
    unsigned char byte = (unsigned char)one;
    return (byte < 0x20 && !strchr("\t\n\r", one)) || byte == 0x7F;
}

void perf_escaped_put(FILE *out, enum perf_form form, const char *text) {
    while (*text) {
        size_t size = size_of(text);
        const char *escape = escape_of(form, *text);
        if (escape)
            fputs(escape, out);
        else if (size == 0 || is_control(*text) || is_no_character(text, size))
            fputs(REPLACEMENT, out);
        else
            fwrite(text, 1, size, out);
        text += size ? size : 1;
    }
}

void perf_escaped_quoted(FILE *out, enum perf_form form, const char *text) {
    const char *quote = form == PERF_FORM_MARKDOWN ? "" : "\"";
    fputs(quote, out);
    perf_escaped_put(out, form, text);
    fputs(quote, out);
}
