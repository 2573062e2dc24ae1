/* Heads, read by llhttp where they could be read in more than one way: a head is whole and in one
 * piece here, so that every span comes in one piece too. */
#include <llhttp.h>

#include <net/chars.h>

#include "http1_direct.h"
#include "http1_plain.h"

struct reading {
    struct hr_http1_message *message;
    struct hr_http1_fields *fields;
    bool complete;
};

static int on_method(llhttp_t *parser, const char *at, size_t size) {
    struct reading *reading = parser->data;
    reading->message->method = hr_slice_bytes(at, size);
    return 0;
}

static int on_target(llhttp_t *parser, const char *at, size_t size) {
    struct reading *reading = parser->data;
    reading->message->target = hr_slice_bytes(at, size);
    return 0;
}

static int on_reason(llhttp_t *parser, const char *at, size_t size) {
    struct reading *reading = parser->data;
    reading->message->head.reason = hr_slice_bytes(at, size);
    return 0;
}

static int on_field(llhttp_t *parser, const char *at, size_t size) {
    struct hr_http1_fields *fields = ((struct reading *)parser->data)->fields;
    if (fields->count == fields->capacity) return -1;
    fields->items[fields->count++] =
        (struct hr_http_field){.name = hr_slice_bytes(at, size), .value = hr_slice_bytes("", 0)};
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t size) {
    struct hr_http1_fields *fields = ((struct reading *)parser->data)->fields;
    if (size == 0) return 0;
    /* A second span would be a folded line, which the scan has refused. */
    if (fields->count == 0 || fields->items[fields->count - 1].value.size > 0) return -1;
    fields->items[fields->count - 1].value = hr_slice_bytes(at, size);
    return 0;
}

/* The body is framed here and not by llhttp: its work ends with the head. */
static int on_headers_complete(llhttp_t *parser) {
    struct reading *reading = parser->data;
    reading->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_method = on_method,
    .on_url = on_target,
    .on_status = on_reason,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_headers_complete = on_headers_complete,
};

/* ---- One reading. */

/* The line that `at` stands in. */
static struct hr_slice line_at(struct hr_slice data, const char *at) {
    const char *begin = at, *end = at, *stop = data.data + data.size;
    if (at < data.data || at >= stop) return hr_slice_bytes("", 0);
    while (begin > data.data && begin[-1] != '\n') begin--;
    while (end < stop && *end != '\r' && *end != '\n') end++;
    return hr_slice_bytes(begin, (size_t)(end - begin));
}

static int run(llhttp_t *parser, struct reading *reading, struct hr_slice data,
               struct hr_http1_reading *how) {
    llhttp_errno_t err = llhttp_execute(parser, data.data, data.size);
    if (err == HPE_PAUSED && reading->complete &&
        llhttp_get_error_pos(parser) == data.data + data.size)
        return 0;
    how->reason = err == HPE_OK || err == HPE_PAUSED ? "the head does not end where it should"
                                                     : llhttp_get_error_reason(parser);
    if (!how->reason) how->reason = "malformed head";
    how->bad_line = line_at(data, llhttp_get_error_pos(parser));
    return HR_ERR_HTTP_MALFORMED;
}

static bool is_framing(struct hr_slice name) {
    return hr_slice_equal_nocase(name, hr_slice_of("Content-Length")) ||
           hr_slice_equal_nocase(name, hr_slice_of("Transfer-Encoding"));
}

/* llhttp 8.1 does not strip a TAB behind these values, and then reads another framing out of them
 * than RFC 9112 5 has. True: there is one. */
static bool trim_values(struct hr_http1_fields *fields) {
    bool tab = false;
    for (size_t i = 0; i < fields->count; i++) {
        struct hr_http_field *field = &fields->items[i];
        struct hr_slice value = hr_slice_trim(field->value);
        const char *end = field->value.data + field->value.size, *blank = value.data + value.size;
        tab |= blank < end && memchr(blank, '\t', (size_t)(end - blank)) && is_framing(field->name);
        field->value = value;
    }
    return tab;
}

/* Both readings of the framing have to agree, or somebody else may read it in a third way. */
static bool agrees(const llhttp_t *parser, const struct hr_http1_message *message) {
    bool chunked = (parser->flags & F_CHUNKED) != 0;
    bool sized = (parser->flags & F_CONTENT_LENGTH) != 0;
    return chunked == message->chunked && sized == message->head.has_content_length &&
           (!sized || parser->content_length == message->head.content_length);
}

