/* Heads of responses that can be read in one way only, which are nearly all: in one pass. The long
 * way looks at each byte three times, for lines, for names and values, and by llhttp. */
#include "http1_direct.h"

#include <headrace/text.h>
#include <net/chars.h>

#define STATUS_SIZE 13 /* "HTTP/1.1 200 " */

static void skip(struct hr_slice *rest, size_t size) {
    *rest = hr_slice_bytes(rest->data + size, rest->size - size);
}

static bool begins_with(struct hr_slice rest, char first, char second) {
    return rest.size >= 2 && rest.data[0] == first && rest.data[1] == second;
}

/* The rest of the line; false where it is not whole, or ends otherwise than with CR LF. */
static bool take_text(struct hr_slice *rest, struct hr_slice *text) {
    *text = hr_slice_bytes(rest->data, hr__http1_text_span(*rest));
    skip(rest, text->size);
    if (!begins_with(*rest, '\r', '\n')) return false;
    skip(rest, 2);
    return true;
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/* A reason that is missing or begins with a blank is llhttp's to understand, and a 101 nobody has
 * asked for. */
static bool is_status(struct hr_slice line) {
    const char *at = line.data;
    return line.size > STATUS_SIZE && memcmp(at, "HTTP/1.", 7) == 0 &&
           (at[7] == '0' || at[7] == '1') && at[8] == ' ' && is_digit(at[9]) && at[9] != '0' &&
           is_digit(at[10]) && is_digit(at[11]) && at[12] == ' ' &&
           !hr__http1_is_blank(at[STATUS_SIZE]) && memcmp(at + 9, "101", 3) != 0;
}

static bool read_status(struct hr_slice *rest, struct hr_http_head *head) {
    struct hr_slice line;
    if (!take_text(rest, &line) || !is_status(line)) return false;
    head->minor_version = (unsigned)(line.data[7] - '0');
    head->status = (line.data[9] - '0') * 100 + (line.data[10] - '0') * 10 + (line.data[11] - '0');
    head->reason = hr_slice_bytes(line.data + STATUS_SIZE, line.size - STATUS_SIZE);
    return true;
}

static bool read_field(struct hr_slice *rest, struct hr_http_field *field) {
    size_t size = hr__http1_token_span(*rest);
    if (size == 0 || size == rest->size || rest->data[size] != ':') return false;
    field->name = hr_slice_bytes(rest->data, size);
    skip(rest, size + 1);
    if (!take_text(rest, &field->value)) return false;
    field->value = hr_slice_trim(field->value);
    if (field->value.size == 0) field->value = hr_slice_bytes("", 0);
    return true;
}

/* Told by fields of the name Connection. */
struct said {
    bool close, keep_alive;
};

static bool take_connection(struct hr_slice value, struct said *said) {
    bool keep_alive = hr__http1_is(value, "keep-alive"),
         close = !keep_alive && hr__http1_is(value, "close");
    said->keep_alive |= keep_alive;
    said->close |= close;
    return keep_alive || close;
}

/* Twice it would have to be compared. */
static bool take_length(struct hr_slice value, struct hr_http_head *head) {
    if (head->has_content_length) return false;
    head->has_content_length = true;
    return hr_text_u64(value, INT64_MAX, &head->content_length) == 0;
}

/* Whether the field says nothing of the framing, or says it in its plainest form, once. */
static bool take_framing(const struct hr_http_field *field, struct hr_http_head *head,
                         struct said *said) {
    switch (field->name.size) {
    case 7:
        return !hr__http1_is(field->name, "Upgrade");
    case 10:
        return !hr__http1_is(field->name, "Connection") || take_connection(field->value, said);
    case 14:
        return !hr__http1_is(field->name, "Content-Length") || take_length(field->value, head);
    case 16:
        return !hr__http1_is(field->name, "Proxy-Connection");
    case 17:
        return !hr__http1_is(field->name, "Transfer-Encoding");
    default:
        return true;
    }
}

size_t hr__http1_direct(struct hr_slice data, struct hr_http1_fields *fields,
                        struct hr_http1_message *message) {
    struct hr_slice rest = data;
    struct hr_http_head *head = &message->head;
    struct said said = {.close = false};
    if (!read_status(&rest, head)) return 0;
    for (fields->count = 0; !begins_with(rest, '\r', '\n'); fields->count++) {
        if (fields->count == fields->capacity) return 0;
        struct hr_http_field *field = &fields->items[fields->count];
        if (!read_field(&rest, field) || !take_framing(field, head, &said)) return 0;
    }
    head->fields = fields->items;
    head->field_count = fields->count;
    message->keep_alive = !said.close && (head->minor_version == 1 || said.keep_alive);
    return data.size - rest.size + 2;
}
