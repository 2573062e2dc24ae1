/* The header fields of a request: those of --header, and what other options add to them. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "http_call.h"

#define SHOWN_MAX 60 /* bytes of what was wrong */

/* Shows the beginning of a line: a value may be a secret, so what has one is not shown. */
static int wrong(struct hr_slice line, const char *why) {
    int size = line.size < SHOWN_MAX ? (int)line.size : SHOWN_MAX;
    return output_usage("http", "--header '%.*s': %s", size, line.data, why);
}

int http_header_check(const char *text, char *why, size_t why_size) {
    size_t name = strcspn(text, ":;");
    if (*text == '@' && text[1]) return 0;
    if (name && (text[name] == ':' || (text[name] == ';' && !text[name + 1]))) return 0;
    snprintf(why, why_size, "'%.100s' is not 'Name: value', nor @FILE", text);
    return -1;
}

static bool is_among(const struct hr_http_field *fields, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (hr_slice_equal_nocase(fields[i].name, hr_slice_of(name))) return true;
    return false;
}

bool http_field_is_given(const struct http_call *call, const char *name) {
    return is_among(call->fields.list, call->fields.count, name);
}

bool http_field_is_removed(const struct http_call *call, const char *name) {
    return is_among(call->fields.removed, call->fields.removed_count, name);
}

/* "Name: value" is sent, "Name;" is sent empty, "Name:" is not sent, though an option adds it. */
static int add_line(struct http_call *call, struct hr_slice line) {
    struct hr_http_field field;
    bool empty =
        line.size > 1 && line.data[line.size - 1] == ';' && !memchr(line.data, ':', line.size);
    const char *colon = memchr(line.data, ':', line.size);
    if (!empty && (!colon || colon == line.data)) return wrong(line, "it is not 'Name: value'");
    field.name = hr_slice_bytes(line.data, empty ? line.size - 1 : (size_t)(colon - line.data));
    field.value =
        empty ? hr_slice_bytes("", 0) : hr_slice_bytes(colon + 1, line.size - field.name.size - 1);
    while (field.value.size && strchr(" \t", *field.value.data)) {
        field.value.data++;
        field.value.size--;
    }
    while (field.value.size && strchr(" \t", field.value.data[field.value.size - 1]))
        field.value.size--;
    bool removed = !empty && !field.value.size;
    if (removed && hr_slice_equal_nocase(field.name, hr_slice_of("Host")))
        return wrong(field.name, "a request has this field");
    if ((removed ? call->fields.removed_count : call->fields.count) == HTTP_FIELDS_MAX)
        return wrong(field.name, "it is one field too many");
    if (removed)
        call->fields.removed[call->fields.removed_count++] = field;
    else
        call->fields.list[call->fields.count++] = field;
    return EXIT_DONE;
}

/* The lines of files stay in call->fields.text, which is whole before a slice of it is taken. */
static int read_file(struct http_call *call, const char *path) {
    int err = byte_buffer_add_file(&call->fields.text, path);
    if (!err) err = byte_buffer_add_text(&call->fields.text, "\n");
    if (!err) return EXIT_DONE;
    output_complain("http: --header: cannot read %s: %s", path, hr_error_text(err));
    return EXIT_FAILED;
}

static int add_lines(struct http_call *call) {
    const char *at = call->fields.text.data;
    while (at && *at) {
        size_t size = strcspn(at, "\n"), line = size;
        while (line && at[line - 1] == '\r') line--;
        int code = line ? add_line(call, hr_slice_bytes(at, line)) : EXIT_DONE;
        if (code) return code;
        at += size + (at[size] == '\n');
    }
    return EXIT_DONE;
}

int http_fields_read(struct http_call *call) {
    const struct option_list *list = &call->values->request.headers;
    int code = EXIT_DONE;
    for (size_t i = 0; i < list->count && !code; i++) {
        const char *item = list->items[i];
        code = *item == '@' ? read_file(call, item + 1) : add_line(call, hr_slice_of(item));
    }
    return code ? code : add_lines(call);
}

