/* The client against a peer that is no HTTP implementation at all but a script of bytes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client_fixture.h"
#include "needs_kernel.h"

#define OK(size) "HTTP/1.1 200 OK\r\nContent-Length: " #size "\r\n\r\n"

static struct hr_http_request get(const struct fixture *fixture, const char *path) {
    return (struct hr_http_request){.url = peer_url(fixture->peer, path)};
}

/* ---- The plain way. */

Test(http_client, get_into_fixed_memory) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, OK(5) "hello"}, {PEER_REPEAT}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    char body[16] = {0};
    for (int i = 0; i < 3; i++) {
        struct hr_http_request request = get(&f, "/a/b?c=d");
        memset(body, 0, sizeof body);
        request.sink = hr_sink_bytes(body, sizeof body);
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.status, 200);
        cr_assert_eq(request.body_bytes, 5);
        cr_assert_str_eq(body, "hello");
        cr_assert_eq(request.connection.reused, i > 0);
        cr_assert_eq(request.request.attempts, 1);
        cr_assert_gt(request.request.timings.total_ns, 0);
    }
    cr_assert_eq(peer_connections(f.peer), 1);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.connections_opened, 1);
    cr_assert_eq(metrics.connections_reused, 2);
    cr_assert_eq(metrics.connections_idle, 1);
    cr_assert_eq(metrics.connections_peak, 1);
    char head[128];
    snprintf(head, sizeof head, "GET /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n",
             peer_port(f.peer));
    cr_assert_eq(strncmp(peer_received(f.peer, NULL), head, strlen(head)), 0, "%s",
                 peer_received(f.peer, NULL));
    cr_assert_null(strstr(peer_received(f.peer, NULL), "Content-Length"));
    close_all(&f);
}

/* They are for members to come, not for the library's own use. */
Test(http_client, reserved_members_are_left_alone) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, OK(0)}, {PEER_CLOSE}}},
        {{{PEER_HEAD}, {PEER_SEND, OK(0)}, {PEER_CLOSE}}},
    };
    struct fixture f;
    open_all(&f, NULL, scripts, 2);
    struct hr_http_request request = get(&f, "/x");
    static const uint64_t theirs[4] = {1, 2, 3, 4};
    for (int i = 0; i < 2; i++) {
        memcpy(request.reserved, theirs, sizeof request.reserved);
        memcpy(request.request.reserved, theirs, sizeof request.request.reserved);
        memcpy(request.timeouts.reserved, theirs, sizeof request.timeouts.reserved);
        memcpy(request.sink.reserved, theirs, sizeof request.sink.reserved);
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_arr_eq(request.reserved, theirs, sizeof request.reserved);
        cr_assert_arr_eq(request.request.reserved, theirs, sizeof request.request.reserved);
        cr_assert_arr_eq(request.timeouts.reserved, theirs, sizeof request.timeouts.reserved);
        cr_assert_arr_eq(request.sink.reserved, theirs, sizeof request.sink.reserved);
    }
    close_all(&f);
}

Test(http_client, put_bytes_in_one_piece) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_BODY, NULL, 4}, {PEER_SEND, OK(0)}, {PEER_REPEAT}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    struct hr_http_request request = get(&f, "/x");
    struct hr_http_field field = {hr_slice_of("X-Own"), hr_slice_of("value")};
    request.method = "PUT";
    request.body = hr_source_bytes("body", 4);
    request.fields = &field;
    request.field_count = 1;
    cr_assert_eq(run(&f, &request), 0);
    cr_assert_eq(request.sent_bytes, 4);
    const char *received = peer_received(f.peer, NULL);
    cr_assert(strstr(received, "\r\nContent-Length: 4\r\n"), "%s", received);
    cr_assert(strstr(received, "\r\nX-Own: value\r\n"), "%s", received);
    cr_assert(strstr(received, "\r\n\r\nbody"), "%s", received);
    close_all(&f);
}

