/* JSON of RFC 8259, what of it is none as JSONTestSuite has it, and surrogate pairs of RFC 8259 7.
 */
#include "cat_fixture.h"

#include "cat_forms.h"

TestSuite(cat_json, .fini = close_line);

Test(cat_json, sizes_of_values) {
    static const struct {
        const char *text;
        size_t size; /* 0: none is at the front */
    } rows[] = {
        {"0", 1},
        {"-0", 2},
        {"10", 2},
        {"1.5", 3},
        {"1e5", 3},
        {"1E+5", 4},
        {"1e-05", 5},
        {"-1.25e+3", 8},
        {"01", 1},
        {"1.", 0},
        {".5", 0},
        {"-", 0},
        {"+1", 0},
        {"1e", 0},
        {"1e+", 0},
        {"0x1", 1},
        {"true", 4},
        {"truex", 4},
        {"tru", 0},
        {"false", 5},
        {"null", 4},
        {"nul", 0},
        {"NaN", 0},
        {"\"\"", 2},
        {"\"a\" ", 3},
        {"\"a", 0},
        {"\"\\\"\"", 4},
        {"\"\\x\"", 0},
        {"\"\\u00e9\"", 8},
        {"\"\\u00g9\"", 0},
        {"\"\\u00\"", 0},
        {"\"a\nb\"", 0},
        {"\"a\tb\"", 0},
        {"\"\x7f\"", 3},
        {"[]", 2},
        {"[ ]", 3},
        {"[1,2]", 5},
        {"[1 , 2 ]", 8},
        {"[1,]", 0},
        {"[,1]", 0},
        {"[1 2]", 0},
        {"[1", 0},
        {"[", 0},
        {"{}", 2},
        {"{ }", 3},
        {"{\"a\":1}", 7},
        {"{\"a\" : 1 , \"b\":[]}", 18},
        {"{\"a\"}", 0},
        {"{\"a\":}", 0},
        {"{a:1}", 0},
        {"{\"a\":1,}", 0},
        {"{'a':1}", 0},
        {"{\"a\":1 \"b\":2}", 0},
        {"{1:1}", 0},
        {"{\"a\":1", 0},
        {"", 0},
        {" 1", 0},
        {"]", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_eq(cat_json_value(hr_slice_of(rows[i].text)), rows[i].size, "%s: %zu",
                     rows[i].text, cat_json_value(hr_slice_of(rows[i].text)));
}

Test(cat_json, strings) {
    static const struct {
        const char *text, *decoded;
    } rows[] = {
        {"\"plain\"", "plain"},
        {"\"\"", ""},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u20ac\"", "A\xc3\xa9\xe2\x82\xac"},
        {"\"\\u00E9\"", "\xc3\xa9"},
        {"\"\\ud834\\udd1e\"", "\xf0\x9d\x84\x9e"}, /* the G clef, RFC 8259 7 */
        {"\"\\ud834\"", "\xef\xbf\xbd"},
        {"\"\\udd1e\"", "\xef\xbf\xbd"},
        {"\"\\udd1e\\udd1e\"", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\"\\ud834x\"", "\xef\xbf\xbdx"},
        {"\"\\ud834\\n\"", "\xef\xbf\xbd\n"},
        {"\"\\ud834\\u0041\"", "\xef\xbf\xbd"
                               "A"},
        {"\"\\ud834\\ud834\\udd1e\"", "\xef\xbf\xbd\xf0\x9d\x84\x9e"},
        {"\"\\uffff\"", "\xef\xbf\xbf"},
        {"\"\xc3\xa9\"", "\xc3\xa9"},
        {"\"\\u007f\\u0080\\u07ff\\u0800\"", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hr_slice decoded;
        cr_expect_eq(cat_json_string(&line.fields, hr_slice_of(rows[i].text), &decoded),
                     strlen(rows[i].text), "%s", rows[i].text);
        cr_expect(is(decoded, rows[i].decoded), "%s: %.*s", rows[i].text, (int)decoded.size,
                  decoded.data);
    }
    struct hr_slice decoded;
    cr_assert_neq(cat_json_string(&line.fields, hr_slice_of("\"a\\u0000b\""), &decoded), 0);
    cr_expect(decoded.size == 3 && memcmp(decoded.data, "a\0b", 3) == 0);
    cr_expect_eq(cat_json_string(&line.fields, hr_slice_of("a"), &decoded), 0);
    cr_expect_eq(cat_json_string(&line.fields, hr_slice_of(""), &decoded), 0);
}

Test(cat_json, members_become_fields) {
    static const struct {
        const char *text, *fields; /* NULL: it is no object */
    } rows[] = {
        {"{}", ""},
        {"{\"a\":\"b\"}", "a=b"},
        {"{\"a\":1.50,\"b\":true,\"c\":null}", "a=(1.50) b=(true) c=(null)"},
        {"{\"a\":{\"b\":{\"c\":1}},\"d\":2}", "a.b.c=(1) d=(2)"},
        {"{\"a\":{}}", "a=({})"},
        {"{\"a\":{ }}", "a=({ })"},
        {"{\"a\":[1,{\"b\":2}]}", "a=([1,{\"b\":2}])"},
        {"{\"a\\u0041\":\"\\n\"}", "aA=\n"},
        {" { \"a\" : 1 } ", "a=(1)"},
        {"{\"a\":1,\"a\":2}", "a=(1) a=(2)"},
        {"{\"\":{\"x\":1}}", "x=(1)"},
        {"{\"a\":1} x", NULL},
        {"[1]", NULL},
        {"{\"a\":\"\xff\"}", NULL},
        {"{\"a\":\"\xc0\xaf\"}", NULL},
        {"{\"a\":\"\xed\xa0\x80\"}", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        line.fields.count = 0;
        bool read = cat_json_read(&line.fields, hr_slice_of(rows[i].text));
        cr_expect_eq(read, rows[i].fields != NULL, "%s", rows[i].text);
        if (rows[i].fields)
            cr_expect_str_eq(fields(), rows[i].fields, "%s: %s", rows[i].text, fields());
    }
}

Test(cat_json, limits_of_depth_fields_and_paths) {
    static char text[1 << 20];
    struct hr_slice value;
    for (unsigned depth = CAT_DEPTH_MAX - 1; depth <= CAT_DEPTH_MAX + 2; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        value = hr_slice_bytes(text, 2 * depth);
        cr_expect_eq(cat_json_value(value) > 0, depth <= CAT_DEPTH_MAX + 1, "%u", depth);
    }
    for (unsigned count = CAT_FIELDS_MAX; count <= CAT_FIELDS_MAX + 1; count++) {
        size_t size = 0;
        for (unsigned i = 0; i < count; i++)
            size +=
                (size_t)snprintf(text + size, sizeof text - size, "%s\"k%u\":1", i ? "," : "{", i);
        text[size++] = '}';
        line.fields.count = 0;
        cr_expect_eq(cat_json_read(&line.fields, hr_slice_bytes(text, size)),
                     count == CAT_FIELDS_MAX);
    }
    char path[CAT_PATH_MAX + 2];
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    snprintf(text, sizeof text, "{\"%s\":{\"a\":1}}", path);
    line.fields.count = 0;
    cr_assert(cat_json_read(&line.fields, hr_slice_of(text)));
    cr_assert_eq(line.fields.count, 1);
    cr_expect(is(line.fields.list[0].value, "{\"a\":1}"), "an object beyond stays one value");
}
