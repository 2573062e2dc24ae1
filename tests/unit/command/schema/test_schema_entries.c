/* Maps of scalars, whose values are checked behind all else. */
#include "schema_fixture.h"

#include "schema_entries.h"

TestSuite(schema_entries, .init = fixture_open, .fini = fixture_schema_close);

static const char text[] =
    "{type: object, properties: {texts: {type: object, additionalProperties: {type: string}},"
    " sub: {type: object, properties: {n: {type: integer}, ints: {type: object,"
    " additionalProperties: {type: [integer, 'null']}}}}, truths: {type: object,"
    " additionalProperties: {type: boolean}}, reals: {type: object, additionalProperties: "
    "{type: number}}}}";

static const char *first_problem(const char *yaml) {
    static char said[512];
    const char *path = fixture_text("service.yaml", yaml);
    const struct hr_config_options options = {
        .files = &path, .file_count = 1, .no_environment = true, .schema = &fixture_tables};
    hr_config_problems *problems;
    hr_config *config = NULL;
    *said = '\0';
    hr_config_load(&options, &problems, NULL, &config);
    if (problems)
        snprintf(said, sizeof said, "%s: %s", hr_config_problems_at(problems, 0)->path,
                 hr_config_problems_at(problems, 0)->message);
    hr_config_free(config);
    hr_config_problems_free(problems);
    return said;
}

Test(schema_entries, values_are_those_of_the_type_and_others_are_named) {
    static const char *const rows[][2] = {
        {"texts: {a: x, b: 1, c: true}\nsub: {ints: {a: 1, b: null}}\nreals: {a: 1, b: 0.5}\n", ""},
        {"texts: {a: [1]}\n", "texts: the value of a is not taken; allowed is a text"},
        {"texts: {a: null}\n", "texts: the value of a is not taken; allowed is a text"},
        {"texts: [1]\n", "texts: allowed is a map"},
        {"sub: {ints: {a: 1, b: 1.5}}\n",
         "sub.ints: the value of b is not taken; allowed is an integer"},
        {"truths: {a: 1}\n", "truths: the value of a is not taken; allowed is true or false"},
        {"reals: {a: x}\n", "reals: the value of a is not taken; allowed is a number"},
        {"texts: null\n", ""},
        {"{}\n", ""}};
    cr_assert_not_null(fixture_schema(text), "%s", fixture_reading.error.message);
    schema_entries_enforce(&fixture_reading);
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_str_eq(first_problem(rows[i][0]), rows[i][1], "%s", rows[i][0]);
    schema_entries_enforce(NULL);
    cr_expect_str_eq(first_problem("texts: [1]\n"), "");
}

Test(schema_entries, in_lists_and_in_maps_they_are_refused) {
    cr_expect_null(fixture_schema("{type: object, properties: {a: {type: array, items: {type: "
                                  "object, properties: {m: {type: object, additionalProperties: "
                                  "{type: string}}}}}}}"));
    cr_expect(fixture_refused("a map of such values"), "%s", fixture_reading.error.message);
}
