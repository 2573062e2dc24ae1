#include <criterion/criterion.h>
#include <errno.h>

#include <headrace/body.h>

#include "http1_replay.h"
#include "http1_write.h"

#define S(text) hr_slice_of(text)
#define FIELD(n, v)                                                                                \
    {                                                                                              \
        .name = {n, sizeof(n) - 1}, .value = { v, sizeof(v) - 1 }                                  \
    }
#define COUNT(fields) (sizeof(fields) / sizeof *(fields))

static struct hr_http1_request_head get(void) {
    return (struct hr_http1_request_head){.method = S("GET"), .target = S("/a"), .host = S("h:81")};
}

/* Also in exactly as much room as it takes, and in no less. */
static void expect_request(const struct hr_http1_request_head *head, const char *wanted) {
    char out[2048];
    ssize_t size = hr__http1_write_request(head, out, sizeof out);
    cr_assert_eq(size, (ssize_t)strlen(wanted), "%zd for %s", size, wanted);
    cr_assert_arr_eq(out, wanted, strlen(wanted));
    for (size_t room = 0; room <= strlen(wanted); room++) {
        char *exact = malloc(room + 1);
        exact[room] = 'x';
        ssize_t result = hr__http1_write_request(head, exact, room);
        cr_assert_eq(result, room < strlen(wanted) ? -ENOBUFS : size);
        cr_assert_eq(exact[room], 'x');
        free(exact);
    }
}

Test(http1_write, requests) {
    struct hr_http1_request_head head = get();
    expect_request(&head, "GET /a HTTP/1.1\r\nHost: h:81\r\n\r\n");
    head.query = S("b=c");
    head.user_agent = S("me/1");
    head.close = true;
    expect_request(&head, "GET /a?b=c HTTP/1.1\r\nHost: h:81\r\nUser-Agent: me/1\r\n"
                          "Connection: close\r\n\r\n");
    head = get();
    head.query = hr_slice_bytes("", 0);
    expect_request(&head, "GET /a? HTTP/1.1\r\nHost: h:81\r\n\r\n");
}

Test(http1_write, bodies) {
    struct hr_http1_request_head head = get();
    static const char methods[][6] = {"PUT", "POST", "PATCH"};
    for (int i = 0; i < 3; i++) {
        char wanted[128];
        head.method = S(methods[i]);
        snprintf(wanted, sizeof wanted, "%s /a HTTP/1.1\r\nHost: h:81\r\nContent-Length: 0\r\n\r\n",
                 methods[i]);
        expect_request(&head, wanted);
    }
    head.has_body = true;
    head.body_size = UINT64_MAX - 1;
    head.expect_continue = true;
    expect_request(&head, "PATCH /a HTTP/1.1\r\nHost: h:81\r\nContent-Length: 18446744073709551614"
                          "\r\nExpect: 100-continue\r\n\r\n");
    head.body_size = HR_SIZE_UNKNOWN;
    expect_request(&head, "PATCH /a HTTP/1.1\r\nHost: h:81\r\nTransfer-Encoding: chunked\r\n"
                          "Expect: 100-continue\r\n\r\n");
    head = get();
    head.has_body = true;
    expect_request(&head, "GET /a HTTP/1.1\r\nHost: h:81\r\nContent-Length: 0\r\n\r\n");
    head.method = S("DELETE");
    head.has_body = false;
    expect_request(&head, "DELETE /a HTTP/1.1\r\nHost: h:81\r\n\r\n");
}

Test(http1_write, fields_of_the_caller) {
    static const struct hr_http_field first[] = {FIELD("X-a", "1"), FIELD("X-b", "")};
    static const struct hr_http_field second[] = {FIELD("host", "other"), FIELD("user-agent", "u"),
                                                  FIELD("expect", "100-continue")};
    struct hr_http1_request_head head = get();
    head.user_agent = S("me/1");
    head.fields[0] = first;
    head.field_counts[0] = COUNT(first);
    expect_request(&head, "GET /a HTTP/1.1\r\nHost: h:81\r\nUser-Agent: me/1\r\nX-a: 1\r\nX-b: \r\n"
                          "\r\n");
    head.expect_continue = true;
    head.fields[1] = second;
    head.field_counts[1] = COUNT(second);
    expect_request(&head, "GET /a HTTP/1.1\r\nX-a: 1\r\nX-b: \r\nhost: other\r\nuser-agent: u\r\n"
                          "expect: 100-continue\r\n\r\n");
}

