/* What is sent: URLs against a base, default fields, credentials, trailers, and what is refused. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "client_fixture.h"
#include "needs_kernel.h"

#define S(text)                                                                                    \
    { text, sizeof text - 1 }
#define OK(size)     "HTTP/1.1 200 OK\r\nContent-Length: " #size "\r\n\r\n"
#define IN(f, text)  cr_assert(strstr(peer_received((f).peer, NULL), text), "no %s", text)
#define OUT(f, text) cr_assert_null(strstr(peer_received((f).peer, NULL), text), "%s", text)

static const struct peer_script answers[] = {{{{PEER_HEAD}, {PEER_SEND, OK(0)}, {PEER_REPEAT}}}};

static void open_with(struct fixture *f, struct hr_http_client_options *options) {
    memset(f, 0, sizeof *f);
    f->peer = peer_start(answers, 1);
    if (options->base_url) options->base_url = peer_url(f->peer, options->base_url);
    open_engine(f, 0);
    open_client(f, options);
}

Test(http_prepare, relative_urls_are_resolved) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.base_url = "/v1/things/?x"};
    struct fixture f;
    open_with(&f, &options);
    /* RFC 3986 5.2, and one that is absolute. */
    static const char *const rows[][2] = {{"a", "GET /v1/things/a HTTP/1.1\r\n"},
                                          {"../b?c", "GET /v1/b?c HTTP/1.1\r\n"},
                                          {"/d", "GET /d HTTP/1.1\r\n"},
                                          {"", "GET /v1/things/?x HTTP/1.1\r\n"},
                                          {"http.txt", "GET /v1/things/http.txt HTTP/1.1\r\n"}};
    char final[64];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_http_request request = {.url = rows[i][0],
                                          .redirects.final_url = final,
                                          .redirects.final_url_size = sizeof final};
        cr_assert_eq(run(&f, &request), 0, "%s: %s", rows[i][0], request.request.error.message);
        IN(f, rows[i][1]);
        cr_assert_eq(strncmp(final, "http://127.0.0.1:", 17), 0, "%s", final);
    }
    char absolute[64];
    snprintf(absolute, sizeof absolute, "HTTP%s", peer_url(f.peer, "/e") + 4);
    struct hr_http_request request = {
        .url = absolute, .redirects.final_url = final, .redirects.final_url_size = 6};
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    IN(f, "GET /e HTTP/1.1\r\n");
    cr_assert_str_eq(final, "HTTP:");
    struct hr_http_request other = {.url = "ftp://127.0.0.1/"};
    cr_assert_eq(run(&f, &other), HR_ERR_URL_SCHEME);
    close_all(&f);
}

Test(http_prepare, a_field_of_the_request_replaces_the_default) {
    NEEDS_KERNEL("a raw peer");
    static const struct hr_http_field defaults[] = {{S("X-One"), S("default1")},
                                                    {S("X-Two"), S("default2")}};
    static const struct hr_http_field own[] = {{S("x-one"), S("own1")}};
    struct hr_http_client_options options = {
        .fields = defaults, .field_count = 2, .deadline_field = "X-Left"};
    struct fixture f;
    open_with(&f, &options);
    struct hr_http_request request = {
        .request = {.timeout_ms = 20000}, .url = peer_url(f.peer, "/"), .fields = own};
    request.field_count = 1;
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    IN(f, "\r\nx-one: own1\r\n");
    OUT(f, "default1");
    IN(f, "\r\nX-Two: default2\r\n");
    const char *left = strstr(peer_received(f.peer, NULL), "\r\nX-Left: ");
    cr_assert(left);
    long ms = strtol(left + 10, NULL, 10);
    cr_assert(ms > 10000 && ms <= 20000, "%ld", ms);
    close_all(&f);
}

/* Each attempt says what is left when it is sent: less by what the one before took, and by the wait
 * for a connection. */
