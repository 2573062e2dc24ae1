/* Problems as the commands tell them: by lines on standard error, and as JSON. */
#include "config_command_fixture.h"

#include <jansson.h>

#include "commands.h"
#include "output.h"

TestSuite(config_inputs, .init = fixture_open, .fini = fixture_close);

static int run(const struct command *command, const char *const *words) {
    static max_align_t values[512];
    struct command_call call;
    char why[OPTION_WHY_SIZE];
    int code = -1;
    cr_assert_leq(command->values_size, sizeof values);
    cr_assert_eq(fixture_parse(command, values, &call, words, why), OPTION_PARSED, "%s", why);
    CAPTURE(code = command->run(&call));
    return code;
}

#define RUN(command, ...) run(&command, (const char *const[]){__VA_ARGS__, NULL})

static bool said(const char *words) {
    return strstr(captured_err, words) != NULL;
}

Test(config_inputs, a_setting_is_told_without_its_value) {
    const char *path = fixture_text("a", "a: 1\n");
    cr_expect_eq(RUN(command_config_check, "--json", "--set", "a=secret", path), EXIT_FAILED);
    cr_expect(said("--set a: error: a: it is not an integer"), "%s", captured_err);
    cr_expect_not(said("secret") || strstr(captured_out, "secret"));
    cr_expect_not_null(strstr(captured_out, "\"set\":\"a\""), "%s", captured_out);
}

Test(config_inputs, a_key_of_the_file_does_nothing_to_a_terminal) {
    const char *path = fixture_text("a", "\"\\e[31m\": *none\n");
    cr_expect_eq(RUN(command_config_check, path), EXIT_FAILED);
    cr_expect(said("error: ?[31m: no anchor") && !said("\x1b"), "%s", captured_err);
}

Test(config_inputs, limits_are_told_without_fields_of_the_library) {
    char text[400] = "a: ";
    memset(text + 3, '[', 100);
    const char *path = fixture_text("a", text);
    cr_expect_eq(RUN(command_config_check, path), EXIT_FAILED);
    cr_expect(said("more than 64 lists and maps in one another\n"), "%s", captured_err);
}

/* "access_key" is a word of the table of wording, and here a key of the user's. */
Test(config_inputs, keys_of_the_file_are_told_as_they_are) {
    const char *path = fixture_text("a", "access_key: 1\naccess_key: 2\n");
    cr_expect_eq(RUN(command_config_show, "--json", path), EXIT_FAILED);
    cr_expect(said("access_key: the key is there twice"), "%s", captured_err);
    cr_expect_not_null(strstr(captured_out, "\"path\":\"access_key\""), "%s", captured_out);
}

Test(config_inputs, every_command_tells_the_problems_as_one_object) {
    const struct command *const commands[] = {&command_config_check, &command_config_show,
                                              &command_config_get, &command_config_diff};
    const char *path = fixture_text("a", "a: *b\nc: *d\n");
    for (size_t i = 0; i < COUNT(commands); i++) {
        const char *second = i == 2 ? "a" : i == 3 ? path : NULL;
        cr_expect_eq(run(commands[i], (const char *const[]){"--json", path, second, NULL}),
                     EXIT_FAILED);
        json_t *json = json_loads(captured_out, 0, NULL);
        json_t *error = json_object_get(json, "error");
        cr_expect_eq(json_integer_value(json_object_get(json, "errors")), 2, "%s", captured_out);
        cr_expect_eq(json_array_size(json_object_get(json, "problems")), 2);
        cr_expect_str_eq(json_string_value(json_object_get(error, "code")), "HR_ERR_CONFIG");
        cr_expect_str_eq(json_string_value(json_object_get(error, "message")),
                         "2 errors, 0 warnings");
        json_decref(json);
    }
}

Test(config_inputs, options_that_cannot_be) {
    static const struct {
        const char *words[4], *why;
    } rows[] = {{{"--prefix", "", "a"}, "--prefix: it is empty, and all variables would be"},
                {{"--set", "a", "a"}, "--set: 'a' is no PATH=VALUE"},
                {{"--set", "=a", "a"}, "--set: '=a' is no PATH=VALUE"}};
    static max_align_t values[512];
    struct command_call call;
    char why[OPTION_WHY_SIZE];
    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_expect_eq(fixture_parse(&command_config_check, values, &call, rows[i].words, why),
                     OPTION_WRONG);
        cr_expect_not_null(strstr(why, rows[i].why), "%s", why);
    }
}
