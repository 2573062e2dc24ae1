/* Refusals: which status a malformed, too large or unsupported request gets. */
#include "server_refusal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* Chunk sizes and extensions that a body may cost: this, and so much for each byte of it. */
#define FRAMING_BYTES_FREE   (64u * 1024)
#define FRAMING_PER_BYTE_MAX 16u

int hr__server_refusal_of_head(const struct hr_http_server_options *options,
                               const struct hr_http1_message *message) {
    const struct hr_http_head *head = &message->head;
    bool expects = hr_http_head_find(head, "Expect").data != NULL;
    if (expects && !message->expect_continue && head->minor_version > 0) return 417;
    if (head->has_content_length && head->content_length > options->body_bytes_max) return 413;
    return 0;
}

int hr__server_refusal_of_error(const struct hr_http1_parser *parser, int err,
                                bool in_request_line) {
    const char *reason = hr__http1_parser_reason(parser);
    if (err == -ENOMEM) return 503;
    if (err == HR_ERR_HTTP_UNEXPECTED) return 501; /* CONNECT, and methods that nobody knows */
    if (err == HR_ERR_HTTP_HEAD_TOO_LARGE) return in_request_line ? 414 : 431;
    if (strcmp(reason, HR_HTTP1_REASON_METHOD) == 0) return 501;
    if (strcmp(reason, HR_HTTP1_REASON_CODING) == 0) return 501;
    if (strcmp(reason, HR_HTTP1_REASON_VERSION) == 0) return 505;
    return 400;
}

bool hr__server_refusal_of_framing(uint64_t wire_bytes, uint64_t body_bytes) {
    assert(wire_bytes >= body_bytes);
    uint64_t framing = wire_bytes - body_bytes;
    return framing > FRAMING_BYTES_FREE &&
           (framing - FRAMING_BYTES_FREE) / FRAMING_PER_BYTE_MAX > body_bytes;
}