Test(http_prepare, the_deadline_is_clipped_to_what_remains) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {{{{PEER_HEAD}, {PEER_STALL}}}};
    struct hr_http_client_options options = {.deadline_field = "X-Left",
                                             .pool.connections_per_origin_max = 1,
                                             .timeouts.first_byte_timeout_ms = 400,
                                             .retry.backoff_base_ms = 1,
                                             .retry.backoff_max_ms = 1,
                                             .retry.attempts_max = 2};
    struct fixture f;
    open_all(&f, &options, scripts, 1);
    struct hr_http_request first = {.request = {.timeout_ms = 20000}}, waiting = first;
    first.url = waiting.url = peer_url(f.peer, "/");
    waiting.repeat = HR_HTTP_REPEAT_NEVER;
    cr_assert_eq(hr_http_request_start(f.client, &first), 0);
    cr_assert_eq(hr_http_request_start(f.client, &waiting), 0);
    cr_assert_eq(hr_wait(&first.request), HR_ERR_FIRST_BYTE_TIMEOUT);
    cr_assert_eq(hr_wait(&waiting.request), HR_ERR_FIRST_BYTE_TIMEOUT);
    long left[3] = {0};
    const char *at = peer_received(f.peer, NULL);
    for (int i = 0; i < 3; i++) {
        at = strstr(at, "\r\nX-Left: ");
        cr_assert(at, "attempt %d", i);
        at += 10;
        left[i] = strtol(at, NULL, 10);
    }
    cr_assert(left[0] > 10000 && left[0] <= 20000, "%ld", left[0]);
    for (int i = 1; i < 3; i++)
        cr_assert(left[i] > 0 && left[i] <= 20000 - 400 * i, "attempt %d: %ld", i, left[i]);
    close_all(&f);
}

Test(http_prepare, credentials) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {
        .auth = {.user = "Aladdin", .password = "open sesame"}};
    struct fixture f;
    open_with(&f, &options);
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    IN(f, "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"); /* RFC 7617 2 */
    struct hr_http_auth bearer = {.bearer = "mF_9.B5f-4.1JqM"}, none = {.user = NULL};
    request.auth = &bearer;
    cr_assert_eq(run(&f, &request), 0);
    IN(f, "\r\nAuthorization: Bearer mF_9.B5f-4.1JqM\r\n"); /* RFC 6750 2.1 */
    struct hr_http_auth both = {.user = "u", .bearer = "t"};
    request.auth = &both;
    cr_assert_eq(run(&f, &request), -EINVAL);
    close_all(&f);
    open_with(&f, &options);
    struct hr_http_request quiet = {.url = peer_url(f.peer, "/"), .auth = &none};
    cr_assert_eq(run(&f, &quiet), 0);
    OUT(f, "Authorization");
    static const struct hr_http_field own[] = {{S("authorization"), S("Own x")}};
    struct hr_http_request given = {.url = peer_url(f.peer, "/"), .fields = own, .field_count = 1};
    cr_assert_eq(run(&f, &given), 0);
    IN(f, "\r\nauthorization: Own x\r\n");
    OUT(f, "Basic");
    given.auth = &bearer;
    cr_assert_eq(run(&f, &given), -EINVAL);
    cr_assert(strstr(given.request.error.message, "request.auth"));
    close_all(&f);
}

/* The request's own go before a default field of the client's; none are none. */
Test(http_prepare, credentials_of_a_default_field) {
    NEEDS_KERNEL("a raw peer");
    static const struct hr_http_field defaults[] = {{S("AUTHORIZATION"), S("Default x")}};
    struct hr_http_client_options options = {.fields = defaults, .field_count = 1};
    struct hr_http_auth auths[] = {{.bearer = "token"}, {.bearer = NULL}};
    static const char *const wanted[] = {"\r\nAuthorization: Bearer token\r\n", NULL,
                                         "\r\nAUTHORIZATION: Default x\r\n"};
    for (int i = 0; i < 3; i++) {
        struct fixture f;
        open_with(&f, &options);
        struct hr_http_request request = {.url = peer_url(f.peer, "/"),
                                          .auth = i < 2 ? &auths[i] : NULL};
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        if (wanted[i]) IN(f, wanted[i]);
        if (i < 2) OUT(f, "Default x");
        close_all(&f);
    }
}

