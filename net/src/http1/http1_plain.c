/* A head in its plainest form: what a TAB behind a value, a bare LF, a repeated Content-Length or a
 * method of the caller's own would make llhttp misread is written so that it cannot. */
#include "http1_plain.h"

#include <errno.h>
#include <llhttp.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>
#include <net/chars.h>

struct writer {
    char *text;
    size_t size;
};

static void put(struct writer *writer, struct hr_slice text) {
    if (text.size > 0) memcpy(writer->text + writer->size, text.data, text.size);
    writer->size += text.size;
}

static bool is(struct hr_slice name, const char *text) {
    return hr_slice_equal_nocase(name, hr_slice_of(text));
}

bool hr__http1_method_is_known(struct hr_slice method) {
#define METHOD(number, name, string) #string,
    static const char *const methods[] = {HTTP_METHOD_MAP(METHOD)};
#undef METHOD
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (hr_slice_equal(method, hr_slice_of(methods[i]))) return true;
    return false;
}

/* The next line without its end; false behind the last. */
static bool next_line(struct hr_slice *section, struct hr_slice *line) {
    const char *feed = section->size > 0 ? memchr(section->data, '\n', section->size) : NULL;
    if (!feed) return false;
    size_t size = (size_t)(feed - section->data);
    *line = hr_slice_bytes(section->data, size);
    *section = hr_slice_bytes(feed + 1, section->size - size - 1);
    if (line->size > 0 && line->data[line->size - 1] == '\r') line->size--;
    return true;
}

/* "5, 5" is 5; a list of numbers that differ, or of something else, stays what it is. */
static struct hr_slice one_length(struct hr_slice value) {
    struct hr_slice rest = value, element, first = {.data = NULL};
    uint64_t number = 0, other;
    if (value.size > 0 && value.data[value.size - 1] == ',') return value;
    while (hr_slice_cut(&rest, ',', &element)) {
        element = hr_slice_trim(element);
        if (hr_text_u64(element, INT64_MAX, first.data ? &other : &number)) return value;
        if (first.data && other != number) return value;
        if (!first.data) first = element;
    }
    return first.data ? first : value;
}

/* Whether the number has been written already. */
static bool is_repeated(struct hr_slice value, struct hr_slice *length) {
    uint64_t number, before;
    if (length->data && !hr_text_u64(value, INT64_MAX, &number) &&
        !hr_text_u64(*length, INT64_MAX, &before) && number == before)
        return true;
    *length = value;
    return false;
}

static void put_start_line(struct writer *writer, const struct hr_http1_plain_rules *rules,
                           struct hr_slice line) {
    size_t method = rules->request ? hr__http1_span(line, HR_CHAR_TOKEN) : 0;
    if (rules->request && !hr__http1_method_is_known(hr_slice_bytes(line.data, method))) {
        put(writer, hr_slice_of("GET"));
        line = hr_slice_bytes(line.data + method, line.size - method);
    }
    put(writer, line);
    put(writer, hr_slice_of("\r\n"));
}

static void put_field(struct writer *writer, const struct hr_http1_plain_rules *rules,
                      struct hr_slice line, struct hr_slice *length) {
    size_t colon = hr__http1_span(line, HR_CHAR_TOKEN);
    struct hr_slice name = hr_slice_bytes(line.data, colon);
    struct hr_slice value =
        hr_slice_trim(hr_slice_bytes(line.data + colon + 1, line.size - colon - 1));
    bool is_length = is(name, "Content-Length");
    if (rules->drop_framing && (is_length || is(name, "Transfer-Encoding"))) return;
    if (rules->lenient && is_length) {
        value = one_length(value);
        if (is_repeated(value, length)) return;
    }
    put(writer, name);
    put(writer, hr_slice_of(": "));
    put(writer, value);
    put(writer, hr_slice_of("\r\n"));
}

int hr__http1_plain(const struct hr_http1_plain_rules *rules, struct hr_slice section,
                    struct hr_slice *plain) {
    size_t lines = 0;
    for (size_t i = 0; i < section.size; i++) lines += section.data[i] == '\n';
    /* A CR and a blank more a line, and GET for a method of one byte. */
    struct writer writer = {.text = malloc(section.size + 2 * lines + 2)};
    if (!writer.text) return -ENOMEM;
    struct hr_slice line, length = {.data = NULL};
    if (next_line(&section, &line)) put_start_line(&writer, rules, line);
    while (next_line(&section, &line) && line.size > 0) put_field(&writer, rules, line, &length);
    put(&writer, hr_slice_of("\r\n"));
    *plain = hr_slice_bytes(writer.text, writer.size);
    return 0;
}

void hr__http1_plain_free(struct hr_slice plain) {
    char *text = (char *)(uintptr_t)plain.data;
    if (!text) return;
    explicit_bzero(text, plain.size);
    free(text);
}
