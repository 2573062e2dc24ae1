/* Values as JSON and as text, places, and which values are equal. */
#include "config_command_fixture.h"

#include <headrace/config_schema.h>

#include "tree_value.h"

TestSuite(tree_value, .init = fixture_open, .fini = fixture_close);

static void check(const char *yaml, const char *json, const char *text) {
    hr_config *config = fixture_config("a", yaml);
    const struct hr_config_node *node = hr_config_find(config, "a");
    cr_expect_str_eq(WRITTEN(tree_put_json(out, node)), json, "%s", yaml);
    cr_expect_str_eq(WRITTEN(tree_put_text(out, node)), text, "%s", yaml);
    hr_config_free(config);
}

Test(tree_value, as_json_and_as_text) {
    check("a: True\n", "true", "true");
    check("a: FALSE\n", "false", "false");
    check("a: ~\n", "null", "null");
    check("a:\n", "null", "null");
    check("a: \"\"\n", "\"\"", "\"\"");
    check("a: 'q\"\\'\n", "\"q\\\"\\\\\"", "\"q\\\"\\\\\"");
    check("a: \"\\e[1m\\u009b\\n\"\n", "\"\\u001b[1m\\u009b\\n\"", "\"\\u001b[1m\\u009b\\n\"");
    check("a: -.INF\n", "\"-.inf\"", "-.inf");
    check("a: .NaN\n", "\".nan\"", ".nan");
    check("a: \".nan\"\n", "\".nan\"", "\".nan\"");
    check("a: 18446744073709551616\n", "18446744073709551616", "18446744073709551616");
    check("a: !!float 3\n", "3", "3");
    check("a: []\n", "[]", "[]");
    check("a: {}\n", "{}", "{}");
    check("a: [{}, [[]], {b: {c: 1, d: [x]}}, 2]\n", "[{},[[]],{\"b\":{\"c\":1,\"d\":[\"x\"]}},2]",
          "[{},[[]],{\"b\":{\"c\":1,\"d\":[\"x\"]}},2]");
}

Test(tree_value, a_number_too_long_to_be_computed_with_is_a_string) {
    char yaml[TREE_BASED_DIGITS_MAX + 16] = "a: 0x", json[TREE_BASED_DIGITS_MAX + 16];
    memset(yaml + 5, '1', TREE_BASED_DIGITS_MAX + 1);
    snprintf(json, sizeof json, "\"%s\"", yaml + 3);
    check(yaml, json, json);
}