/* What a proxy is asked for (RFC 9112 3.2.2). */
Test(http1_write, absolute_targets) {
    struct hr_http1_request_head head = get();
    head.absolute = true;
    head.authority = S("h:81");
    expect_request(&head, "GET http://h:81/a HTTP/1.1\r\nHost: h:81\r\n\r\n");
    head.query = S("b=c");
    expect_request(&head, "GET http://h:81/a?b=c HTTP/1.1\r\nHost: h:81\r\n\r\n");
    static const struct hr_http_field host[] = {FIELD("Host", "other")};
    head.authority = S("[::1]");
    head.query = hr_slice_bytes(NULL, 0);
    head.target = S("/");
    head.fields[0] = host;
    head.field_counts[0] = COUNT(host);
    expect_request(&head, "GET http://[::1]/ HTTP/1.1\r\nHost: other\r\n\r\n");
}

Test(http1_write, trailers_are_announced) {
    static const struct hr_http_field trailers[] = {FIELD("X-Sum", "not yet known"),
                                                    FIELD("x-b", "")};
    struct hr_http1_request_head head = get();
    head.method = S("PUT");
    head.has_body = true;
    head.body_size = HR_SIZE_UNKNOWN;
    head.trailers = trailers;
    head.trailer_count = COUNT(trailers);
    expect_request(&head, "PUT /a HTTP/1.1\r\nHost: h:81\r\nTrailer: X-Sum, x-b\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n");
}

Test(http1_write, trailer_sections) {
    static const struct hr_http_field trailers[] = {FIELD("X-Sum", "abc"), FIELD("x-b", "")};
    static const char wanted[] = "X-Sum: abc\r\nx-b: \r\n\r\n";
    char out[sizeof wanted];
    size_t size = sizeof wanted - 1;
    cr_assert_eq(hr__http1_write_trailers(trailers, 2, out, sizeof out), (ssize_t)size);
    cr_assert_arr_eq(out, wanted, size);
    for (size_t room = 0; room < size; room++) {
        char *exact = malloc(room + 1);
        exact[room] = 'x';
        cr_assert_eq(hr__http1_write_trailers(trailers, 2, exact, room), -ENOBUFS);
        cr_assert_eq(exact[room], 'x');
        free(exact);
    }
    cr_assert_eq(hr__http1_write_trailers(NULL, 0, out, sizeof out), 2);
    cr_assert_arr_eq(out, "\r\n", 2);
    static const struct hr_http_field bad[] = {FIELD("X", "a\r\nEvil: 1"), FIELD("X Y", "a"),
                                               FIELD("", "a"), FIELD("X", "a\x01")};
    for (size_t i = 0; i < COUNT(bad); i++)
        cr_assert_eq(hr__http1_write_trailers(&bad[i], 1, out, sizeof out), HR_ERR_HEADER_INVALID);
}

static void expect_refused(const struct hr_http1_request_head *head, int error) {
    char out[512];
    ssize_t result = hr__http1_write_request(head, out, sizeof out);
    cr_assert_eq(result, error, "%zd instead of %d", result, error);
}

Test(http1_write, methods_refused) {
    static const char *const methods[] = {"",           "G T",  "GET\r\n", "G\tT",
                                          "G\xc3\xa9T", "GET:", "G(T",     "G/T"};
    for (size_t i = 0; i < COUNT(methods); i++) {
        struct hr_http1_request_head head = get();
        head.method = S(methods[i]);
        expect_refused(&head, HR_ERR_METHOD_INVALID);
    }
    struct hr_http1_request_head head = get();
    head.method = hr_slice_bytes("GE\0T", 4);
    expect_refused(&head, HR_ERR_METHOD_INVALID);
}

Test(http1_write, targets_refused) {
    static const char *const bad[] = {"/a b",  "/a\r\nEvil: 1", "/a\n", "/\t",
                                      "/\x7f", "/\xc3\xa9",     "/a#b", "/\x01"};
    struct hr_http1_request_head head = get();
    for (size_t i = 0; i < COUNT(bad); i++) {
        head.target = S(bad[i]);
        expect_refused(&head, HR_ERR_TARGET_INVALID);
    }
    head.target = S("");
    expect_refused(&head, HR_ERR_TARGET_INVALID);
    head = get();
    for (size_t i = 0; i < COUNT(bad); i++) {
        head.query = S(bad[i]);
        expect_refused(&head, HR_ERR_TARGET_INVALID);
    }
}

