/* Heads that are read without llhttp: they are the same to it, and those with a doubt are left to
 * it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "cases.h"
#include "http1_case.h"
#include "http1_direct.h"
#include "http1_readings.h"

static bool reads(const char *text) {
    struct hr_http_field items[READINGS_FIELDS_MAX];
    struct hr_http1_fields fields = {.items = items, .capacity = READINGS_FIELDS_MAX};
    struct hr_http1_message message = {0};
    struct hr_slice head = readings_head(hr_slice_of(text));
    cr_assert_gt(head.size, 0, "%s", text);
    return hr__http1_direct(head, &fields, &message) == head.size;
}

Test(http1_direct, a_usual_head_is_read_without_llhttp) {
    cr_assert(reads("HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 4096\r\n"
                    "Connection: keep-alive\r\nETag: \"1\"\r\nx-empty:\r\n\r\n"));
    cr_assert(reads("HTTP/1.0 404 Not Found\r\ncontent-length:0\r\nconnection: CLOSE\r\n\r\n"));
}

Test(http1_direct, framing_that_could_be_read_in_two_ways_is_left_to_llhttp) {
    static const char *const fields[] = {"Transfer-Encoding: chunked",
                                         "transfer-encoding: identity",
                                         "Content-Length: 1\r\nContent-Length: 1",
                                         "Content-Length: +1",
                                         "Content-Length: 1, 1",
                                         "Content-Length: 99999999999999999999",
                                         "Content-Length:",
                                         "Connection: keep-alive, close",
                                         "Connection: upgrade",
                                         "Upgrade: h2c",
                                         "Proxy-Connection: close"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        char text[256];
        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", fields[i]);
        cr_assert_not(reads(text), "%s", fields[i]);
    }
    cr_assert_not(reads("HTTP/1.1 200\r\n\r\n"));
    cr_assert_not(reads("HTTP/1.1 200 \r\n\r\n"));
    cr_assert_not(reads("HTTP/1.1 200  OK\r\n\r\n"));
}

Test(http1_direct, more_fields_than_there_is_room_for_are_not_read) {
    struct hr_http_field item;
    struct hr_http1_fields fields = {.items = &item, .capacity = 1};
    struct hr_http1_message message = {0};
    cr_assert_not(hr__http1_direct(hr_slice_of("HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\n\r\n"), &fields,
                                   &message));
}

static const char usual[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nx-amz-meta-a_b:1\r\n"
                            "Content-Length: 5\r\nETag: \"d41d8cd98f00b204e9800998ecf8427e\"\r\n"
                            "x-empty:\r\n\r\n";

Test(http1_direct, a_head_is_read_when_it_is_whole_and_no_further) {
    enum { SIZE = sizeof usual - 1 };
    char text[SIZE + 3];
    memcpy(text, usual, SIZE);
    memcpy(text + SIZE, "a\r\0", 3);
    for (size_t size = 0; size < SIZE; size++) {
        char *cut = malloc(size + 1); /* of just that size, for the address sanitizer */
        memcpy(cut, usual, size);
        cr_assert_eq(readings_plain_size(cut, size), 0, "of %zu bytes", size);
        free(cut);
    }
    for (size_t more = 0; more <= 3; more++)
        cr_assert_eq(readings_plain_size(text, SIZE + more), SIZE);
}

/* Wherever the scan would have refused it, or ended elsewhere. */
Test(http1_direct, no_head_is_read_that_the_scan_does_not_let_through) {
    static const char bytes[] = "\0\t\n\r :;_a\x1f\x7f\x80\xff";
    char text[sizeof usual];
    size_t read = 0;
    for (size_t at = 0; at < sizeof usual - 1; at++)
        for (size_t i = 0; i < sizeof bytes - 1; i++) {
            memcpy(text, usual, sizeof text);
            text[at] = bytes[i];
            size_t size = readings_plain_size(text, sizeof text - 1);
            struct hr_slice scanned = readings_head(hr_slice_bytes(text, sizeof text - 1));
            cr_assert(size == 0 || size == scanned.size, "byte %d at %zu", bytes[i], at);
            read += size > 0;
        }
    cr_assert_gt(read, sizeof usual, "some of them are good heads");
}

/* Each pair of these lines behind each of the status lines, in both orders. */
Test(http1_direct, both_readings_of_generated_heads_agree) {
    static const char *const status[] = {
        "HTTP/1.1 200 OK", "HTTP/1.0 200 OK",        "HTTP/1.1 204 No Content",
        "HTTP/1.1 304 ",   "HTTP/1.1 200",           "HTTP/1.1 100 Continue",
        "HTTP/1.1 101 x",  "HTTP/1.1 299 \tb\x80 c", "HTTP/1.1 500  two  blanks ",
        "HTTP/1.1 999 ~",  "HTTP/1.1 200 \x80 OK"};
    static const char *const lines[] = {"a: b",
                                        "a:b",
                                        "a:",
                                        "a: \t",
                                        "a:\tb \t",
                                        "a: b: c",
                                        "!#$%&'*+-.^_`|~9: x",
                                        "a: \x80\xff",
                                        "Content-Length: 5",
                                        "content-length:5\t",
                                        "Content-Length: 5 ",
                                        "Content-Length: 05",
                                        "Content-Length: 6",
                                        "Content-Length: 5 5",
                                        "Content-Length: 5,5",
                                        "Content-Length: -5",
                                        "Content-Length: 9223372036854775807",
                                        "Content-Length: 9223372036854775808",
                                        "Content-Length: 18446744073709551616",
                                        "Content-Length:",
                                        "Content-Length: 0x5",
                                        "Transfer-Encoding: chunked",
                                        "Transfer-Encoding: chunked, gzip",
                                        "Transfer-Encoding:",
                                        "transfer-encoding: CHUNKED\t",
                                        "Connection: close",
                                        "Connection: Keep-Alive",
                                        "Connection: upgrade",
                                        "Connection: close, keep-alive",
                                        "Connection:",
                                        "Connection: foo",
                                        "Proxy-Connection: close",
                                        "Upgrade: websocket",
                                        "Content-Lengthy: 7",
                                        "Connections: close",
                                        "Keep-Alive: timeout=5",
                                        "Trailer: x",
                                        "Content-Encoding: gzip"};
    enum { COUNT = sizeof lines / sizeof *lines };
    size_t complete = 0;
    for (size_t i = 0; i < sizeof status / sizeof *status; i++)
        for (size_t pair = 0; pair < COUNT * COUNT; pair++) {
            char text[256];
            int size = snprintf(text, sizeof text, "%s\r\n%s\r\n%s\r\n\r\n", status[i],
                                lines[pair / COUNT], lines[pair % COUNT]);
            struct hr_slice head = readings_head(hr_slice_bytes(text, (size_t)size));
            if (head.size == 0) continue;
            complete++;
            cr_assert(readings_agree(head), "%s", text);
        }
    cr_assert_gt(complete, COUNT * COUNT * 5);
}

Test(http1_direct, both_readings_of_the_given_responses_agree) {
    json_t *cases = cases_load("http1/cases.given.jsonl"), *one;
    size_t i, complete = 0;
    if (!cases) cr_skip_test("no cases: set HR_CASES");
    json_array_foreach(cases, i, one) {
        struct http_case test;
        http_case_init(&test, one);
        struct hr_slice head = readings_head(hr_slice_bytes(test.bytes, test.size));
        complete += head.size > 0;
        cr_expect(head.size == 0 || readings_agree(head), "%s", test.name);
        http_case_deinit(&test);
    }
    json_decref(cases);
    cr_assert_gt(complete, 50);
}
