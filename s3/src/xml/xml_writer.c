/* XML written. */
#include "xml_writer.h"

#include <string.h>

#include <headrace/text.h>

static void put(struct hr__xml_writer *writer, const char *data, size_t size) {
    if (size > 0 && writer->size <= writer->capacity && size <= writer->capacity - writer->size)
        memcpy(writer->data + writer->size, data, size);
    writer->size += size;
}

void hr__xml_put(struct hr__xml_writer *writer, const char *markup) {
    put(writer, markup, strlen(markup));
}

void hr__xml_open_root(struct hr__xml_writer *writer, const char *name) {
    hr__xml_put(writer, "<");
    hr__xml_put(writer, name);
    hr__xml_put(writer, " xmlns=\"" HR__S3_XMLNS "\">");
}

void hr__xml_open(struct hr__xml_writer *writer, const char *name) {
    hr__xml_put(writer, "<");
    hr__xml_put(writer, name);
    hr__xml_put(writer, ">");
}

void hr__xml_close(struct hr__xml_writer *writer, const char *name) {
    hr__xml_put(writer, "</");
    hr__xml_put(writer, name);
    hr__xml_put(writer, ">");
}

/* A reader turns line ends into line feeds where they stand as themselves. */
static const char *escape_of(char byte) {
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\n':
        return "&#xA;";
    case '\r':
        return "&#xD;";
    default:
        return NULL;
    }
}

static void put_escaped(struct hr__xml_writer *writer, struct hr_slice text) {
    size_t from = 0;
    for (size_t at = 0; at < text.size; at++) {
        const char *escape = escape_of(text.data[at]);
        if (!escape) continue;
        put(writer, text.data + from, at - from);
        hr__xml_put(writer, escape);
        from = at + 1;
    }
    if (text.size > from) put(writer, text.data + from, text.size - from);
}

void hr__xml_text(struct hr__xml_writer *writer, const char *name, struct hr_slice text) {
    hr__xml_open(writer, name);
    put_escaped(writer, text);
    hr__xml_close(writer, name);
}

void hr__xml_number(struct hr__xml_writer *writer, const char *name, uint64_t number) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    hr__xml_text(writer, name, hr_slice_bytes(digits + at, sizeof digits - at));
}

void hr__xml_etag(struct hr__xml_writer *writer, const char *name, struct hr_slice etag) {
    bool bare = etag.size > 0 && etag.data[0] != '"' && !hr_slice_equal(etag, hr_slice_of("*"));
    hr__xml_open(writer, name);
    if (bare) hr__xml_put(writer, "\"");
    put_escaped(writer, etag);
    if (bare) hr__xml_put(writer, "\"");
    hr__xml_close(writer, name);
}

static bool is_allowed(const char *character, size_t size) {
    if (size == 1) return (unsigned char)*character >= ' ' || memchr("\t\n\r", *character, 3);
    return size != 3 ||
           (memcmp(character, "\xef\xbf\xbe", 3) != 0 && memcmp(character, "\xef\xbf\xbf", 3) != 0);
}

bool hr__xml_can_hold(struct hr_slice text) {
    for (size_t at = 0; at < text.size;) {
        size_t size = hr_utf8_next(text.data + at, text.size - at);
        if (size == 0 || !is_allowed(text.data + at, size)) return false;
        at += size;
    }
    return true;
}
