/* Heads, read by llhttp: a head is whole and in one piece here, so that every span comes in one
 * piece too. */
#include <llhttp.h>

#include "http1_chars.h"
#include "http1_head.h"

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

static int run(llhttp_t *parser, struct reading *reading, struct hr_slice data,
               const char **reason) {
    llhttp_errno_t err = llhttp_execute(parser, data.data, data.size);
    if (err == HPE_PAUSED && reading->complete &&
        llhttp_get_error_pos(parser) == data.data + data.size)
        return 0;
    *reason = err == HPE_OK || err == HPE_PAUSED ? "the head does not end where it should"
                                                 : llhttp_get_error_reason(parser);
    if (!*reason) *reason = "malformed head";
    return HR_ERR_HTTP_MALFORMED;
}

static bool is_framing(struct hr_slice name) {
    return hr_slice_equal_nocase(name, hr_slice_of("Content-Length")) ||
           hr_slice_equal_nocase(name, hr_slice_of("Transfer-Encoding"));
}

/* llhttp 8.1 does not strip a TAB behind these values and then reads another framing out of them
 * than a recipient that does: such a message is refused. */
static int trim_values(struct hr_http1_fields *fields, const char **reason) {
    for (size_t i = 0; i < fields->count; i++) {
        struct hr_http_field *field = &fields->items[i];
        struct hr_slice value = hr__http1_trim(field->value);
        const char *end = field->value.data + field->value.size, *blank = value.data + value.size;
        if (blank < end && memchr(blank, '\t', (size_t)(end - blank)) && is_framing(field->name)) {
            *reason = "a TAB behind Content-Length or Transfer-Encoding";
            return HR_ERR_HTTP_MALFORMED;
        }
        field->value = value;
    }
    return 0;
}

/* Both readings of the framing have to agree, or somebody else may read it in a third way. */
static bool agrees(const llhttp_t *parser, const struct hr_http1_message *message) {
    bool chunked = (parser->flags & F_CHUNKED) != 0;
    bool sized = (parser->flags & F_CONTENT_LENGTH) != 0;
    return chunked == message->chunked && sized == message->head.has_content_length &&
           (!sized || parser->content_length == message->head.content_length);
}

int hr__http1_head_read(enum hr_http1_kind kind, struct hr_slice data,
                        struct hr_http1_fields *fields, struct hr_http1_message *message,
                        const char **reason) {
    llhttp_t parser;
    struct reading reading = {.message = message, .fields = fields};
    memset(message, 0, sizeof *message);
    llhttp_init(&parser, kind == HR_HTTP1_REQUEST ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
    parser.data = &reading;
    int err = run(&parser, &reading, data, reason);
    if (!err) err = trim_values(fields, reason);
    if (err) return err;
    message->head.status = kind == HR_HTTP1_RESPONSE ? parser.status_code : 0;
    message->head.minor_version = parser.http_minor;
    message->head.fields = fields->items;
    message->head.field_count = fields->count;
    err = hr__http1_framing_judge(kind, message, reason);
    if (err) return err;
    if (!agrees(&parser, message)) {
        *reason = "the framing can be read in two ways";
        return HR_ERR_HTTP_MALFORMED;
    }
    return 0;
}

/* Trailers have the form of header fields, and are read behind a status line of ours. Framing
 * among them is refused and not ignored: nobody sends it but to be read differently by two. */
int hr__http1_trailers_read(struct hr_slice data, struct hr_http1_fields *fields,
                            const char **reason) {
    static const char line[] = "HTTP/1.1 200 \r\n";
    llhttp_t parser;
    struct hr_http1_message message;
    struct reading reading = {.message = &message, .fields = fields};
    llhttp_init(&parser, HTTP_RESPONSE, &settings);
    parser.data = &reading;
    llhttp_execute(&parser, line, sizeof line - 1);
    int err = run(&parser, &reading, data, reason);
    if (!err) err = trim_values(fields, reason);
    for (size_t i = 0; !err && i < fields->count; i++) {
        if (!is_framing(fields->items[i].name)) continue;
        *reason = "Content-Length or Transfer-Encoding among the trailers";
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
