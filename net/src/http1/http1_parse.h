/* HTTP/1.1 messages, sans I/O: bytes in, calls out. llhttp in strict mode, and refused besides:
 * Transfer-Encoding and Content-Length together, a status of other than three digits, …
 * (docs/http1.md). */
#ifndef HR_NET_HTTP1_PARSE_H
#define HR_NET_HTTP1_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <headrace/error.h>
#include <headrace/http_message.h>

enum hr_http1_kind { HR_HTTP1_REQUEST, HR_HTTP1_RESPONSE };

struct hr_http1_limits {
    uint32_t head_bytes_max; /* start line and fields; also of the trailers */
    uint32_t head_fields_max;
    bool lenient; /* struct hr_http_response_options says what it lets pass */
};

/* The head of either kind. Slices are valid during on_head only (a server copies what it keeps). */
struct hr_http1_message {
    struct hr_http_head head; /* status and reason: of a response */
    struct hr_slice method, target;
    bool chunked;
    bool expect_continue;
    bool keep_alive; /* as far as the head tells */
};

struct hr_http1_parser;

/* 0 goes on, negative stops the parser with that error. */
struct hr_http1_events {
    int (*on_head)(void *user,
                   const struct hr_http1_message *message); /* an interim (1xx) head too */
    /* Returns how many bytes were taken; fewer than size: the parser stops there (see consumed) and
     * goes on with the next execute, which must begin with the byte after. Negative: error. */
    ssize_t (*on_body)(void *user, const char *data, size_t size);
    int (*on_trailers)(void *user, const struct hr_http_field *fields,
                       size_t count); /* only when there are any */
    /* The final message is complete; execute returns right behind it, with the rest unconsumed. */
    int (*on_complete)(void *user);
};

/* Heap, ≤ 512 bytes between messages: memory for heads is taken at the first byte
 * that cannot be used in place and given back when the message ends. -ENOMEM. */
int hr__http1_parser_new(enum hr_http1_kind kind, const struct hr_http1_limits *limits,
                         const struct hr_http1_events *events, void *user,
                         struct hr_http1_parser **parser);
void hr__http1_parser_free(struct hr_http1_parser *parser);

/* Parsers of one kind that serve one message after the other: as many stay as were once in use at
 * the same time. One owner thread. */
struct hr_http1_parsers {
    enum hr_http1_kind kind;
    const struct hr_http1_events *events;
    struct hr_http1_parser *free;
};
/* One with these limits whose events get `user`, before its first begin. -ENOMEM. */
int hr__http1_parser_acquire(struct hr_http1_parsers *parsers, const struct hr_http1_limits *limits,
                             void *user, struct hr_http1_parser **parser);
/* NULL: nothing. */
void hr__http1_parser_release(struct hr_http1_parsers *parsers, struct hr_http1_parser *parser);
void hr__http1_parsers_free(struct hr_http1_parsers *parsers);

/* Before the bytes of a new message. `head_request`: the response is to a HEAD and has no body. */
void hr__http1_parser_begin(struct hr_http1_parser *parser, bool head_request);
/* The same before the response to a CONNECT: a 2xx has no body either, and the fields that would
 * frame one are ignored (RFC 9110 9.3.6); of another response the head is all that is read. */
void hr__http1_parser_begin_tunnel(struct hr_http1_parser *parser);

/* 0 or negative (HR_ERR_HTTP_MALFORMED, …_HEAD_TOO_LARGE, what a callback returned). `*consumed` ≤
 * size always; less when on_body took less or the message completed. `hr__http1_parser_reason` then
 * tells what was wrong. */
int hr__http1_parser_execute(struct hr_http1_parser *parser, const char *data, size_t size,
                             size_t *consumed);

/* The peer has ended: 0 when the message is or hereby becomes complete (on_complete is called for a
 * body that runs to the close) or when none had begun, else HR_ERR_HTTP_TRUNCATED. */
int hr__http1_parser_finish(struct hr_http1_parser *parser);

/* Reasons for which a server has responses of their own (501, 501, 505). */
#define HR_HTTP1_REASON_METHOD  "a method that is not known here"
#define HR_HTTP1_REASON_CODING  "a Transfer-Encoding other than chunked"
#define HR_HTTP1_REASON_VERSION "a version of HTTP other than 1.0 and 1.1"

bool hr__http1_parser_keep_alive(
    const struct hr_http1_parser *parser); /* after completion: may the connection go on */
bool hr__http1_parser_idle(
    const struct hr_http1_parser *parser); /* no byte of a message seen since begin */
/* Whether it is inside a body that ends with the connection alone. */
bool hr__http1_parser_runs_to_close(const struct hr_http1_parser *parser);
/* Bytes of a Content-Length body still to come, inside a body; 0 when unknown or none. */
uint64_t hr__http1_parser_body_left(const struct hr_http1_parser *parser);
const char *
hr__http1_parser_reason(const struct hr_http1_parser *parser); /* static text; "" when fine */
/* The line of a head or trailer section that was refused, as excerpt.h shows it; "" where it was
 * none. Until the next begin. */
const char *hr__http1_parser_line(const struct hr_http1_parser *parser);

#endif
