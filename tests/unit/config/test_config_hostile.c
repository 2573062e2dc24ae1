/* Input that is meant to cost time, memory or a crash. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/config_schema.h>

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
    static char variable[2100] = "ESPER_", longer[3100] = "ESPER_", set[4100];
    for (size_t i = 6; i < 1000; i += 2) memcpy(variable + i, "b_", 3);
    for (size_t i = 6; i < 3000; i += 2) memcpy(longer + i, "l_", 3);
    for (size_t i = 0; i < 4000; i += 2) memcpy(set + i, "s.", 3);
    memcpy(variable + 1000, "b=1", 4);
    memcpy(longer + 3000, "l=1", 4);
    memcpy(set + 4000, "s=1", 4);
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