Test(http_client, put_without_body_says_so) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {{{{PEER_HEAD}, {PEER_SEND, OK(0)}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    struct hr_http_request request = get(&f, "/x");
    request.method = "POST";
    cr_assert_eq(run(&f, &request), 0);
    cr_assert(strstr(peer_received(f.peer, NULL), "\r\nContent-Length: 0\r\n"));
    close_all(&f);
}

static int seen_interim;
static int count_heads(struct hr_http_request *request, const struct hr_http_head *head) {
    (void)request;
    if (head->status < 200) seen_interim = head->status;
    return 0;
}

static void keep_trailer(struct hr_http_request *request, const struct hr_http_field *fields,
                         size_t count) {
    cr_assert_eq(count, 1);
    memcpy(request->request.user, fields[0].value.data, fields[0].value.size);
}

Test(http_client, interim_answers_and_trailers) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD},
          {PEER_BYTES, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 42\r\n\r\n"},
          {PEER_REPEAT}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    char trailer[8] = {0}, body[8] = {0};
    for (int i = 0; i < 2; i++) {
        struct hr_http_request request = get(&f, "/");
        request.request.user = trailer;
        request.sink = hr_sink_bytes(body, sizeof body);
        request.on_head = count_heads;
        request.on_trailers = keep_trailer;
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.body_bytes, 5);
    }
    cr_assert_str_eq(body, "abcde");
    cr_assert_str_eq(trailer, "42");
    cr_assert_eq(seen_interim, 103);
    cr_assert_eq(peer_connections(f.peer), 1);
    close_all(&f);
}

static unsigned attempts_seen;
static void see_attempt(struct hr_http_request *request, const struct hr_http_attempt *attempt) {
    static const char first[] = "GET /x HTTP/1.1\r\n", secret[] = "Authorization: Basic dTpw\r\n";
    cr_assert_eq(request->connection.reused, attempts_seen++ > 0);
    cr_assert_eq(request->connection.peer.ss_family, AF_INET);
    cr_assert_null(attempt->certificate);
    cr_assert_eq(memcmp(attempt->head.data, first, sizeof first - 1), 0);
    cr_assert(memmem(attempt->head.data, attempt->head.size, secret, sizeof secret - 1));
    cr_assert_eq(memcmp(attempt->head.data + attempt->head.size - 4, "\r\n\r\n", 4), 0);
}

Test(http_client, attempts_are_shown) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, OK(0)}, {PEER_REPEAT}}}};
    static const struct hr_http_auth auth = {.user = "u", .password = "p"};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    for (int i = 0; i < 2; i++) {
        struct hr_http_request request = get(&f, "/x");
        request.auth = &auth;
        request.on_attempt = see_attempt;
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    }
    cr_assert_eq(attempts_seen, 2);
    close_all(&f);
}

Test(http_client, head_has_no_body) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, OK(1000000)}, {PEER_REPEAT}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    char body[4];
    for (int i = 0; i < 2; i++) {
        struct hr_http_request request = get(&f, "/");
        request.method = "HEAD";
        request.sink = hr_sink_bytes(body, sizeof body);
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.body_bytes, 0);
    }
    cr_assert_eq(peer_connections(f.peer), 1);
    close_all(&f);
}

Test(http_client, body_to_the_close) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, "HTTP/1.1 200 OK\r\n\r\nall of it"}, {PEER_END}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    struct hr_buffer buffer = {0};
    for (int i = 0; i < 2; i++) {
        struct hr_http_request request = get(&f, "/");
        request.sink = hr_sink_buffer(&buffer, 0);
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(buffer.size, 9);
        cr_assert_eq(memcmp(buffer.data, "all of it", 9), 0);
    }
    cr_assert_eq(peer_connections(f.peer), 2);
    hr_buffer_deinit(&buffer);
    close_all(&f);
}

/* ---- What may not be sent. */

