/* The heads of a response, kept as they came. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http_call.h"

#define HEADS_MAX (512u << 10) /* of all interim responses and the final one */
#define LINE_END  2

int http_heads_open(struct http_heads *heads) {
    assert(!heads->text);
    heads->text = malloc(HEADS_MAX + LINE_END);
    return heads->text ? 0 : -ENOMEM;
}

void http_heads_close(struct http_heads *heads) {
    free(heads->text);
    *heads = (struct http_heads){.text = NULL};
}

static bool put(struct http_heads *heads, struct hr_slice text) {
    if (heads->size + text.size > HEADS_MAX) return false;
    if (text.size) memcpy(heads->text + heads->size, text.data, text.size);
    heads->size += text.size;
    return true;
}

static bool put_line(struct http_heads *heads, struct hr_slice name, const char *between,
                     struct hr_slice value) {
    return put(heads, name) && put(heads, hr_slice_of(between)) && put(heads, value) &&
           put(heads, hr_slice_of("\r\n"));
}

int http_heads_add(struct http_heads *heads, const struct hr_http_head *head) {
    char line[32];
    assert(heads->text);
    if (heads->complete) heads->size = 0;
    heads->final_at = heads->size;
    heads->complete = head->status >= 200;
    snprintf(line, sizeof line, "HTTP/1.%u %d", head->minor_version, head->status);
    bool fits = put_line(heads, hr_slice_of(line), " ", head->reason);
    for (size_t i = 0; fits && i < head->field_count; i++)
        fits = put_line(heads, head->fields[i].name, ": ", head->fields[i].value);
    if (!heads->complete) fits = fits && put(heads, hr_slice_of("\r\n"));
    return fits ? 0 : HR_ERR_HTTP_HEAD_TOO_LARGE;
}

/* The line from `at` on, without its end; data NULL: it is the last one's end, or has none. */
static struct hr_slice line_at(const struct http_heads *heads, size_t at) {
    const char *from = heads->text + at;
    const char *stop = at < heads->size ? memchr(from, '\r', heads->size - at) : NULL;
    if (!stop || stop == from) return (struct hr_slice){.data = NULL};
    return hr_slice_bytes(from, (size_t)(stop - from));
}

/* A value holds no line end, a name no colon. */
bool http_heads_next(const struct http_heads *heads, size_t *at, struct hr_http_field *field) {
    if (!heads->complete) return false;
    if (*at == 0) *at = heads->final_at + line_at(heads, heads->final_at).size + LINE_END;
    struct hr_slice line = line_at(heads, *at);
    const char *colon = line.data ? memchr(line.data, ':', line.size) : NULL;
    if (!colon) return false;
    size_t name = (size_t)(colon - line.data), blank = 2; /* the colon, too */
    field->name = hr_slice_bytes(line.data, name);
    field->value = hr_slice_bytes(colon + blank, line.size - name - blank);
    *at += line.size + LINE_END;
    return true;
}

struct hr_slice http_heads_field(const struct http_heads *heads, const char *name) {
    struct hr_http_field field;
    for (size_t at = 0; http_heads_next(heads, &at, &field);)
        if (hr_slice_equal_nocase(field.name, hr_slice_of(name))) return field.value;
    return (struct hr_slice){.data = NULL};
}

bool http_heads_write(struct http_heads *heads, const struct hr_sink *sink) {
    size_t whole = heads->size + LINE_END;
    memcpy(heads->text + heads->size, "\r\n", LINE_END);
    if (heads->written < whole) {
        ssize_t done =
            sink->consume(sink->user, heads->text + heads->written, whole - heads->written);
        if (done > 0) heads->written += (size_t)done;
    }
    return heads->written >= whole;
}

void http_heads_print(const struct http_heads *heads) {
    for (const char *at = heads->text, *end = at + heads->size; at < end;) {
        const char *stop = memchr(at, '\r', (size_t)(end - at));
        output_bytes(hr_slice_bytes(at, (size_t)(stop - at)));
        putchar('\n');
        at = stop + LINE_END;
    }
}
