/* -C: RFC 9110's 206, 416, Content-Range and If-Range, and what may not be put behind a file's
 * bytes. */
#include "http_fixture.h"

#include <errno.h>

/* What one head means to a body that begins at `offset`. */
static int look(struct http_part *part, uint64_t offset, int status, const char *range,
                int64_t length) {
    struct hr_http_field field = {hr_slice_of("Content-Range"), hr_slice_of(range ? range : "")};
    struct hr_http_head head = {.status = status,
                                .fields = &field,
                                .field_count = range ? 1 : 0,
                                .has_content_length = length >= 0,
                                .content_length = length >= 0 ? (uint64_t)length : 0};
    *part = (struct http_part){.offset = offset};
    return http_resume_head(part, &head);
}

#define NO  HR_ERR_HTTP_UNEXPECTED
#define ALL -ECANCELED /* the file is complete already */

Test(http_resume, heads) {
    static const struct {
        uint64_t offset;
        int status;
        const char *range;
        int64_t length;
        int result;
    } rows[] = {
        {0, 200, NULL, 10, 0},
        {0, 204, NULL, -1, 0},
        {0, 206, "bytes 0-9/10", 10, NO}, /* nobody has asked for a part */
        {0, 404, NULL, 3, NO},
        {0, 301, NULL, 0, NO},
        {5, 206, "bytes 5-9/10", 5, 0},
        {5, 206, "bytes 5-9/*", 5, 0},
        {5, 206, "BYTES 5-9/10", 5, 0},
        {5, 206, "bytes 4-9/10", 6, NO},
        {5, 206, "bytes 6-9/10", 4, NO},
        {5, 206, "bytes 50-99/100", 50, NO},
        {5, 206, NULL, 5, NO}, /* a multipart response, or a careless one */
        {5, 206, "items 5-9/10", 5, NO},
        {5, 206, "bytes 5-9", 5, NO},
        {5, 206, "bytes=5-9/10", 5, NO},
        {5, 206, "bytes -5/10", 5, NO},
        {5, 206, "bytes x-9/10", 5, NO},
        {5, 206, "bytes 5-9/x", 5, NO},
        {5, 206, "bytes */10", 5, NO},
        {5, 206, "bytes", 5, NO},
        {5, 206, "/", 5, NO},
        {5, 206, "bytes /", 5, NO},
        {5, 206, "bytes 99999999999999999999-/*", 5, NO},
        {5, 416, "bytes */5", 0, ALL},
        {5, 416, NULL, 0, ALL},
        {5, 416, "bytes */4", 0, NO},
        {5, 416, "bytes */*", 0, NO},
        {5, 416, "nonsense", 0, NO},
        {5, 200, NULL, 5, ALL}, /* the server knows no ranges: as many bytes as are there */
        {5, 200, NULL, 10, NO},
        {5, 200, NULL, -1, NO},
        {5, 404, NULL, 5, NO},
        {5, 304, NULL, -1, NO},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_part part;
        int result = look(&part, rows[i].offset, rows[i].status, rows[i].range, rows[i].length);
        cr_expect_eq(result, rows[i].result, "%zu: %d", i, result);
        cr_expect_eq(part.had_all, rows[i].result == ALL, "%zu", i);
        cr_expect_eq(part.refused, rows[i].result == NO, "%zu", i);
    }
}

static void finish(int status, uint64_t offset, bool had_all, bool no_range, int result, int wanted,
                   const char *part) {
    struct hr_error error = {.code = 1};
    http->response.status = status;
    http->response.part.offset = offset;
    http->response.part.had_all = had_all;
    http->response.part.refused = no_range;
    cr_expect_eq(http_resume_end(http, result, &error), wanted, "%s", part);
    if (!wanted) cr_expect_eq(error.code, 0);
    if (no_range && wanted == NO) {
        cr_expect_eq(error.http_status, status);
        cr_expect_not_null(strstr(error.message, part), "%s", error.message);
    }
}

Test(http_resume, ends) {
    HTTP_BEGIN("-C", "-", "http://h/");
    finish(416, 5, true, false, -ECANCELED, 0, "all is there");
    finish(200, 5, false, true, NO, NO,
           "the server sends the whole and not what is missing from byte 5");
    finish(206, 5, false, true, NO, NO, "another part than that from byte 5");
    finish(416, 5, false, true, NO, NO, "has not so many bytes as 5");
    finish(404, 5, false, true, NO, NO, "answered with status 404");
    finish(206, 5, false, false, -ECONNRESET, -ECONNRESET, "another error is left alone");
    finish(206, 5, false, false, -ECANCELED, -ECANCELED, "cancelled by somebody else");
    http->session.signal = 15;
    finish(416, 5, true, false, -ECANCELED, -ECANCELED, "by a signal");
    http_end();
}

static int open_at(const char *text, uint64_t size_of_file) {
    int code = -1;
    http_begin_words((const char *const[]){"-C", text, "http://h/", NULL});
    http->response.target.fd = size_of_file ? STDOUT_FILENO : -1;
    http->response.part.begin = size_of_file;
    http->request.fields = http->fields.list;
    http->request.field_count = http->fields.count;
    CAPTURE(code = http_resume_open(http));
    return code;
}