Test(http_client, injection_is_refused_before_a_connection) {
    static const struct peer_script scripts[] = {{{{PEER_DRAIN}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    const char *base = peer_url(f.peer, "");
    char with_crlf[128], with_blank[128], with_user[128];
    snprintf(with_crlf, sizeof with_crlf, "%s/a\r\nEvil: 1", base);
    snprintf(with_blank, sizeof with_blank, "%s/a b", base);
    snprintf(with_user, sizeof with_user, "http://u:p@127.0.0.1:%u/", peer_port(f.peer));
    static const struct hr_http_field crlf = {{"X", 1}, {"a\r\nEvil: 1", 10}};
    static const struct hr_http_field name = {{"X Y", 3}, {"a", 1}};
    static const struct hr_http_field length = {{"content-LENGTH", 14}, {"1", 1}};
    static const struct hr_http_field coding = {{"Transfer-Encoding", 17}, {"chunked", 7}};
    const struct {
        const char *method, *url;
        const struct hr_http_field *field;
        int expected, or_else;
    } rows[] = {
        {"GET", with_crlf, NULL, HR_ERR_URL_MALFORMED, HR_ERR_TARGET_INVALID},
        {"GET", with_blank, NULL, HR_ERR_URL_MALFORMED, HR_ERR_TARGET_INVALID},
        {"GET", with_user, NULL, HR_ERR_URL_MALFORMED, 0},
        {"GET / HTTP/1.1\r\nX: y\r\n", base, NULL, HR_ERR_METHOD_INVALID, 0},
        {"", base, NULL, HR_ERR_METHOD_INVALID, 0},
        {"CONNECT", base, NULL, HR_ERR_METHOD_INVALID, 0},
        {"GET", base, &crlf, HR_ERR_HEADER_INVALID, 0},
        {"GET", base, &name, HR_ERR_HEADER_INVALID, 0},
        {"GET", base, &length, -EINVAL, 0},
        {"GET", base, &coding, -EINVAL, 0},
        {"GET", "ftp://127.0.0.1/", NULL, HR_ERR_URL_SCHEME, 0},
        {"GET", "http://", NULL, HR_ERR_URL_MALFORMED, 0},
        {"GET", "http://nowhere.invalid/", NULL, HR_ERR_NAME_UNRESOLVED, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_http_request request = {.method = rows[i].method, .url = rows[i].url};
        request.fields = rows[i].field;
        request.field_count = rows[i].field ? 1 : 0;
        int result = run(&f, &request);
        cr_assert(result == rows[i].expected || (rows[i].or_else && result == rows[i].or_else),
                  "row %zu: %s", i, hr_error_name(result));
        cr_assert_eq(request.request.error.code, result);
        cr_assert_neq(request.request.error.message[0], 0);
    }
    cr_assert_eq(peer_connections(f.peer), 0);
    close_all(&f);
}

/* A refused start says why, but not in the request that is in progress. */
Test(http_client, a_refused_start_says_why) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script silent[] = {{{{PEER_HEAD}, {PEER_STALL}}}};
    struct fixture f;
    open_all(&f, NULL, silent, 1);
    struct hr_http_request request = {.url = NULL};
    struct hr_http_health health = {.url = NULL};
    struct hr_http_warm_up warm_up = {.url = NULL};
    cr_assert_eq(hr_http_request_start(f.client, &request), -EINVAL);
    cr_assert_str_eq(request.request.error.message, "url is NULL");
    cr_assert_eq(request.request.error.code, -EINVAL);
    cr_assert_eq(hr_http_health_start(f.client, &health), -EINVAL);
    cr_assert_str_eq(health.request.error.message, "url is NULL");
    cr_assert_eq(hr_http_warm_up_start(NULL, &warm_up), -EINVAL);
    cr_assert_str_eq(warm_up.request.error.message, "client is NULL");
    request.url = peer_url(f.peer, "/");
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    cr_assert_eq(request.request.error.message[0], '\0');
    cr_assert_eq(hr_http_request_start(f.client, &request), -EBUSY);
    cr_assert_eq(hr_http_request_start(NULL, &request), -EBUSY, "whatever else is wrong");
    cr_assert_eq(request.request.error.code, 0);
    hr_cancel(&request.request);
    cr_assert_eq(hr_wait(&request.request), -ECANCELED);
    close_all(&f);
}

/* ---- Peers that misbehave: a named error, and the connection is not used again. */

static const struct hr_http_client_options impatient = {
    .timeouts.pool_timeout_ms = 500,
    .timeouts.connect_timeout_ms = 500,
    .timeouts.first_byte_timeout_ms = 500,
    .timeouts.stall_timeout_ms = 500,
    .timeouts.expect_timeout_ms = 50,
    .retry.attempts_max = HR_NO_RETRY,
};

static const struct {
    const char *name;
    struct peer_script script;
    int expected;
} bad_peers[] = {
    {"reset before the answer", {{{PEER_HEAD}, {PEER_RESET}}}, -ECONNRESET},
    {"close before the answer", {{{PEER_HEAD}, {PEER_CLOSE}}}, HR_ERR_HTTP_TRUNCATED},
    {"silence", {{{PEER_HEAD}, {PEER_STALL}}}, HR_ERR_FIRST_BYTE_TIMEOUT},
    {"half a head, then silence",
     {{{PEER_HEAD}, {PEER_SEND, "HTTP/1.1 200 O"}, {PEER_STALL}}},
     HR_ERR_STALL_TIMEOUT},
    {"half a head, then close",
     {{{PEER_HEAD}, {PEER_SEND, "HTTP/1.1 200 O"}, {PEER_END}}},
     HR_ERR_HTTP_TRUNCATED},
    {"half a body, then silence",
     {{{PEER_HEAD}, {PEER_SEND, OK(10) "half"}, {PEER_STALL}}},
     HR_ERR_STALL_TIMEOUT},
    {"a body shorter than it said",
     {{{PEER_HEAD}, {PEER_SEND, OK(10) "half"}, {PEER_END}}},
     HR_ERR_HTTP_TRUNCATED},
    {"reset inside a body",
     {{{PEER_HEAD}, {PEER_SEND, OK(1000000) "half"}, {PEER_RESET}}},
     -ECONNRESET},
    {"a large body cut",
     {{{PEER_HEAD}, {PEER_SEND, OK(1000000)}, {PEER_ZEROS, NULL, 500000}, {PEER_END}}},
     HR_ERR_HTTP_TRUNCATED},
    {"a large body stalls",
     {{{PEER_HEAD}, {PEER_SEND, OK(1000000)}, {PEER_ZEROS, NULL, 500000}, {PEER_STALL}}},
     HR_ERR_STALL_TIMEOUT},
    {"chunks cut",
     {{{PEER_HEAD},
       {PEER_SEND, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"},
       {PEER_END}}},
     HR_ERR_HTTP_TRUNCATED},
    {"no HTTP at all", {{{PEER_HEAD}, {PEER_SEND, "220 ftp ready\r\n"}}}, HR_ERR_HTTP_MALFORMED},
    {"a switch that nobody asked for",
     {{{PEER_HEAD}, {PEER_SEND, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"}}},
     HR_ERR_HTTP_UNEXPECTED},
};

Test(http_client, bad_peers_end_in_named_errors) {
    NEEDS_KERNEL("a raw peer");
    for (size_t i = 0; i < sizeof bad_peers / sizeof *bad_peers; i++) {
        struct fixture f;
        open_all(&f, &impatient, &bad_peers[i].script, 1);
        for (unsigned round = 1; round <= 2; round++) {
            struct hr_http_request request = get(&f, "/");
            int result = run(&f, &request);
            cr_assert_eq(result, bad_peers[i].expected, "%s: %s (%s)", bad_peers[i].name,
                         hr_error_name(result), request.request.error.message);
            cr_assert_eq(request.request.error.code, result);
            cr_assert(request.request.error.message[0], "%s", bad_peers[i].name);
            cr_assert_eq(request.request.error.attempt, 1);
            cr_assert_eq(peer_connections(f.peer), round, "%s", bad_peers[i].name);
        }
        close_all(&f);
    }
}

/* What a careless server sends is refused, and the line shown; with `lenient` it is taken. */
Test(http_client, careless_servers_are_refused_or_taken) {
    NEEDS_KERNEL("a raw peer");
    static const struct {
        const char *answer, *shown;
    } rows[] = {
        {"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "CR LF: \"HTTP/1.1 200 OK\""},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
         "\"Content-Length: 5\""},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n",
         "chunk extension"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int lenient = 0; lenient < 2; lenient++) {
            struct hr_http_client_options options = impatient;
            options.response.lenient = lenient;
            const struct peer_script script[] = {
                {{{PEER_HEAD}, {PEER_BYTES, rows[i].answer}, {PEER_REPEAT}}}};
            struct fixture f;
            open_all(&f, &options, script, 1);
            char body[8] = "";
            for (int round = 0; round < 2; round++) {
                struct hr_http_request request = get(&f, "/");
                request.sink = hr_sink_bytes(body, sizeof body);
                int result = run(&f, &request);
                const char *message = request.request.error.message;
                cr_assert_eq(result, lenient ? 0 : HR_ERR_HTTP_MALFORMED, "%zu: %s", i, message);
                cr_assert(lenient || strstr(message, rows[i].shown), "%zu: %s", i, message);
            }
            if (lenient) cr_assert_str_eq(body, "hello");
            cr_assert_eq(peer_connections(f.peer), lenient ? 1 : 2);
            close_all(&f);
        }
    }
}

Test(http_client, extra_bytes_do_not_answer_the_next_request) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, OK(1) "a" OK(4) "evil"}, {PEER_HEAD}}},
        {{{PEER_HEAD}, {PEER_SEND, OK(1) "b"}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 2);
    char body[8] = {0};
    for (int i = 0; i < 2; i++) {
        struct hr_http_request request = get(&f, "/");
        request.sink = hr_sink_bytes(body, sizeof body);
        cr_assert_eq(run(&f, &request), 0);
        cr_assert_eq(body[0], i == 0 ? 'a' : 'b');
    }
    cr_assert_eq(peer_connections(f.peer), 2);
    close_all(&f);
}

/* ---- Time-outs that are not the peer's. */

Test(http_client, connect_timeout_and_refusal) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f;
    open_all(&f, &impatient, NULL, 0);
    f.peer = peer_start_deaf();
    struct hr_http_request request = get(&f, "/");
    cr_assert_eq(run(&f, &request), HR_ERR_CONNECT_TIMEOUT, "%s", request.request.error.message);
    cr_assert_gt(request.request.timings.connect_ns, 100 * 1000000ull);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", peer_port(f.peer));
    peer_stop(f.peer);
    f.peer = NULL;
    struct hr_http_request refused = {.url = url};
    cr_assert_eq(run(&f, &refused), -ECONNREFUSED);
    cr_assert(strstr(refused.request.error.message, "127.0.0.1"), "%s",
              refused.request.error.message);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.timeouts.connect, 1);
    cr_assert_eq(metrics.connections_open, 0);
    close_all(&f);
}

