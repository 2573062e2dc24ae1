/* headrace config schema, and the values that headrace config get keeps to itself. */
#include "config_command_fixture.h"

#include "commands.h"
#include "output.h"

TestSuite(config_schema_command, .init = fixture_open, .fini = fixture_close);

static int run(const struct command *command, const char *const *words) {
    static max_align_t values[1024];
    struct command_call call;
    char why[OPTION_WHY_SIZE];
    int code = -1;
    cr_assert_leq(command->values_size, sizeof values);
    cr_assert_eq(fixture_parse(command, values, &call, words, why), OPTION_PARSED, "%s", why);
    CAPTURE(code = command->run(&call));
    return code;
}

#define RUN(command, ...) run(&command, (const char *const[]){__VA_ARGS__, NULL})

static const char schema[] =
    "{\"type\": \"object\", \"properties\": {\"port\": {\"type\": \"integer\", \"default\": 80}, "
    "\"password\": {\"type\": \"string\", \"writeOnly\": true, \"default\": \"hidden-one\"}}}";

Test(config_schema_command, each_format_names_the_option_and_hides_the_secret) {
    static const char *const rows[][2] = {{"json-schema", "\"port\": {"},
                                          {"markdown", "`port`"},
                                          {"sample", "#port: 80"},
                                          {"variables", "ESPER_PORT\tport\t"}};
    const char *path = fixture_text("a.json", schema);
    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_expect_eq(RUN(command_config_schema, "--schema", path, "--format", rows[i][0]),
                     EXIT_DONE);
        cr_expect_not_null(strstr(captured_out, rows[i][1]), "%s", captured_out);
        cr_expect_null(strstr(captured_out, "hidden-one"));
    }
}

Test(config_schema_command, output_goes_to_a_file) {
    char text[4096];
    const char *path = fixture_text("a.json", schema), *out = fixture_path("out");
    cr_expect_eq(RUN(command_config_schema, "--schema", path, "-o", out), EXIT_DONE);
    cr_expect_gt(fixture_read(out, text, sizeof text), 0);
    cr_expect(strstr(text, "draft/2020-12") && !*captured_out);
    cr_expect_eq(RUN(command_config_schema, "--schema", path, "-o", "/nonexistent/a"), EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, "cannot write /nonexistent/a"), "%s", captured_err);
}

Test(config_schema_command, a_schema_has_to_be_named) {
    cr_expect_eq(run(&command_config_schema, (const char *const[]){NULL}), EXIT_USAGE);
    cr_expect_not_null(strstr(captured_err, "--schema is missing"), "%s", captured_err);
    cr_expect_eq(RUN(command_config_schema, "--schema", "nonsense"), EXIT_USAGE);
}

Test(config_schema_command, get_refuses_a_secret_until_it_is_told_to_reveal_it) {
    const char *path = fixture_text("a.json", schema), *file = fixture_text("a.yaml", "port: 1\n");
    cr_expect_eq(RUN(command_config_get, "--no-env", "--schema", path, file, "password"),
                 EXIT_FAILED);
    cr_expect(!strstr(captured_out, "hidden") && strstr(captured_err, "--reveal prints it"));
    cr_expect_eq(RUN(command_config_get, "--no-env", "--schema", path, file, ""), EXIT_DONE);
    cr_expect_not_null(strstr(captured_out, "\"password\":\"***\""), "%s", captured_out);
    cr_expect_eq(
        RUN(command_config_get, "--no-env", "--reveal", "--schema", path, file, "password"),
        EXIT_DONE);
    cr_expect_str_eq(captured_out, "hidden-one\n");
}

Test(config_schema_command, show_and_diff_say_where_a_default_comes_from) {
    const char *path = fixture_text("a.json", schema), *file = fixture_text("a.yaml", "x: 1\n"),
               *other = fixture_text("b.yaml", "x: 1\nport: 81\n");
    cr_expect_eq(RUN(command_config_show, "--no-env", "--schema", path, file), EXIT_DONE);
    cr_expect_not_null(strstr(captured_out, "port = 80  # default\n"), "%s", captured_out);
    cr_expect_eq(RUN(command_config_diff, "--no-env", "--json", "--schema", path, file, other),
                 EXIT_FAILED);
    cr_expect_not_null(strstr(captured_out, "\"from\":{\"value\":80,\"default\":true}"), "%s",
                       captured_out);
}
