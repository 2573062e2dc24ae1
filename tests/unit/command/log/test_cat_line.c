/* Lines in the three forms and presets of the logger, as docs/log.md shows them. */
#include "cat_fixture.h"

TestSuite(cat_line, .fini = close_line);

#define TIME    "2026-11-22T10:00:00Z"
#define TIME_NS UINT64_C(1795341600000000000) /* date -u -d 2026-11-22T10:00:00Z +%s */

Test(cat_line, records) {
    static const struct {
        const char *text;
        enum cat_form form;
        int level;
        const char *logger, *message, *fields;
    } rows[] = {
        {"{\"timestamp\":\"" TIME "\",\"level\":\"INFO\",\"logger\":\"a.b\",\"message\":\"hi\"}",
         CAT_JSON, 20, "a.b", "hi", ""},
        {"{\"@timestamp\":\"" TIME "\",\"log.level\":\"error\",\"log\":{\"logger\":\"x\"},"
         "\"message\":\"m\",\"ecs.version\":\"8\",\"n\":1}",
         CAT_JSON, 40, "x", "m", "n=(1)"},
        {"{\"timestamp\":\"" TIME "\",\"severity_text\":\"WARN\",\"severity_number\":13,"
         "\"scope\":\"s\",\"body\":\"b\"}",
         CAT_JSON, 30, "s", "b", ""},
        {"{\"timestamp\":\"" TIME "\",\"level\":\"DEBUG\"}", CAT_JSON, 10, "", "", ""},
        {"{\"timestamp\":\"" TIME "\",\"level\":\"INFO\",\"level\":\"again\",\"ts\":1}", CAT_JSON,
         20, "", "", "level=again ts=(1)"},
        {"timestamp=" TIME " level=INFO logger=a message=\"hi there\" n=1 s=\"x y\"", CAT_LOGFMT,
         20, "a", "hi there", "n=(1) s=x y"},
        {"ts=" TIME " level=warning msg=hi", CAT_LOGFMT, 30, "", "hi", ""},
        {TIME " - a.b - INFO - hello", CAT_TEXT, 20, "a.b", "hello", ""},
        {TIME " - a.b - INFO - hello [n=1 s=\"x y\"]", CAT_TEXT, 20, "a.b", "hello", "n=(1) s=x y"},
        {TIME " - a - b - ERROR - x - y", CAT_TEXT, 40, "a - b", "x - y", ""},
        {TIME " - a - \x1b[31mERROR\x1b[0m - x", CAT_TEXT, 40, "a", "x", ""},
        {TIME " - a - INFO - see [1] [n=1]", CAT_TEXT, 20, "a", "see [1]", "n=(1)"},
        {TIME " - a - INFO - see [1]", CAT_TEXT, 20, "a", "see [1]", ""},
        {TIME " - a - INFO - x [n=1]\r", CAT_TEXT, 20, "a", "x", "n=(1)"},
        {TIME " - a - INFO - ", CAT_TEXT, 20, "a", "", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_expect_eq(read_text(rows[i].text), rows[i].form, "%s", rows[i].text);
        cr_expect_eq(line.level, rows[i].level, "%s: %d", rows[i].text, line.level);
        cr_expect_eq(line.time_ns, TIME_NS, "%s", rows[i].text);
        cr_expect(is(line.logger, rows[i].logger), "%s", rows[i].text);
        cr_expect(is(line.message, rows[i].message), "%s: '%.*s'", rows[i].text,
                  (int)line.message.size, line.message.data);
        cr_expect_str_eq(fields(), rows[i].fields, "%s: %s", rows[i].text, fields());
        cr_expect(is(line.raw, rows[i].text));
    }
}

Test(cat_line, what_is_no_record) {
    static const char *const rows[] = {
        "",
        "\r",
        "a plain line",
        "{\"level\":\"INFO\",\"message\":\"no time\"}",
        "{\"timestamp\":\"" TIME "\",\"message\":\"no level\"}",
        "{\"timestamp\":\"yesterday\",\"level\":\"INFO\"}",
        "{\"timestamp\":\"" TIME "\",\"level\":\"LOUD\"}",
        "{\"timestamp\":\"" TIME "\",\"level\":\"INFO\"} trailing",
        "{\"timestamp\":\"" TIME "\",\"level\":\"INFO\"",
        "{\"ts\":\"" TIME "\",\"level\":\"INFO\"}", /* of logfmt alone */
        "ts=" TIME " level=INFO  two=blanks",
        "ts=" TIME " level=INFO word",
        "ts=" TIME " level=INFO =x",
        "ts=" TIME " level=INFO a=\"open",
        "ts=" TIME " level=INFO a=",
        TIME " - a - info - lower case",
        TIME " - a - INFO",
        TIME " a INFO b",
        "2026-13-01T00:00:00Z - a - INFO - x",
        TIME " - a - INFO - \xff",
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_eq(read_text(rows[i]), CAT_NONE, "%s", rows[i]);
}

Test(cat_line, each_line_begins_anew) {
    cr_assert_eq(read_text(TIME " - a - INFO - x [n=1]"), CAT_TEXT);
    cr_assert_eq(read_text("nothing"), CAT_NONE);
    cr_expect_eq(line.fields.count, 0);
    cr_expect_eq(line.message.size, 0);
    cr_assert_eq(read_text(TIME " - b - WARNING - y"), CAT_TEXT);
    cr_expect_eq(line.fields.count, 0);
}

Test(cat_line, values_are_found_by_name) {
    struct cat_field made;
    static const struct {
        const char *key, *value; /* NULL: it has none */
    } rows[] = {{"n", "1"},        {"level", "INFO"},   {"severity_text", "INFO"},
                {"logger", "a.b"}, {"scope", "a.b"},    {"message", "hi"},
                {"body", "hi"},    {"timestamp", TIME}, {"o.p", "q"},
                {"o", NULL},       {"N", NULL},         {"msg", NULL},
                {"", NULL}};
    cr_assert_eq(read_text("{\"timestamp\":\"" TIME "\",\"level\":\"INFO\",\"logger\":\"a.b\","
                           "\"message\":\"hi\",\"n\":1,\"o\":{\"p\":\"q\"}}"),
                 CAT_JSON);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct cat_field *field = cat_line_find(&line, hr_slice_of(rows[i].key), &made);
        cr_expect_eq(field != NULL, rows[i].value != NULL, "%s", rows[i].key);
        if (field) cr_expect(is(field->value, rows[i].value), "%s", rows[i].key);
    }
}