Test(http_client, the_request_s_own_timeout) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {{{{PEER_HEAD}, {PEER_STALL}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    struct hr_http_request request = get(&f, "/");
    request.request.timeout_ms = 50;
    cr_assert_eq(run(&f, &request), -ETIMEDOUT);
    cr_assert_lt(request.request.total_ns, 2000 * 1000000ull);
    close_all(&f);
}

/* ---- Expect: 100-continue. */

Test(http_client, expect_is_granted) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {{{{PEER_HEAD},
                                                   {PEER_SEND, "HTTP/1.1 100 Continue\r\n\r\n"},
                                                   {PEER_BODY, NULL, 4},
                                                   {PEER_SEND, OK(2) "ok"},
                                                   {PEER_REPEAT}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    for (int i = 0; i < 2; i++) {
        struct hr_http_request request = get(&f, "/");
        request.method = "PUT";
        request.body = hr_source_bytes("body", 4);
        request.expect_continue = true;
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.sent_bytes, 4);
    }
    cr_assert(strstr(peer_received(f.peer, NULL), "\r\nExpect: 100-continue\r\n"));
    cr_assert_eq(peer_connections(f.peer), 1);
    close_all(&f);
}

Test(http_client, expect_is_ignored) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_BODY, NULL, 4}, {PEER_SEND, OK(2) "ok"}}}};
    struct fixture f;
    open_all(&f, &impatient, scripts, 1);
    struct hr_http_request request = get(&f, "/");
    request.method = "PUT";
    request.body = hr_source_bytes("body", 4);
    request.expect_continue = true;
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    cr_assert(strstr(peer_received(f.peer, NULL), "\r\n\r\nbody"));
    close_all(&f);
}