/* Adds a field that an option stands for, unless --header gives it or takes it out. */
static void add(struct http_call *call, const char *name, const char *value) {
    if (!value || http_field_is_given(call, name) || http_field_is_removed(call, name)) return;
    assert(call->fields.count < HTTP_FIELDS_MAX + HTTP_FIELDS_ADDED);
    call->fields.list[call->fields.count++] =
        (struct hr_http_field){.name = hr_slice_of(name), .value = hr_slice_of(value)};
}

static int read_cookies(struct http_call *call) {
    const struct option_list *list = &call->values->request.cookies;
    int err = 0;
    for (size_t i = 0; i < list->count && !err; i++) {
        const char *item = list->items[i];
        if (*item && !strchr(item, '='))
            return output_usage("http",
                                "--cookie '%.60s': a file of cookies is not supported, give "
                                "'NAME=VALUE'",
                                item);
        if (*item && call->fields.cookies.size)
            err = byte_buffer_add_text(&call->fields.cookies, ";");
        if (!err) err = byte_buffer_add_text(&call->fields.cookies, item);
    }
    return err ? output_failed(call->values->report.json, err, "--cookie: %s", hr_error_text(err))
               : EXIT_DONE;
}

/* FIRST-LAST, FIRST-, -LAST, more behind commas; FIRST alone is FIRST-. */
static int read_range(struct http_call *call) {
    const char *at = call->values->request.range;
    while (*at) {
        size_t first = strspn(at, "0123456789");
        at += first;
        size_t dash = *at == '-', last = dash ? strspn(at + 1, "0123456789") : 0;
        if (first + last == 0 || (!dash && *at)) break;
        at += dash + last;
        if (*at != ',' || !at[1]) break;
        at++;
    }
    if (*at || !*call->values->request.range ||
        strlen(call->values->request.range) > HTTP_RANGE_SIZE - 16)
        return output_usage("http", "--range '%.60s': it is not FIRST-LAST, FIRST- or -COUNT",
                            call->values->request.range);
    bool alone = !strchr(call->values->request.range, '-');
    snprintf(call->fields.range, sizeof call->fields.range, "bytes=%s%s",
             call->values->request.range, alone ? "-" : "");
    return EXIT_DONE;
}

/* A type of the caller's own for a form still has to say where its parts end. */
static int add_boundary(struct http_call *call) {
    const struct hr_slice name = hr_slice_of("Content-Type"), kind = hr_slice_of("multipart/");
    for (size_t i = 0; call->data.form && i < call->fields.count; i++) {
        struct hr_http_field *field = &call->fields.list[i];
        if (!hr_slice_equal_nocase(field->name, name)) continue;
        struct hr_slice front = hr_slice_bytes(field->value.data, kind.size);
        if (field->value.size < kind.size || !hr_slice_equal_nocase(front, kind))
            return wrong(name, "a form is multipart/form-data");
        size_t room = sizeof call->data.form->type;
        int size = snprintf(call->data.form->type, room, "%.*s; boundary=%s",
                            (int)field->value.size, field->value.data, call->data.form->boundary);
        if (size < 0 || (size_t)size >= room)
            return wrong(name, "it leaves no room for the boundary of a form");
        field->value = hr_slice_of(call->data.form->type);
    }
    return EXIT_DONE;
}

int http_fields_add(struct http_call *call) {
    const struct http_values *values = call->values;
    int code = read_cookies(call);
    if (!code) code = add_boundary(call);
    if (!code && values->request.range) code = read_range(call);
    if (code) return code;
    if (values->request.referer && strstr(values->request.referer, ";auto"))
        return output_usage("http", "--referer: ';auto' is not supported");
    add(call, "User-Agent",
        values->request.user_agent && *values->request.user_agent ? values->request.user_agent
                                                                  : NULL);
    add(call, "Referer",
        values->request.referer && *values->request.referer ? values->request.referer : NULL);
    add(call, "Cookie", call->fields.cookies.size ? call->fields.cookies.data : NULL);
    add(call, "Range", *call->fields.range ? call->fields.range : NULL);
    if (!values->body.get) add(call, "Content-Type", call->data.content_type);
    add(call, "Accept", call->data.json ? "application/json" : NULL);
    return EXIT_DONE;
}
