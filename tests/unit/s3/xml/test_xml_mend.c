/* Documents with bytes that XML 1.0 has not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "xml_writer.h"

static const struct {
    const char *from, *to;
} rows[] = {
    {"<Key>a\x01\x1f\x7f b</Key>", "<Key>a??\x7f b</Key>"},
    {"a\t\n\rb", "a\t\n\rb"},
    {"&#x1;&#1;&#xB;&#x00000B;", "????????????????????????"},
    {"&#x9;&#10;&#13;&#x41;&#x10FFFF;", "&#x9;&#10;&#13;&#x41;&#x10FFFF;"},
    {"&#xD800;&#xfffe;&#x110000;", "??????????????????????????"},
    {"&amp;&lt;&#;&#x;&#zz;&#1", "&amp;&lt;???"
                                 "????"
                                 "&#zz;&#1"},
    {"\xc3\xa9 \xff\xfe \xc3", "\xc3\xa9 ?? ?"},
    {"\xef\xbf\xbe \xef\xbf\xbd", "??? \xef\xbf\xbd"},
    {"", ""},
};

Test(xml_mend, what_no_document_may_have_becomes_question_marks) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", rows[i].from);
        hr__xml_mend(text, strlen(text));
        cr_expect_str_eq(text, rows[i].to, "%zu: %s", i, text);
    }
}
