/* -d and its relatives as curl's manual describes them; the encoded texts are the WHATWG's and
 * curl's own examples. */
#include "http_fixture.h"

TestSuite(http_data, .init = fixture_open, .fini = fixture_close);

static int join(void) {
    int code = -1;
    CAPTURE(code = http_data_join(http));
    return code;
}

struct row {
    const char *words[7];
    const char *body, *type;
};

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

static void check(const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        http_begin_words(rows[i].words);
        cr_assert_eq(join(), EXIT_DONE, "%s", captured_err);
        cr_expect_str_eq(http->data.text.data, rows[i].body, "%zu: %s", i, http->data.text.data);
        cr_expect_eq(http->data.text.size, strlen(rows[i].body));
        const char *type = http->data.content_type ? http->data.content_type : "(none)";
        cr_expect_str_eq(type, rows[i].type ? rows[i].type : "(none)", "%zu: %s", i, type);
        http_end();
    }
}

Test(http_data, joined) {
    static const struct row rows[] = {
        {{"-d", "name=daniel"}, "name=daniel", FORM},
        {{"-d", "name=daniel", "-d", "skill=lousy"}, "name=daniel&skill=lousy", FORM},
        {{"--data", "", "-d", "b"}, "&b", FORM},
        {{"--data-raw", "@at@at@"}, "@at@at@", FORM},
        {{"--data-raw", "a", "--data-binary", "b"}, "a&b", FORM},
        {{"--data-ascii", "x"}, "x", FORM},
        {{"--json-body", "{\"a\":", "--json-body", "1}"}, "{\"a\":1}", JSON},
        {{"--json-body", "x"}, "x", JSON},
        {{"--json-body", "[1]", "-d", "b"}, "[1]&b", JSON},
        {{"-d", "{\"a\": 1}"}, "{\"a\": 1}", JSON},
        {{"-d", " \r\n\t[1]"}, " \r\n\t[1]", JSON},
        {{"-d", "a={}"}, "a={}", FORM},
        {{"--body", "text"}, "text", NULL},
        {{"--body", "{}"}, "{}", JSON},
        {{"--body", ""}, "", NULL},
        {{"x"}, "", NULL},
    };
    check(rows, COUNT(rows));
}

/* "content: … URL-encode the content"; "=content", "name=content", "@filename", "name@filename". */
Test(http_data, urlencoded) {
    static const struct row rows[] = {
        {{"--data-urlencode", "hello world"}, "hello+world", FORM},
        {{"--data-urlencode", "=hello=world"}, "hello%3Dworld", FORM},
        {{"--data-urlencode", "name=val&x=y"}, "name=val%26x%3Dy", FORM},
        {{"--data-urlencode", "a b=c d"}, "a b=c+d", FORM}, /* the name as it stands */
        {{"--data-urlencode", "q=\xc3\xbc"}, "q=%C3%BC", FORM},
        {{"--data-urlencode", "q=~-_."}, "q=~-_.", FORM},
        {{"--data-urlencode", "q=*'()!"}, "q=%2A%27%28%29%21", FORM},
        {{"--data-urlencode", "q=100%+"}, "q=100%25%2B", FORM},
        {{"--data-urlencode", "q= "}, "q=+", FORM},
        {{"--data-urlencode", "q=  a "}, "q=++a+", FORM},
        {{"--data-urlencode", "q="}, "q=", FORM},
        {{"--data-urlencode", ""}, "", FORM},
        {{"--data-urlencode", "a=1", "--data-urlencode", "b=/"}, "a=1&b=%2F", FORM},
    };
    check(rows, COUNT(rows));
}

static const char *at_file(const char *prefix, const char *path) {
    static char ring[4][300];
    static unsigned next;
    char *text = ring[next++ % 4];
    snprintf(text, sizeof ring[0], "%s@%s", prefix, path);
    return text;
}

/* "Carriage returns, newlines and null bytes are stripped out" of -d @file, not of --data-binary.
 */
Test(http_data, files) {
    const char *path = fixture_write("lines", "a=1\r\nb=2\n\0c", 11);
    HTTP_BEGIN("-d", at_file("", path));
    cr_assert_eq(join(), EXIT_DONE);
    cr_expect_str_eq(http->data.text.data, "a=1b=2c");
    http_end();
    HTTP_BEGIN("--data-binary", at_file("", path));
    cr_assert_eq(join(), EXIT_DONE);
    cr_expect_eq(http->data.text.size, 11);
    cr_expect_eq(memcmp(http->data.text.data, "a=1\r\nb=2\n\0c", 11), 0);
    http_end();
    HTTP_BEGIN("-d", "first=\n", "-d", at_file("", path));
    cr_assert_eq(join(), EXIT_DONE);
    cr_expect_str_eq(http->data.text.data, "first=\n&a=1b=2c", "only what came out of the file");
    http_end();
    HTTP_BEGIN("--data-urlencode", at_file("name", path));
    cr_assert_eq(join(), EXIT_DONE);
    cr_expect_str_eq(http->data.text.data, "name=a%3D1%0D%0Ab%3D2%0A%00c");
    http_end();
    HTTP_BEGIN("--json-body", at_file("", fixture_text("json", "{\"a\":\n1}\n")));
    cr_assert_eq(join(), EXIT_DONE);
    cr_expect_str_eq(http->data.text.data, "{\"a\":\n1}\n");
    http_end();
}

Test(http_data, standard_input) {
    fixture_input("from=the pipe\n");
    HTTP_BEGIN("-d", "@-");
    cr_assert_eq(join(), EXIT_DONE);
    cr_expect_str_eq(http->data.text.data, "from=the pipe");
    http_end();
}

Test(http_data, files_that_cannot_be_read) {
    static const char *const options[] = {"-d", "--data-binary", "--data-urlencode", "--json-body"};
    for (size_t i = 0; i < COUNT(options); i++) {
        HTTP_BEGIN(options[i], at_file("", fixture_path("missing")));
        cr_expect_eq(join(), EXIT_FAILED, "%s", options[i]);
        cr_expect_not_null(strstr(captured_err, "cannot read "), "%s", captured_err);
        cr_expect_not_null(strstr(captured_err, "missing"), "%s", captured_err);
        http_end();
    }
}

Test(http_data, strip_begins_where_it_is_told) {
    struct byte_buffer buffer = {0};
    cr_assert_eq(byte_buffer_add_text(&buffer, "\na\n\rb"), 0);
    http_data_strip(&buffer, 2);
    cr_expect_eq(buffer.size, 3);
    cr_expect_eq(memcmp(buffer.data, "\nab", 3), 0);
    byte_buffer_free(&buffer);
}
