/* Texts of others in the forms of a report. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "escaped.h"

static void expect(enum perf_form form, const char *text, const char *wanted) {
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    perf_escaped_put(out, form, text);
    fclose(out);
    cr_expect_str_eq(written, wanted);
    free(written);
}

Test(escaped, markup_becomes_text) {
    expect(PERF_FORM_XML, "</script><b a='\"'>&",
           "&lt;/script&gt;&lt;b a=&#39;&quot;&#39;&gt;&amp;");
    expect(PERF_FORM_MARKDOWN, "a|b\n`c`<i>", "a\\|b \\`c\\`&lt;i>");
    expect(PERF_FORM_CSV, "a\"b,c", "a\"\"b,c");
    expect(PERF_FORM_LABEL, "a\"b\\c\nd", "a\\\"b\\\\c\\nd");
}

Test(escaped, controls_and_broken_characters_are_replaced) {
    expect(PERF_FORM_XML, "a\x01\x1b[0mb\x7f", "a\xEF\xBF\xBD\xEF\xBF\xBD[0mb\xEF\xBF\xBD");
    expect(PERF_FORM_XML, "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80",
           "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    expect(PERF_FORM_XML, "\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD\xEF\xBF\xBC",
           "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBC");
    expect(PERF_FORM_CSV, "a\xC3", "a\xEF\xBF\xBD");
    expect(PERF_FORM_CSV, "\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD");
    expect(PERF_FORM_LABEL, "\xFFz", "\xEF\xBF\xBDz");
}
