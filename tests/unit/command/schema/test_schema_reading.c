/* Documents of JSON Schemas, and what is said of them. */
#include "schema_fixture.h"

#include <errno.h>

TestSuite(schema_reading, .init = fixture_open, .fini = fixture_schema_close);

Test(schema_reading, a_refusal_names_file_line_and_path_and_the_first_one_stays) {
    fixture_document("{\"a\":\n {\"b\": 1}}");
    const struct hr_config_node *node = hr_config_find(fixture_reading.document, "a.b");
    cr_expect_not(schema_refuse(&fixture_reading, node, "because of %d", 1));
    cr_expect_not(schema_refuse(&fixture_reading, node, "because of %d", 2));
    cr_expect_eq(fixture_reading.result, -EINVAL);
    cr_expect(fixture_refused("schema.json:2:8: a.b: because of 1"), "%s",
              fixture_reading.error.message);
}

Test(schema_reading, the_root_has_a_name_in_a_refusal) {
    fixture_document("{\"a\": 1}");
    schema_refuse(&fixture_reading, hr_config_root(fixture_reading.document), "no");
    cr_expect(fixture_refused(": the schema: no"), "%s", fixture_reading.error.message);
}

Test(schema_reading, controls_of_a_text_are_blanks_in_its_copy) {
    fixture_document("{\"a\": 1}");
    cr_expect_str_eq(schema_reading_copy(&fixture_reading, hr_slice_of("a\nb\tc\x1b")), "a b c ");
}

Test(schema_reading, a_file_that_is_none_is_told) {
    cr_expect_neq(schema_reading_open(&fixture_reading, "/nonexistent/schema.json"), 0);
    cr_expect(fixture_refused("/nonexistent/schema.json"), "%s", fixture_reading.error.message);
}

Test(schema_reading, containers_in_one_another_have_a_limit) {
    char text[2048] = "{\"a\": ";
    size_t size = strlen(text);
    memset(text + size, '[', 900);
    memset(text + size + 900, ']', 900);
    snprintf(text + size + 1800, 4, "}");
    cr_expect_neq(schema_reading_open(&fixture_reading, fixture_text("deep.json", text)), 0);
    cr_expect(fixture_refused("deep.json:1:406: error: "), "%s", fixture_reading.error.message);
}
