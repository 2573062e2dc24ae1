/* Numbers of YAML in the form of JSON. */
#include "config_command_fixture.h"

#include "tree_number.h"
#include "tree_value.h"

Test(tree_number, has_the_form_of_json_and_all_its_digits) {
    static const struct {
        const char *yaml, *json;
    } rows[] = {
        {"0", "0"},
        {"-0", "-0"},
        {"+12", "12"},
        {"0777", "777"},
        {"000", "0"},
        {"-007", "-7"},
        {"123456789012345678901234567890", "123456789012345678901234567890"},
        {".5", "0.5"},
        {"-.5", "-0.5"},
        {"1.", "1.0"},
        {"01.50", "1.50"},
        {"+1.e3", "1.0e3"},
        {"1E-07", "1E-07"},
        {"0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"},
        {"0o17", "15"},
        {"0xff", "255"},
        {"0xDeadBeef", "3735928559"},
        {"0x0", "0"},
        {"0x3b9aca00", "1000000000"},
        {"0xffffffffffffffffffffffff", "79228162514264337593543950335"},
        {"0o1000000000000000000000000", "4722366482869645213696"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *written =
            WRITTEN(cr_expect(tree_number_put(out, hr_slice_of(rows[i].yaml)), "%zu", i));
        cr_expect_str_eq(written, rows[i].json, "%s: %s", rows[i].yaml, written);
    }
}

Test(tree_number, without_a_form_in_json) {
    cr_expect_str_eq(tree_number_special(hr_slice_of(".inf")), ".inf");
    cr_expect_str_eq(tree_number_special(hr_slice_of("+.INF")), ".inf");
    cr_expect_str_eq(tree_number_special(hr_slice_of("-.Inf")), "-.inf");
    cr_expect_str_eq(tree_number_special(hr_slice_of(".NaN")), ".nan");
    cr_expect_null(tree_number_special(hr_slice_of(".5")));
    cr_expect_null(tree_number_special(hr_slice_of("-1")));
    cr_expect_null(tree_number_special(hr_slice_of("")));
}

/* 16 to the power of 256, less one, has 309 digits. */
Test(tree_number, of_base_16_with_the_most_digits) {
    char text[TREE_BASED_DIGITS_MAX + 4] = "0x";
    memset(text + 2, 'f', TREE_BASED_DIGITS_MAX);
    const char *written = WRITTEN(cr_expect(tree_number_put(out, hr_slice_of(text))));
    cr_expect_eq(strlen(written), 309);
    cr_expect(strncmp(written, "179769313486231590772930519078902473361797697894230657", 54) == 0,
              "%s", written);
    cr_expect_str_eq(written + 300, "224137215", "%s", written + 300);
    text[TREE_BASED_DIGITS_MAX + 2] = 'f';
    cr_expect_str_empty(WRITTEN(cr_expect_not(tree_number_put(out, hr_slice_of(text)))));
}
