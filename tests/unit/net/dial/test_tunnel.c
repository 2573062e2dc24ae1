/* Tunnels through a scripted proxy; with real ones: tests/integration/proxies.py. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "client_fixture.h"
#include "needs_kernel.h"

/* One attempt at https://target.test:443 through the script; returns the result. */
static int through(const char *user, const struct peer_script *script, struct fixture *f,
                   struct hr_http_request *request) {
    memset(f, 0, sizeof *f);
    f->peer = peer_start(script, 1);
    char proxy[96];
    snprintf(proxy, sizeof proxy, "http://%s127.0.0.1:%u", user, peer_port(f->peer));
    struct hr_http_client_options options = {
        .proxy.url = proxy, .retry.attempts_max = HR_NO_RETRY, .timeouts.connect_timeout_ms = 3000};
    open_engine(f, 0);
    open_client(f, &options);
    *request = (struct hr_http_request){.url = "https://target.test/",
                                        .timeouts.handshake_timeout_ms = 3000};
    return run(f, request);
}

Test(tunnel, the_request_to_the_byte) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script refuses = {
        {{PEER_HEAD}, {PEER_SEND, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"}}};
    struct fixture f = {0};
    f.peer = peer_start(&refuses, 1);
    char proxy[96];
    snprintf(proxy, sizeof proxy, "user:p%%40ss@127.0.0.1:%u", peer_port(f.peer));
    struct hr_http_client_options options = {.proxy.url = proxy, .retry.attempts_max = HR_NO_RETRY};
    open_engine(&f, 0);
    open_client(&f, &options);
    static const char *const urls[] = {"https://Target.test/x", "https://[2001:db8::1]:8443/"};
    for (int i = 0; i < 2; i++) {
        struct hr_http_request request = {.url = urls[i]};
        cr_assert_eq(run(&f, &request), HR_ERR_PROXY_REFUSED);
    }
    /* "user:p@ss" in base64, from coreutils. */
    size_t size;
    cr_assert_str_eq(peer_received(f.peer, &size),
                     "CONNECT Target.test:443 HTTP/1.1\r\nHost: Target.test:443\r\n"
                     "Proxy-Authorization: Basic dXNlcjpwQHNz\r\n\r\n"
                     "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n"
                     "Proxy-Authorization: Basic dXNlcjpwQHNz\r\n\r\n");
    close_all(&f);
}

#define WANTS_AUTH                                                                                 \
    "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n"

/* What a proxy may answer, and what that is called. */
Test(tunnel, answers) {
    NEEDS_KERNEL("a raw peer");
    static const struct {
        const char *user, *answer, *words;
        int result;
    } cases[] = {
        {"", WANTS_AUTH, "it wants user and password", HR_ERR_PROXY_AUTH},
        {"a:b@", WANTS_AUTH, "does not take", HR_ERR_PROXY_AUTH},
        {"", "HTTP/1.0 503 No\x1b[31m way\r\n\r\n", "", HR_ERR_PROXY_REFUSED},
        {"", "HTTP/1.1 301 Moved\r\nLocation: http://x/\r\n\r\n", "301 Moved",
         HR_ERR_PROXY_REFUSED},
        {"", "nonsense\r\n\r\n", "", HR_ERR_HTTP_MALFORMED},
        {"", "HTTP/1.1 200 OK\r\n\r\nhello", "bytes behind", HR_ERR_HTTP_MALFORMED},
        {"", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Gone\r\n\r\n", "404 Gone",
         HR_ERR_PROXY_REFUSED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer_script script = {{{PEER_HEAD}, {PEER_SEND, cases[i].answer}}};
        struct fixture f;
        struct hr_http_request request;
        int result = through(cases[i].user, &script, &f, &request);
        const char *message = request.request.error.message;
        bool malformed = result == HR_ERR_HTTP_MALFORMED;
        cr_assert(result == cases[i].result || (i == 2 && malformed), "%zu: %s: %s", i,
                  hr_error_name(result), message);
        cr_assert(strstr(message, cases[i].words), "%zu: %s", i, message);
        cr_assert_not(strchr(message, '\x1b'), "%zu", i);
        close_all(&f);
    }
}

/* A 2xx has no body whatever its fields say; the next bytes are the target's. */
Test(tunnel, fields_of_a_success_say_nothing) {
    NEEDS_KERNEL("a raw peer");
    static const char *const answers[] = {
        "HTTP/1.1 200 Connection established\r\nContent-Length: 100\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: none\r\nContent-Length: 7\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct peer_script script = {
            {{PEER_HEAD}, {PEER_BYTES, answers[i]}, {PEER_BODY, .count = 5}}};
        struct fixture f;
        struct hr_http_request request;
        int result = through("", &script, &f, &request);
        const char *message = request.request.error.message;
        cr_assert(result == HR_ERR_TLS_TRUNCATED || result == HR_ERR_TLS_HANDSHAKE ||
                      result == -ECONNRESET,
                  "%zu: %s: %s", i, hr_error_name(result), message);
        size_t size;
        const char *received = peer_received(f.peer, &size);
        const char *end = strstr(received, "\r\n\r\n");
        cr_assert(end && end[4] == 0x16, "a ClientHello follows");
        close_all(&f);
    }
}

Test(tunnel, silence_and_an_early_end) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script closes = {{{PEER_HEAD}, {PEER_CLOSE}}};
    struct fixture f;
    struct hr_http_request request;
    cr_assert_eq(through("", &closes, &f, &request), HR_ERR_PROXY_REFUSED, "%s",
                 request.request.error.message);
    close_all(&f);
    static const struct peer_script silent = {{{PEER_HEAD}, {PEER_STALL}}};
    memset(&f, 0, sizeof f);
    f.peer = peer_start(&silent, 1);
    struct hr_http_client_options options = {.retry.attempts_max = HR_NO_RETRY,
                                             .timeouts.connect_timeout_ms = 500,
                                             .proxy.url = peer_url(f.peer, "")};
    open_engine(&f, 0);
    open_client(&f, &options);
    request = (struct hr_http_request){.url = "https://target.test/"};
    cr_assert_eq(run(&f, &request), HR_ERR_CONNECT_TIMEOUT, "%s", request.request.error.message);
    struct hr_http_request cancelled = {.url = "https://target.test/"};
    cancelled.timeouts.connect_timeout_ms = HR_NO_TIMEOUT;
    unsigned heads = peer_heads(f.peer);
    cr_assert_eq(hr_http_request_start(f.client, &cancelled), 0);
    while (peer_heads(f.peer) == heads) hr_engine_poll(f.engine, 10);
    hr_cancel(&cancelled.request);
    cr_assert_eq(hr_wait(&cancelled.request), -ECANCELED);
    close_all(&f);
}
