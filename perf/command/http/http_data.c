/* -d and its relatives: pieces of data, joined into one body or one query, as curl joins them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/url.h>

#include "http_call.h"

#define ENCODED_MAX 3 /* bytes that one byte may become */

static int cannot_read(const char *option, const char *path, int err) {
    output_complain("http: %s: cannot read %s: %s", option,
                    strcmp(path, "-") == 0 ? "standard input" : path, hr_error_text(err));
    return EXIT_FAILED;
}

static int cannot_keep(int err) {
    output_complain("http: the data cannot be kept in memory: %s", hr_error_text(err));
    return EXIT_FAILED;
}

void http_data_strip(struct byte_buffer *buffer, size_t at) {
    size_t kept = at;
    for (size_t i = at; i < buffer->size; i++)
        if (!strchr("\r\n", buffer->data[i])) buffer->data[kept++] = buffer->data[i];
    buffer->size = kept;
}

/* Adds "@FILE" or the text itself. */
static int add_piece(struct byte_buffer *body, const char *option, const char *text, bool files,
                     bool stripped) {
    if (!files || *text != '@') {
        int err = byte_buffer_add_text(body, text);
        return err ? cannot_keep(err) : EXIT_DONE;
    }
    size_t before = body->size;
    int err = byte_buffer_add_file(body, text + 1);
    if (err) return cannot_read(option, text + 1, err);
    if (stripped) http_data_strip(body, before);
    return EXIT_DONE;
}

/* Percent-encodes all but RFC 3986's unreserved, a blank as the plus of forms. */
static int add_encoded(struct byte_buffer *body, struct hr_slice content) {
    if (content.size > BYTE_BUFFER_MAX / ENCODED_MAX) return -EFBIG;
    char *text = malloc(content.size * ENCODED_MAX + 1);
    if (!text) return -ENOMEM;
    int err = 0;
    while (content.size && !err) {
        size_t size = 0;
        while (size < content.size && content.data[size] != ' ') size++;
        size_t length;
        err = hr_percent_encode(hr_slice_bytes(content.data, size), HR_PERCENT_STRICT, text,
                                content.size * ENCODED_MAX + 1, &length);
        if (!err) err = byte_buffer_add(body, hr_slice_bytes(text, length));
        if (!err && size < content.size) err = byte_buffer_add_text(body, "+");
        size += size < content.size;
        content = hr_slice_bytes(content.data + size, content.size - size);
    }
    free(text);
    return err;
}

/* CONTENT, =CONTENT, NAME=CONTENT, @FILE, NAME@FILE; the name is taken as it stands. */
static int add_urlencoded(struct byte_buffer *body, const char *text) {
    const char *sign = strchr(text, '=');
    if (!sign) sign = strchr(text, '@');
    bool file = sign && *sign == '@';
    const char *content = sign ? sign + 1 : text;
    struct byte_buffer read = {0};
    int err = 0;
    if (file && (err = byte_buffer_add_file(&read, content)) != 0)
        return cannot_read("--data-urlencode", content, err);
    if (sign > text) {
        err = byte_buffer_add(body, hr_slice_bytes(text, (size_t)(sign - text)));
        if (!err) err = byte_buffer_add_text(body, "=");
    }
    struct hr_slice whole = file ? hr_slice_bytes(read.data, read.size) : hr_slice_of(content);
    if (!err) err = add_encoded(body, whole);
    byte_buffer_free(&read);
    return err ? cannot_keep(err) : EXIT_DONE;
}

static int add_item(struct byte_buffer *body, enum http_data_kind kind, const char *text) {
    switch (kind) {
    case HTTP_DATA:
        return add_piece(body, "--data", text, true, true);
    case HTTP_DATA_RAW:
        return add_piece(body, "--data-raw", text, false, false);
    case HTTP_DATA_BINARY:
        return add_piece(body, "--data-binary", text, true, false);
    case HTTP_DATA_URLENCODE:
        return add_urlencoded(body, text);
    case HTTP_DATA_JSON:
        return add_piece(body, "--json-body", text, true, false);
    }
    return EXIT_USAGE;
}

/* Whether a text is meant as JSON: its first byte that is no white space says so. */
static bool looks_like_json(struct hr_slice text) {
    size_t at = 0;
    while (at < text.size && strchr(" \t\r\n", text.data[at]) && text.data[at]) at++;
    return at < text.size && (text.data[at] == '{' || text.data[at] == '[');
}

int http_data_join(struct http_call *call) {
    const struct option_list *list = &call->values->body.data;
    struct byte_buffer *body = &call->data.text;
    for (size_t i = 0; i < list->count; i++) {
        int err = i && list->tags[i] != HTTP_DATA_JSON ? byte_buffer_add_text(body, "&") : 0;
        if (err) return cannot_keep(err);
        int code = add_item(body, list->tags[i], list->items[i]);
        if (code) return code;
        call->data.json = call->data.json || list->tags[i] == HTTP_DATA_JSON;
    }
    int err = byte_buffer_add_text(body, call->values->body.text);
    if (err) return cannot_keep(err);
    if (call->data.json || looks_like_json(hr_slice_bytes(body->data, body->size)))
        call->data.content_type = "application/json";
    else if (list->count)
        call->data.content_type = "application/x-www-form-urlencoded";
    return EXIT_DONE;
}
