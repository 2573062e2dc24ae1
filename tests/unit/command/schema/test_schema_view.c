/* References, alternatives with null, and keywords. */
#include "schema_fixture.h"

#include "schema_view.h"

TestSuite(schema_view, .init = fixture_open, .fini = fixture_schema_close);

static bool view_of(const char *text, struct schema_view *view) {
    schema_reading_release(&fixture_reading);
    fixture_document(text);
    const struct hr_config_node *node = hr_config_find(fixture_reading.document, "it");
    return schema_view_open(&fixture_reading, node, view);
}

Test(schema_view, references_lead_to_places_of_the_file) {
    struct schema_view view;
    cr_assert(view_of("{it: {$ref: '#/$defs/a~1b~0c'}, $defs: {a/b~c: {$ref: '#/all/1'}}, all: "
                      "[{}, {type: boolean, default: true}]}",
                      &view),
              "%s", fixture_reading.error.message);
    cr_expect_eq(view.types, SCHEMA_BOOLEAN);
    cr_expect_eq(hr_config_type_of(view.fallback), HR_CONFIG_BOOL);
}

Test(schema_view, null_beside_another_schema_makes_it_nullable) {
    static const char *const texts[] = {
        "{it: {anyOf: [{type: string}, {type: 'null'}], default: x}}",
        "{it: {oneOf: [{type: 'null'}, {$ref: '#/d'}]}, d: {type: string}}",
        "{it: {type: [string, 'null']}}"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct schema_view view;
        cr_assert(view_of(texts[i], &view), "%s", fixture_reading.error.message);
        cr_expect(view.nullable && view.types == SCHEMA_STRING, "%s", texts[i]);
    }
}

Test(schema_view, a_sum_of_one_reference_is_that_reference) {
    struct schema_view view;
    cr_assert(view_of("{it: {allOf: [{$ref: '#/d'}], description: x}, d: {type: string, writeOnly: "
                      "true}}",
                      &view));
    cr_expect(view.secret && view.types == SCHEMA_STRING && view.doc);
}

Test(schema_view, what_stands_beside_a_reference_has_to_say_nothing_about_values) {
    struct schema_view view;
    cr_expect_not(view_of("{it: {$ref: '#/d', minLength: 1}, d: {type: string}}", &view));
    cr_expect(fixture_refused("it.minLength: "));
    cr_expect_not(view_of("{it: {anyOf: [{}, {type: 'null'}], type: string}}", &view));
    cr_expect(fixture_refused("it.type: "));
}

Test(schema_view, references_that_lead_nowhere_or_in_a_circle_are_refused) {
    static const char *const rows[][2] = {
        {"{it: {$ref: 'b.json#/a'}}", "it.$ref: 'b.json#/a'"},
        {"{it: {$ref: '#it'}}", "'#it'"},
        {"{it: {$ref: '#/none'}}", "'#/none'"},
        {"{it: {$ref: 5}}", "'5'"},
        {"{it: {$ref: '#/it'}}", "more than 32"},
        {"{it: {$ref: '#/b'}, b: {$ref: '#/it'}}", "more than 32"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct schema_view view;
        cr_expect_not(view_of(rows[i][0], &view));
        cr_expect(fixture_refused(rows[i][1]), "%s", fixture_reading.error.message);
    }
}

Test(schema_view, keywords_of_other_types_and_those_that_say_nothing_are_passed_over) {
    struct schema_view view;
    cr_assert(view_of("{it: {type: string, minimum: 5, uniqueItems: false, x-mine: 1, minLength: 0,"
                      " examples: [a], $comment: b, format: c}}",
                      &view));
    cr_expect(schema_view_knows(&fixture_reading, &view, "type"));
    cr_assert(view_of("{it: {type: string, maxLength: 0}}", &view));
    cr_expect_not(schema_view_knows(&fixture_reading, &view, "type"));
    cr_assert(view_of("{it: {type: string, nonsense: 0}}", &view));
    cr_expect_not(schema_view_knows(&fixture_reading, &view, "type"));
    cr_expect(fixture_refused("it.nonsense: this keyword has no place"));
}