Test(http_client, expect_is_refused) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD},
          {PEER_SEND, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"},
          {PEER_BODY, NULL, 4}}},
        {{{PEER_HEAD}, {PEER_SEND, OK(0)}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 2);
    struct hr_http_request request = get(&f, "/");
    request.method = "PUT";
    request.body = hr_source_bytes("body", 4);
    request.expect_continue = true;
    cr_assert_eq(run(&f, &request), 0);
    cr_assert_eq(request.status, 403);
    cr_assert_eq(request.sent_bytes, 0);
    /* The server may still count on the body: another request must not stand in its place. */
    struct hr_http_request next = get(&f, "/");
    cr_assert_eq(run(&f, &next), 0);
    cr_assert_not(next.connection.reused);
    cr_assert_null(strstr(peer_received(f.peer, NULL), "body"));
    close_all(&f);
}

#define REFUSED "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno"

static ssize_t produce_body(void *user, void *buffer, size_t capacity) {
    bool *given = user;
    cr_assert_geq(capacity, 4);
    if (*given) return 0;
    *given = true;
    memcpy(buffer, "body", 4);
    return 4;
}

static unsigned final_heads;

static int count_final(struct hr_http_request *request, const struct hr_http_head *head) {
    (void)request;
    final_heads += head->status >= 200;
    return 0;
}