/* A plain request through a proxy: RFC 9112 3.2.2, RFC 9110 11.7.2. */
Test(http_prepare, through_a_proxy_the_target_is_absolute) {
    NEEDS_KERNEL("a raw peer");
    static const struct {
        const char *url, *head;
    } rows[] = {
        {"http://Name.test:8080/a?b",
         "GET http://Name.test:8080/a?b HTTP/1.1\r\nHost: Name.test:8080\r\n"},
        {"http://name.test", "GET http://name.test/ HTTP/1.1\r\nHost: name.test\r\n"},
        {"http://[2001:db8::1]:80/x",
         "GET http://[2001:db8::1]/x HTTP/1.1\r\nHost: [2001:db8::1]\r\n"},
        {"http://[fe80::7%25eth0]:80/z", /* a zone is this host's own (RFC 6874 1) */
         "GET http://[fe80::7]/z HTTP/1.1\r\nHost: [fe80::7]\r\n"},
        {"http://[fe80::8%25eth0]:81/z",
         "GET http://[fe80::8]:81/z HTTP/1.1\r\nHost: [fe80::8]:81\r\n"},
    };
    struct fixture f = {.peer = peer_start(answers, 1)};
    char proxy[64];
    snprintf(proxy, sizeof proxy, "http://user:p%%40ss@127.0.0.1:%u", peer_port(f.peer));
    struct hr_http_client_options options = {.proxy.url = proxy};
    open_engine(&f, 0);
    open_client(&f, &options);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_http_request request = {.url = rows[i].url};
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        const char *head = strstr(peer_received(f.peer, NULL), rows[i].head);
        cr_assert(head, "%s", rows[i].url);
        /* "user:p@ss" in base64, from coreutils. */
        cr_assert(strstr(head, "\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n"));
        cr_assert_null(strstr(head, "\r\nAuthorization:"));
    }
    static const struct hr_http_field own[] = {{S("proxy-authorization"), S("Own x")}};
    struct hr_http_request given = {.url = "http://own.test/", .fields = own, .field_count = 1};
    cr_assert_eq(run(&f, &given), 0, "%s", given.request.error.message);
    const char *head = strstr(peer_received(f.peer, NULL), "GET http://own.test/");
    cr_assert(head && strstr(head, "\r\nproxy-authorization: Own x\r\n"));
    cr_assert_null(strstr(head, "Basic"));
    close_all(&f);
}

Test(http_prepare, any_token_is_a_method) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.fields = NULL};
    struct fixture f;
    open_with(&f, &options);
    struct hr_http_request request = {.method = "m-search", .url = peer_url(f.peer, "/")};
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    IN(f, "m-search / HTTP/1.1\r\n");
    static const char *const bad[] = {"", "G ET", "GET\r\nX: y", "CONNECT"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hr_http_request refused = {.method = bad[i], .url = peer_url(f.peer, "/")};
        cr_assert_eq(run(&f, &refused), HR_ERR_METHOD_INVALID, "%s", bad[i]);
    }
    cr_assert_eq(peer_connections(f.peer), 1);
    close_all(&f);
}