Test(http1_write, fields_refused) {
    static const struct hr_http_field bad[] = {
        FIELD("", "v"),       FIELD("X Y", "v"),    FIELD("X:", "v"),    FIELD("X\r\n", "v"),
        FIELD("X\xe9", "v"),  FIELD("X", "a\r\nb"), FIELD("X", "a\nb"),  FIELD("X", "a\rb"),
        FIELD("X", "a\0b"),   FIELD("X", " a"),     FIELD("X", "a "),    FIELD("X", "\ta"),
        FIELD("X", "a\t"),    FIELD("X", "a\x7f"),  FIELD("X", "a\x1b"), FIELD("X", " "),
        FIELD("Host", "a\n"),
    };
    static const struct hr_http_field ours[] = {FIELD("content-length", "1"),
                                                FIELD("connection", "close"),
                                                FIELD("TRANSFER-ENCODING", "chunked")};
    static const struct hr_http_field hosts[] = {FIELD("Host", "a"), FIELD("host", "a")};
    struct hr_http1_request_head head = get();
    struct hr_http1_response_head response = {.status = 200, .field_count = 1};
    char out[512];
    for (int list = 0; list < 2; list++) {
        head.field_counts[list] = 1;
        for (size_t i = 0; i < COUNT(bad); i++) {
            head.fields[list] = &bad[i];
            expect_refused(&head, HR_ERR_HEADER_INVALID);
            response.fields = &bad[i];
            cr_assert_eq(hr__http1_write_response(&response, out, sizeof out),
                         HR_ERR_HEADER_INVALID);
        }
        for (size_t i = 0; i < COUNT(ours); i++) {
            head.fields[list] = &ours[i];
            expect_refused(&head, -EINVAL);
            response.fields = &ours[i];
            cr_assert_eq(hr__http1_write_response(&response, out, sizeof out), -EINVAL);
        }
        head.field_counts[list] = 0;
    }
    head.fields[0] = hosts;
    head.field_counts[0] = 1;
    head.fields[1] = hosts + 1;
    head.field_counts[1] = 1;
    expect_refused(&head, HR_ERR_HEADER_INVALID);
    head = get();
    head.host = S("");
    expect_refused(&head, HR_ERR_HEADER_INVALID);
    head.host = S("h\r\nEvil: 1");
    expect_refused(&head, HR_ERR_HEADER_INVALID);
    head = get();
    head.user_agent = S("a\r\nb");
    expect_refused(&head, HR_ERR_HEADER_INVALID);
}

static void expect_response(const struct hr_http1_response_head *head, const char *wanted) {
    char out[1024];
    ssize_t size = hr__http1_write_response(head, out, sizeof out);
    cr_assert_eq(size, (ssize_t)strlen(wanted), "%zd for %s", size, wanted);
    cr_assert_arr_eq(out, wanted, strlen(wanted));
    cr_assert_eq(hr__http1_write_response(head, out, strlen(wanted) - 1), -ENOBUFS);
}

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

Test(http1_write, responses) {
    static const struct hr_http_field fields[] = {FIELD("ETag", "\"x\"")};
    static const struct hr_http_field dated[] = {FIELD("date", "never")};
    struct hr_http1_response_head head = {
        .status = 200, .fields = fields, .field_count = 1, .body_size = 12, .date_s = 784111777};
    expect_response(&head, "HTTP/1.1 200 OK\r\n" DATE "ETag: \"x\"\r\nContent-Length: 12\r\n\r\n");
    head.close = true;
    head.status = 404;
    expect_response(&head, "HTTP/1.1 404 Not Found\r\n" DATE "ETag: \"x\"\r\nContent-Length: 12\r\n"
                           "Connection: close\r\n\r\n");
    head.close = false;
    head.field_count = 0;
    head.body_size = HR_SIZE_UNKNOWN;
    expect_response(&head, "HTTP/1.1 404 Not Found\r\n" DATE "Transfer-Encoding: chunked\r\n\r\n");
    head.until_close = true;
    expect_response(&head, "HTTP/1.1 404 Not Found\r\n" DATE "Connection: close\r\n\r\n");
    head.until_close = false;
    head.body_size = 0;
    head.status = 204;
    expect_response(&head, "HTTP/1.1 204 No Content\r\n" DATE "\r\n");
    head.status = 304;
    expect_response(&head, "HTTP/1.1 304 Not Modified\r\n" DATE "\r\n");
    head.status = 100;
    expect_response(&head, "HTTP/1.1 100 Continue\r\n\r\n");
    head.status = 799;
    expect_response(&head, "HTTP/1.1 799 \r\n" DATE "Content-Length: 0\r\n\r\n");
    head.fields = dated;
    head.field_count = 1;
    expect_response(&head, "HTTP/1.1 799 \r\ndate: never\r\nContent-Length: 0\r\n\r\n");
    head.status = 99;
    char out[64];
    cr_assert_eq(hr__http1_write_response(&head, out, sizeof out), -EINVAL);
    head.status = 1000;
    cr_assert_eq(hr__http1_write_response(&head, out, sizeof out), -EINVAL);
}

