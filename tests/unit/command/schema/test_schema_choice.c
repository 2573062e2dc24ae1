/* Which schema an option names. */
#include "schema_fixture.h"

#include <errno.h>

#include "schema_choice.h"

TestSuite(schema_choice, .init = fixture_open, .fini = fixture_close);

Test(schema_choice, none_is_no_schema) {
    struct schema_choice choice;
    struct hr_error error;
    cr_expect_eq(schema_choice_open(&choice, NULL, &error), 0);
    cr_expect_null(choice.schema);
    schema_choice_release(&choice);
}

Test(schema_choice, the_esper_service_has_a_name) {
    struct schema_choice choice;
    struct hr_error error;
    cr_assert_eq(schema_choice_open(&choice, "esper", &error), 0, "%s", error.message);
    cr_expect_gt(choice.schema->field_count, 5);
    schema_choice_release(&choice);
}

Test(schema_choice, a_file_is_read_and_released) {
    struct schema_choice choice;
    struct hr_error error;
    const char *path =
        fixture_text("a.json", "{\"type\": \"object\", \"properties\": {\"a\": {}}}");
    cr_assert_eq(schema_choice_open(&choice, path, &error), 0, "%s", error.message);
    cr_expect_eq(choice.schema->field_count, 1);
    schema_choice_release(&choice);
    cr_expect_null(choice.schema);
}

Test(schema_choice, what_is_none_is_refused_under_the_option_s_name) {
    static const char *const rows[][2] = {
        {"nonsense", "--schema: 'nonsense' is none of headrace, esper, and no file"},
        {"/nonexistent/a.json", "--schema: /nonexistent/a.json"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct schema_choice choice;
        struct hr_error error;
        cr_expect_eq(schema_choice_open(&choice, rows[i][0], &error), -EINVAL);
        cr_expect_not_null(strstr(error.message, rows[i][1]), "%s", error.message);
        cr_expect_null(choice.schema);
    }
}
