/* Bodies of browsers' forms: RFC 7578 and RFC 2046 5.1. */
#include <criterion/criterion.h>

#include "form.h"

#define TYPE "multipart/form-data; boundary=B"
#define FIELD(name, value)                                                                         \
    "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"

static struct s3_arena arena;
static struct s3_form form;

static void setup(void) {
    s3_server__arena_init(&arena);
}

static void teardown(void) {
    s3_server__arena_deinit(&arena);
}

TestSuite(form, .init = setup, .fini = teardown);

static enum s3_error parse(const char *type, const char *body) {
    return s3_server__form_parse(hr_slice_of(type), hr_slice_of(body), &arena, &form);
}

static bool is(struct hr_slice slice, const char *text) {
    return hr_slice_equal(slice, hr_slice_of(text));
}

Test(form, fields_and_the_file) {
    cr_assert_eq(
        parse("multipart/form-data; charset=utf-8; boundary=\"B\"",
              "preamble" FIELD("key", "a\r\n--C\r\nb") FIELD(
                  "Empty", "") "--B  \r\ncontent-TYPE: a/b\r\ncontent-disposition: form-data; "
                               "name=file; filename=\"x;y.txt\"\r\n\r\nbytes\r\n" FIELD(
                                   "late", "no") "--B--\r\n"),
        S3_OK);
    cr_expect_eq(form.field_count, 2);
    cr_expect(is(s3_server__form_field(&form, "KEY"), "a\r\n--C\r\nb"));
    cr_expect(is(s3_server__form_field(&form, "empty"), ""));
    cr_expect_null(s3_server__form_field(&form, "late").data, "behind the file");
    cr_expect(form.has_file && is(form.file, "bytes"));
    cr_assert_eq(parse(TYPE, FIELD("a", "1") "--B--\r\n"), S3_OK);
    cr_expect(!form.has_file && form.field_count == 1);
}

Test(form, bodies_that_are_none) {
    static const char *const rows[][2] = {
        {TYPE, ""},
        {TYPE, "--C\r\n"},
        {TYPE, "--B"},
        {TYPE, "--B\r\n"},
        {TYPE, "--B\r\n\r\nno name\r\n--B--"},
        {TYPE, "--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--"},
        {TYPE, "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nno end"},
        {TYPE, "--B\r\nContent-Disposition: form-data; name=a\r\n"},
        {"multipart/form-data", "--B--"},
        {"multipart/form-data; boundary=", "----"},
        {"multipart/form-data; boundary=\"\"", "----"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(parse(rows[i][0], rows[i][1]), S3_MalformedPOSTRequest, "%zu: %s", i,
                     rows[i][1]);
    cr_expect_eq(s3_server__form_parse(hr_slice_of(TYPE), hr_slice_bytes(NULL, 0), &arena, &form),
                 S3_MalformedPOSTRequest, "no body at all");
}
