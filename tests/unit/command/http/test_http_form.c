/* multipart/form-data of RFC 7578 in the syntax of curl's -F, names quoted as the WHATWG's
 * "multipart/form-data encoding algorithm" does. */
#include "http_fixture.h"

#include <errno.h>

TestSuite(http_form, .init = fixture_open, .fini = fixture_close);

static int open_form(void) {
    int code = -1;
    CAPTURE(code = http_form_open(http));
    return code;
}

/* The body as its source gives it, `piece` bytes at most a time, with "BOUNDARY" for the boundary.
 */
static const char *body_of(size_t piece) {
    static char body[65536], shown[65536];
    struct hr_source source = http_form_source(http->data.form);
    size_t size = 0;
    ssize_t more;
    while ((more = source.produce(source.user, body + size, piece)) > 0) size += (size_t)more;
    cr_assert_eq(more, 0);
    cr_expect_eq(size, source.size, "%zu bytes, announced as %zu", size, (size_t)source.size);
    body[size] = '\0';
    size_t length = strlen(http->data.form->boundary), at = 0, used = 0;
    while (at < size) {
        if (strncmp(body + at, http->data.form->boundary, length) == 0) {
            used += (size_t)snprintf(shown + used, sizeof shown - used, "BOUNDARY");
            at += length;
        } else {
            shown[used++] = body[at++];
        }
    }
    shown[used] = '\0';
    return shown;
}

#define HEAD "--BOUNDARY\r\nContent-Disposition: form-data; name=\"a\""
#define END  "\r\n--BOUNDARY--\r\n"

Test(http_form, fields_of_text) {
    static const struct {
        const char *option, *text, *body;
    } rows[] = {
        {"-F", "a=hello", HEAD "\r\n\r\nhello" END},
        {"-F", "a=", HEAD "\r\n\r\n" END},
        {"-F", "a= x ", HEAD "\r\n\r\nx" END},
        {"-F", "a=\" x \"", HEAD "\r\n\r\n x " END},
        {"-F", "a=\"x;type=y\"", HEAD "\r\n\r\nx;type=y" END},
        {"-F", "a=\"say \\\"hi\\\" \\\\\"", HEAD "\r\n\r\nsay \"hi\" \\" END},
        {"-F", "a=\"open", HEAD "\r\n\r\n\"open" END},
        {"-F", "a=\"b\"c", HEAD "\r\n\r\n\"b\"c" END},
        {"-F", "a=x;type=text/html", HEAD "\r\nContent-Type: text/html\r\n\r\nx" END},
        {"-F", "a=x; TYPE=text/plain; charset=utf-8",
         HEAD "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nx" END},
        {"-F", "a=x;type=text/plain;charset=utf-8;filename=n",
         HEAD "; filename=\"n\"\r\nContent-Type: text/plain;charset=utf-8\r\n\r\nx" END},
        {"-F", "a=x;filename=\"b;c\\\"d\"", HEAD "; filename=\"b;c%22d\"\r\n\r\nx" END},
        {"-F", "a=x;type=a/b;type=c/d", HEAD "\r\nContent-Type: c/d\r\n\r\nx" END},
        {"--form-string", "a=@x;type=y", HEAD "\r\n\r\n@x;type=y" END},
        {"--form-string", "a=<\"", HEAD "\r\n\r\n<\"" END},
        {"-F", "a=b=c", HEAD "\r\n\r\nb=c" END},
        {"-F", "=x", "--BOUNDARY\r\nContent-Disposition: form-data\r\n\r\nx" END},
        {"-F", "b\"\r\n=x",
         "--BOUNDARY\r\nContent-Disposition: form-data; name=\"b%22%0D%0A\"\r\n\r\nx" END},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        HTTP_BEGIN(rows[i].option, rows[i].text);
        cr_assert_eq(open_form(), EXIT_DONE, "%s: %s", rows[i].text, captured_err);
        cr_expect_str_eq(body_of(4096), rows[i].body, "%s: %s", rows[i].text, body_of(4096));
        http_end();
    }
}

Test(http_form, several_fields_and_any_piece) {
    char file[300], text[300];
    snprintf(file, sizeof file, "b=@%s", fixture_text("pic.PNG", "picture"));
    snprintf(text, sizeof text, "c=<%s", fixture_text("note", "a\r\nnote"));
    HTTP_BEGIN("-F", "a=1", "-F", file, "-F", text);
    cr_assert_eq(open_form(), EXIT_DONE, "%s", captured_err);
    static const char wanted[] =
        HEAD "\r\n\r\n1"
             "\r\n--BOUNDARY\r\nContent-Disposition: form-data; name=\"b\"; filename=\"pic.PNG\""
             "\r\nContent-Type: image/png\r\n\r\npicture"
             "\r\n--BOUNDARY\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\na\r\nnote" END;
    cr_expect_str_eq(body_of(4096), wanted, "%s", body_of(4096));
    cr_expect_str_eq(body_of(1), wanted, "rewound, byte by byte");
    cr_expect_str_eq(body_of(7), wanted);
    char type[128];
    snprintf(type, sizeof type, "multipart/form-data; boundary=%s", http->data.form->boundary);
    cr_expect_str_eq(http->data.content_type, type);
    http_end();
}