/* RFC 9110 10.1.1: once more without Expect, whatever the method, where the body can be had. */
Test(http_client, expectation_failed) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, REFUSED}, {PEER_CLOSE}}},
        {{{PEER_HEAD}, {PEER_BODY, NULL, 4}, {PEER_SEND, OK(2) "ok"}}},
        {{{PEER_HEAD}, {PEER_BODY, NULL, 4}, {PEER_SEND, REFUSED}}},
    };
    struct row {
        const char *method;
        bool produced, touched, no_retry, no_expect, twice;
        int status;
        unsigned attempts;
    } rows[] = {
        {.method = "PUT", .status = 200, .attempts = 2},
        {.method = "POST", .status = 200, .attempts = 2},
        {.method = "POST", .produced = true, .status = 200, .attempts = 2},
        {.method = "POST", .twice = true, .status = 417, .attempts = 2},
        {.method = "PUT", .no_retry = true, .status = 417, .attempts = 1},
        {.method = "PUT", .produced = true, .touched = true, .status = 417, .attempts = 1},
        {.method = "PUT", .no_expect = true, .status = 417, .attempts = 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        bool whole = row->touched || row->no_expect;
        const struct peer_script two[] = {scripts[whole ? 2 : 0], scripts[row->twice ? 2 : 1]};
        struct hr_http_client_options options = impatient;
        if (row->touched) options.timeouts.expect_timeout_ms = 1;
        struct fixture f;
        open_all(&f, &options, two, 2);
        bool given = false;
        struct hr_http_request request = get(&f, "/");
        request.method = row->method;
        request.body = row->produced ? hr_source_producer(produce_body, NULL, &given, 4)
                                     : hr_source_bytes("body", 4);
        request.expect_continue = !row->no_expect;
        if (row->no_retry) request.repeat = HR_HTTP_REPEAT_NEVER;
        request.on_head = count_final;
        final_heads = 0;
        cr_assert_eq(run(&f, &request), 0, "row %zu: %s", i, request.request.error.message);
        cr_assert_eq(request.status, row->status, "row %zu: %d", i, request.status);
        cr_assert_eq(request.request.attempts, row->attempts, "row %zu", i);
        cr_assert_eq(final_heads, 1, "row %zu", i);
        const char *received = peer_received(f.peer, NULL), *first = strstr(received, "Expect: ");
        cr_assert_eq(first != NULL, !row->no_expect);
        if (first) cr_assert_null(strstr(first + 1, "Expect: "), "row %zu", i);
        if (row->status == 200) cr_assert_eq(request.sent_bytes, 4);
        close_all(&f);
    }
}

/* ---- Port 0. */

Test(http_client, port_0_is_refused_by_name) {
    struct fixture f;
    open_all(&f, NULL, NULL, 0);
    static const char *const urls[] = {"http://127.0.0.1:0/", "https://localhost:00/x",
                                       "http://[::1]:0"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct hr_http_request request = {.url = urls[i]};
        cr_assert_eq(run(&f, &request), HR_ERR_URL_MALFORMED, "%s", urls[i]);
        cr_assert(strstr(request.request.error.message, "port is 0"), "%s",
                  request.request.error.message);
        struct hr_http_warm_up warm = {.url = urls[i], .count = 1};
        cr_assert_eq(hr_http_warm_up_start(f.client, &warm), 0);
        cr_assert_eq(hr_wait(&warm.request), HR_ERR_URL_MALFORMED);
        cr_assert(strstr(warm.request.error.message, "port is 0"));
        struct hr_http_health health = {.url = urls[i]};
        cr_assert_eq(hr_http_health_start(f.client, &health), 0);
        cr_assert_eq(hr_wait(&health.request), HR_ERR_URL_MALFORMED, "%s",
                     health.request.error.message);
    }
    struct hr_http_client_options options = {.base_url = "http://h:0/"};
    struct hr_error error = {0};
    hr_http_client *client;
    cr_assert_eq(hr_http_client_new(f.engine, &options, &error, &client), -EINVAL);
    cr_assert(strstr(error.message, "base_url is 0"), "%s", error.message);
    close_all(&f);
}

/* ---- An answer while the body is still on its way. */

static void early_answer(const struct peer_script *script) {
    struct fixture f;
    open_all(&f, NULL, script, 1);
    const size_t size = 64u << 20;
    char *body = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct hr_buffer answer = {0};
    struct hr_http_request request = get(&f, "/");
    request.method = "PUT";
    request.body = hr_source_bytes(body, size);
    request.sink = hr_sink_buffer(&answer, 0);
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.status, 413);
    cr_assert_eq(answer.size, 3);
    cr_assert_lt(request.sent_bytes, size);
    hr_buffer_deinit(&answer);
    munmap(body, size);
    close_all(&f);
}

Test(http_client, early_error_then_close) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script = {
        {{PEER_HEAD},
         {PEER_BODY, NULL, 1000},
         {PEER_SEND, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig"},
         {PEER_CLOSE}}};
    early_answer(&script);
}

Test(http_client, early_error_then_reset) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script = {
        {{PEER_HEAD},
         {PEER_SEND, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig"},
         {PEER_RESET}}};
    early_answer(&script);
}

Test(http_client, early_error_and_the_connection_left_open) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script = {
        {{PEER_HEAD},
         {PEER_SEND, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig"},
         {PEER_STALL}}};
    early_answer(&script);
}

/* ---- Stale connections and retries. */

