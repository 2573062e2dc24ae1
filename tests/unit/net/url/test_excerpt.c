/* Excerpts of what a peer has sent: escaped, bounded, without secrets, and never beyond their end.
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>

#include "excerpt.h"

/* In heap memory of its exact size, so that a sanitizer sees every look beside it. */
static const char *url(const char *text) {
    static char out[HR_EXCERPT_SIZE];
    size_t size = strlen(text);
    char *exact = malloc(size > 0 ? size : 1);
    memcpy(exact, text, size);
    hr__excerpt_url(hr_slice_bytes(exact, size), out);
    free(exact);
    return out;
}

Test(show, urls) {
    static const char *const rows[][2] = {
        {"", ""},
        {"http://h/a", "http://h/a"},
        {"http://u:p@h/a", "http://h/a"},
        {"http://u:p@x@h/a", "http://h/a"},
        {"//u:p@h", "//h"},
        {"http:///u:p@h", "http:///h"},
        {"http:\\\\u:p@h", "http:\\x5c\\x5ch"},
        {"http:u:p@h", "http:h"},
        {"/a@b", "/b"},
        {"a/b@c", "a/b@c"},
        {"http://h/?a=b", "http://h/?\xe2\x80\xa6"},
        {"http://h/?", "http://h/?"},
        {"http://h#u:p@x", "http://h#\xe2\x80\xa6"},
        {"http://u:p/w@h/a", "http://h/a"},
        {"http://u:p?w@h/a", "http://h/a"},
        {"//u:p#w@h/a?b", "//h/a?b"},
        {"http://h:80/a@b", "http://h:80/a@b"},
        {"b#c\n..r:pass@", "b#\xe2\x80\xa6"},
        {"?x://u:p@h", "?\xe2\x80\xa6"},
        {"#:@", "#\xe2\x80\xa6"},
        {":", ":"},
        {":@", ":"},
        {"@", ""},
        {"http://\xc3\xbc\x01\"/", "http://\\xc3\\xbc\\x01\\x22/"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert_str_eq(url(rows[i][0]), rows[i][1], "%s: %s", rows[i][0], url(rows[i][0]));
}

Test(show, anything_is_bounded) {
    uint32_t random = 1;
    static const char bytes[] = "a:/\\?#@. \x01\xff%\"\t";
    for (unsigned round = 0; round < 20000; round++) {
        char text[120], out[HR_EXCERPT_SIZE];
        random = random * 1664525 + 1013904223;
        size_t size = (random >> 8) % sizeof text;
        char *exact = malloc(size + 1);
        for (size_t i = 0; i < size; i++) {
            random = random * 1664525 + 1013904223;
            exact[i + 1] = bytes[(random >> 16) % (sizeof bytes - 1)];
        }
        struct hr_slice slice = hr_slice_bytes(exact + 1, size);
        hr__excerpt_url(slice, out);
        cr_assert_lt(strlen(out), HR_EXCERPT_SIZE);
        hr__excerpt_line(slice, hr_slice_bytes("", 0), out);
        cr_assert_lt(strlen(out), HR_EXCERPT_SIZE);
        hr__excerpt_line(slice, slice, out);
        cr_assert_lt(strlen(out), HR_EXCERPT_SIZE);
        hr__excerpt_text(slice, out);
        cr_assert_lt(strlen(out), HR_EXCERPT_SIZE);
        free(exact);
    }
}
