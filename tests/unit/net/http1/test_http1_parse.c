/* The parser on tables of its own: every kind of the shared cases, and what they do not reach. Each
 * row is fed whole, byte by byte, in two parts at every place, and with a body taken in bits. */
#include <criterion/criterion.h>
#include <errno.h>

#include "http1_replay.h"

#define OK  "HTTP/1.1 200 OK\r\n"
#define TE  OK "Transfer-Encoding: chunked\r\n\r\n"
#define END "0\r\n\r\n"

struct row {
    const char *bytes;
    int status;         /* 0: refused with `error` */
    int error;          /* 0 for status 0: HR_ERR_HTTP_MALFORMED */
    const char *body;   /* NULL: empty */
    const char *fields; /* part of the head's fields, NULL: any */
    const char *trailers;
    const char *interim;
    bool head;  /* the request was HEAD */
    bool held;  /* the connection stays open behind the bytes */
    bool reuse; /* whole, and nothing behind it */
    bool lenient;
    bool connect; /* the request was CONNECT */
};

static const struct hr_http1_limits small = {.head_bytes_max = 512, .head_fields_max = 8};

static void check_row(const struct row *row, struct hr_slice bytes, const struct replay *replay) {
    if (row->status == 0) {
        int error = row->error ? row->error : HR_ERR_HTTP_MALFORMED;
        cr_assert_eq(replay->result, error, "%s: %d instead of %d (%s)", row->bytes, replay->result,
                     error, hr__http1_parser_reason(replay->parser));
        cr_assert(!replay->complete);
        cr_assert(*hr__http1_parser_reason(replay->parser), "no reason for %s", row->bytes);
        return;
    }
    cr_assert(replay->complete, "%s: %d (%s)", row->bytes, replay->result,
              hr__http1_parser_reason(replay->parser));
    cr_assert_eq(replay->status, row->status, "%s", row->bytes);
    cr_assert_str_eq(replay->body.data, row->body ? row->body : "", "%s", row->bytes);
    if (row->fields) cr_assert(strstr(replay->fields.data, row->fields), "%s", row->bytes);
    cr_assert_str_eq(replay->trailers.data, row->trailers ? row->trailers : "", "%s", row->bytes);
    cr_assert_str_eq(replay->interim.data, row->interim ? row->interim : "", "%s", row->bytes);
    cr_assert_eq(replay->keep_alive && replay->consumed == bytes.size, row->reuse, "%s",
                 row->bytes);
}

static void begin(struct replay *replay, const struct row *row) {
    static const struct hr_http1_limits lenient = {
        .head_bytes_max = 512, .head_fields_max = 8, .lenient = true};
    replay_init(replay, HR_HTTP1_RESPONSE, row->lenient ? &lenient : &small, row->head);
    if (row->connect) hr__http1_parser_begin_tunnel(replay->parser);
}

static void check_cut(const struct row *row, struct hr_slice bytes, const struct replay *whole,
                      size_t first, size_t piece, size_t body_max) {
    struct replay again;
    begin(&again, row);
    again.body_max = body_max;
    replay_all(&again, bytes, first, piece, !row->held);
    cr_assert(replay_equal(whole, &again), "%s: differs when cut at %zu", row->bytes, first);
    replay_deinit(&again);
}

static void check(const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        struct hr_slice bytes = hr_slice_of(row->bytes);
        struct replay whole;
        begin(&whole, row);
        replay_all(&whole, bytes, 0, 0, !row->held);
        check_row(row, bytes, &whole);
        check_cut(row, bytes, &whole, 0, 1, 0);
        check_cut(row, bytes, &whole, 0, 1, 1);
        check_cut(row, bytes, &whole, 0, 0, 3);
        for (size_t cut = 1; cut < bytes.size; cut++) check_cut(row, bytes, &whole, cut, 0, 0);
        replay_deinit(&whole);
    }
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof *(rows))

Test(http1_parse, status_lines) {
    static const struct row rows[] = {
        {.bytes = OK "Content-Length: 0\r\n\r\n", .status = 200, .reuse = true},
        {.bytes = "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", .status = 200, .reuse = true},
        {.bytes = "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", .status = 200, .reuse = true},
        {.bytes = "HTTP/1.1 200  a\tb \xe9\r\nContent-Length: 0\r\n\r\n",
         .status = 200,
         .reuse = true},
        {.bytes = "HTTP/1.1 599 x\r\nContent-Length: 0\r\n\r\n", .status = 599, .reuse = true},
        {.bytes = "HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n", .status = 999, .reuse = true},
        {.bytes = "HTTP/1.1 2 x\r\n\r\n"},
        {.bytes = "HTTP/1.1 20 x\r\n\r\n"},
        {.bytes = "HTTP/1.1 2000 x\r\n\r\n"},
        {.bytes = "HTTP/1.1 099 x\r\n\r\n"},
        {.bytes = "HTTP/1.1 2x0 x\r\n\r\n"},
        {.bytes = "HTTP/1.1 200x\r\n\r\n"},
        {.bytes = "HTTP/1.1 -20 x\r\n\r\n"},
        {.bytes = "HTTP/1.1  200 x\r\n\r\n"},
        {.bytes = "HTTP/1.1\t200 x\r\n\r\n"},
        {.bytes = "HTTP/1.1 200 a\x01\r\n\r\n"},
        {.bytes = "HTTP/1.2 200 OK\r\n\r\n"},
        {.bytes = "HTTP/2.0 200 OK\r\n\r\n"},
        {.bytes = "HTTP/0.9 200 OK\r\n\r\n"},
        {.bytes = "HTTP/1.10 200 OK\r\n\r\n"},
        {.bytes = "HTTP/1. 200 OK\r\n\r\n"},
        {.bytes = "http/1.1 200 OK\r\n\r\n"},
        {.bytes = "ICY 200 OK\r\n\r\n"},
        {.bytes = " HTTP/1.1 200 OK\r\n\r\n"},
        {.bytes = "\r\nHTTP/1.1 200 OK\r\n\r\n"},
        {.bytes = "HTTP/1.1 200 OK\n\n"},
        {.bytes = "HTTP/1.1 200 OK\rX: y\r\n\r\n"},
        {.bytes = "HTTP/1.1 20", .error = HR_ERR_HTTP_TRUNCATED},
        {.bytes = "HTTP/1.1 200 OK\r\n", .error = HR_ERR_HTTP_TRUNCATED},
        {.bytes = "HTTP/1.1 101 Switching Protocols\r\n\r\n", .error = HR_ERR_HTTP_UNEXPECTED},
    };
    CHECK(rows);
}

