/* Scalars of JSON Schemas, by the fields that they become. */
#include "schema_fixture.h"

#include <math.h>

TestSuite(schema_scalar, .init = fixture_open, .fini = fixture_schema_close);

#define FIELD(value) fixture_field(value)

static void next_schema(void) {
    schema_reading_release(&fixture_reading);
}

Test(schema_scalar, kinds_by_their_types) {
    static const struct {
        const char *schema;
        enum hr_config_kind kind;
        size_t size;
    } rows[] = {{"{\"type\": \"string\"}", HR_STRING, 8},
                {"{\"type\": [\"string\", \"null\"]}", HR_STRING, 8},
                {"{\"type\": [\"string\", \"number\", \"boolean\"]}", HR_STRING, 8},
                {"{\"type\": \"string\", \"format\": \"uri\"}", HR_URL, 8},
                {"{\"type\": \"string\", \"format\": \"date\"}", HR_STRING, 8},
                {"{\"type\": \"string\", \"writeOnly\": true, \"format\": \"uri\"}", HR_SECRET, 8},
                {"{\"type\": \"integer\"}", HR_INT, 8},
                {"{\"type\": \"integer\", \"minimum\": 0}", HR_UINT, 8},
                {"{\"type\": \"integer\", \"minimum\": 0, \"maximum\": 9}", HR_INT, 8},
                {"{\"type\": [\"integer\", \"number\"]}", HR_DOUBLE, 8},
                {"{\"type\": \"boolean\"}", HR_BOOL, 1},
                {"{\"enum\": [\"a\", null]}", HR_CHOICE, 4},
                {"{\"const\": \"a\"}", HR_CHOICE, 4},
                {"{}", HR_OPEN, 8},
                {"true", HR_OPEN, 8}};
    for (size_t i = 0; i < COUNT(rows); i++, next_schema()) {
        const struct hr_config_field *field = FIELD(rows[i].schema);
        cr_assert_not_null(field, "%s: %s", rows[i].schema, fixture_reading.error.message);
        cr_expect_eq(field->kind, rows[i].kind, "%s", rows[i].schema);
        cr_expect_eq(field->size, rows[i].size, "%s", rows[i].schema);
    }
}

Test(schema_scalar, bounds_of_either_side_and_without_the_number_itself) {
    static const struct {
        const char *bounds;
        double min, max;
    } rows[] = {{"\"type\": \"integer\", \"minimum\": 1, \"maximum\": 9", 1, 9},
                {"\"type\": \"integer\", \"minimum\": 1", 1, HUGE_VAL},
                {"\"type\": \"integer\", \"maximum\": 1", -HUGE_VAL, 1},
                {"\"type\": \"integer\", \"minimum\": 1.5, \"maximum\": 8.5", 2, 8},
                {"\"type\": \"integer\", \"exclusiveMinimum\": 1, \"exclusiveMaximum\": 9", 2, 8},
                {"\"type\": \"integer\", \"exclusiveMinimum\": 1, \"minimum\": 5", 5, HUGE_VAL},
                {"\"type\": \"integer\", \"minimum\": -9223372036854775808", 0, 0},
                {"\"type\": \"number\", \"minimum\": -0.5, \"maximum\": 0.5", -0.5, 0.5}};
    for (size_t i = 0; i < COUNT(rows); i++, next_schema()) {
        char text[200];
        snprintf(text, sizeof text, "{%s}", rows[i].bounds);
        const struct hr_config_field *field = FIELD(text);
        cr_assert_not_null(field, "%s", fixture_reading.error.message);
        cr_expect(field->min <= rows[i].min && field->min >= rows[i].min, "%s", text);
        cr_expect(field->max <= rows[i].max && field->max >= rows[i].max, "%s", text);
    }
    const struct hr_config_field *one =
        FIELD("{\"type\": \"number\", \"exclusiveMinimum\": 0, \"exclusiveMaximum\": 1}");
    cr_expect(one->min > 0 && one->min < 1e-300 && one->max < 1 && one->max > 0.999);
    next_schema();
    one = FIELD("{\"type\": \"integer\", \"minimum\": 7, \"maximum\": 7}");
    cr_expect(one->min < one->max && one->max < 8);
}

Test(schema_scalar, lengths_are_those_of_the_text_and_of_an_item_a_pattern) {
    const struct hr_config_field *field =
        FIELD("{\"type\": \"string\", \"minLength\": 2, \"maxLength\": 9}");
    cr_expect(field->length_min == 2 && field->length_max == 9 && !field->pattern);
    next_schema();
    field = FIELD("{\"type\": \"array\", \"minItems\": 1, \"items\": {\"type\": \"string\", "
                  "\"minLength\": 2, \"maxLength\": 9}}");
    cr_expect(field->length_min == 1 && field->length_max == 0);
    cr_expect_str_eq(field->pattern, ".{2,9}");
    next_schema();
    field = FIELD("{\"type\": \"array\", \"items\": {\"type\": \"string\", \"minLength\": 1}}");
    cr_expect_str_eq(field->pattern, ".{1,}");
}

Test(schema_scalar, choices_are_texts_and_what_looks_like_one) {
    const struct hr_config_field *field =
        FIELD("{\"enum\": [\"off\", \"1\", 1, \"true\", true, \"1e3\", 1000, null]}");
    static const char *const names[] = {"off", "1", "true", "1e3"};
    for (size_t i = 0; i < COUNT(names); i++) cr_expect_str_eq(field->choices[i].name, names[i]);
    cr_expect_null(field->choices[COUNT(names)].name);
    next_schema();
    cr_expect_null(FIELD("{\"enum\": [\"1\", 2]}"));
    cr_expect(fixture_refused("of texts"));
}

Test(schema_scalar, defaults_as_a_variable_has_them) {
    static const char *const rows[][2] = {
        {"{\"type\": \"string\", \"default\": \"no: title\"}", "no: title"},
        {"{\"type\": \"integer\", \"default\": 5}", "5"},
        {"{\"type\": \"boolean\", \"default\": true}", "true"},
        {"{\"type\": \"array\", \"items\": {\"type\": \"integer\"}, \"default\": [1, 2]}", "1,2"},
        {"{\"type\": \"array\", \"items\": {\"type\": \"integer\"}, \"default\": []}", ""},
        {"{\"enum\": [\"a\"], \"default\": \"a\"}", "a"},
        {"{\"type\": [\"string\", \"null\"], \"default\": null}", NULL},
        {"{\"type\": \"object\", \"default\": {}}", NULL}};
    for (size_t i = 0; i < COUNT(rows); i++, next_schema()) {
        const struct hr_config_field *field = FIELD(rows[i][0]);
        cr_assert_not_null(field, "%s", fixture_reading.error.message);
        if (rows[i][1])
            cr_expect_str_eq(field->default_value, rows[i][1], "%s", rows[i][0]);
        else
            cr_expect_null(field->default_value, "%s", rows[i][0]);
    }
}
