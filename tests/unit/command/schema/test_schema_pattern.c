/* Regular expressions of ECMA-262, by the texts that they match as POSIX expressions. */
#include "schema_fixture.h"

#include <regex.h>

#include "schema_pattern.h"

TestSuite(schema_pattern, .init = fixture_open, .fini = fixture_schema_close);

static const char *translate(const char *pattern) {
    char text[512] = "{\"p\": '", *at = text + strlen(text);
    schema_reading_release(&fixture_reading);
    for (; *pattern; pattern++) {
        if (*pattern == '\'') *at++ = '\'';
        *at++ = *pattern;
    }
    snprintf(at, 3, "'}");
    fixture_document(text);
    return schema_pattern(&fixture_reading, hr_config_find(fixture_reading.document, "p"));
}

static bool matches(const char *expression, const char *text) {
    regex_t compiled;
    regmatch_t match;
    cr_assert_eq(regcomp(&compiled, expression, REG_EXTENDED), 0, "%s", expression);
    bool found = regexec(&compiled, text, 1, &match, 0) == 0 && match.rm_so == 0 &&
                 (size_t)match.rm_eo == strlen(text);
    regfree(&compiled);
    return found;
}

Test(schema_pattern, each_is_one_of_posix) {
    static const char *const rows[][2] = {{"^abc$", "abc"},
                                          {"^(?:abc)$", "abc"},
                                          {"^(?:a|b)$", "a|b"},
                                          {"a", ".*a.*"},
                                          {"^a|b$", "a.*|.*b"},
                                          {"^\\d+$", "[0-9]+"},
                                          {"^[\\w.-]+$", "[.0-9A-Z_a-z-]+"},
                                          {"^[^\\]^[-]$", "[^][^-]"},
                                          {"^[\\^]$", "\\^"},
                                          {"^[\\^-]$", "[-^]"},
                                          {"^[\\s\\S]*$", ".*"},
                                          {"^a{2,3}?$", "a{2,3}"},
                                          {"^a{x$", "a\\{x"},
                                          {"^\\/\\.\\x41\\u0042$", "/\\.AB"},
                                          {"^(?:(a)\\1)$", "(a)\\1"},
                                          {"^(?:(?:x)(a)\\1)$", "(x)(a)\\2"},
                                          {"^é+$", "(é)+"},
                                          {"^[\\x00-\\x08]$", "[\x01-\x08]"}};
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_str_eq(translate(rows[i][0]), rows[i][1], "%s", rows[i][0]);
}

Test(schema_pattern, without_anchors_a_match_may_be_anywhere) {
    cr_expect(matches(translate("b+"), "abbc") && !matches(translate("b+"), "ac"));
    cr_expect(matches(translate("^b"), "bc") && !matches(translate("^b"), "ab"));
    cr_expect(matches(translate("b$"), "ab") && !matches(translate("b$"), "b\na"));
    cr_expect(matches(translate("a\\$"), "a$b"));
}

Test(schema_pattern, what_posix_has_not_is_refused_with_a_reason) {
    static const char *const rows[][2] = {{"(?=a)", "looks ahead"},
                                          {"(?<n>a)", "names a group"},
                                          {"[\\D]", "class has an escape"},
                                          {"[é]", "not ASCII"},
                                          {"[b-a]", "range"},
                                          {"[]", "empty"},
                                          {"[a", "no end"},
                                          {"\\u00e9", "escape that POSIX"},
                                          {"\\p{L}", "escape that POSIX"},
                                          {"\\", "escape that POSIX"},
                                          {"\\2(a)", "leads to no group"},
                                          {"a**", "nothing before it"},
                                          {"(*a)", "nothing before it"},
                                          {"(a", "no regular expression"},
                                          {"a{2,1}", "no regular expression"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_expect_null(translate(rows[i][0]), "%s", rows[i][0]);
        cr_expect(fixture_refused(rows[i][1]), "%s: %s", rows[i][0], fixture_reading.error.message);
    }
}

Test(schema_pattern, a_pattern_that_is_long_or_that_repeats_without_bound_is_refused) {
    static char text[5100] = "{\"p\": \"";
    memset(text + 7, 'a', 5000);
    snprintf(text + 5007, 4, "\"}");
    fixture_document(text);
    cr_expect_null(schema_pattern(&fixture_reading, hr_config_find(fixture_reading.document, "p")));
    cr_expect(fixture_refused("no longer than"), "%s", fixture_reading.error.message);
    cr_expect_null(translate("(((a{200}){200}){200})"));
    cr_expect(fixture_refused("repeats"), "%s", fixture_reading.error.message);
    cr_expect_not_null(translate("^[a-z]{1,63}([.][a-z]{1,63}){0,10}(-[0-9]{1,5}){0,20}$"));
}

Test(schema_pattern, a_number_is_none) {
    fixture_document("{\"p\": 1}");
    cr_expect_null(schema_pattern(&fixture_reading, hr_config_find(fixture_reading.document, "p")));
    cr_expect(fixture_refused("no text"));
}
