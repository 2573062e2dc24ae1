/* Redirects: what the next attempt asks, what is dropped, and where it ends. */
#include <errno.h>
#include <stdio.h>

#include "client_fixture.h"
#include "needs_kernel.h"
#include "secure_fixture.h"

#define S(text)                                                                                    \
    { text, sizeof text - 1 }
#define OK(size) "HTTP/1.1 200 OK\r\nContent-Length: " #size "\r\n\r\n"
#define MOVED(status, to)                                                                          \
    "HTTP/1.1 " #status " Moved\r\nLocation: " to "\r\nContent-Length: 4\r\n\r\ngone"

static const struct hr_http_client_options follow = {.redirects.max = 3};

static unsigned heads_seen;

static int count_heads(struct hr_http_request *request, const struct hr_http_head *head) {
    (void)request;
    heads_seen += head->status >= 200;
    return 0;
}

Test(http_redirect, the_answer_behind_it_is_the_result) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {
        {{{PEER_HEAD}, {PEER_SEND, MOVED(302, "../b?c")}, {PEER_HEAD}, {PEER_SEND, OK(4) "here"}}}};
    struct fixture f;
    open_all(&f, &follow, script, 1);
    char body[8], url[80];
    struct hr_http_request request = {.url = peer_url(f.peer, "/x/a"), .on_head = count_heads};
    request.sink = hr_sink_bytes(body, sizeof body);
    request.redirects.final_url = url;
    request.redirects.final_url_size = sizeof url;
    heads_seen = 0;
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.status, 200);
    cr_assert_eq(request.redirects.followed, 1);
    cr_assert_eq(request.body_bytes, 4);
    cr_assert_eq(memcmp(body, "here", 4), 0);
    cr_assert_eq(heads_seen, 1);
    cr_assert_str_eq(url, peer_url(f.peer, "/b?c"));
    cr_assert_eq(peer_connections(f.peer), 1);
    cr_assert(strstr(peer_received(f.peer, NULL), "GET /b?c HTTP/1.1\r\n"));
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.redirects, 1);
    cr_assert_eq(metrics.retries, 0);
    close_all(&f);
}

/* Neither a length nor a close: what the server forgets nobody waits for. */
Test(http_redirect, an_answer_without_length_is_not_waited_for) {
    NEEDS_KERNEL("a raw peer");
    static const char *const answers[] = {
        "HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n",
        "HTTP/1.1 303 See Other\r\nLocation: /b\r\n\r\na page",
        "HTTP/1.1 417 Expectation Failed\r\n\r\n",
        "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const struct peer_script scripts[] = {
            {{{PEER_HEAD}, {PEER_SEND, answers[i]}, {PEER_STALL}}},
            {{{PEER_HEAD}, {PEER_SEND, OK(4) "here"}}}};
        struct hr_http_client_options options = follow;
        options.retry.backoff_base_ms = options.retry.backoff_max_ms = 1;
        struct fixture f;
        open_all(&f, &options, scripts, 2);
        struct hr_http_request request = {.url = peer_url(f.peer, "/a"), .method = "PUT"};
        request.request.timeout_ms = 20000; /* less than stall_timeout_ms */
        request.body = hr_source_bytes("body", 4);
        request.expect_continue = i == 2;
        cr_assert_eq(run(&f, &request), 0, "%zu: %s", i, request.request.error.message);
        cr_assert_eq(request.status, 200);
        cr_assert_eq(request.request.attempts, 2);
        close_all(&f);
    }
}

Test(http_redirect, off_by_default_and_for_a_request) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {
        {{{PEER_HEAD}, {PEER_SEND, MOVED(301, "/b")}, {PEER_REPEAT}}}};
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        open_all(&f, i ? &follow : NULL, script, 1);
        struct hr_http_request request = {.url = peer_url(f.peer, "/")};
        request.redirects.max = i ? HR_NO_REDIRECTS : 0;
        cr_assert_eq(run(&f, &request), 0);
        cr_assert_eq(request.status, 301);
        cr_assert_eq(request.redirects.followed, 0);
        close_all(&f);
    }
}

Test(http_redirect, a_loop_ends_at_the_limit) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {
        {{{PEER_HEAD}, {PEER_SEND, MOVED(307, "/")}, {PEER_REPEAT}}}};
    struct fixture f;
    open_all(&f, &follow, script, 1);
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    cr_assert_eq(run(&f, &request), HR_ERR_REDIRECT_LIMIT);
    cr_assert_eq(request.redirects.followed, 3);
    cr_assert_eq(request.request.attempts, 4);
    cr_assert_eq(request.status, 307);
    cr_assert(strstr(request.request.error.message, "redirects.max is 3"), "%s",
              request.request.error.message);
    close_all(&f);
}