/* A peer of another protocol may wait for us: it is known from its first bytes. */
Test(http1_parse, other_protocols_are_known_before_a_line_ends) {
    static const struct row rows[] = {
        {.bytes = "SSH-2.0-OpenSSH_9.2", .held = true}, {.bytes = "-ERR unknown", .held = true},
        {.bytes = "\x15\x03\x03", .held = true},        {.bytes = "HTTX", .held = true},
        {.bytes = "220 mail ESMTP", .held = true},
    };
    CHECK(rows);
}

Test(http1_parse, fields) {
    static const struct row rows[] = {
        {.bytes = OK "X:\r\nContent-Length: 0\r\n\r\n",
         .status = 200,
         .fields = "X: \n",
         .reuse = true},
        {.bytes = OK "X: \t v \t \r\nContent-Length: 0\r\n\r\n",
         .status = 200,
         .fields = "X: v\n",
         .reuse = true},
        {.bytes = OK "X:v:w\r\nContent-Length:0\r\n\r\n",
         .status = 200,
         .fields = "X: v:w\n",
         .reuse = true},
        {.bytes = OK "X: a\tb\r\nContent-Length: 0\r\n\r\n",
         .status = 200,
         .fields = "X: a\tb\n",
         .reuse = true},
        {.bytes = OK "X: \xe9\xff\r\nContent-Length: 0\r\n\r\n",
         .status = 200,
         .fields = "X: \xe9\xff\n",
         .reuse = true},
        {.bytes = OK "!#$%&'*+-.^_`|~09azAZ: v\r\nContent-Length: 0\r\n\r\n",
         .status = 200,
         .reuse = true},
        {.bytes = OK "X: 1\r\nx: 2\r\nContent-Length: 0\r\n\r\n",
         .status = 200,
         .fields = "X: 1\nx: 2\n",
         .reuse = true},
        {.bytes = OK " X: a\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "X: a\r\n b\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "X: a\r\n\tb\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "X: a\r\n \r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "X : a\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "X\t: a\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK ": a\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "X Y: a\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "X(a): a\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "X\xe9: a\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "X\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "X: a\x07\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "X: a\x7f\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "X: a\rb\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "X: a\r\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "X: a\nContent-Length: 0\r\n\r\n"},
        {.bytes = OK "Content-Length: 0\r\n\n"},
        {.bytes = OK "Content-Length: 0\n\r\n"},
        {.bytes = OK "Content-Length: 0\r\n\r", .error = HR_ERR_HTTP_TRUNCATED},
        {.bytes = OK "Content-Le", .error = HR_ERR_HTTP_TRUNCATED},
    };
    CHECK(rows);
}

Test(http1_parse, a_nul_is_refused_wherever_it_stands) {
    static const char bytes[] = OK "X: a\r\nContent-Length: 0\r\n\r\n";
    for (size_t at = 0; at < sizeof bytes - 1; at++) {
        char copy[sizeof bytes];
        memcpy(copy, bytes, sizeof bytes);
        copy[at] = 0;
        struct replay replay;
        replay_init(&replay, HR_HTTP1_RESPONSE, NULL, false);
        replay_all(&replay, hr_slice_bytes(copy, sizeof bytes - 1), 0, 0, true);
        cr_assert_eq(replay.result, HR_ERR_HTTP_MALFORMED, "at %zu", at);
        replay_deinit(&replay);
    }
}

Test(http1_parse, content_length) {
    static const struct row rows[] = {
        {.bytes = OK "Content-Length: 5\r\n\r\nhello",
         .status = 200,
         .body = "hello",
         .reuse = true},
        {.bytes = OK "cOnTeNt-LeNgTh: 005 \r\n\r\nhello",
         .status = 200,
         .body = "hello",
         .reuse = true},
        {.bytes = OK "Content-Length: 5\r\n\r\nhello",
         .status = 200,
         .body = "hello",
         .held = true,
         .reuse = true},
        {.bytes = OK "Content-Length: 5\r\n\r\nhelloEXTRA", .status = 200, .body = "hello"},
        {.bytes = OK "Content-Length: 6\r\n\r\nhello", .error = HR_ERR_HTTP_TRUNCATED},
        {.bytes = OK "Content-Length: 9223372036854775807\r\n\r\nhello",
         .error = HR_ERR_HTTP_TRUNCATED},
        {.bytes = OK "Content-Length: 9223372036854775808\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 18446744073709551621\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 99999999999999999999999999999999\r\n\r\nhello"},
        {.bytes = OK "Content-Length: -5\r\n\r\nhello"},
        {.bytes = OK "Content-Length: +5\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 0x5\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 5.0\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 5e0\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 5 0\r\n\r\nhello"},
        {.bytes = OK "Content-Length: \"5\"\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 5;a\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 5_0\r\n\r\nhello"},
        {.bytes = OK "Content-Length:\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 5, 5\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 5,6\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 5\r\nX: y\r\nContent-Length: 7\r\n\r\nhello"},
        /* TAB is optional white space as a blank is (RFC 9112 5), where the value is clean. */
        {.bytes = OK "Content-Length: 5\t\r\n\r\nhello",
         .status = 200,
         .body = "hello",
         .fields = "Content-Length: 5\n",
         .reuse = true},
        {.bytes = OK "Content-Length:\t5 \t \r\n\r\nhello",
         .status = 200,
         .body = "hello",
         .reuse = true},
        {.bytes = OK "Content-Length: \t\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 5\t5\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 5,\t5\r\n\r\nhello"},
        {.bytes = OK "Content-Length: 5\t\r\nContent-Length: 5\r\n\r\nhello"},
        {.bytes = OK "Content-Length: -5\t\r\n\r\nhello"},
        {.bytes = OK "Content-Length\t: 5\r\n\r\nhello"},
        {.bytes = OK "Content-Length : 5\r\n\r\nhello"},
        {.bytes = OK "Content-Length-X: 0\r\nContent-Length: 2\r\n\r\nok",
         .status = 200,
         .body = "ok",
         .reuse = true},
    };
    CHECK(rows);
}

Test(http1_parse, transfer_encoding) {
    static const struct row rows[] = {
        {.bytes = OK "tRANSFER-eNCODING:CHUNKED \r\n\r\n5\r\nhello\r\n" END,
         .status = 200,
         .body = "hello",
         .reuse = true},
        {.bytes = OK "Transfer-Encoding: \t chunked\r\n\r\n" END, .status = 200, .reuse = true},
        {.bytes = OK "Transfer-Encoding: chunked\t\r\n\r\n5\r\nhello\r\n" END,
         .status = 200,
         .body = "hello",
         .fields = "Transfer-Encoding: chunked\n",
         .reuse = true},
        {.bytes = OK "Transfer-Encoding:\tchunked \t\r\n\r\n" END, .status = 200, .reuse = true},
        {.bytes = OK "Transfer-Encoding: chunked\t\r\nContent-Length: 5\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding: chunked\tx\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding: gzip,\tchunked\t\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding: xchunked\t\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding: chunked, chunked\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding: gzip, chunked\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding: chunked, gzip\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding: gzip\r\n\r\nx"},
        {.bytes = OK "Transfer-Encoding: identity\r\n\r\nx"},
        {.bytes = OK "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nx"},
        {.bytes = OK "Transfer-Encoding: xchunked\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding: chunkedx\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding: \"chunked\"\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding: chunked;q=1\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding: ,chunked\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding: chunked,\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding:\r\n\r\n" END},
        {.bytes = OK "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" END},
        {.bytes = OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" END},
        {.bytes = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" END},
    };
    CHECK(rows);
}

/* RFC 9110 9.3.6: of a 2xx to CONNECT the fields that would frame a body are ignored. */
Test(http1_parse, answers_to_connect) {
    static const struct row rows[] = {
        {.bytes = OK "\r\n", .status = 200, .connect = true, .held = true, .reuse = true},
        {.bytes = OK "Content-Length: 5\r\n\r\n", .status = 200, .connect = true, .reuse = true},
        {.bytes = OK "Transfer-Encoding: chunked\r\n\r\n",
         .status = 200,
         .connect = true,
         .reuse = true},
        {.bytes = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
         .status = 200,
         .connect = true},
        {.bytes = OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
         .status = 200,
         .connect = true,
         .reuse = true},
        {.bytes = OK "X: y\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n",
         .status = 200,
         .fields = "X: y\n",
         .connect = true,
         .reuse = true},
        {.bytes = "HTTP/1.1 299 x\r\nContent-Length: none\r\ntransfer-encoding: gzip\r\n\r\n",
         .status = 299,
         .connect = true,
         .reuse = true},
        {.bytes = OK "Content-Length : 5\r\n\r\n", .connect = true},
        {.bytes = "HTTP/1.1 407 x\r\nContent-Length: none\r\n\r\n", .connect = true},
        {.bytes = "HTTP/1.1 502 x\r\nContent-Length: 5\r\n\r\n",
         .status = 502,
         .connect = true,
         .reuse = true},
    };
    CHECK(rows);
}

#define LENIENT(text) .bytes = text, .lenient = true

/* The option `lenient`, and how far it goes. */
Test(http1_parse, careless_servers) {
    static const struct row rows[] = {
        {LENIENT("HTTP/1.1 200 OK\nContent-Length: 5\nX: y\n\nhello"), .status = 200,
         .body = "hello", .fields = "X: y\n", .reuse = true},
        {LENIENT("HTTP/1.1 200 OK\r\nX: y\nContent-Length: 0\r\n\n"), .status = 200,
         .fields = "X: y\n", .reuse = true},
        {LENIENT("HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nContent-Length: 0\n\r\n"),
         .status = 200, .interim = "100 ", .reuse = true},
        {LENIENT("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\r\nhello\r\n" END),
         .status = 200, .body = "hello", .reuse = true},
        {LENIENT(TE "5 \r\nhello\r\n0 \t \r\n\r\n"), .status = 200, .body = "hello", .reuse = true},
        {LENIENT(TE "5 ;a \r\nhello\r\n" END)},
        {LENIENT(OK "Content-Length: 5\r\nContent-Length: 05\t\r\n\r\nhello"), .status = 200,
         .body = "hello", .fields = "Content-Length: 5\n", .reuse = true},
        {LENIENT(OK "Content-Length: 5 ,5,\t5\r\n\r\nhello"), .status = 200, .body = "hello",
         .reuse = true},
        {LENIENT(OK "Content-Length: 5, 5\r\nContent-Length: 5\r\n\r\nhello"), .status = 200,
         .body = "hello", .reuse = true},
        {LENIENT(OK "Content-Length: 5\t\r\nX:\t\r\n\r\nhello"), .status = 200, .body = "hello",
         .fields = "X: \n", .reuse = true},
        /* A router's (aiohttp 7494): both ends of a line in one head. */
        {LENIENT(
             "HTTP/1.0 200 OK\nServer: GoAhead-Webs\r\nPragma: no-cache\nContent-Type: text/html"
             "\nSet-Cookie: userid=1; path=/;\n\n<html>"),
         .status = 200, .body = "<html>", .fields = "Server: GoAhead-Webs\nPragma: no-cache\n"},
        /* What is another matter stays refused. */
        {LENIENT(OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello")},
        {LENIENT(OK "Content-Length: 5\r\nContent-Length: x\r\n\r\nhello")},
        {LENIENT(OK "Content-Length: 5\r\nContent-Length: 6\r\nContent-Length: 5\r\n\r\nhello")},
        {LENIENT(OK "Content-Length: 5, 6\r\n\r\nhello")},
        {LENIENT(OK "Content-Length: 5,\r\n\r\nhello")},
        {LENIENT(OK "Content-Length: ,5\r\n\r\nhello")},
        {LENIENT(OK "Content-Length: 5\nTransfer-Encoding: chunked\n\n" END)},
        {LENIENT(OK "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" END)},
        {LENIENT(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" END)},
        {LENIENT(OK "X: a\rb\nContent-Length: 0\n\n")},
        {LENIENT(OK "X: a\r\r\nContent-Length: 0\n\n")},
        {LENIENT(OK "X: a\n b\nContent-Length: 0\n\n")},
        {LENIENT(OK "X : a\nContent-Length: 0\n\n")},
        {LENIENT("\nHTTP/1.1 200 OK\n\n")},
        {LENIENT(TE "5\nhello\r\n" END)},
        {LENIENT(TE " 5\r\nhello\r\n" END)},
        {LENIENT(TE "5\r\nhello\n" END)},
        {LENIENT(TE "0\r\nX: y\n\n")},
    };
    CHECK(rows);
}

/* The line that is refused can be shown, and what may be a secret is not. */
Test(http1_parse, the_line_that_is_refused) {
    static const struct {
        const char *bytes, *line;
    } rows[] = {
        {"ICY 200 OK\r\n\r\n", "ICY 200 OK"},
        {"\x15\x03\x01\xff\\", "\\x15\\x03\\x01\\xff\\x5c"},
        {"HTTP/1.1 20 x\r\n\r\n", "HTTP/1.1 20 x"},
        {OK "X: 1\r\nno colon\r\n\r\n", "no colon"},
        {OK "X: 1\r\nX: a\x01\"b\r\n\r\n", "X: a\\x01\\x22b"},
        {OK "X: 1\r\n folded\r\n\r\n", " folded"},
        {OK "X: 1\r\nContent-Length: 5, 6\r\n\r\n", "Content-Length: 5, 6"},
        {OK "Content-Length: 5\r\nX: y\r\nContent-Length: 7\r\n\r\n", "Content-Length: 7"},
        {OK "Set-Cookie : id=secret\r\n\r\n", "Set-Cookie \xe2\x80\xa6"},
        {OK "Set-Cookie: id=secret\x01\r\n\r\n", "Set-Cookie\xe2\x80\xa6"},
        {OK "set-cookie id=secret\r\n\r\n", "set-cookie\xe2\x80\xa6"},
        {OK "Se\x01t-Cookie: id=secret\r\n\r\n", "Se\\x01t-Cookie\xe2\x80\xa6"},
        {OK "Set-Cookie: a=b\r\n ; id=secret\r\n\r\n", "Set-Cookie\xe2\x80\xa6"},
        {OK "Authorization:\x02 Bearer secret\r\n\r\n", "Authorization\xe2\x80\xa6"},
        {OK "X-Amz-Security-Token: secret\x7f\r\n\r\n", "X-Amz-Security-Token\xe2\x80\xa6"},
        {OK "Location: http://u:secret@h/p?t=secret\x01\r\n\r\n",
         "Location: http://h/p?\xe2\x80\xa6"},
        {OK "X: 1\r\nTransfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding: gzip"},
        {TE "0\r\nX: y\r\nbad\r\n\r\n", "bad"},
        {TE "0\r\nContent-Length: 1\r\n\r\n", "Content-Length"},
        {OK "0123456789012345678901234567890123456789012345678901234567890123456789"
            "0123456789012345678901234567890\r\n\r\n",
         "012345678901234567890123456789012345678901234567890123456789012345678901234"
         "5\xe2\x80\xa6"},
        {OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t cut = 0; cut < 2; cut++) {
            struct replay replay;
            replay_init(&replay, HR_HTTP1_RESPONSE, NULL, false);
            /* A line may be refused before it is complete, when its bytes come one by one. */
            replay_all(&replay, hr_slice_of(rows[i].bytes), cut > 0 ? strlen(OK) : 0, 0, true);
            cr_assert_lt(replay.result, 0, "row %zu", i);
            const char *line = hr__http1_parser_line(replay.parser);
            cr_assert_str_eq(line, rows[i].line, "row %zu: '%s'", i, line);
            replay_deinit(&replay);
        }
        for (size_t cut = 1; cut < strlen(rows[i].bytes); cut++) {
            struct replay replay;
            replay_init(&replay, HR_HTTP1_RESPONSE, NULL, false);
            replay_all(&replay, hr_slice_of(rows[i].bytes), cut, 1, true);
            cr_assert_not(strstr(hr__http1_parser_line(replay.parser), "secret"), "row %zu", i);
            replay_deinit(&replay);
        }
    }
}

Test(http1_parse, chunks) {
    static const struct row rows[] = {
        {.bytes = TE "5\r\nhello\r\n6\r\n world\r\n" END,
         .status = 200,
         .body = "hello world",
         .reuse = true},
        {.bytes = TE "A\r\n0123456789\r\na\r\n0123456789\r\n000\r\n\r\n",
         .status = 200,
         .body = "01234567890123456789",
         .reuse = true},
        {.bytes = TE "0000000000000000000005\r\nhello\r\n" END,
         .status = 200,
         .body = "hello",
         .reuse = true},
        {.bytes = TE "5\r\nhello\r\n" END OK "\r\n", .status = 200, .body = "hello"},
        {.bytes = TE "5;a\r\nhello\r\n" END, .status = 200, .body = "hello", .reuse = true},
        {.bytes = TE "5;a=b;c=\"d;e\\\"\\\\ \";f\r\nhello\r\n0;x=y\r\n\r\n",
         .status = 200,
         .body = "hello",
         .reuse = true},
        {.bytes = TE "5 \t; a = b ;c\r\nhello\r\n" END,
         .status = 200,
         .body = "hello",
         .reuse = true},
        {.bytes = TE "5;\r\nhello\r\n" END},
        {.bytes = TE "5;=b\r\nhello\r\n" END},
        {.bytes = TE "5;a=\r\nhello\r\n" END},
        {.bytes = TE "5;a b\r\nhello\r\n" END},
        {.bytes = TE "5;a=\"b\r\nhello\r\n" END},
        {.bytes = TE "5;a=\"b\"c\r\nhello\r\n" END},
        {.bytes = TE "5;a=b\"c\"\r\nhello\r\n" END},
        {.bytes = TE "5;a\rb\r\nhello\r\n" END},
        {.bytes = TE "5;a=\"\x01\"\r\nhello\r\n" END},
        {.bytes = TE "5 \r\nhello\r\n" END},
        {.bytes = TE " 5\r\nhello\r\n" END},
        {.bytes = TE "\r\nhello\r\n" END},
        {.bytes = TE "g\r\nhello\r\n" END},
        {.bytes = TE "5g\r\nhello\r\n" END},
        {.bytes = TE "0x5\r\nhello\r\n" END},
        {.bytes = TE "+5\r\nhello\r\n" END},
        {.bytes = TE "-5\r\nhello\r\n" END},
        {.bytes = TE "5,5\r\nhello\r\n" END},
        {.bytes = TE "1_0\r\nhello\r\n" END},
        {.bytes = TE "5.0\r\nhello\r\n" END},
        {.bytes = TE "8000000000000000\r\nhello\r\n" END},
        {.bytes = TE "ffffffffffffffff\r\nhello\r\n" END},
        {.bytes = TE "fffffffffffffffff\r\nhello\r\n" END},
        {.bytes = TE "10000000000000005\r\nhello\r\n" END},
        {.bytes = TE "7fffffffffffffff\r\nhello", .error = HR_ERR_HTTP_TRUNCATED},
        {.bytes = TE "5\nhello\r\n" END},
        {.bytes = TE "5\r\nhello\n" END},
        {.bytes = TE "5\r\nhelloX\r\n" END},
        {.bytes = TE "4\r\nhello\r\n" END},
        {.bytes = TE "5\r\r\nhello\r\n" END},
        {.bytes = TE "5\r\nhello\r\r\n" END},
        {.bytes = TE "5\r\nhel", .error = HR_ERR_HTTP_TRUNCATED},
        {.bytes = TE "5\r\nhello\r\n", .error = HR_ERR_HTTP_TRUNCATED},
        {.bytes = TE "5\r\nhello\r\n0\r\n", .error = HR_ERR_HTTP_TRUNCATED},
        {.bytes = TE "", .error = HR_ERR_HTTP_TRUNCATED},
    };
    CHECK(rows);
}

Test(http1_parse, trailers) {
    static const struct row rows[] = {
        {.bytes = TE "1\r\na\r\n0\r\nX: y\r\nZ:  1 \r\n\r\n",
         .status = 200,
         .body = "a",
         .trailers = "X: y\nZ: 1\n",
         .reuse = true},
        {.bytes = TE "0\r\nX:\r\n\r\nHTTP", .status = 200, .trailers = "X: \n"},
        {.bytes = TE "0\r\nContent-Length: 99\r\n\r\n"},
        {.bytes = TE "0\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {.bytes = TE "0\r\nbad line\r\n\r\n"},
        {.bytes = TE "0\r\nX : y\r\n\r\n"},
        {.bytes = TE "0\r\nX: y\r\n z\r\n\r\n"},
        {.bytes = TE "0\r\n X: y\r\n\r\n"},
        {.bytes = TE "0\r\nX: y\n\r\n"},
        {.bytes = TE "0\r\nX: a\x01\r\n\r\n"},
        {.bytes = TE "0\r\n\n"},
        {.bytes = TE "0\r\nX: y\r\n", .error = HR_ERR_HTTP_TRUNCATED},
        {.bytes = TE "0\r\n1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n9:\r\n\r\n",
         .error = HR_ERR_HTTP_HEAD_TOO_LARGE},
    };
    CHECK(rows);
}

Test(http1_parse, answers_without_body) {
    static const struct row rows[] = {
        {.bytes = "HTTP/1.1 204 No Content\r\n\r\n", .status = 204, .held = true, .reuse = true},
        {.bytes = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
         .status = 204,
         .held = true,
         .reuse = true},
        {.bytes = "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
         .status = 204,
         .held = true},
        {.bytes = "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
         .status = 204,
         .held = true},
        {.bytes = "HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\n\r\n",
         .status = 304,
         .held = true,
         .reuse = true},
        {.bytes = "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
         .status = 304,
         .held = true,
         .reuse = true},
        {.bytes = "HTTP/1.1 304 Not Modified\r\nContent-Length: x\r\n\r\n", .held = true},
        {.bytes = "HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n",
         .status = 205,
         .held = true,
         .reuse = true},
        {.bytes = OK "Content-Length: 100\r\n\r\n",
         .status = 200,
         .head = true,
         .held = true,
         .fields = "Content-Length: 100\n",
         .reuse = true},
        {.bytes = OK "Transfer-Encoding: chunked\r\n\r\n",
         .status = 200,
         .head = true,
         .held = true,
         .reuse = true},
        {.bytes = OK "\r\n", .status = 200, .head = true, .held = true, .reuse = true},
        {.bytes = OK "Content-Length: 5\r\n\r\nhello", .status = 200, .head = true},
        {.bytes = OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .head = true},
    };
    CHECK(rows);
}

Test(http1_parse, interim_answers) {
    static const struct row rows[] = {
        {.bytes = "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 2\r\n\r\nok",
         .status = 200,
         .body = "ok",
         .interim = "100 ",
         .reuse = true},
        {.bytes = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 P\r\n\r\n" OK
                  "Content-Length: 0\r\n\r\n",
         .status = 200,
         .interim = "103 102 ",
         .reuse = true},
        {.bytes =
             "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n" OK "Content-Length: 0\r\n\r\n",
         .status = 200,
         .interim = "100 ",
         .reuse = true},
        {.bytes = "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 7\r\n\r\n",
         .status = 200,
         .interim = "100 ",
         .head = true,
         .held = true,
         .reuse = true},
        {.bytes =
             "HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n" OK "Content-Length: 0\r\n\r\n",
         .status = 200,
         .interim = "100 ",
         .reuse = true},
        {.bytes = "HTTP/1.1 100 Continue\r\n\r\n\r\n" OK "\r\n"},
        {.bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Upgrade\r\n\r\n",
         .error = HR_ERR_HTTP_UNEXPECTED},
        {.bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200", .error = HR_ERR_HTTP_TRUNCATED},
        {.bytes = "HTTP/1.1 100 Continue\r\n\r\n", .error = HR_ERR_HTTP_TRUNCATED},
    };
    CHECK(rows);
}

Test(http1_parse, interim_answers_are_limited) {
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct replay replay;
    replay_init(&replay, HR_HTTP1_RESPONSE, NULL, false);
    for (int i = 0; i < 100; i++) replay_feed(&replay, interim, sizeof interim - 1);
    cr_assert_eq(replay.result, 0);
    replay_feed(&replay, interim, sizeof interim - 1);
    cr_assert_eq(replay.result, HR_ERR_HTTP_MALFORMED);
    replay_deinit(&replay);
}

Test(http1_parse, connections) {
    static const struct row rows[] = {
        {.bytes = OK "Connection: close\r\nContent-Length: 2\r\n\r\nok",
         .status = 200,
         .body = "ok"},
        {.bytes = OK "Connection: CLOSE\r\nContent-Length: 2\r\n\r\nok",
         .status = 200,
         .body = "ok"},
        {.bytes = OK "Connection: foo ,\tclose , bar\r\nContent-Length: 2\r\n\r\nok",
         .status = 200,
         .body = "ok"},
        {.bytes = OK "Connection: keep-alive, close\r\nContent-Length: 2\r\n\r\nok",
         .status = 200,
         .body = "ok"},
        {.bytes = OK "Connection: keep-alive\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
         .status = 200,
         .body = "ok"},
        {.bytes = OK "Connection: close-not, xclose\r\nContent-Length: 2\r\n\r\nok",
         .status = 200,
         .body = "ok",
         .reuse = true},
        {.bytes = OK "Connection: ,,\r\nContent-Length: 2\r\n\r\nok",
         .status = 200,
         .body = "ok",
         .reuse = true},
        {.bytes = OK "Proxy-Connection: close\r\nContent-Length: 2\r\n\r\nok",
         .status = 200,
         .body = "ok",
         .reuse = true},
        {.bytes = OK "Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok",
         .status = 200,
         .body = "ok",
         .reuse = true},
        {.bytes = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", .status = 200, .body = "ok"},
        {.bytes = "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
         .status = 200,
         .body = "ok",
         .reuse = true},
        {.bytes = "HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 2\r\n\r\nok",
         .status = 200,
         .body = "ok"},
        {.bytes = "HTTP/1.0 204 No\r\nConnection: keep-alive\r\n\r\n",
         .status = 204,
         .held = true,
         .reuse = true},
    };
    CHECK(rows);
}

Test(http1_parse, bodies_to_the_close) {
    static const struct row rows[] = {
        {.bytes = OK "\r\nabc\r\n0\r\n\r\n", .status = 200, .body = "abc\r\n0\r\n\r\n"},
        {.bytes = OK "\r\n", .status = 200},
        {.bytes = "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nabc",
         .status = 200,
         .body = "abc"},
        {.bytes = OK "Connection: keep-alive\r\n\r\nabc", .status = 200, .body = "abc"},
    };
    CHECK(rows);
}

Test(http1_parse, limits_of_a_head) {
    char bytes[2048];
    for (size_t size = 500; size <= 520; size++) {
        struct replay whole, single;
        int head = snprintf(bytes, sizeof bytes, OK "Content-Length: 0\r\nX: ");
        memset(bytes + head, 'v', size);
        memcpy(bytes + size - 4, "\r\n\r\n", 4);
        replay_init(&whole, HR_HTTP1_RESPONSE, &small, false);
        replay_init(&single, HR_HTTP1_RESPONSE, &small, false);
        replay_all(&whole, hr_slice_bytes(bytes, size), 0, 0, true);
        replay_all(&single, hr_slice_bytes(bytes, size), 0, 1, true);
        cr_assert_eq(whole.result, size <= 512 ? 0 : HR_ERR_HTTP_HEAD_TOO_LARGE, "%zu", size);
        cr_assert(replay_equal(&whole, &single));
        replay_deinit(&whole);
        replay_deinit(&single);
    }
    static const struct row rows[] = {
        {.bytes = OK "1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\nContent-Length:0\r\n\r\n",
         .status = 200,
         .reuse = true},
        {.bytes = OK "1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\nContent-Length:0\r\n\r\n",
         .error = HR_ERR_HTTP_HEAD_TOO_LARGE},
    };
    CHECK(rows);
}

/* What never ends is refused at the limit, with memory for the limit and no more. */
Test(http1_parse, endless_heads_and_chunk_lines) {
    static const char *const starts[] = {OK "X: ", "HTTP/1.1 200 ", TE "0\r\nX: "};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        struct replay replay;
        replay_init(&replay, HR_HTTP1_RESPONSE, NULL, false);
        replay_feed(&replay, starts[i], strlen(starts[i]));
        size_t fed = 0;
        while (replay.result == 0 && fed < 100000)
            replay_feed(&replay, "vvvvvvvvvv", 10), fed += 10;
        cr_assert_eq(replay.result, HR_ERR_HTTP_HEAD_TOO_LARGE);
        cr_assert(strstr(hr__http1_parser_reason(replay.parser), "head_bytes_max"), "the option");
        replay_deinit(&replay);
    }
    static const char *const chunks[] = {TE "0", TE "5;a=", TE "5;a=\""};
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        struct replay replay;
        replay_init(&replay, HR_HTTP1_RESPONSE, NULL, false);
        replay_feed(&replay, chunks[i], strlen(chunks[i]));
        size_t fed = 0;
        while (replay.result == 0 && fed < 20000) replay_feed(&replay, "0000000000", 10), fed += 10;
        cr_assert_eq(replay.result, HR_ERR_HTTP_MALFORMED);
        cr_assert_leq(fed, 16400);
        replay_deinit(&replay);
    }
}

/* ---- Requests. */

struct request_row {
    const char *bytes;
    int error; /* 0: accepted */
    const char *method, *target, *body;
    bool closes, expects;
};

static void check_request(const struct request_row *row) {
    struct hr_slice bytes = hr_slice_of(row->bytes);
    struct replay whole;
    replay_init(&whole, HR_HTTP1_REQUEST, &small, false);
    replay_all(&whole, bytes, 0, 0, true);
    cr_assert_eq(whole.result, row->error, "%s: %d (%s)", row->bytes, whole.result,
                 hr__http1_parser_reason(whole.parser));
    cr_assert_eq(whole.complete, row->error == 0, "%s", row->bytes);
    if (row->method) cr_assert_str_eq(whole.method, row->method);
    if (row->target) cr_assert_str_eq(whole.target, row->target);
    if (row->error == 0) {
        cr_assert_str_eq(whole.body.data, row->body ? row->body : "", "%s", row->bytes);
        cr_assert_eq(whole.keep_alive, !row->closes, "%s", row->bytes);
        cr_assert_eq(strstr(whole.heads.data, "expect") != NULL, row->expects, "%s", row->bytes);
    }
    for (size_t cut = 0; cut < bytes.size; cut++) {
        struct replay again;
        replay_init(&again, HR_HTTP1_REQUEST, &small, false);
        replay_all(&again, bytes, cut, cut == 0 ? 1 : 0, true);
        cr_assert(replay_equal(&whole, &again), "%s: differs when cut at %zu", row->bytes, cut);
        replay_deinit(&again);
    }
    replay_deinit(&whole);
}

#define BAD HR_ERR_HTTP_MALFORMED
#define H   "Host: h\r\n"

Test(http1_parse, requests) {
    static const struct request_row rows[] = {
        {.bytes = "GET / HTTP/1.1\r\n" H "\r\n", .method = "GET", .target = "/"},
        {.bytes = "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", .method = "GET"},
        {.bytes = "GET / HTTP/1.1\r\n" H "\r\nGET /2 HTTP/1.1\r\n", .target = "/"},
        {.bytes = "PUT /a?b=c%20d HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc",
         .method = "PUT",
         .target = "/a?b=c%20d",
         .body = "abc"},
        {.bytes = "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" END,
         .body = "abc"},
        {.bytes = "PUT / HTTP/1.1\r\n" H "Expect: 100-Continue\r\nContent-Length: 0\r\n\r\n",
         .expects = true},
        {.bytes = "PUT / HTTP/1.0\r\n" H "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n",
         .closes = true},
        {.bytes = "PUT / HTTP/1.1\r\n" H "Expect: 200-ok\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = "GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n", .closes = true},
        {.bytes = "GET / HTTP/1.1\r\n" H "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n"},
        {.bytes = "GET / HTTP/1.0\r\n\r\n", .closes = true},
        {.bytes = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
        {.bytes = "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
        {.bytes = "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"},
        {.bytes = "GET / HTTP/1.1\r\nHost: 127.0.0.1:\r\n\r\n"},
        {.bytes = "GET http://h:80/a?b HTTP/1.1\r\n" H "\r\n", .target = "http://h:80/a?b"},
        {.bytes = "OPTIONS * HTTP/1.1\r\n" H "\r\n", .target = "*"},
        {.bytes = "GET /%zz<>\"{}|\\^`~ HTTP/1.1\r\n" H "\r\n"},
        {.bytes = "GET / HTTP/1.1\r\n\r\n", .error = BAD},
        {.bytes = "GET / HTTP/1.1\r\n" H H "\r\n", .error = BAD},
        {.bytes = "GET / HTTP/1.0\r\n" H H "\r\n", .error = BAD},
        {.bytes = "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .error = BAD},
        {.bytes = "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .error = BAD},
        {.bytes = "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", .error = BAD},
        {.bytes = "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n", .error = BAD},
        {.bytes = "GET / HTTP/1.1\r\nHost: h:x\r\n\r\n", .error = BAD},
        {.bytes = "GET / HTTP/1.1\r\nHost: h:65536\r\n\r\n", .error = BAD},
        {.bytes = "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .error = BAD},
        {.bytes = "CONNECT h:80 HTTP/1.1\r\n" H "\r\n", .error = HR_ERR_HTTP_UNEXPECTED},
        {.bytes = "GET * HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "GET a HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "GET /#a HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "GET ftp://h/ HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "GET http:///a HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "GET http://u:p@h/ HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "GET /a b HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "GET  / HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "GET /  HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "GET / HTTP/1.1 \r\n" H "\r\n", .error = BAD},
        {.bytes = "GET\t/ HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = " GET / HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "\nGET / HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "GET /\r\n" H "\r\n", .error = BAD},
        {.bytes = "GET / HTTP/1.2\r\n" H "\r\n", .error = BAD},
        {.bytes = "GET / HTTP/2.0\r\n" H "\r\n", .error = BAD},
        {.bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .error = BAD},
        {.bytes = "GET / HTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "GET / RTSP/1.0\r\n" H "\r\n", .error = BAD},
        {.bytes = "get / HTTP/1.1\r\n" H "\r\n", .error = HR_ERR_HTTP_UNEXPECTED},
        {.bytes = "MKCOLA / HTTP/1.1\r\n" H "\r\n", .error = HR_ERR_HTTP_UNEXPECTED},
        {.bytes = "G / HTTP/1.1\r\n" H "\r\n", .error = HR_ERR_HTTP_UNEXPECTED},
        {.bytes = "DESCRIBE / HTTP/1.1\r\n" H "\r\n", .error = HR_ERR_HTTP_UNEXPECTED},
        {.bytes = "FOO /a HTTP/1.1\r\n" H "Content-Length: 5\t\r\n\r\nhello",
         .error = HR_ERR_HTTP_UNEXPECTED},
        {.bytes = "FOO / HTTP/1.1\r\n\r\n", .error = BAD},
        {.bytes = "FOO / HTTP/1.1\r\n" H "Content-Length: x\r\n\r\n", .error = BAD},
        {.bytes = "FOO b HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "M-SEARCH / HTTP/1.1\r\n" H "\r\n", .method = "M-SEARCH"},
        {.bytes = "PUT / HTTP/1.1\r\n" H "Content-Length:\t3\t\r\n\r\nabc", .body = "abc"},
        {.bytes = "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\t \r\n\r\n3\r\nabc\r\n" END,
         .body = "abc"},
        {.bytes =
             "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\t\r\nContent-Length: 3\r\n\r\n",
         .error = BAD},
        {.bytes = "G(T / HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n" H "\r\n", .error = BAD},
        {.bytes = "\x16\x03\x01", .error = BAD},
        {.bytes = "GET / HTTP/1.1\n" H "\n", .error = BAD},
        {.bytes =
             "PUT / HTTP/1.1\r\n" H "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" END,
         .error = BAD},
        {.bytes = "PUT / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
         .error = BAD},
        {.bytes = "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n" END,
         .error = BAD},
        {.bytes = "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n", .error = BAD},
        {.bytes = "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\t\r\n\r\n" END},
        {.bytes = "PUT / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n" END, .error = BAD},
        {.bytes = "PUT / HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\nabc",
         .error = HR_ERR_HTTP_TRUNCATED},
        {.bytes = "GET / HTTP/1.1\r\n" H, .error = HR_ERR_HTTP_TRUNCATED},
        {.bytes = "GET / HTTP/1.1\r\n" H "1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n\r\n",
         .error = HR_ERR_HTTP_HEAD_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) check_request(&rows[i]);
}

/* ---- The calls themselves. */

struct direct {
    const char *expected;
    size_t size;
    unsigned calls;
};

static int accept_head(void *user, const struct hr_http1_message *message) {
    (void)user;
    (void)message;
    return 0;
}

static ssize_t same_memory(void *user, const char *data, size_t size) {
    struct direct *direct = user;
    direct->calls++;
    cr_assert_eq(data, direct->expected);
    cr_assert_eq(size, direct->size);
    return (ssize_t)size;
}

static int nothing(void *user) {
    (void)user;
    return 0;
}

/* Memory that the caller has filled itself comes back as it is, in one call however large. */
Test(http1_parse, direct_bodies) {
    static const struct hr_http1_events events = {
        .on_head = accept_head, .on_body = same_memory, .on_complete = nothing};
    static const struct hr_http1_limits limits = {.head_bytes_max = 65536, .head_fields_max = 128};
    static char memory[1 << 20];
    static const char head[] = OK "Content-Length: 2097152\r\n\r\n";
    struct direct direct = {.expected = memory, .size = sizeof memory};
    struct hr_http1_parser *parser;
    size_t used;
    cr_assert_eq(hr__http1_parser_new(HR_HTTP1_RESPONSE, &limits, &events, &direct, &parser), 0);
    cr_assert(hr__http1_parser_idle(parser));
    cr_assert_eq(hr__http1_parser_execute(parser, head, sizeof head - 1, &used), 0);
    cr_assert(!hr__http1_parser_idle(parser));
    cr_assert_eq(hr__http1_parser_body_left(parser), 2 * sizeof memory);
    cr_assert_eq(hr__http1_parser_execute(parser, memory, sizeof memory, &used), 0);
    cr_assert_eq(used, sizeof memory);
    cr_assert_eq(hr__http1_parser_body_left(parser), sizeof memory);
    cr_assert_not(hr__http1_parser_keep_alive(parser));
    cr_assert_eq(hr__http1_parser_execute(parser, memory, sizeof memory, &used), 0);
    cr_assert_eq(hr__http1_parser_body_left(parser), 0);
    cr_assert(hr__http1_parser_keep_alive(parser));
    cr_assert_eq(direct.calls, 2);
    /* Behind the end nothing is taken, until the next message begins. */
    cr_assert_eq(hr__http1_parser_execute(parser, head, sizeof head - 1, &used), 0);
    cr_assert_eq(used, 0);
    cr_assert_eq(hr__http1_parser_finish(parser), 0);
    hr__http1_parser_begin(parser, false);
    cr_assert(hr__http1_parser_idle(parser));
    cr_assert_eq(hr__http1_parser_finish(parser), 0);
    hr__http1_parser_free(parser);
    hr__http1_parser_free(NULL);
}

/* Push-back: the parser stops behind what was taken, in every kind of body, and goes on there. */
Test(http1_parse, a_body_taken_in_part_stops_there) {
    static const char *const bytes[] = {OK "Content-Length: 5\r\n\r\nhello", OK "\r\nhello",
                                        TE "5\r\nhello\r\n" END};
    static const size_t heads[] = {38, 19, 50};
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        size_t used, at = 0, size = strlen(bytes[i]);
        struct replay replay;
        replay_init(&replay, HR_HTTP1_RESPONSE, NULL, false);
        replay.body_max = 2;
        for (size_t taken = 2; taken <= 4; taken += 2) {
            cr_assert_eq(hr__http1_parser_execute(replay.parser, bytes[i] + at, size - at, &used),
                         0);
            at += used;
            cr_assert_eq(at, heads[i] + taken, "%zu", at);
            cr_assert_eq(replay.body.size, taken);
        }
        if (i == 0) cr_assert_eq(hr__http1_parser_body_left(replay.parser), 1);
        cr_assert_eq(hr__http1_parser_execute(replay.parser, bytes[i] + at, size - at, &used), 0);
        cr_assert_eq(at + used, size);
        cr_assert_eq(hr__http1_parser_finish(replay.parser), 0);
        cr_assert(replay.complete);
        cr_assert_str_eq(replay.body.data, "hello");
        replay_deinit(&replay);
    }
}

static int refuse_head(void *user, const struct hr_http1_message *message) {
    (void)user;
    (void)message;
    return -ECANCELED;
}

static ssize_t refuse_body(void *user, const char *data, size_t size) {
    (void)user;
    (void)data;
    (void)size;
    return -ENOSPC;
}

static int refuse_complete(void *user) {
    (void)user;
    return -EPROTO;
}

static int refuse_trailers(void *user, const struct hr_http_field *fields, size_t count) {
    (void)user;
    (void)fields;
    (void)count;
    return -EBADMSG;
}

Test(http1_parse, a_callback_ends_it) {
    static const char bytes[] = TE "1\r\na\r\n0\r\nX: y\r\n\r\n";
    static const struct hr_http1_events all = {.on_head = accept_head,
                                               .on_body = replay_on_body,
                                               .on_trailers = replay_on_trailers,
                                               .on_complete = nothing};
    static const struct hr_http1_limits limits = {.head_bytes_max = 65536, .head_fields_max = 128};
    static const int errors[] = {-ECANCELED, -ENOSPC, -EBADMSG, -EPROTO};
    for (int which = 0; which < 4; which++) {
        struct hr_http1_events events = all;
        struct replay replay = {0};
        struct hr_http1_parser *parser;
        size_t used;
        if (which == 0) events.on_head = refuse_head;
        if (which == 1) events.on_body = refuse_body;
        if (which == 2) events.on_trailers = refuse_trailers;
        if (which == 3) events.on_complete = refuse_complete;
        cr_assert_eq(hr__http1_parser_new(HR_HTTP1_RESPONSE, &limits, &events, &replay, &parser),
                     0);
        int result = hr__http1_parser_execute(parser, bytes, sizeof bytes - 1, &used);
        cr_assert_eq(result, errors[which]);
        /* It stays so, also at the end. */
        cr_assert_eq(hr__http1_parser_execute(parser, "x", 1, &used), errors[which]);
        cr_assert_eq(hr__http1_parser_finish(parser), errors[which]);
        hr__http1_parser_free(parser);
        free(replay.body.data);
        free(replay.trailers.data);
    }
}

/* Many messages over one parser, in one buffer, as a pipelining client sends them. */
Test(http1_parse, pipelined_requests) {
    static const char one[] = "PUT /x HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc";
    char all[20 * sizeof one];
    size_t size = 0, at = 0;
    for (int i = 0; i < 20; i++) memcpy(all + size, one, sizeof one - 1), size += sizeof one - 1;
    struct replay replay;
    replay_init(&replay, HR_HTTP1_REQUEST, NULL, false);
    for (int i = 0; i < 20; i++) {
        size_t used;
        replay.complete = false;
        cr_assert_eq(hr__http1_parser_execute(replay.parser, all + at, size - at, &used), 0);
        cr_assert(replay.complete);
        cr_assert_eq(used, sizeof one - 1);
        at += used;
        hr__http1_parser_begin(replay.parser, false);
    }
    cr_assert_eq(at, size);
    cr_assert_eq(replay.body.size, 60);
    replay_deinit(&replay);
}

Test(http1_parse, finding_fields) {
    static const struct hr_http_field fields[] = {
        {{"A", 1}, {"1", 1}}, {{"Content-Type", 12}, {"x", 1}}, {{"content-type", 12}, {"y", 1}}};
    struct hr_http_head head = {.fields = fields, .field_count = 3};
    cr_assert(hr_slice_equal(hr_http_head_find(&head, "CONTENT-TYPE"), hr_slice_of("x")));
    cr_assert(hr_slice_equal(hr_http_head_find(&head, "a"), hr_slice_of("1")));
    cr_assert_null(hr_http_head_find(&head, "b").data);
}
