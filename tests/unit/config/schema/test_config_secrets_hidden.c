/* A secret is in no problem: not as a value, not in the line that is shown, not as a setting. */
#include <criterion/criterion.h>
#include <string.h>

#include <headrace/config_schema.h>

#include "config_fixture.h"

struct account {
    const char *user, *password;
    uint32_t port;
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct account, user, HR_STRING),
    HR_FIELD(struct account, password, HR_SECRET, .length_min = 8, .was = "phrase"),
    HR_FIELD(struct account, port, HR_UINT),
};
static const struct hr_config_schema schema = HR_SCHEMA(struct account, fields);

/* How many problems a text has, none of which tells "hunter". */
static size_t count_hidden(const char *yaml, const char *set) {
    const char *sets[] = {set};
    char text[2048];
    struct fixture fixture = {
        .texts = {yaml}, .options = {.schema = &schema, .sets = sets, .set_count = set ? 1 : 0}};
    fixture_load(&fixture);
    size_t count = hr_config_problems_count(fixture.problems);
    for (size_t i = 0; i < count; i++) {
        hr_config_problem_text(hr_config_problems_at(fixture.problems, i), text, sizeof text);
        cr_expect(!strstr(text, "hunter"), "%s: %s", yaml, text);
    }
    cr_expect(fixture.result == 0 || !strstr(fixture.error.message, "hunter"));
    fixture_free(&fixture);
    return count;
}

Test(config_secrets_hidden, beside_another_fault_in_the_same_line) {
    cr_assert_eq(count_hidden("{password: hunter2hunter2, port: x}\n", NULL), 1);
    cr_assert_eq(count_hidden("{port: x, \"pass\\x77ord\": hunter2hunter2}\n", NULL), 1);
}

Test(config_secrets_hidden, by_its_old_name) {
    cr_assert_eq(count_hidden("phrase: hunter2hunter2\n", NULL), 1);
    cr_assert_eq(count_hidden("phrase: hunter2hunter2\npassword: hunter3hunter3\n", NULL), 1);
}

Test(config_secrets_hidden, by_a_name_with_a_slip) {
    cr_assert_eq(count_hidden("passwrod: hunter2hunter2\n", NULL), 1);
}

Test(config_secrets_hidden, where_yaml_itself_is_wrong) {
    cr_assert_eq(count_hidden("password: hunter2hunter2\npassword: hunter3hunter3\n", NULL), 1);
    cr_assert_eq(count_hidden("password: hunter2: hunter3\n", NULL), 1);
}

Test(config_secrets_hidden, in_a_setting) {
    cr_assert_eq(count_hidden(NULL, "password=hunter2"), 1);
    cr_assert_eq(count_hidden(NULL, "passwrod=hunter2hunter2"), 1);
}

/* The secret has a dollar in it, and the file is one with references. */
static size_t count_referring(const char *const texts[2], const char *const *environment) {
    char text[2048];
    struct fixture fixture = {
        .texts = {texts[0], texts[1]},
        .options = {.schema = &schema, .substitute = true, .environment = environment}};
    fixture_load(&fixture);
    size_t count = hr_config_problems_count(fixture.problems);
    for (size_t i = 0; i < count; i++) {
        hr_config_problem_text(hr_config_problems_at(fixture.problems, i), text, sizeof text);
        cr_expect(!strstr(text, "hunter"), "%s: %s", texts[0], text);
    }
    cr_expect(fixture.result == 0 || !strstr(fixture.error.message, "hunter"));
    fixture_free(&fixture);
    return count;
}
#define COUNT_REFERRING(...) count_referring((const char *const[2]){__VA_ARGS__}, NULL)

Test(config_secrets_hidden, in_what_looks_like_a_reference) {
    cr_assert_eq(COUNT_REFERRING("password: my${hunter2!}hunter2\n"), 1);
    cr_assert_eq(COUNT_REFERRING("password: |\n  my${hunter2!}hunter2\n"), 1);
    cr_assert_eq(COUNT_REFERRING("password:\n  my${hunter2!}\n", "password: abcdefghijk\n"), 1);
}

Test(config_secrets_hidden, that_a_reference_brought_to_another_field) {
    static const char *const environment[] = {"V=hunter2", NULL};
    static const char *const texts[2] = {"port: ${V}\n"};
    cr_assert_eq(count_referring(texts, environment), 1);
}

Test(config_secrets_hidden, the_place_and_the_key_are_shown_all_the_same) {
    struct fixture fixture = {.texts = {"user: me\nprot: 80\n"}, .options.schema = &schema};
    char text[512];
    fixture_load(&fixture);
    hr_config_problem_text(hr_config_problems_at(fixture.problems, 0), text, sizeof text);
    cr_assert(strstr(text, ":2:1: error: prot"));
    cr_assert(strstr(text, "\n  | prot…\n  | ^"), "%s", text);
    fixture_free(&fixture);
}
