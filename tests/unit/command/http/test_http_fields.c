/* Header fields: --header in curl's forms, and what other options add to it. */
#include "http_fixture.h"

TestSuite(http_fields, .init = fixture_open, .fini = fixture_close);

static int fields(void) {
    int code = -1;
    CAPTURE({
        code = http_fields_read(http);
        if (!code) code = http_data_join(http);
        if (!code) code = http_form_open(http);
        if (!code) code = http_fields_add(http);
    });
    return code;
}

/* "Remove an internal header … without content on the right side of the colon"; "with no value …
 * terminate it with a semicolon". */
Test(http_fields, forms_of_a_header) {
    static const struct {
        const char *text, *name, *value; /* NULL: it is not sent */
    } rows[] = {
        {"X-First: text", "X-First", "text"},
        {"X-First:text", "X-First", "text"},
        {"X-First: \t text \t", "X-First", "text"},
        {"X-First: a:b", "X-First", "a:b"},
        {"X-First;", "X-First", ""},
        {"X-First:", "X-First", NULL},
        {"X-First:   ", "X-First", NULL},
        {"X-First: ;", "X-First", ";"},
        {"User-Agent:", "User-Agent", NULL},
        {"Host: other", "Host", "other"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        HTTP_BEGIN("-H", rows[i].text, "http://h/");
        cr_assert_eq(fields(), EXIT_DONE, "%s: %s", rows[i].text, captured_err);
        const char *sent = http_sent(rows[i].name);
        cr_expect_eq(sent != NULL, rows[i].value != NULL, "%s", rows[i].text);
        if (sent && rows[i].value) cr_expect_str_eq(sent, rows[i].value, "%s", rows[i].text);
        cr_expect_eq(http_field_is_removed(http, "x-first") ||
                         http_field_is_removed(http, "user-agent"),
                     rows[i].value == NULL, "%s", rows[i].text);
        http_end();
    }
}

Test(http_fields, what_is_no_header) {
    static const char *const rows[] = {"", "text", ": x", ";", ":", "@", "a; b"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[160] = "";
        cr_expect_eq(http_header_check(rows[i], why, sizeof why), -1, "'%s'", rows[i]);
        cr_expect_not_null(strstr(why, "is not 'Name: value'"), "%s", why);
    }
    char why[160];
    cr_expect_eq(http_header_check("a: b", why, sizeof why), 0);
    cr_expect_eq(http_header_check("a;", why, sizeof why), 0);
    cr_expect_eq(http_header_check("@file", why, sizeof why), 0);
}

Test(http_fields, a_file_has_one_a_line) {
    char at[300];
    snprintf(at, sizeof at, "@%s", fixture_text("heads", "X-A: 1\r\n\r\nX-B: 2\nX-C;\n\nX-D:\n"));
    HTTP_BEGIN("-H", "X-Z: 0", "-H", at, "http://h/");
    cr_assert_eq(fields(), EXIT_DONE, "%s", captured_err);
    cr_expect_str_eq(http_sent("X-Z"), "0");
    cr_expect_str_eq(http_sent("X-A"), "1");
    cr_expect_str_eq(http_sent("X-B"), "2");
    cr_expect_str_eq(http_sent("X-C"), "");
    cr_expect(http_field_is_removed(http, "X-D"));
    cr_expect_eq(http->fields.count, 4);
    http_end();
    snprintf(at, sizeof at, "@%s", fixture_text("bad", "X-A: 1\nnonsense and a secret\n"));
    HTTP_BEGIN("-H", at, "http://h/");
    cr_expect_eq(fields(), EXIT_USAGE);
    http_end();
    snprintf(at, sizeof at, "@%s", fixture_path("missing"));
    HTTP_BEGIN("-H", at, "http://h/");
    cr_expect_eq(fields(), EXIT_FAILED);
    http_end();
}

Test(http_fields, options_add_fields_where_none_is_given) {
    static const struct {
        const char *words[7];
        const char *name, *value;
    } rows[] = {
        {{"-A", "me/1", "h"}, "User-Agent", "me/1"},
        {{"-A", "", "h"}, "User-Agent", NULL},
        {{"-A", "me/1", "-H", "User-Agent: you", "h"}, "User-Agent", "you"},
        {{"-A", "me/1", "-H", "user-agent:", "h"}, "User-Agent", NULL},
        {{"-e", "http://from/", "h"}, "Referer", "http://from/"},
        {{"-e", "", "h"}, "Referer", NULL},
        {{"-b", "a=1", "-b", "b=2; c=3", "h"}, "Cookie", "a=1;b=2; c=3"},
        {{"-b", "", "-b", "a=1", "h"}, "Cookie", "a=1"},
        {{"-r", "0-499", "h"}, "Range", "bytes=0-499"},
        {{"-d", "x", "h"}, "Content-Type", "application/x-www-form-urlencoded"},
        {{"-d", "x", "-H", "Content-Type: text/x", "h"}, "Content-Type", "text/x"},
        {{"-d", "x", "-H", "Content-Type:", "h"}, "Content-Type", NULL},
        {{"-G", "-d", "x", "h"}, "Content-Type", NULL},
        {{"--json-body", "{}", "h"}, "Accept", "application/json"},
        {{"--json-body", "{}", "-H", "Accept: a/b", "h"}, "Accept", "a/b"},
        {{"-d", "{}", "h"}, "Accept", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        http_begin_words(rows[i].words);
        cr_assert_eq(fields(), EXIT_DONE, "%zu: %s", i, captured_err);
        const char *sent = http_sent(rows[i].name);
        cr_expect_str_eq(sent ? sent : "(none)", rows[i].value ? rows[i].value : "(none)", "%zu",
                         i);
        http_end();
    }
}

/* RFC 9110 14.1.2: int-range, suffix-range, sets of them; curl: a number alone is FIRST-. */
Test(http_fields, ranges) {
    static const struct {
        const char *text, *sent; /* NULL: refused */
    } rows[] = {{"0-499", "bytes=0-499"},
                {"500-", "bytes=500-"},
                {"-500", "bytes=-500"},
                {"500", "bytes=500-"},
                {"0-0,-1", "bytes=0-0,-1"},
                {"0-1,5-6,9-", "bytes=0-1,5-6,9-"},
                {"", NULL},
                {"-", NULL},
                {"a-b", NULL},
                {"1-2,", NULL},
                {",1-2", NULL},
                {"1-2-3", NULL},
                {"1 -2", NULL},
                {"bytes=1-2", NULL},
                {"0x1-2", NULL}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        HTTP_BEGIN("-r", rows[i].text, "h");
        cr_expect_eq(fields(), rows[i].sent ? EXIT_DONE : EXIT_USAGE, "%s", rows[i].text);
        if (rows[i].sent) cr_expect_str_eq(http_sent("Range"), rows[i].sent);
        http_end();
    }
    char many[400];
    for (size_t i = 0; i < sizeof many; i++) many[i] = "1-2,"[i % 4];
    many[sizeof many - 2] = '\0';
    HTTP_BEGIN("-r", many, "h");
    cr_expect_eq(fields(), EXIT_USAGE, "longer than its room");
    http_end();
}

Test(http_fields, what_is_not_supported_is_refused) {
    static const struct {
        const char *words[4];
        const char *part;
    } rows[] = {{{"-b", "cookies.txt", "h"}, "a file of cookies is not supported"},
                {{"-e", "http://x/;auto", "h"}, "';auto' is not supported"},
                {{"-H", "Host:", "h"}, "a request has this field"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        http_begin_words(rows[i].words);
        cr_expect_eq(fields(), EXIT_USAGE);
        cr_expect_not_null(strstr(captured_err, rows[i].part), "%s", captured_err);
        http_end();
    }
}

/* RFC 2046 5.1.1: the boundary parameter is required. */
Test(http_fields, a_type_of_ones_own_for_a_form_gets_its_boundary) {
    char wanted[256];
    HTTP_BEGIN("-F", "a=b", "-H", "Content-Type: multipart/related; type=\"a/b\"", "h");
    cr_assert_eq(fields(), EXIT_DONE, "%s", captured_err);
    snprintf(wanted, sizeof wanted, "multipart/related; type=\"a/b\"; boundary=%s",
             http->data.form->boundary);
    cr_expect_str_eq(http_sent("Content-Type"), wanted);
    http_end();
    HTTP_BEGIN("-F", "a=b", "-H", "Content-Type: text/plain", "h");
    cr_expect_eq(fields(), EXIT_USAGE);
    http_end();
}

Test(http_fields, a_type_that_leaves_no_room_for_the_boundary_is_refused) {
    static char type[300];
    int size = snprintf(type, sizeof type, "Content-Type: multipart/form-data; x=");
    memset(type + size, 'x', 220);
    HTTP_BEGIN("-F", "a=b", "-H", type, "h");
    cr_expect_eq(fields(), EXIT_USAGE, "a body whose parts nobody could tell apart");
    http_end();
}