Test(http_prepare, options_that_are_refused) {
    static const struct hr_http_field name[] = {{S("X Y"), S("v")}},
                                      value[] = {{S("X"), S("a\nb")}},
                                      ours[] = {{S("content-length"), S("1")}},
                                      hosts[] = {{S("Host"), S("a")}, {S("host"), S("b")}},
                                      left[] = {{S("X-Left"), S("5")}},
                                      own[] = {{S("authorization"), S("hush")}};
    const struct {
        struct hr_http_client_options options;
        const char *named;
    } rows[] = {
        {{.fields = name, .field_count = 1}, "fields[0]"},
        {{.fields = value, .field_count = 1}, "'X'"},
        {{.fields = ours, .field_count = 1}, "'content-length'"},
        {{.fields = hosts, .field_count = 2}, "Host"},
        {{.field_count = 2}, "field_count"},
        {{.fields = hosts, .field_count = 1000}, "field_count"},
        {{.base_url = "/relative"}, "base_url"},
        {{.base_url = "http://u:hush@host/"}, "base_url"},
        {{.auth = {.user = "u", .bearer = "hush"}}, "bearer"},
        {{.auth = {.user = "u:v", .password = "hush"}}, ""},
        {{.auth = {.bearer = "hush hush"}}, ""},
        {{.deadline_field = "Expect"}, "deadline_field"},
        {{.deadline_field = "a b"}, "deadline_field"},
        {{.deadline_field = "host", .fields = hosts, .field_count = 1}, "deadline_field"},
        {{.deadline_field = "x-left", .fields = left, .field_count = 1}, "deadline_field"},
        {{.auth = {.bearer = "hush"}, .fields = own, .field_count = 1}, "Authorization"},
    };
    struct fixture f = {0};
    open_engine(&f, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_error error = {0};
        hr_http_client *client = NULL;
        cr_assert_eq(hr_http_client_new(f.engine, &rows[i].options, &error, &client), -EINVAL,
                     "row %zu", i);
        cr_assert_null(client);
        cr_assert(strstr(error.message, rows[i].named), "row %zu: %s", i, error.message);
        cr_assert_null(strstr(error.message, "hush"), "%s", error.message);
    }
    cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
}

/* ---- Trailers. */

static ssize_t once(void *user, void *buffer, size_t capacity) {
    unsigned *left = user;
    (void)capacity;
    if (*left == 0) return 0;
    memcpy(buffer, "body", 4);
    --*left;
    return 4;
}

Test(http_prepare, trailers_stand_behind_the_last_chunk) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {
        {{{PEER_HEAD}, {PEER_HEAD}, {PEER_SEND, OK(0)}, {PEER_REPEAT}}}};
    static const struct hr_http_field trailers[] = {{S("X-Sum"), S("abc")}, {S("X-Empty"), S("")}};
    for (unsigned pieces = 0; pieces < 3; pieces++) {
        struct fixture f;
        open_all(&f, NULL, script, 1);
        unsigned left = pieces;
        struct hr_http_request request = {.method = "PUT", .url = peer_url(f.peer, "/")};
        request.body = hr_source_producer(once, NULL, &left, HR_SIZE_UNKNOWN);
        request.trailers = trailers;
        request.trailer_count = 2;
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.sent_bytes, 4 * pieces);
        IN(f, "\r\nTrailer: X-Sum, X-Empty\r\n");
        IN(f, "\r\n0\r\nX-Sum: abc\r\nX-Empty: \r\n\r\n");
        close_all(&f);
    }
}

Test(http_prepare, trailers_that_are_refused) {
    NEEDS_KERNEL("a raw peer");
    static const struct hr_http_field bad[] = {{S("Content-Length"), S("1")},
                                               {S("authorization"), S("x")},
                                               {S("HOST"), S("x")},
                                               {S("te"), S("x")},
                                               {S("a b"), S("x")}},
                                      good[] = {{S("X"), S("x")}}, split[] = {{S("X"), S("a\rb")}};
    struct fixture f;
    open_all(&f, NULL, answers, 1);
    unsigned left = 0;
    struct hr_source unknown = hr_source_producer(once, NULL, &left, HR_SIZE_UNKNOWN);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hr_http_request request = {.method = "PUT", .url = peer_url(f.peer, "/")};
        request.body = unknown;
        request.trailers = &bad[i];
        request.trailer_count = 1;
        cr_assert_eq(run(&f, &request), -EINVAL, "row %zu", i);
        cr_assert(strstr(request.request.error.message, "trailers[0]"));
    }
    struct hr_http_request known = {.method = "PUT", .url = peer_url(f.peer, "/")};
    known.body = hr_source_bytes("x", 1);
    known.trailers = good;
    known.trailer_count = 1;
    cr_assert_eq(run(&f, &known), -EINVAL);
    cr_assert_eq(peer_connections(f.peer), 0);
    known.body = unknown;
    known.trailers = split;
    cr_assert_eq(run(&f, &known), HR_ERR_HEADER_INVALID);
    close_all(&f);
}

