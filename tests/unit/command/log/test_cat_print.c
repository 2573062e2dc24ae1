/* Records as they are printed: nothing in them may end a line or reach a terminal. */
#include "cat_fixture.h"

#include <jansson.h>

#include "cat_print.h"

TestSuite(cat_print, .fini = close_line);

#define TIME "2026-11-22T10:00:00Z"

static char printed[8192];

static const char *text_of(const char *raw, bool colours) {
    cr_assert_neq(read_text(raw), CAT_NONE, "%s", raw);
    FILE *out = fmemopen(printed, sizeof printed, "w");
    cat_print_text(out, &line, colours);
    fclose(out);
    return printed;
}

static const char *json_of(const char *raw) {
    cr_assert_neq(read_text(raw), CAT_NONE, "%s", raw);
    FILE *out = fmemopen(printed, sizeof printed, "w");
    cat_print_json(out, &line);
    fclose(out);
    return printed;
}

#define HEAD "{\"timestamp\":\"" TIME "\",\"level\":\"INFO\",\"logger\":\"a\",\"message\":"

Test(cat_print, text) {
    static const struct {
        const char *raw, *text;
    } rows[] = {
        {HEAD "\"hi\"}", TIME " - a - INFO - hi\n"},
        {HEAD "\"hi\",\"n\":1,\"s\":\"x\",\"t\":\"x y\",\"e\":\"\"}",
         TIME " - a - INFO - hi [n=1 s=x t=\"x y\" e=\"\"]\n"},
        {HEAD "\"two\\nlines\\ttab\\u001b[31m\\u007f\"}",
         TIME " - a - INFO - two\\nlines\\ttab\\u001b[31m\\u007f\n"},
        {HEAD "\"c1\\u009b ls\\u2028ps\\u2029\"}",
         TIME " - a - INFO - c1\\u009b ls\\u2028ps\\u2029\n"},
        {HEAD "\"\xc3\xa9\"}", TIME " - a - INFO - \xc3\xa9\n"},
        {HEAD "\"m\",\"k y\":\"q\\\"\\\\\"}", TIME " - a - INFO - m [\"k y\"=\"q\\\"\\\\\"]\n"},
        {HEAD "\"m\",\"k\":\"a=b\"}", TIME " - a - INFO - m [k=\"a=b\"]\n"},
        {HEAD "\"m\",\"k\":\"\xc3\xa9\"}", TIME " - a - INFO - m [k=\"\xc3\xa9\"]\n"},
        {HEAD "\"m\",\"k\":[1,\t\"x\"]}", TIME " - a - INFO - m [k=[1, \"x\"]]\n"},
        {"ts=" TIME " level=error msg=m n=1.50", TIME " -  - ERROR - m [n=1.50]\n"},
        {TIME " - a - INFO - m [n=1]", TIME " - a - INFO - m [n=1]\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_str_eq(text_of(rows[i].raw, false), rows[i].text, "%s: %s", rows[i].raw, printed);
}

/* What was printed as text is read back as the same. */
Test(cat_print, text_is_read_back) {
    static const char raw[] =
        HEAD "\"a b - c\",\"n\":-1.5e3,\"s\":\"x y\",\"t\":\"1\",\"o\":[1,2]}";
    char first[2048];
    snprintf(first, sizeof first, "%s", text_of(raw, false));
    first[strcspn(first, "\n")] = '\0';
    cr_expect_eq(read_text(first), CAT_TEXT, "%s", first);
    cr_expect(is(line.message, "a b - c"));
    cr_assert_eq(line.fields.count, 4, "%s", fields());
    cr_expect(is(line.fields.list[1].value, "x y"));
}

Test(cat_print, colours_of_levels) {
    static const struct {
        const char *level, *colour;
    } rows[] = {{"DEBUG", "\x1b[2m"},
                {"INFO", "\x1b[32m"},
                {"WARNING", "\x1b[33m"},
                {"ERROR", "\x1b[31m"},
                {"CRITICAL", "\x1b[1;31m"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char raw[128], wanted[160];
        snprintf(raw, sizeof raw, TIME " - a - %s - m", rows[i].level);
        snprintf(wanted, sizeof wanted, TIME " - a - %s%s\x1b[0m - m\n", rows[i].colour,
                 rows[i].level);
        cr_expect_str_eq(text_of(raw, true), wanted, "%s", printed);
        snprintf(wanted, sizeof wanted, "%s\n", raw);
        cr_expect_str_eq(text_of(raw, false), wanted);
    }
}

Test(cat_print, json_stays_as_it_was) {
    static const char raw[] = HEAD "\"m\",\"n\":1.50, \"o\":{\"p\":[1 ,2]}}";
    char wanted[512];
    snprintf(wanted, sizeof wanted, "%s\n", raw);
    cr_expect_str_eq(json_of(raw), wanted);
    char carriage[512];
    snprintf(carriage, sizeof carriage, "%s\r", raw);
    cr_expect_str_eq(json_of(carriage), wanted);
}

Test(cat_print, other_forms_become_json) {
    static const char *const rows[] = {
        TIME " - a - INFO - m",
        TIME " - a - WARNING - say \"hi\" \\ [n=1 s=\"x \\\"y\\\"\" b=true]",
        "ts=" TIME " level=info msg=\"tab\\t\" \"k \\\"y\"=v n=1e5 o={\"p\":1}",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *json = json_loads(json_of(rows[i]), JSON_REJECT_DUPLICATES, NULL);
        cr_expect_not_null(json, "%s", printed);
        cr_expect_str_eq(json_string_value(json_object_get(json, "timestamp")), TIME);
        json_decref(json);
    }
    json_t *json = json_loads(json_of(rows[1]), 0, NULL);
    cr_expect_str_eq(json_string_value(json_object_get(json, "message")), "say \"hi\" \\");
    cr_expect_str_eq(json_string_value(json_object_get(json, "s")), "x \"y\"");
    cr_expect_eq(json_integer_value(json_object_get(json, "n")), 1);
    cr_expect(json_is_true(json_object_get(json, "b")));
    json_decref(json);
    json = json_loads(json_of(rows[2]), 0, NULL);
    cr_expect_str_eq(json_string_value(json_object_get(json, "k \"y")), "v");
    cr_expect(json_is_object(json_object_get(json, "o")));
    json_decref(json);
}
