/* The statuses that a server refuses requests with; test_server.c has them over the wire. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "server_refusal.h"

static struct hr_http1_message message_of(const struct hr_http_field *fields, size_t count) {
    return (struct hr_http1_message){
        .head = {.fields = fields, .field_count = count, .minor_version = 1}};
}

Test(server_refusal, of_a_head) {
    const struct hr_http_server_options options = {.body_bytes_max = 100};
    const struct hr_http_field expect = {hr_slice_of("Expect"), hr_slice_of("tea")};
    struct hr_http1_message message = message_of(&expect, 1);
    cr_assert_eq(hr__server_refusal_of_head(&options, &message), 417);
    message.head.minor_version = 0;
    cr_assert_eq(hr__server_refusal_of_head(&options, &message), 0, "HTTP/1.0 has no Expect");
    message.head.minor_version = 1;
    message.expect_continue = true;
    cr_assert_eq(hr__server_refusal_of_head(&options, &message), 0);
    message.head.has_content_length = true;
    message.head.content_length = 100;
    cr_assert_eq(hr__server_refusal_of_head(&options, &message), 0);
    message.head.content_length = 101;
    cr_assert_eq(hr__server_refusal_of_head(&options, &message), 413);
}

static int refuse_nothing(void *user, const struct hr_http1_message *message) {
    (void)user, (void)message;
    return 0;
}

static int of_text(const char *text, bool in_request_line) {
    const struct hr_http1_limits limits = {.head_bytes_max = 100, .head_fields_max = 10};
    const struct hr_http1_events events = {.on_head = refuse_nothing};
    struct hr_http1_parser *parser;
    size_t count;
    cr_assert_eq(hr__http1_parser_new(HR_HTTP1_REQUEST, &limits, &events, NULL, &parser), 0);
    hr__http1_parser_begin(parser, false);
    int err = hr__http1_parser_execute(parser, text, strlen(text), &count);
    cr_assert_lt(err, 0, "%s", text);
    int status = hr__server_refusal_of_error(parser, err, in_request_line);
    cr_assert_eq(hr__server_refusal_of_error(parser, -ENOMEM, in_request_line), 503);
    hr__http1_parser_free(parser);
    return status;
}

Test(server_refusal, of_an_error) {
    char large[300] = "GET / HTTP/1.1\r\nHost: x\r\nX: ";
    memset(large + strlen(large), 'a', 200);
    cr_assert_eq(of_text("GET / HTTP/1.1\r\nHost : x\r\n\r\n", false), 400);
    cr_assert_eq(of_text("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", false), 501);
    cr_assert_eq(of_text("BREW / HTTP/1.1\r\nHost: x\r\n\r\n", false), 501);
    cr_assert_eq(of_text("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", false),
                 501);
    cr_assert_eq(of_text("GET / HTTP/9.9\r\nHost: x\r\n\r\n", false), 505);
    cr_assert_eq(of_text(large, false), 431);
    cr_assert_eq(of_text(large, true), 414);
}

Test(server_refusal, of_framing) {
    cr_assert(!hr__server_refusal_of_framing(64 * 1024, 0));
    cr_assert(!hr__server_refusal_of_framing(64 * 1024 + 15, 0));
    cr_assert(hr__server_refusal_of_framing(64 * 1024 + 16, 0));
    cr_assert(!hr__server_refusal_of_framing(64 * 1024 + 17 * 1000, 1000));
    cr_assert(hr__server_refusal_of_framing(64 * 1024 + 1000 + 16 * 1001, 1000));
}