Test(tree_value, paths_are_one_word_or_in_quotes) {
    static const struct {
        const char *path, *shown;
    } rows[] = {{"a.b", "a.b"},
                {"a\\.b", "a\\.b"},
                {"", "\"\""},
                {"a b", "\"a b\""},
                {"a=b", "\"a=b\""},
                {"a#b", "\"a#b\""},
                {"a\nb", "\"a\\nb\""},
                {"a\x7f", "\"a\\u007f\""},
                {"\xc2\x9b", "\"\\u009b\""},
                {"gr\xc3\xb6\xc3\x9f", "gr\xc3\xb6\xc3\x9f"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *shown = WRITTEN(tree_put_path(out, hr_slice_of(rows[i].path)));
        cr_expect_str_eq(shown, rows[i].shown, "%zu: %s", i, shown);
    }
}

Test(tree_value, places_never_show_a_value) {
    const struct hr_config_origin file = {HR_CONFIG_FROM_FILE, "a\x1b.yaml", 2, 11, {0}},
                                  whole = {.name = "a.yaml"},
                                  variable = {.kind = HR_CONFIG_FROM_VARIABLE, .name = "ESPER_A"},
                                  set = {.kind = HR_CONFIG_FROM_SET, .name = "a.b=secret=1"},
                                  none = {.name = NULL};
    cr_expect_str_eq(WRITTEN(tree_put_place(out, &file)), "a\\u001b.yaml:2:11");
    cr_expect_str_eq(WRITTEN(tree_put_place(out, &whole)), "a.yaml");
    cr_expect_str_eq(WRITTEN(tree_put_place(out, &variable)), "variable ESPER_A");
    cr_expect_str_eq(WRITTEN(tree_put_place(out, &set)), "--set a.b");
    cr_expect_str_eq(WRITTEN(tree_put_place(out, &none)), "default");
    cr_expect_str_eq(WRITTEN(tree_put_place_json(out, &file)),
                     "\"file\":\"a\\u001b.yaml\",\"line\":2,\"column\":11");
    cr_expect_str_eq(WRITTEN(tree_put_place_json(out, &variable)), "\"variable\":\"ESPER_A\"");
    cr_expect_str_eq(WRITTEN(tree_put_place_json(out, &set)), "\"set\":\"a.b\"");
    cr_expect_str_eq(WRITTEN(tree_put_place_json(out, &none)), "\"default\":true");
}

Test(tree_value, a_secret_is_stars_unless_it_is_revealed) {
    static const struct hr_config_field fields[] = {
        {.name = "a", .kind = HR_SECRET, .offset = 0, .size = 8},
        {.name = "b", .kind = HR_LIST, .item = HR_SECRET, .offset = 16, .size = 16, .item_size = 8},
    };
    static const struct hr_config_schema schema = {.fields = fields, .field_count = 2, .size = 64};
    const char *path = fixture_text("a.yaml", "a: one\nb: [two, 3]\n");
    const struct hr_config_options options = {
        .files = &path, .file_count = 1, .no_environment = true, .schema = &schema};
    hr_config *config;
    cr_assert_eq(hr_config_load(&options, NULL, NULL, &config), 0);
    const struct hr_config_node *root = hr_config_root(config);
    cr_expect_str_eq(WRITTEN(tree_put_json(out, root)), "{\"a\":\"***\",\"b\":[\"***\",\"***\"]}");
    cr_expect_str_eq(WRITTEN(tree_put_text(out, hr_config_first(root))), "***");
    cr_expect_str_eq(WRITTEN(tree_put_json_revealed(out, root)),
                     "{\"a\":\"one\",\"b\":[\"two\",3]}");
    hr_config_free(config);
}

static bool equal(const char *a, const char *b) {
    char yaml[200];
    snprintf(yaml, sizeof yaml, "a: %s\nb: %s\n", a, b);
    hr_config *config = fixture_config("a", yaml);
    bool is = tree_equal(hr_config_find(config, "a"), hr_config_find(config, "b"));
    hr_config_free(config);
    return is;
}

Test(tree_value, equal_is_what_means_the_same) {
    static const char *const alike[][2] = {{"x", "'x'"},
                                           {"16", "0x10"},
                                           {"+7", "007"},
                                           {"1e3", "1000.0"},
                                           {"~", "null"},
                                           {"true", "TRUE"},
                                           {".nan", ".NaN"},
                                           {"-.inf", "-.INF"},
                                           {"[1]", "[]"},
                                           {"1e999", "1e999"},
                                           {"18446744073709551616", "0x10000000000000000"}};
    static const char *const unlike[][2] = {{"x", "y"},         {"1", "1.0"},
                                            {"1", "'1'"},       {"true", "false"},
                                            {"~", "''"},        {"[]", "{}"},
                                            {".inf", "-.inf"},  {".nan", "1.5"},
                                            {"1e999", "2e999"}, {"1", "18446744073709551617"}};
    for (size_t i = 0; i < COUNT(alike); i++)
        cr_expect(equal(alike[i][0], alike[i][1]), "%s %s", alike[i][0], alike[i][1]);
    for (size_t i = 0; i < COUNT(unlike); i++)
        cr_expect_not(equal(unlike[i][0], unlike[i][1]), "%s %s", unlike[i][0], unlike[i][1]);
}