/* RFC 9110 15.4: what becomes of method and body. */
Test(http_redirect, method_and_body) {
    NEEDS_KERNEL("a raw peer");
    static const struct {
        struct peer_script script;
        const char *method, *second;
        bool body;
    } rows[] = {
        {{{{PEER_HEAD},
           {PEER_BODY, NULL, 4},
           {PEER_SEND, MOVED(303, "/b")},
           {PEER_HEAD},
           {PEER_SEND, OK(0)}}},
         "PUT",
         "GET /b ",
         false},
        {{{{PEER_HEAD},
           {PEER_BODY, NULL, 4},
           {PEER_SEND, MOVED(302, "/b")},
           {PEER_HEAD},
           {PEER_SEND, OK(0)}}},
         "POST",
         "GET /b ",
         false},
        {{{{PEER_HEAD},
           {PEER_BODY, NULL, 4},
           {PEER_SEND, MOVED(308, "/b")},
           {PEER_HEAD},
           {PEER_BODY, NULL, 4},
           {PEER_SEND, OK(0)}}},
         "POST",
         "POST /b ",
         true},
    };
    static const struct hr_http_field fields[] = {{S("Content-Type"), S("text/plain")},
                                                  {S("X-Kept"), S("1")}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        open_all(&f, &follow, &rows[i].script, 1);
        struct hr_http_request request = {.method = rows[i].method, .url = peer_url(f.peer, "/")};
        request.body = hr_source_bytes("body", 4);
        request.fields = fields;
        request.field_count = 2;
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.status, 200);
        const char *second = strstr(peer_received(f.peer, NULL), rows[i].second);
        cr_assert(second, "row %zu", i);
        cr_assert(strstr(second, "X-Kept: 1\r\n"));
        cr_assert_eq(strstr(second, "Content-Type") != NULL, rows[i].body);
        cr_assert_eq(strstr(second, "\r\n\r\nbody") != NULL, rows[i].body);
        close_all(&f);
    }
}

/* To another origin, here another port, no credentials go along: none of the client's, none of the
 * request's. */
Test(http_redirect, credentials_stay_with_their_origin) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script last[] = {{{{PEER_HEAD}, {PEER_SEND, OK(0)}}}};
    static const struct hr_http_field fields[] = {{S("Cookie"), S("hush=1")}, {S("X"), S("1")}};
    static const struct hr_http_field defaults[] = {{S("cookie2"), S("hush")}};
    struct hr_http_client_options options = {
        .redirects.max = 1, .auth = {.bearer = "hush"}, .fields = defaults, .field_count = 1};
    struct peer *other = peer_start(last, 1);
    char moved[200];
    snprintf(moved, sizeof moved, MOVED(302, "%s"), peer_url(other, "/b"));
    const struct peer_script first[] = {{{{PEER_HEAD}, {PEER_SEND, moved}}}};
    struct fixture f;
    open_all(&f, &options, first, 1);
    struct hr_http_request request = {
        .url = peer_url(f.peer, "/"), .fields = fields, .field_count = 2};
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    cr_assert(strstr(peer_received(f.peer, NULL), "Authorization: Bearer hush\r\n"));
    cr_assert(strstr(peer_received(f.peer, NULL), "Cookie: hush=1\r\n"));
    cr_assert_null(strstr(peer_received(other, NULL), "hush"));
    cr_assert(strstr(peer_received(other, NULL), "\r\nX: 1\r\n"));
    close_all(&f);
    peer_stop(other);
}

Test(http_redirect, places_that_are_refused) {
    NEEDS_KERNEL("a raw peer");
    static const char *const answers[] = {
        MOVED(302, "ftp://127.0.0.1/"),
        MOVED(302, "http://user@127.0.0.1/"),
        "HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const struct peer_script script[] = {{{{PEER_HEAD}, {PEER_SEND, answers[i]}}}};
        struct fixture f;
        open_all(&f, &follow, script, 1);
        struct hr_http_request request = {.url = peer_url(f.peer, "/")};
        cr_assert_eq(run(&f, &request), HR_ERR_REDIRECT_REFUSED, "row %zu", i);
        cr_assert_eq(request.status, 302);
        cr_assert_eq(request.request.attempts, 1);
        cr_assert(request.request.error.message[0]);
        close_all(&f);
    }
}

/* The rest of a long answer is not worth waiting for: its connection is closed. */
Test(http_redirect, a_long_body_is_not_received) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD},
          {PEER_SEND, "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 1000000\r\n\r\nx"},
          {PEER_DRAIN}}},
        {{{PEER_HEAD}, {PEER_SEND, OK(0)}}}};
    struct fixture f;
    open_all(&f, &follow, scripts, 2);
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.status, 200);
    cr_assert_eq(peer_connections(f.peer), 2);
    close_all(&f);
}

/* ---- Redirects and TLS. */

#define HIDDEN(peer) cr_assert_null(strstr(peer_received(peer, NULL), "hush"))

/* Asks a TLS server that answers with a redirect to `to`, with credentials of client and request.
 */
