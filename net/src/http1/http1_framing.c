/* The fields of a head decide over the message (RFC 9112 3.2, 6, 9.3): how its body is framed,
 * whether the connection goes on, and what makes the head one to be refused. */
#include <headrace/text.h>
#include <headrace/url.h>
#include <net/chars.h>

#include "http1_head.h"
#include "url_authority.h"

struct seen {
    bool transfer_encoding, close, keep_alive;
    unsigned hosts;
};

static int refuse(const char *why, const char **reason) {
    *reason = why;
    return HR_ERR_HTTP_MALFORMED;
}

static bool is(struct hr_slice text, const char *name) {
    return hr_slice_equal_nocase(text, hr_slice_of(name));
}

static void read_connection(struct hr_slice value, struct seen *seen) {
    struct hr_slice option;
    while (hr_slice_cut(&value, ',', &option)) {
        option = hr_slice_trim(option);
        seen->close |= is(option, "close");
        seen->keep_alive |= is(option, "keep-alive");
    }
}

/* Digits and nothing else; a list of equal numbers ("5, 5") is refused too. */
static int read_content_length(struct hr_slice value, struct hr_http1_message *message,
                               const char **reason) {
    if (message->head.has_content_length) return refuse("Content-Length stands twice", reason);
    if (hr_text_u64(value, INT64_MAX, &message->head.content_length))
        return refuse("Content-Length is not a number of bytes", reason);
    message->head.has_content_length = true;
    return 0;
}

/* "chunked", once and alone: no other coding was offered. */
static int read_transfer_encoding(struct hr_slice value, struct hr_http1_message *message,
                                  struct seen *seen, const char **reason) {
    if (seen->transfer_encoding) return refuse("Transfer-Encoding stands twice", reason);
    if (!is(value, "chunked")) return refuse(HR_HTTP1_REASON_CODING, reason);
    seen->transfer_encoding = true;
    message->chunked = true;
    return 0;
}

static int read_host(struct hr_slice value, struct seen *seen, const char **reason) {
    struct hr_authority authority;
    size_t at;
    if (seen->hosts++ > 0) return refuse("Host stands twice", reason);
    /* An empty one is what a target without authority has (RFC 9112 3.2). A zone is known to its
     * own host alone (RFC 6874 1). */
    if (value.size > 0 && (hr__authority_parse(value, &authority, &at) || authority.zone))
        return refuse("Host is not a host with an optional port", reason);
    return 0;
}

static int read_field(enum hr_http1_kind kind, const struct hr_http_field *field,
                      struct hr_http1_message *message, struct seen *seen, const char **reason) {
    switch (field->name.size) {
    case 4:
        if (kind == HR_HTTP1_REQUEST && is(field->name, "Host"))
            return read_host(field->value, seen, reason);
        break;
    case 6:
        if (kind == HR_HTTP1_REQUEST && is(field->name, "Expect"))
            message->expect_continue |= is(field->value, "100-continue");
        break;
    case 10:
        if (is(field->name, "Connection")) read_connection(field->value, seen);
        break;
    case 14:
        if (is(field->name, "Content-Length"))
            return read_content_length(field->value, message, reason);
        break;
    case 17:
        if (is(field->name, "Transfer-Encoding"))
            return read_transfer_encoding(field->value, message, seen, reason);
        break;
    default:
        break;
    }
    return 0;
}

/* Origin-form, absolute-form, and "*" for OPTIONS. */
static int judge_target(const struct hr_http1_message *message, const char **reason) {
    struct hr_slice target = message->target;
    struct hr_url url;
    if (is(message->method, "CONNECT")) {
        *reason = "CONNECT is not served";
        return HR_ERR_HTTP_UNEXPECTED;
    }
    if (target.data[0] == '/') return 0;
    if (target.size == 1 && target.data[0] == '*') {
        if (is(message->method, "OPTIONS")) return 0;
        return refuse("a target of * is for OPTIONS only", reason);
    }
    if (hr_url_parse(target, NULL, &url) || url.userinfo.data)
        return refuse("the request target is neither a path nor an http URL", reason);
    return 0;
}

static int judge_request(struct hr_http1_message *message, const struct seen *seen,
                         const char **reason) {
    /* HTTP/1.0 knows no interim responses. */
    if (message->head.minor_version == 0)
        message->expect_continue = false;
    else if (seen->hosts == 0)
        return refuse("a request of HTTP/1.1 without Host", reason);
    return judge_target(message, reason);
}

bool hr__http1_status_has_no_body(int status) {
    return status < 200 || status == 204 || status == 304;
}

static int judge_response(struct hr_http1_message *message, const char **reason) {
    if (message->head.status == 101) {
        *reason = "101 Switching Protocols, which was not asked for";
        return HR_ERR_HTTP_UNEXPECTED;
    }
    return 0;
}

/* Name and value lie in one line; a value that is not there lies elsewhere. */
static struct hr_slice line_of(const struct hr_http_field *field) {
    if (field->value.size == 0) return field->name;
    const char *end = field->value.data + field->value.size;
    return hr_slice_bytes(field->name.data, (size_t)(end - field->name.data));
}

int hr__http1_framing_judge(enum hr_http1_kind kind, struct hr_http1_message *message,
                            const char **reason, struct hr_slice *bad_line) {
    struct seen seen = {.hosts = 0};
    for (size_t i = 0; i < message->head.field_count; i++) {
        int err = read_field(kind, &message->head.fields[i], message, &seen, reason);
        if (!err) continue;
        *bad_line = line_of(&message->head.fields[i]);
        return err;
    }
    if (message->chunked && message->head.has_content_length)
        return refuse("both Content-Length and Transfer-Encoding", reason);
    if (message->chunked && message->head.minor_version == 0)
        return refuse("Transfer-Encoding in HTTP/1.0", reason);
    message->keep_alive = !seen.close && (message->head.minor_version == 1 || seen.keep_alive);
    return kind == HR_HTTP1_REQUEST ? judge_request(message, &seen, reason)
                                    : judge_response(message, reason);
}
