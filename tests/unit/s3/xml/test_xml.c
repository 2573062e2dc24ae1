#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xml.h"

/* Every element's end as "path=text;". */
static char seen[8192];

static int note(void *user, struct hr_slice path, struct hr_slice text) {
    (void)user;
    size_t used = strlen(seen);
    snprintf(seen + used, sizeof seen - used, "%.*s=%.*s;", (int)path.size, path.data,
             (int)text.size, text.data);
    return 0;
}

static int parse(const char *document, size_t size, size_t piece, char problem[160]) {
    static const struct hr__xml_events events = {.end = note};
    struct hr__xml *xml;
    seen[0] = 0;
    cr_assert_eq(hr__xml_new(&events, NULL, &xml), 0);
    int err = 0;
    for (size_t at = 0; !err && (at < size || size == 0); at += piece) {
        size_t more = size - at < piece ? size - at : piece;
        err = hr__xml_feed(xml, document + at, more, at + more == size);
        if (size == 0) break;
    }
    snprintf(problem, 160, "%s", hr__xml_problem(xml));
    hr__xml_free(xml);
    return err;
}

static const struct {
    const char *document, *seen; /* NULL: refused */
} cases[] = {
    {"<a/>", "a=;"},
    {"<a>x</a>", "a=x;"},
    {"<a>x<b>y</b>z</a>", "a/b=y;a=xz;"},
    {"<p:a xmlns:p=\"u\"><p:b>1</p:b></p:a>", "a/b=1;a=;"},
    {"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n <a>&lt;&#233;&#x1F600;</a>\n",
     "a=<\xc3\xa9\xf0\x9f\x98\x80;"},
    {"<a><![CDATA[<x>&]]></a>", "a=<x>&;"},
    {"<a b=\"c\"><!-- no -->d</a>", "a=d;"},
    {"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>", "a=\xc3\xa9;"},
    {"", NULL},
    {"x", NULL},
    {"<a>", NULL},
    {"<a></b>", NULL},
    {"<a/><b/>", NULL},
    {"<a>&nbsp;</a>", NULL},
    {"<a:></a:>", NULL},
    {"<a>\xff</a>", NULL},
    {"<a>\x01</a>", NULL},
    {"<!DOCTYPE a><a/>", NULL},
    {"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", NULL},
    {"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", NULL},
    {"<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]><a>&c;</a>", NULL},
};

Test(xml, table_whole_and_byte_by_byte) {
    char problem[160];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = strlen(cases[i].document);
        for (size_t piece = 1; piece <= (size ? size : 1); piece += size > 1 ? size - 1 : 1) {
            int err = parse(cases[i].document, size, piece, problem);
            if (cases[i].seen) {
                cr_assert_eq(err, 0, "%s: %s", cases[i].document, problem);
                cr_assert_str_eq(seen, cases[i].seen);
            } else {
                cr_assert_eq(err, HR_ERR_S3_RESPONSE, "%s", cases[i].document);
                cr_assert(problem[0] != 0);
            }
        }
    }
}

static char document[80000];

/* `before`, `count` times `middle`, `after`. */
static size_t compose(const char *before, const char *middle, size_t count, const char *after) {
    size_t at = (size_t)snprintf(document, sizeof document, "%s", before);
    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(document + at, sizeof document - at, "%s", middle);
    return at + (size_t)snprintf(document + at, sizeof document - at, "%s", after);
}

static int parse_nested(unsigned depth, char problem[160]) {
    char ends[512] = "";
    for (size_t i = 0; i < depth; i++) memcpy(ends + 4 * i, "</a>", 5);
    size_t size = compose("", "<a>", depth, ends);
    return parse(document, size, size, problem);
}

Test(xml, limits) {
    char problem[160];
    cr_assert_eq(parse_nested(HR_XML_DEPTH_MAX, problem), 0);
    cr_assert_eq(parse_nested(HR_XML_DEPTH_MAX + 1, problem), HR_ERR_S3_RESPONSE);
    cr_assert(strstr(problem, "nested"));

    size_t size = compose("<a>", "x", HR_XML_TEXT_MAX, "</a>");
    cr_assert_eq(parse(document, size, 4096, problem), 0);
    size = compose("<a>", "x", HR_XML_TEXT_MAX + 1, "</a>");
    cr_assert_eq(parse(document, size, 4096, problem), HR_ERR_S3_RESPONSE);
    cr_assert(strstr(problem, "text"));

    size = compose("<", "x", HR_XML_PATH_MAX, "/>");
    cr_assert_eq(parse(document, size, 4096, problem), HR_ERR_S3_RESPONSE);
    cr_assert(strstr(problem, "names"));
}

static int refuse(void *user, struct hr_slice path) {
    (void)user;
    return path.size > 1 ? -77 : 0;
}

Test(xml, an_event_ends_it) {
    static const struct hr__xml_events events = {.begin = refuse, .end = note};
    struct hr__xml *xml;
    seen[0] = 0;
    cr_assert_eq(hr__xml_new(&events, NULL, &xml), 0);
    cr_assert_eq(hr__xml_feed(xml, "<a><b/><c/></a>", 15, true), -77);
    cr_assert_eq(hr__xml_feed(xml, "<a/>", 4, true), -77);
    cr_assert_str_eq(seen, "");
    hr__xml_free(xml);
    hr__xml_free(NULL);
}

Test(xml, a_document_that_breaks_off) {
    static const char *const whole[] = {"",
                                        "text",
                                        "   ",
                                        "<a></a>",
                                        "<a><b/></a>\r\n ",
                                        "<?xml version=\"1.0\"?>\n<x:a xmlns:x=\"y\"></x:a >",
                                        "<a/>",
                                        "<a></a><!-- end -->",
                                        "<a></a><?end x?>\n",
                                        "<!DOCTYPE a><a>",
                                        "<a:b:c></a:b:c>"};
    static const char *const cut[] = {
        "<",        "<a",         "<a>",          "<a><b>",     "<a><b></b>",
        "<a></",    "<a></a",     "<a>text",      "<a></b:c>",  "<a></aa>",
        "<aa></a>", "<a>x</b>\n", "<a>1 > 2 </a", "<a><b></b> "};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        cr_expect_not(hr__xml_is_cut(hr_slice_of(whole[i])), "%s", whole[i]);
    for (size_t i = 1; i < sizeof cut / sizeof cut[0]; i++)
        cr_expect(hr__xml_is_cut(hr_slice_of(cut[i])), "%s", cut[i]);
    cr_expect_not(hr__xml_is_cut(hr_slice_of(cut[0])), "nothing has begun");
}

Test(xml, root_is_error) {
    static const char *const yes[] = {
        "<Error/>", "<Error>", "\xef\xbb\xbf \n<?xml version=\"1.0\"?>\n<!-- <a> -->\n<Error >",
        "<s3:Error xmlns:s3=\"x\">"};
    static const char *const no[] = {"",      "Error", "<Errors>",     "<a><Error/></a>",
                                     "<?xml", "<!-- ", "<Err",         "<error>",
                                     "   ",   "<",     "<Error:Other>"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        cr_assert(hr__xml_is_error(hr_slice_of(yes[i])), "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        cr_assert(!hr__xml_is_error(hr_slice_of(no[i])), "%s", no[i]);
}