static int ask_secure(struct fixture *f, struct secure *secure, const char *to, bool downgrade,
                      struct hr_http_request *request) {
    static const struct hr_http_field cookie[] = {{S("Cookie"), S("hush=1")}};
    static char moved[200];
    snprintf(moved, sizeof moved, MOVED(302, "%s"), to);
    const struct peer_script script[] = {
        {{{PEER_HEAD}, {PEER_SEND, moved}, {PEER_HEAD}, {PEER_SEND, OK(0)}}}};
    *f = (struct fixture){.peer = peer_start(script, 1)};
    secure_open(secure, f->peer, false);
    open_secure(f, (struct hr_http_client_options){.redirects.max = 1,
                                                   .redirects.downgrade = downgrade,
                                                   .auth = {.bearer = "hush"}});
    *request = (struct hr_http_request){.url = secure->url, .fields = cookie, .field_count = 1};
    return run(f, request);
}

Test(http_redirect, from_https_to_http) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script last[] = {{{{PEER_HEAD}, {PEER_SEND, OK(0)}}}};
    for (unsigned i = 0; i < 2; i++) {
        struct peer *plain = peer_start(last, 1);
        struct fixture f;
        struct secure secure;
        struct hr_http_request request;
        int result = ask_secure(&f, &secure, peer_url(plain, "/b"), i == 1, &request);
        cr_assert_eq(result, i ? 0 : HR_ERR_REDIRECT_REFUSED, "%s", request.request.error.message);
        cr_assert_eq(request.status, i ? 200 : 302);
        cr_assert_eq(peer_connections(plain), i);
        cr_assert(strstr(peer_received(f.peer, NULL), "Authorization: Bearer hush\r\n"));
        HIDDEN(plain);
        close_all(&f);
        secure_close(&secure);
        peer_stop(plain);
    }
}

Test(http_redirect, credentials_over_tls) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script last[] = {{{{PEER_HEAD}, {PEER_SEND, OK(0)}}}};
    for (int i = 0; i < 2; i++) { /* the same origin; another port */
        struct fixture f;
        struct secure secure, elsewhere;
        struct hr_http_request request;
        struct peer *other = peer_start(last, 1);
        secure_open(&elsewhere, other, false);
        int result = ask_secure(&f, &secure, i ? elsewhere.url : "/b", false, &request);
        cr_assert_eq(result, 0, "%s", request.request.error.message);
        cr_assert_eq(request.redirects.followed, 1);
        const char *second =
            strstr(peer_received(i ? other : f.peer, NULL), i ? "GET / " : "GET /b ");
        cr_assert(second);
        cr_assert_eq(strstr(second, "Authorization: Bearer hush\r\n") != NULL, i == 0);
        cr_assert_eq(strstr(second, "Cookie: hush=1\r\n") != NULL, i == 0);
        cr_assert_eq(peer_connections(f.peer), 1);
        HIDDEN(other);
        close_all(&f);
        secure_close(&secure);
        secure_close(&elsewhere);
        peer_stop(other);
    }
}

/* ---- Redirects and retries. */

#define BUSY "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"

/* Retries are counted over all hops, redirects beside them. */
Test(http_redirect, retries_on_the_way) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {{{{PEER_HEAD},
                                                  {PEER_SEND, BUSY},
                                                  {PEER_HEAD},
                                                  {PEER_SEND, MOVED(307, "/b")},
                                                  {PEER_HEAD},
                                                  {PEER_SEND, BUSY},
                                                  {PEER_HEAD},
                                                  {PEER_SEND, OK(4) "here"}}}};
    for (uint32_t attempts_max = 2; attempts_max <= 3; attempts_max++) {
        struct hr_http_client_options options = {
            .redirects.max = 1, .retry.attempts_max = attempts_max, .retry.backoff_base_ms = 1};
        bool enough = attempts_max == 3;
        struct fixture f;
        open_all(&f, &options, script, 1);
        char body[8] = "", url[64];
        struct hr_attempt log[5] = {0};
        struct hr_http_request request = {.request = {.attempt_log = log, .attempt_log_size = 5},
                                          .url = peer_url(f.peer, "/a"),
                                          .redirects.final_url = url,
                                          .redirects.final_url_size = sizeof url,
                                          .sink = hr_sink_bytes(body, sizeof body)};
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.status, enough ? 200 : 503);
        cr_assert_str_eq(body, enough ? "here" : "busy");
        cr_assert_eq(request.redirects.followed, 1);
        cr_assert_eq(request.request.attempts, enough ? 4 : 3);
        const int statuses[] = {503, 307, 503, 200};
        for (int i = 0; i < (enough ? 4 : 3); i++) cr_assert_eq(log[i].status, statuses[i]);
        cr_assert_str_eq(url, peer_url(f.peer, "/b"));
        cr_assert_eq(peer_connections(f.peer), 1);
        struct hr_http_client_metrics metrics;
        hr_http_client_metrics_get(f.client, &metrics);
        cr_assert_eq(metrics.retries, attempts_max - 1);
        cr_assert_eq(metrics.redirects, 1);
        close_all(&f);
    }
}