static int judge(struct hr_http1_reading *how, const struct hr_http1_fields *fields,
                 struct hr_http1_message *message) {
    message->head.fields = fields->items;
    message->head.field_count = fields->count;
    return hr__http1_framing_judge(how->kind, message, &how->reason, &how->bad_line);
}

/* *misread: llhttp may be what is wrong. */
static int read_by_llhttp(struct hr_http1_reading *how, struct hr_slice data,
                          struct hr_http1_fields *fields, struct hr_http1_message *message,
                          bool *misread) {
    llhttp_t parser;
    struct reading reading = {.message = message, .fields = fields};
    memset(message, 0, sizeof *message);
    fields->count = 0;
    llhttp_init(&parser, how->kind == HR_HTTP1_REQUEST ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
    parser.data = &reading;
    int err = run(&parser, &reading, data, how);
    *misread = err || trim_values(fields);
    if (*misread) return err;
    message->head.status = how->kind == HR_HTTP1_RESPONSE ? parser.status_code : 0;
    message->head.minor_version = parser.http_minor;
    err = judge(how, fields, message);
    if (err) return err;
    if (!agrees(&parser, message)) {
        how->reason = "the framing can be read in two ways";
        return HR_ERR_HTTP_MALFORMED;
    }
    return 0;
}

static int read_once(struct hr_http1_reading *how, struct hr_slice data,
                     struct hr_http1_fields *fields, struct hr_http1_message *message,
                     bool *misread) {
    *misread = false;
    memset(message, 0, sizeof *message);
    if (how->kind == HR_HTTP1_RESPONSE && !how->by_llhttp &&
        hr__http1_direct(data, fields, message) == data.size)
        return 0;
    return read_by_llhttp(how, data, fields, message, misread);
}

/* ---- Heads. */

size_t hr__http1_head_read_plain(struct hr_slice data, struct hr_http1_fields *fields,
                                 struct hr_http1_message *message) {
    memset(message, 0, sizeof *message);
    return hr__http1_direct(data, fields, message);
}

static bool is_success(struct hr_slice head) {
    return head.size > 9 && head.data[9] == '2'; /* "HTTP/1.1 2" */
}

int hr__http1_head_read(struct hr_http1_reading *how, struct hr_slice data,
                        struct hr_http1_fields *fields, struct hr_http1_message *message) {
    const struct hr_http1_plain_rules rules = {
        .request = how->kind == HR_HTTP1_REQUEST,
        .lenient = how->lenient,
        .drop_framing = how->to_connect && is_success(data),
    };
    bool misread = rules.lenient || rules.drop_framing;
    int err = misread ? 0 : read_once(how, data, fields, message, &misread);
    if (!misread) return err;
    err = hr__http1_plain(&rules, data, &how->plain);
    if (err) return err;
    how->bad_line = hr_slice_bytes("", 0);
    err = read_once(how, how->plain, fields, message, &misread);
    if (err || !rules.request) return err;
    struct hr_slice method = hr_slice_bytes(data.data, hr__http1_span(data, HR_CHAR_TOKEN));
    if (hr__http1_method_is_known(method)) return 0;
    how->reason = HR_HTTP1_REASON_METHOD;
    return HR_ERR_HTTP_UNEXPECTED;
}

/* Trailers have the form of header fields, and are read behind a status line of ours. Framing
 * among them is refused and not ignored: nobody sends it but to be read differently by two. */
int hr__http1_trailers_read(struct hr_http1_reading *how, struct hr_slice data,
                            struct hr_http1_fields *fields) {
    static const char line[] = "HTTP/1.1 200 \r\n";
    llhttp_t parser;
    struct hr_http1_message message;
    struct reading reading = {.message = &message, .fields = fields};
    llhttp_init(&parser, HTTP_RESPONSE, &settings);
    parser.data = &reading;
    llhttp_execute(&parser, line, sizeof line - 1);
    int err = run(&parser, &reading, data, how);
    trim_values(fields);
    for (size_t i = 0; !err && i < fields->count; i++) {
        if (!is_framing(fields->items[i].name)) continue;
        how->reason = "Content-Length or Transfer-Encoding among the trailers";
        how->bad_line = fields->items[i].name;
        err = HR_ERR_HTTP_MALFORMED;
    }
    return err;
}

struct hr_slice hr_http_head_find(const struct hr_http_head *head, const char *name) {
    struct hr_slice wanted = hr_slice_of(name);
    for (size_t i = 0; i < head->field_count; i++)
        if (hr_slice_equal_nocase(head->fields[i].name, wanted)) return head->fields[i].value;
    return hr_slice_bytes(NULL, 0);
}