static const char *range_sent(void) {
    for (size_t i = 0; i < http->request.field_count; i++)
        if (hr_slice_equal(http->fields.list[i].name, hr_slice_of("Range")))
            return http->fields.list[i].value.data;
    return "(none)";
}

/* "-C -: figure out where to resume by the size of the file". */
Test(http_resume, offsets) {
    static const struct {
        const char *text;
        uint64_t size;
        int code;
        const char *range;
    } rows[] = {
        {"-", 100, EXIT_DONE, "bytes=100-"},
        {"-", 0, EXIT_DONE, "(none)"},
        {"100", 100, EXIT_DONE, "bytes=100-"},
        {"100", 0, EXIT_DONE, "bytes=100-"},
        {"0", 0, EXIT_DONE, "(none)"},
        {"99", 100, EXIT_USAGE, NULL},
        {"0", 100, EXIT_USAGE, NULL},
        {"", 0, EXIT_USAGE, NULL},
        {"x", 0, EXIT_USAGE, NULL},
        {"-5", 0, EXIT_USAGE, NULL},
        {"1k", 0, EXIT_USAGE, NULL},
        {"9223372036854775807", 0, EXIT_DONE, "bytes=9223372036854775807-"},
        {"9223372036854775808", 0, EXIT_USAGE, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_expect_eq(open_at(rows[i].text, rows[i].size), rows[i].code, "'%s' %d", rows[i].text,
                     (int)rows[i].size);
        if (rows[i].range) cr_expect_str_eq(range_sent(), rows[i].range, "'%s'", rows[i].text);
        http_end();
    }
}

Test(http_resume, a_range_of_the_callers_excludes_it) {
    int code = -1;
    HTTP_BEGIN("-C", "5", "-H", "Range: bytes=1-2", "http://h/");
    CAPTURE(cr_assert_eq(http_fields_read(http), EXIT_DONE));
    http->response.target.fd = -1;
    CAPTURE(code = http_resume_open(http));
    cr_expect_eq(code, EXIT_USAGE);
    http_end();
}

/* The heads of the answer that broke off, as http_response.c keeps them. */
static void answered(const char *heads) {
    free(http->response.heads.text);
    http->response.heads.text = strdup(heads);
    http->response.heads.size = strlen(heads);
    http->response.heads.complete = true;
}

/* RFC 9110 13.1.5: "A client MUST NOT generate an If-Range header field containing an entity tag
 * that is marked as weak." */
Test(http_resume, what_broke_off_goes_on_with_a_strong_tag_alone) {
    static const struct {
        const char *heads, *etag;
    } rows[] = {{"HTTP/1.1 206 OK\r\nETag: \"abc\"\r\n", "\"abc\""},
                {"HTTP/1.1 206 OK\r\netag: \"x y\"\r\n", "\"x y\""},
                {"HTTP/1.1 206 OK\r\nETag: W/\"abc\"\r\n", ""},
                {"HTTP/1.1 206 OK\r\nETag: abc\r\n", ""},
                {"HTTP/1.1 206 OK\r\nX: y\r\n", ""}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hr_error error = {0};
        bool again = false;
        HTTP_BEGIN("-C", "-", "--retry", "2", "http://h/");
        http->session.signal_fd = -1;
        http->request.url = "http://h/";
        http->response.part.resuming = true;
        http->response.part.begin = http->response.part.offset = 5;
        http->response.part.position = 9;
        answered(rows[i].heads);
        CAPTURE(again = http_resume_again(http, HR_ERR_HTTP_TRUNCATED, &error));
        cr_expect(again);
        cr_expect_str_eq(http->resume.etag, rows[i].etag);
        cr_expect_not_null(strstr(captured_err, "going on from byte 9"), "%s", captured_err);
        cr_expect_eq(http->resume.count, 1);
        http_end();
    }
}

Test(http_resume, what_is_not_asked_for_again) {
    static const struct {
        const char *what;
        const char *retry;
        bool resuming;
        uint64_t continued, offset, position;
        int result;
    } rows[] = {
        {"a success", "3", true, 0, 5, 9, 0},
        {"no --retry", "0", true, 0, 5, 9, HR_ERR_HTTP_TRUNCATED},
        {"no -C", "3", false, 0, 5, 9, HR_ERR_HTTP_TRUNCATED},
        {"as often as it may", "3", true, 3, 5, 9, HR_ERR_HTTP_TRUNCATED},
        {"nothing has come", "3", true, 0, 5, 5, HR_ERR_HTTP_TRUNCATED},
        {"another beginning", "3", true, 0, 6, 9, HR_ERR_HTTP_TRUNCATED},
        {"no cut", "3", true, 0, 5, 9, HR_ERR_HTTP_UNEXPECTED},
        {"a full disk", "3", true, 0, 5, 9, -ENOSPC},
        {"cancelled", "3", true, 0, 5, 9, -ECANCELED},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hr_error error = {0};
        http_begin_words(
            (const char *const[]){"-C", "-", "--retry", rows[i].retry, "http://h/", NULL});
        http->request.url = "http://h/";
        http->session.signal_fd = -1;
        http->resume.count = rows[i].continued;
        http->response.part.resuming = rows[i].resuming;
        http->response.part.begin = 5;
        http->response.part.offset = rows[i].offset;
        http->response.part.position = rows[i].position;
        cr_expect_not(http_resume_again(http, rows[i].result, &error), "%s", rows[i].what);
        http_end();
    }
}