Test(http1_write, chunk_heads) {
    static const struct {
        uint64_t size;
        const char *text;
    } rows[] = {{0, "0\r\n"},
                {1, "1\r\n"},
                {255, "ff\r\n"},
                {4096, "1000\r\n"},
                {UINT64_MAX, "ffffffffffffffff\r\n"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[20];
        size_t size = hr__http1_write_chunk_head(rows[i].size, out);
        cr_assert_eq(size, strlen(rows[i].text));
        cr_assert_arr_eq(out, rows[i].text, size);
    }
}

static void assert_framed(const char *data, bool last, const char *wanted) {
    struct iovec iov[3] = {[1] = {.iov_base = (char *)data, .iov_len = strlen(data)}};
    char head[HR_HTTP1_CHUNK_HEAD_MAX], text[64];
    size_t size = 0;
    unsigned count = hr__http1_frame_chunk(iov, data[0] ? 1 : 0, strlen(data), last, head);
    for (unsigned i = 0; i < count; i++) {
        memcpy(text + size, iov[i].iov_base, iov[i].iov_len);
        size += iov[i].iov_len;
    }
    cr_assert_eq(size, strlen(wanted), "%s", wanted);
    cr_assert_arr_eq(text, wanted, size);
}

Test(http1_write, chunks_are_framed) {
    assert_framed("", false, "");
    assert_framed("", true, "0\r\n\r\n");
    assert_framed("0123456789abcdef", false, "10\r\n0123456789abcdef\r\n");
    assert_framed("a", true, "1\r\na\r\n0\r\n\r\n");
}

Test(http1_write, reasons) {
    cr_assert_str_eq(hr__http1_reason(200), "OK");
    cr_assert_str_eq(hr__http1_reason(503), "Service Unavailable");
    cr_assert_str_eq(hr__http1_reason(299), "");
    cr_assert_str_eq(hr__http1_reason(-1), "");
}

/* What is written is read back by the parser as it was meant. */
Test(http1_write, read_back) {
    static const struct hr_http_field fields[] = {FIELD("x-amz-meta-\x7e", "a\tb \xc3\xa9"),
                                                  FIELD("Empty", "")};
    struct hr_http1_request_head head = get();
    char out[512];
    head.method = S("PUT");
    head.query = S("list-type=2&prefix=a%20b");
    head.fields[1] = fields;
    head.field_counts[1] = COUNT(fields);
    head.has_body = true;
    head.body_size = 3;
    ssize_t size = hr__http1_write_request(&head, out, sizeof out);
    cr_assert_gt(size, 0);
    memcpy(out + size, "abc", 3);
    struct replay replay;
    replay_init(&replay, HR_HTTP1_REQUEST, NULL, false);
    replay_all(&replay, hr_slice_bytes(out, (size_t)size + 3), 0, 0, false);
    cr_assert(replay.complete);
    cr_assert_str_eq(replay.method, "PUT");
    cr_assert_str_eq(replay.target, "/a?list-type=2&prefix=a%20b");
    cr_assert_str_eq(replay.body.data, "abc");
    cr_assert_str_eq(replay.fields.data, "Host: h:81\nx-amz-meta-~: a\tb \xc3\xa9\nEmpty: \n"
                                         "Content-Length: 3\n");
    replay_deinit(&replay);
}