/* RFC 2046 5.1.1: 1 to 70 characters; another one for each body. */
Test(http_form, boundaries) {
    char first[64];
    HTTP_BEGIN("-F", "a=1");
    cr_assert_eq(open_form(), EXIT_DONE);
    snprintf(first, sizeof first, "%s", http->data.form->boundary);
    http_end();
    HTTP_BEGIN("-F", "a=1");
    cr_assert_eq(open_form(), EXIT_DONE);
    cr_expect_str_neq(http->data.form->boundary, first);
    cr_expect(strlen(first) >= 32 && strlen(first) <= 70);
    cr_expect_eq(strspn(first, "-0123456789abcdef"), strlen(first));
    http_end();
}

/* curl's list: by the end of the name. */
Test(http_form, types_of_files) {
    static const struct {
        const char *name, *type;
    } rows[] = {{"a.gif", "image/gif"},
                {"a.jpg", "image/jpeg"},
                {"a.JPEG", "image/jpeg"},
                {"a.svg", "image/svg+xml"},
                {"a.txt", "text/plain"},
                {"a.htm", "text/html"},
                {"a.html", "text/html"},
                {"a.pdf", "application/pdf"},
                {"a.xml", "application/xml"},
                {"a.bin", "application/octet-stream"},
                {"txt", "application/octet-stream"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char field[300], wanted[128];
        snprintf(field, sizeof field, "a=@%s", fixture_text(rows[i].name, "x"));
        HTTP_BEGIN("-F", field);
        cr_assert_eq(open_form(), EXIT_DONE, "%s", captured_err);
        snprintf(wanted, sizeof wanted, "filename=\"%s\"\r\nContent-Type: %s\r\n\r\nx",
                 rows[i].name, rows[i].type);
        cr_expect_not_null(strstr(body_of(4096), wanted), "%s", body_of(4096));
        http_end();
    }
}

Test(http_form, a_file_under_another_name_and_type) {
    char field[300];
    snprintf(field, sizeof field, "a=@\"%s\";filename=photo.gif", fixture_text("x;y,z", "x"));
    HTTP_BEGIN("-F", field);
    cr_assert_eq(open_form(), EXIT_DONE, "%s", captured_err);
    cr_expect_not_null(strstr(body_of(64), "; filename=\"photo.gif\"\r\nContent-Type: image/gif"),
                       "%s", body_of(64));
    http_end();
    fixture_input("of a pipe");
    HTTP_BEGIN("-F", "a=@-");
    cr_assert_eq(open_form(), EXIT_DONE, "%s", captured_err);
    cr_expect_str_eq(body_of(64), HEAD "; filename=\"-\"\r\n\r\nof a pipe" END);
    http_end();
}

Test(http_form, faults) {
    static const struct {
        const char *text, *part;
        int code;
    } rows[] = {
        {"a", "it is not NAME=CONTENT", EXIT_USAGE},
        {"a=x;type=text", "type= wants a media type", EXIT_USAGE},
        {"a=x;type=/x", "type= wants a media type", EXIT_USAGE},
        {"a=x;type=x/", "type= wants a media type", EXIT_USAGE},
        {"a=x;type=", "type= wants a media type", EXIT_USAGE},
        {"a=x;headers=@h", "not supported", EXIT_USAGE},
        {"a=x;encoder=base64", "not supported", EXIT_USAGE},
        {"a=x;other=1", "behind ';' stands type= or filename=", EXIT_USAGE},
        {"a=x;", "behind ';' stands type= or filename=", EXIT_USAGE},
        {"a=@/tmp/b,c", "one file a field", EXIT_USAGE},
        {"a=(;type=multipart/mixed", "a part within a part", EXIT_USAGE},
        {"a=@/nonexistent/file", "cannot read /nonexistent/file", EXIT_FAILED},
        {"a=</nonexistent/file", "cannot read /nonexistent/file", EXIT_FAILED},
        {"a=@/", "cannot read /", EXIT_FAILED},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        HTTP_BEGIN("-F", rows[i].text);
        cr_expect_eq(open_form(), rows[i].code, "%s", rows[i].text);
        cr_expect_not_null(strstr(captured_err, rows[i].part), "%s: %s", rows[i].text,
                           captured_err);
        http_end();
    }
}

/* A file that has become shorter than was announced cannot be told as a whole body. */
Test(http_form, a_file_that_shrinks) {
    char field[300];
    const char *path = fixture_text("shrinks", "0123456789");
    snprintf(field, sizeof field, "a=@%s", path);
    HTTP_BEGIN("-F", field);
    cr_assert_eq(open_form(), EXIT_DONE);
    cr_assert_eq(truncate(path, 4), 0);
    struct hr_source source = http_form_source(http->data.form);
    char data[512];
    ssize_t more;
    while ((more = source.produce(source.user, data, sizeof data)) > 0) {}
    cr_expect_eq(more, HR_ERR_SOURCE_SHORT);
    http_end();
}
