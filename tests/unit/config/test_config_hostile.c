/* Input that is meant to cost time, memory or a crash. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/config_schema.h>
#include <headrace/text.h>

#include "config_fixture.h"

#define ENVIRONMENT(...) ((const char *const[]){__VA_ARGS__, NULL})
#define MANY             200000

struct numbers {
    struct hr_config_items list;
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct numbers, list, HR_LIST, HR_ITEMS(uint32_t, HR_UINT)),
};
static const struct hr_config_schema schema = HR_SCHEMA(struct numbers, fields);

/* The same words MANY times between a beginning and an end. The caller's. */
static char *repeated(const char *begin, const char *words, const char *end) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs(begin, out);
    for (unsigned i = 0; i < MANY; i++) fprintf(out, words, i);
    fputs(end, out);
    fclose(out);
    return text;
}

static void expect_many_problems(char *text, const struct hr_config_options *options) {
    struct fixture fixture = {.texts = {text}, .options = *options};
    fixture_load(&fixture);
    free(text);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert_eq(hr_config_problems_count(fixture.problems), 101);
    fixture_free(&fixture);
}

/* Each in a time that grows as the text does: the path of an item is found by counting. */
Test(config_hostile, many_problems_in_a_list, .timeout = 20) {
    const struct hr_config_options bound = {.schema = &schema};
    const struct hr_config_options substituted = {.environment = ENVIRONMENT("A=1"),
                                                  .substitute = true};
    expect_many_problems(repeated("list: [", "x,", "]\n"), &bound);
    expect_many_problems(repeated("", "a_key_that_is_unknown_and_long_%u: 1\n", ""), &bound);
    expect_many_problems(repeated("list: [", "\"${,}\",", "]\n"), &substituted);
}

Test(config_hostile, an_environment_that_was_cleared) {
    hr_config *config = NULL;
    struct hr_error error;
    clearenv();
    cr_assert_eq(hr_config_load(NULL, NULL, &error, &config), 0);
    hr_config_free(config);
}

/* A thousand words are a thousand levels. */
Test(config_hostile, names_that_make_many_levels) {
    static char variable[1002] = "ESPER_", longer[3002] = "ESPER_", set[4002];
    for (size_t i = 6; i + 2 < sizeof variable; i += 2) memcpy(variable + i, "b_", 2);
    for (size_t i = 6; i + 2 < sizeof longer; i += 2) memcpy(longer + i, "l_", 2);
    for (size_t i = 0; i + 2 < sizeof set; i += 2) memcpy(set + i, "s.", 2);
    variable[sizeof variable - 3] = longer[sizeof longer - 3] = set[sizeof set - 3] = '=';
    variable[sizeof variable - 2] = longer[sizeof longer - 2] = set[sizeof set - 2] = '1';
    struct fixture fixture = {.options = {.environment = ENVIRONMENT(variable, longer),
                                          .sets = (const char *const[]){set},
                                          .set_count = 1}};
    fixture_load(&fixture);
    cr_assert_eq(hr_config_problems_of(fixture.problems, HR_CONFIG_ERROR), 3);
    cr_assert(strstr(hr_config_problems_at(fixture.problems, 0)->message, "limits.depth_max"));
    cr_assert(strstr(hr_config_problems_at(fixture.problems, 1)->message, "1024 bytes"));
    cr_assert(strstr(hr_config_problems_at(fixture.problems, 2)->message, "limits.depth_max"));
    fixture_free(&fixture);
}

Test(config_hostile, a_variable_through_a_scalar_in_other_letters) {
    struct fixture fixture = {.texts = {"Database: x\n"},
                              .options.environment = ENVIRONMENT("ESPER_DATABASE_HOST=y")};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG, "it made a second map, database");
    cr_assert(fixture_blames(&fixture, "ESPER_DATABASE_HOST", "Database, which is a string"));
    fixture_free(&fixture);
}

/* Keys, values and names of others reach a terminal and a log. */
Test(config_hostile, what_a_terminal_acts_upon_is_in_no_problem) {
    struct fixture fixture = {
        .texts = {"\"a\\e[2Jb\\n\": *c\nlist: [\"\\e[1mx\\ny: error\"]\n"},
        .options = {.schema = &schema,
                    .environment = ENVIRONMENT("ESPER_\x1b[2J=\xff", "ESPER_\xffz=1")}};
    char text[1024];
    fixture_load(&fixture);
    size_t count = hr_config_problems_count(fixture.problems);
    cr_assert_gt(count, 3);
    for (size_t i = 0; i < count; i++) {
        const struct hr_config_problem *problem = hr_config_problems_at(fixture.problems, i);
        struct hr_slice shown = {text, hr_config_problem_text(problem, text, sizeof text)};
        cr_expect(hr_utf8_valid(shown), "%s", text);
        cr_expect_null(strchr(text, '\x1b'), "%s", text);
        cr_expect_null(strchr(problem->message, '\n'), "%s", problem->message);
    }
    cr_assert(fixture_says(&fixture, 2, 8, "the string \"?[1mx?y: error\""));
    fixture_free(&fixture);
}

Test(config_hostile, a_value_is_cut_between_characters) {
    struct fixture fixture = {
        .texts = {"list: [xääääääääääääääääääääääääääääääääääääääääääääääääää]\n"},
        .options.schema = &schema};
    fixture_load(&fixture);
    const struct hr_config_problem *problem = hr_config_problems_at(fixture.problems, 0);
    cr_assert(hr_utf8_valid(hr_slice_of(problem->message)), "%s", problem->message);
    fixture_free(&fixture);
}

Test(config_hostile, a_reference_to_what_is_no_text) {
    struct fixture fixture = {
        .texts = {"a: \"${V}\"\n"},
        .options = {.substitute = true, .environment = ENVIRONMENT("V=x\xffy")}};
    fixture_load(&fixture);
    cr_assert(fixture_says(&fixture, 1, 4, "a variable in it is not UTF-8"));
    fixture_free(&fixture);
}

/* Keys are found by their hash unless some have capitals: 500 variables against 200,000 keys. */
Test(config_hostile, many_variables_against_many_keys, .timeout = 20) {
    static char names[500][48];
    const char *environment[501] = {NULL};
    char *text = repeated("Zone: a\nmap:\n", "  k%u: 1\n", "");
    for (int i = 0; i < 500; i++) {
        snprintf(names[i], sizeof names[i], "ESPER_MAP_X%d_A_B_C_D_E=1", i);
        environment[i] = names[i];
    }
    environment[0] = "ESPER_ZONE=b";
    struct fixture fixture = {.texts = {text}, .options.environment = environment};
    fixture_load(&fixture);
    free(text);
    cr_assert_eq(fixture.result, 0);
    cr_assert_str_eq(fixture_text(&fixture, "Zone", HR_CONFIG_STRING), "b");
    fixture_free(&fixture);
}