/* Which field it is, but never its value, which may be a secret. */
Test(http_prepare, the_field_that_cannot_be_sent_is_named) {
    NEEDS_KERNEL("a raw peer");
    static const struct {
        struct hr_http_field fields[2];
        const char *expected;
    } rows[] = {
        {{{S("X-Fine"), S("a")}, {S("X-Bad"), S("s3cret\r\nX: y")}}, "request.fields[1], X-Bad:"},
        {{{S("X-Fine"), S("a")}, {S("X-Blank"), S("s3cret ")}}, "blank at an end"},
        {{{S("X Y"), S("s3cret")}, {S("X-Fine"), S("a")}}, "request.fields[0]: its name"},
        {{{S("Host"), S("s3cret")}, {S("host"), S("b")}}, "Host is given twice"},
    };
    struct hr_http_client_options options = {0};
    struct fixture f;
    open_with(&f, &options);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_http_request request = {
            .url = peer_url(f.peer, "/"), .fields = rows[i].fields, .field_count = 2};
        cr_assert_eq(run(&f, &request), HR_ERR_HEADER_INVALID, "row %zu", i);
        const char *message = request.request.error.message;
        cr_assert(strstr(message, rows[i].expected), "row %zu: %s", i, message);
        cr_assert_null(strstr(message, "s3cret"), "row %zu: %s", i, message);
    }
    cr_assert_eq(peer_connections(f.peer), 0);
    close_all(&f);
}

/* A count without its memory is refused by name, and nothing is read. */
Test(http_prepare, counts_without_memory) {
    NEEDS_KERNEL("a raw peer");
    static const struct hr_http_field null_value[] = {{S("X"), {NULL, 3}}},
                                      null_name[] = {{{NULL, 3}, S("x")}};
    static const struct iovec hole[] = {{(void *)"a", 1}, {NULL, 3}};
    struct hr_http_client_options options = {.user_agent = NULL};
    struct fixture f;
    open_with(&f, &options);
    struct hr_http_request rows[9] = {0};
    const int expected[9] = {-EINVAL,
                             HR_ERR_HEADER_INVALID,
                             HR_ERR_HEADER_INVALID,
                             -EINVAL,
                             -EINVAL,
                             -EINVAL,
                             -EINVAL,
                             -EINVAL,
                             -EINVAL};
    rows[0].field_count = 1;
    rows[1].fields = null_value;
    rows[1].field_count = 1;
    rows[2].fields = null_name;
    rows[2].field_count = 1;
    rows[3].body = (struct hr_source){.kind = HR_SOURCE_BYTES, .size = 3};
    rows[4].body = (struct hr_source){.kind = HR_SOURCE_IOVEC, .size = 3, .iov_count = 1};
    rows[5].body = hr_source_iovec(hole, 2);
    rows[6].body = (struct hr_source){.kind = HR_SOURCE_PRODUCER, .size = 3};
    rows[7].sink = hr_sink_bytes(NULL, 3);
    rows[8].sink = hr_sink_buffer(NULL, 0);
    for (size_t i = 0; i < 9; i++) {
        rows[i].url = peer_url(f.peer, "/");
        cr_assert_eq(run(&f, &rows[i]), expected[i], "row %zu: %s", i,
                     rows[i].request.error.message);
    }
    cr_assert(strstr(rows[0].request.error.message, "request.fields is NULL"), "%s",
              rows[0].request.error.message);
    cr_assert_eq(peer_connections(f.peer), 0);
    close_all(&f);
    /* And of the client's options. */
    struct hr_error error = {0};
    hr_http_client *client = NULL;
    open_engine(&f, 0);
    options.resolver.entry_count = 1;
    cr_assert_eq(hr_http_client_new(f.engine, &options, &error, &client), -EINVAL);
    options = (struct hr_http_client_options){.field_count = 1};
    cr_assert_eq(hr_http_client_new(f.engine, &options, &error, &client), -EINVAL);
    cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
}
