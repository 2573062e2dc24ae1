/* Input that is meant to cost time, memory or a crash. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/config_schema.h>
#include <headrace/text.h>

#include "config_fixture.h"
#include "scratch_folder.h"

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
Test(config_hostile, many_problems_in_a_list, .timeout = 60) {
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
Test(config_hostile, many_variables_against_many_keys, .timeout = 60) {
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

/* ---- Files. */

/* Of one file. Returns the message of its only problem, which is good until the next call. */
static const char *refused(const char *path, struct hr_config_limits limits,
                           struct hr_config_problem *problem) {
    static char message[512];
    const struct hr_config_options options = {
        .files = &path, .file_count = 1, .no_environment = true, .limits = limits};
    hr_config_problems *problems = NULL;
    struct hr_error error;
    hr_config *config = NULL;
    cr_assert_eq(hr_config_load(&options, &problems, &error, &config), HR_ERR_CONFIG);
    cr_assert_eq(hr_config_problems_count(problems), 1);
    *problem = *hr_config_problems_at(problems, 0);
    cr_assert_str_eq(problem->origin.name, path);
    snprintf(message, sizeof message, "%s", problem->message);
    hr_config_problems_free(problems);
    return message;
}

static const struct hr_config_limits defaults;

Test(config_hostile, a_nul_has_its_line_and_column) {
    static const char text[] = "a: 1\r\nb: \xc3\xa4x\0y\n";
    struct hr_config_problem problem;
    scratch_make();
    scratch_write_bytes("nul.yaml", text, sizeof text - 1);
    const char *message = refused(scratch_at("nul.yaml"), defaults, &problem);
    cr_expect(strstr(message, "0x00"), "%s", message);
    cr_expect(problem.origin.line == 2 && problem.origin.column == 6, "%u:%u", problem.origin.line,
              problem.origin.column);
    scratch_remove();
}

/* Overlong, a surrogate, beyond Unicode, cut off, and a byte that begins nothing. */
Test(config_hostile, what_is_no_utf_8_has_its_line_and_column) {
    static const char *const faults[] = {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82",
                                         "\x80"};
    char text[64];
    struct hr_config_problem problem;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        scratch_make();
        snprintf(text, sizeof text, "# \xc3\xa4\n\na:\n  b: '\xf0\x9f\x98\x80 %s'\n", faults[i]);
        scratch_write("bad.yaml", text);
        const char *message = refused(scratch_at("bad.yaml"), defaults, &problem);
        cr_expect(strstr(message, "0x"), "%s", message);
        cr_expect(problem.origin.line == 4 && problem.origin.column == 9, "%zu: %u:%u", i,
                  problem.origin.line, problem.origin.column);
        scratch_remove();
    }
}

Test(config_hostile, a_file_that_may_not_be_read) {
    struct hr_config_problem problem;
    scratch_make();
    scratch_write("secret.yaml", "a: 1\n");
    cr_assert_eq(chmod(scratch_at("secret.yaml"), 0), 0);
    cr_assert_eq(chmod(scratch_folder, 0755), 0);
    if (geteuid() == 0) cr_assert_eq(seteuid(65534), 0, "root reads anything");
    const char *message = refused(scratch_at("secret.yaml"), defaults, &problem);
    cr_expect(strstr(message, "it cannot be opened: "), "%s", message);
    if (getuid() == 0) cr_assert_eq(seteuid(0), 0);
    scratch_remove();
}

/* The kernel's own files have no size until they are read. */
Test(config_hostile, a_file_that_grows_while_it_is_read) {
    struct hr_config_problem problem;
    const char *message = refused("/proc/self/status", defaults, &problem);
    cr_assert_str_eq(message, "it has changed while it was read");
}

/* Lines "k0000000: 1", all of them different. */
static void write_keys(const char *name, size_t bytes) {
    static char text[1 << 20];
    static const char line[] = "k00000000: 1\n";
    const size_t size = sizeof line - 1;
    char key[sizeof line];
    FILE *file = fopen(scratch_at(name), "w");
    cr_assert(file);
    memcpy(key, line, sizeof line);
    while (bytes > 0) {
        size_t used = 0;
        for (; used + size <= sizeof text && used < bytes; used += size) {
            memcpy(text + used, key, size);
            for (char *digit = key + 8; ++*digit > '9'; digit--) *digit = '0';
        }
        cr_assert_eq(fwrite(text, 1, used, file), used);
        bytes -= used < bytes ? used : bytes;
    }
    fclose(file);
}

Test(config_hostile, a_hundred_megabytes_of_keys, .timeout = 120) {
    struct hr_config_problem problem;
    scratch_make();
    write_keys("large.yaml", 100000000);
    const char *path = scratch_at("large.yaml");
    const char *message = refused(path, defaults, &problem);
    cr_expect(strstr(message, "limits.file_bytes_max"), "%s", message);
    message = refused(path, (struct hr_config_limits){.file_bytes_max = 1 << 30}, &problem);
    cr_expect(strstr(message, "more than 1000000 values (limits.nodes_max)"), "%s", message);
    scratch_remove();
}