Test(http_client, a_fin_on_an_idle_connection_is_seen) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, OK(1) "a"}, {PEER_STALL}, {PEER_CLOSE}}},
        {{{PEER_HEAD}, {PEER_SEND, OK(1) "b"}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 2);
    struct hr_http_request first = get(&f, "/");
    cr_assert_eq(run(&f, &first), 0);
    peer_release(f.peer);
    struct hr_http_client_metrics metrics;
    do {
        hr_engine_poll(f.engine, 1000);
        hr_http_client_metrics_get(f.client, &metrics);
    } while (metrics.connections_open > 0);
    cr_assert_eq(metrics.connections_idle, 0);
    struct hr_http_request second = get(&f, "/");
    cr_assert_eq(run(&f, &second), 0);
    cr_assert_not(second.connection.reused);
    cr_assert_eq(second.request.attempts, 1);
    close_all(&f);
}

static const struct peer_script stale[] = {
    {{{PEER_HEAD}, {PEER_SEND, OK(1) "a"}, {PEER_HEAD}, {PEER_RESET}}},
    {{{PEER_HEAD}, {PEER_SEND, OK(1) "b"}}}};

Test(http_client, a_stale_connection_is_replaced_once) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f;
    open_all(&f, NULL, stale, 2);
    struct hr_attempt log[4] = {0};
    struct hr_http_request request = get(&f, "/");
    cr_assert_eq(run(&f, &request), 0);
    request.request.attempt_log = log;
    request.request.attempt_log_size = 4;
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.request.attempts, 2);
    cr_assert_eq(log[0].result, -ECONNRESET);
    cr_assert_eq(log[1].result, 0);
    cr_assert_eq(log[1].status, 200);
    cr_assert_not(request.connection.reused);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.stale_retries, 1);
    cr_assert_eq(metrics.retries, 0);
    close_all(&f);
}

/* One attempt is one, unless the client gives the repetition on top. */
Test(http_client, a_stale_connection_counts_against_attempts_max) {
    NEEDS_KERNEL("a raw peer");
    static const struct {
        struct hr_http_client_options options;
        bool no_retry;
        unsigned attempts;
    } cases[] = {
        {{.retry.attempts_max = HR_NO_RETRY}, false, 1},
        {{.retry.attempts_max = 1}, false, 1},
        {{.retry.attempts_max = 2}, false, 2},
        {{.retry.attempts_max = 4}, true, 1},
        {{.retry.attempts_max = HR_NO_RETRY, .retry.extra_stale_retry = true}, false, 2},
        {{.retry.attempts_max = 4, .retry.extra_stale_retry = true}, true, 2},
        {{.retry.attempts_max = 1, .retry.extra_stale_retry = true, .retry.no_stale_retry = true},
         false,
         1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        open_all(&f, &cases[i].options, stale, 2);
        struct hr_http_request request = get(&f, "/");
        cr_assert_eq(run(&f, &request), 0);
        if (cases[i].no_retry) request.repeat = HR_HTTP_REPEAT_NEVER;
        cr_assert_eq(run(&f, &request), cases[i].attempts == 1 ? -ECONNRESET : 0, "case %zu", i);
        cr_assert_eq(request.request.attempts, cases[i].attempts, "case %zu", i);
        struct hr_http_client_metrics metrics;
        hr_http_client_metrics_get(f.client, &metrics);
        cr_assert_eq(metrics.stale_retries, cases[i].attempts - 1, "case %zu", i);
        close_all(&f);
    }
}

Test(http_client, a_stale_connection_is_not_replaced_where_that_is_not_safe) {
    NEEDS_KERNEL("a raw peer");
    for (int i = 0; i < 3; i++) {
        struct hr_http_client_options options = {.retry.no_stale_retry = i == 2,
                                                 .retry.extra_stale_retry = true,
                                                 .retry.attempts_max = HR_NO_RETRY};
        struct fixture f;
        open_all(&f, &options, stale, 2);
        struct hr_http_request request = get(&f, "/");
        cr_assert_eq(run(&f, &request), 0);
        request.method = i == 0 ? "POST" : "GET";
        if (i == 1) request.repeat = HR_HTTP_REPEAT_FORBIDDEN;
        cr_assert_eq(run(&f, &request), -ECONNRESET);
        cr_assert_eq(request.request.attempts, 1);
        close_all(&f);
    }
}

Test(http_client, failures_of_connections_are_retried_when_asked) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_RESET}}},
        {{{PEER_HEAD}, {PEER_SEND, OK(10) "half"}, {PEER_CLOSE}}},
        {{{PEER_HEAD}, {PEER_SEND, OK(1) "b"}}}};
    struct hr_http_client_options options = {.retry.attempts_max = 3};
    struct fixture f;
    open_all(&f, &options, scripts, 3);
    struct hr_attempt log[4] = {0};
    char body[16];
    struct hr_http_request request = get(&f, "/");
    request.sink = hr_sink_bytes(body, sizeof body);
    request.request.attempt_log = log;
    request.request.attempt_log_size = 4;
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.request.attempts, 3);
    cr_assert_eq(request.body_bytes, 1);
    cr_assert_eq(body[0], 'b');
    cr_assert_eq(log[0].result, -ECONNRESET);
    cr_assert_eq(log[1].result, HR_ERR_HTTP_TRUNCATED);
    cr_assert_eq(log[2].result, 0);
    cr_assert_leq(log[1].backoff_ns, 100000000);
    cr_assert_eq(request.request.error.code, 0);
    close_all(&f);
    /* A POST is not. */
    open_all(&f, &options, scripts, 3);
    struct hr_http_request post = get(&f, "/");
    post.method = "POST";
    cr_assert_eq(run(&f, &post), -ECONNRESET);
    cr_assert_eq(post.request.attempts, 1);
    close_all(&f);
}

