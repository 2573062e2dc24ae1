/* Fields of the response that a request keeps: read after hr_wait, without any callback. */
#include <errno.h>

#include "client_fixture.h"
#include "needs_kernel.h"
#include "secure_fixture.h"

#define HELLO                                                                                      \
    "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nX-Long: 0123456789\r\nContent-Length: 5\r\n\r\nhello"

static const struct peer_script hello[] = {{{{PEER_HEAD}, {PEER_SEND, HELLO}, {PEER_REPEAT}}}};

static void expect_value(const struct hr_http_request *request, const char *name,
                         const char *value) {
    struct hr_slice found = hr_http_head_find(&request->kept.head, name);
    if (!value)
        cr_assert_null(found.data, "%s: %.*s", name, (int)found.size, found.data);
    else
        cr_assert(found.data && hr_slice_equal(found, hr_slice_of(value)), "%s: %.*s", name,
                  (int)found.size, found.data);
}

Test(http_kept, read_after_the_wait) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f;
    open_all(&f, NULL, hello, 1);
    char memory[300];
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    request.kept.names = "ETag, Retry-After";
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.kept.head.status, 200);
    expect_value(&request, "etag", "\"1\"");
    expect_value(&request, "X-Long", NULL);
    /* Again, all of them, in memory of the caller. */
    request.kept.names = "*";
    request.kept.memory = memory;
    request.kept.memory_size = sizeof memory;
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    expect_value(&request, "x-long", "0123456789");
    cr_assert_eq(request.kept.head.field_count, 3);
    cr_assert(!request.kept.cut);
    const char *value = hr_http_head_find(&request.kept.head, "x-long").data;
    cr_assert(value >= memory && value < memory + sizeof memory);
    /* Nothing more of the one before. */
    request.kept.names = NULL;
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    expect_value(&request, "x-long", NULL);
    cr_assert_eq(request.kept.head.status, 0);
    close_all(&f);
}

Test(http_kept, what_has_no_room_is_missing_and_said) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f;
    open_all(&f, NULL, hello, 1);
    _Alignas(struct hr_http_field) char memory[sizeof(struct hr_http_field) + 8];
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    request.kept =
        (struct hr_http_kept){.names = "*", .memory = memory, .memory_size = sizeof memory};
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    cr_assert(request.kept.cut);
    expect_value(&request, "ETag", "\"1\"");
    expect_value(&request, "X-Long", NULL);
    close_all(&f);
}

/* Neither an interim head, nor a response that another attempt follows, nor one that leads
 * elsewhere. */
Test(http_kept, only_of_the_final_response) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {
        {{{PEER_HEAD},
          {PEER_SEND, "HTTP/1.1 503 Busy\r\nX-Of: busy\r\nContent-Length: 0\r\n\r\n"},
          {PEER_HEAD},
          {PEER_SEND,
           "HTTP/1.1 302 Found\r\nX-Of: found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"},
          {PEER_HEAD},
          {PEER_SEND, "HTTP/1.1 103 Early Hints\r\nX-Of: hints\r\n\r\n" HELLO}}}};
    struct hr_http_client_options options = {.redirects.max = 3};
    options.retry.backoff_base_ms = options.retry.backoff_max_ms = 1;
    struct fixture f;
    open_all(&f, &options, script, 1);
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    request.kept.names = "*";
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    cr_assert_eq(request.request.attempts, 3);
    expect_value(&request, "X-Of", NULL);
    expect_value(&request, "ETag", "\"1\"");
    close_all(&f);
}

/* An attempt that ends without a response leaves none of the one before. */
Test(http_kept, none_where_the_last_attempt_has_none) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD},
          {PEER_SEND, "HTTP/1.1 200 OK\r\nX-Of: first\r\nContent-Length: 9\r\n\r\nhalf"}}},
        {{{PEER_HEAD}}}};
    struct hr_http_client_options options = {.retry.attempts_max = 2};
    options.retry.backoff_base_ms = options.retry.backoff_max_ms = 1;
    struct fixture f;
    open_all(&f, &options, scripts, 2);
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    request.kept.names = "*";
    cr_assert_lt(run(&f, &request), 0);
    cr_assert_eq(request.request.attempts, 2);
    cr_assert_eq(request.kept.head.status, 0);
    expect_value(&request, "X-Of", NULL);
    close_all(&f);
}

Test(http_kept, over_tls) {
    NEEDS_KERNEL("a raw peer");
    struct fixture f = {.peer = peer_start(hello, 1)};
    struct secure secure;
    secure_open(&secure, f.peer, false);
    open_secure(&f, (struct hr_http_client_options){.retry.attempts_max = HR_NO_RETRY});
    struct hr_http_request request = {.url = secure.url};
    request.kept.names = "etag";
    cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    expect_value(&request, "ETag", "\"1\"");
    close_all(&f);
    secure_close(&secure);
}

Test(http_kept, names_that_are_none_are_refused) {
    struct fixture f;
    open_all(&f, NULL, NULL, 0);
    static const char *const bad[] = {"E Tag", "ETag,,Date", "ETag:", "\xc3\xa9", ","};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hr_http_request request = {.url = "http://127.0.0.1:9/"};
        request.kept.names = bad[i];
        cr_assert_eq(run(&f, &request), -EINVAL, "'%s'", bad[i]);
        cr_assert(strstr(request.request.error.message, "request.kept.names"), "%s",
                  request.request.error.message);
    }
    struct hr_http_request request = {.url = "http://127.0.0.1:9/"};
    request.kept.names = "ETag";
    request.kept.memory_size = 5;
    cr_assert_eq(run(&f, &request), -EINVAL);
    cr_assert(strstr(request.request.error.message, "request.kept.memory is NULL"));
    close_all(&f);
}
