/* Texts of others, escaped. */
#include "command_fixture.h"

#include "quoted.h"

static const char *escaped(const char *text, size_t size, bool quotes) {
    static char written[256];
    FILE *out = fmemopen(written, sizeof written, "w");
    if (quotes)
        quoted_put(out, hr_slice_bytes(text, size));
    else
        quoted_escape(out, hr_slice_bytes(text, size), false);
    fputc('\0', out);
    fclose(out);
    return written;
}

Test(quoted, nothing_that_a_terminal_acts_upon_is_left) {
    static const char text[] = "a\tb\n\x1b[1m\x7f\xc2\x9b\xe2\x80\xa8\xff\"\\\xc3\xa4";
    cr_expect_str_eq(escaped(text, sizeof text - 1, false),
                     "a\\tb\\n\\u001b[1m\\u007f\\u009b\\u2028\xef\xbf\xbd\"\\\xc3\xa4");
}

Test(quoted, a_string_of_json_has_its_quotes_and_escapes) {
    cr_expect_str_eq(escaped("q\"\\\0z", 5, true), "\"q\\\"\\\\\\u0000z\"");
    cr_expect_str_eq(escaped("\b\f\r\v", 4, true), "\"\\b\\f\\r\\u000b\"");
    cr_expect_str_eq(escaped(NULL, 0, true), "\"\"");
}