/* ---- Closing. */

static bool closed;
static void note_closed(void *user) {
    (void)user;
    closed = true;
}

Test(http_client, close_lets_what_is_accepted_end) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_STALL}, {PEER_SEND, OK(1) "a"}}}};
    struct fixture f;
    open_all(&f, NULL, scripts, 1);
    struct hr_http_request request = get(&f, "/"), late = get(&f, "/");
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    while (peer_connections(f.peer) == 0) hr_engine_poll(f.engine, 10);
    hr_http_client *client = f.client;
    hr_http_client_close(client, note_closed, NULL);
    f.client = NULL;
    cr_assert_eq(hr_http_request_start(client, &late), -ESHUTDOWN);
    cr_assert_not(closed);
    peer_release(f.peer);
    cr_assert_eq(hr_wait(&request.request), 0);
    while (!closed) hr_engine_poll(f.engine, 1000);
    cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
    peer_stop(f.peer);
}

/* Members that this version has not are refused, whichever group they are in. */
Test(http_client, reserved_options_are_refused) {
    struct fixture f = {0};
    open_engine(&f, 0);
    struct hr_http_client_options o = {0};
    struct hr_resolve_entry entry = {.host = "x", .address = "127.0.0.1"};
    o.resolver.entries = &entry;
    o.resolver.entry_count = 1;
    const struct {
        void *word;
        const char *of;
    } rows[] = {{&o.reserved[7], "hr_http_client_options "},
                {&o.pool.reserved[3], "hr_http_pool_options "},
                {&o.timeouts.reserved[6], "hr_http_timeouts "},
                {&o.auth.reserved[1], "hr_http_auth "},
                {&o.proxy.reserved[2], "hr_http_proxy_options "},
                {&o.response.reserved[2], "hr_http_response_options "},
                {&o.redirects.reserved[1], "hr_http_redirect_options "},
                {&o.retry.reserved[2], "hr_http_retry_options "},
                {&o.hedge.reserved[1], "hr_http_hedge_options "},
                {&o.ejection.reserved[1], "hr_http_ejection_options "},
                {&o.rate.reserved[0], "hr_http_rate_options "},
                {&o.resolver.reserved[3], "hr_resolver_options "},
                {&entry.reserved[0], "hr_resolve_entry "},
                {&o.tls.reserved[3], "hr_tls_options "},
                {&o.breaker.reserved[3], "hr_breaker_options "}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_error error = {0};
        *(unsigned char *)rows[i].word = 1;
        cr_assert_eq(hr_http_client_new(f.engine, &o, &error, &f.client), -EINVAL, "%s",
                     rows[i].of);
        cr_assert(strstr(error.message, rows[i].of), "%s: %s", rows[i].of, error.message);
        *(unsigned char *)rows[i].word = 0;
    }
    cr_assert_eq(hr_http_client_new(f.engine, &o, NULL, &f.client), 0);
    hr_http_client_close(f.client, NULL, NULL);
    cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
}

Test(http_client, options_are_checked) {
    struct fixture f = {0};
    open_engine(&f, 0);
    struct hr_error error = {0};
    struct hr_http_client_options options = {.user_agent = "a\r\nb"};
    cr_assert_eq(hr_http_client_new(f.engine, &options, &error, &f.client), -EINVAL);
    cr_assert(strstr(error.message, "user_agent"));
    struct hr_resolve_entry entry = {.host = "x", .address = "y"};
    struct hr_http_client_options names = {.resolver.entries = &entry, .resolver.entry_count = 1};
    cr_assert_eq(hr_http_client_new(f.engine, &names, &error, &f.client), -EINVAL);
    cr_assert(strstr(error.message, "resolver.entries[0]"));
    cr_assert_eq(hr_http_client_new(NULL, NULL, &error, &f.client), -EINVAL);
    hr_http_client_close(NULL, NULL, NULL);
    cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
}
