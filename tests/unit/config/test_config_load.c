/* Files, variables and settings: what wins, of which type it is, and what is refused. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_fixture.h"

#define ENVIRONMENT(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SETS(...)                                                                                  \
    .sets = (const char *const[]){__VA_ARGS__},                                                    \
    .set_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)

static const char esper[] = "name: esper\n"
                            "database:\n"
                            "  host: db.local\n"
                            "  pool_size: 10\n"
                            "  echo: false\n"
                            "  timeout: 1.5\n"
                            "hosts: [a, b]\n";

Test(config_load, later_files_win_and_maps_merge) {
    struct fixture fixture = {
        .texts = {esper, "database: {pool_size: 20, user: me}\nhosts: [c]\n"}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(fixture_text(&fixture, "database.pool_size", HR_CONFIG_INT), "20");
    cr_assert_str_eq(fixture_text(&fixture, "database.host", HR_CONFIG_STRING), "db.local");
    cr_assert_str_eq(fixture_text(&fixture, "database.user", HR_CONFIG_STRING), "me");
    cr_assert_str_eq(fixture_text(&fixture, "hosts.0", HR_CONFIG_STRING), "c");
    cr_assert_null(hr_config_find(fixture.config, "hosts.1"));
    struct hr_config_origin origin;
    hr_config_origin_of(fixture.config, hr_config_find(fixture.config, "database.user"), &origin);
    cr_assert_eq(origin.kind, HR_CONFIG_FROM_FILE);
    cr_assert_str_eq(origin.name, fixture.paths[1]);
    cr_assert_eq(origin.line, 1);
    cr_assert_eq(origin.column, 33);
    fixture_free(&fixture);
}

Test(config_load, a_map_gives_way_to_a_scalar_and_the_reverse) {
    struct fixture fixture = {.texts = {"a: {b: 1}\nc: 2\n", "a: x\nc: {d: 4}\n", "a: {e: 5}\n"}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0);
    cr_assert_null(hr_config_find(fixture.config, "a.b"), "what was replaced is gone");
    cr_assert_str_eq(fixture_text(&fixture, "a.e", HR_CONFIG_INT), "5");
    cr_assert_str_eq(fixture_text(&fixture, "c.d", HR_CONFIG_INT), "4");
    fixture_free(&fixture);
}

Test(config_load, variables_take_the_type_of_what_is_there) {
    struct fixture fixture = {.texts = {esper},
                              .options.environment =
                                  ENVIRONMENT("ESPER_NAME=42", "ESPER_DATABASE_POOL_SIZE=7",
                                              "esper_database_echo=1", "ESPER_Database__Timeout=2",
                                              "ESPER_HOSTS__1=z", "OTHER_NAME=no")};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(fixture_text(&fixture, "name", HR_CONFIG_STRING), "42");
    cr_assert_str_eq(fixture_text(&fixture, "database.pool_size", HR_CONFIG_INT), "7");
    cr_assert_str_eq(fixture_text(&fixture, "database.echo", HR_CONFIG_BOOL), "true");
    cr_assert_str_eq(fixture_text(&fixture, "database.timeout", HR_CONFIG_FLOAT), "2");
    cr_assert_str_eq(fixture_text(&fixture, "hosts.1", HR_CONFIG_STRING), "z");
    struct hr_config_origin origin;
    hr_config_origin_of(fixture.config, hr_config_find(fixture.config, "database.pool_size"),
                        &origin);
    cr_assert_eq(origin.kind, HR_CONFIG_FROM_VARIABLE);
    cr_assert_str_eq(origin.name, "ESPER_DATABASE_POOL_SIZE");
    fixture_free(&fixture);
}

/* The commonest complaint about loaders: a variable whose key no file has is ignored. */
Test(config_load, a_variable_counts_that_neither_file_nor_default_knows) {
    struct fixture fixture = {.options.environment =
                                  ENVIRONMENT("ESPER_SERVICE_7_PARAM=9", "ESPER_DEBUG=Yes",
                                              "ESPER_RATE=0.5", "ESPER_ZONE=eu__west")};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(fixture_text(&fixture, "service.7.param", HR_CONFIG_INT), "9");
    cr_assert_str_eq(fixture_text(&fixture, "debug", HR_CONFIG_BOOL), "true");
    cr_assert_str_eq(fixture_text(&fixture, "rate", HR_CONFIG_FLOAT), "0.5");
    cr_assert_str_eq(fixture_text(&fixture, "zone", HR_CONFIG_STRING), "eu__west");
    fixture_free(&fixture);
}

Test(config_load, a_hundred_variables_of_services) {
    static char names[100][40];
    const char *environment[101] = {NULL};
    for (int i = 0; i < 100; i++) {
        snprintf(names[i], sizeof names[i], "ESPER_SERVICE_%d_PARAM=%d", i, i);
        environment[i] = names[i];
    }
    struct fixture fixture = {.options.environment = environment};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0);
    cr_assert_eq(hr_config_count(hr_config_find(fixture.config, "service")), 100);
    cr_assert_str_eq(fixture_text(&fixture, "service.99.param", HR_CONFIG_INT), "99");
    fixture_free(&fixture);
}

Test(config_load, the_longest_key_that_exists_wins) {
    struct fixture fixture = {
        .texts = {"a: {b_c: 1}\na_b: {c: 2}\nd_e_f: 3\n"},
        .options.environment = ENVIRONMENT("ESPER_A_B_C=20", "ESPER_D_E_F=30", "ESPER_A__B_C=10")};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(fixture_text(&fixture, "a_b.c", HR_CONFIG_INT), "20");
    cr_assert_str_eq(fixture_text(&fixture, "d_e_f", HR_CONFIG_INT), "30");
    cr_assert_str_eq(fixture_text(&fixture, "a.b_c", HR_CONFIG_INT), "10");
    fixture_free(&fixture);
}

Test(config_load, a_variable_through_a_scalar_names_both) {
    struct fixture fixture = {.texts = {esper},
                              .options.environment = ENVIRONMENT(
                                  "ESPER_NAME__FIRST=x", "ESPER_HOSTS__7=x", "ESPER_DATABASE=x")};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_blames(&fixture, "ESPER_NAME__FIRST", "name, which is a string"));
    cr_assert(fixture_blames(&fixture, "ESPER_HOSTS__7", "a list has no such item"));
    cr_assert(fixture_blames(&fixture, "ESPER_DATABASE", "a map is there"));
    cr_assert_eq(hr_config_problems_of(fixture.problems, HR_CONFIG_ERROR), 3,
                 "all of them at once");
    fixture_free(&fixture);
}

Test(config_load, a_variable_of_the_wrong_type_is_named) {
    struct fixture fixture = {.texts = {esper},
                              .options.environment = ENVIRONMENT("ESPER_DATABASE_POOL_SIZE=many",
                                                                 "ESPER_DATABASE_ECHO=maybe")};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_blames(&fixture, "ESPER_DATABASE_POOL_SIZE", "not an integer"));
    cr_assert(fixture_blames(&fixture, "ESPER_DATABASE_ECHO", "not a boolean"));
    cr_assert_null(strstr(fixture.error.message, "many"), "a value may be a secret");
    fixture_free(&fixture);
}

Test(config_load, an_empty_variable_is_unset_or_an_empty_text) {
    const char *const *environment = ENVIRONMENT("ESPER_NAME=", "ESPER_DATABASE_POOL_SIZE=");
    struct fixture unset = {.texts = {esper}, .options.environment = environment};
    struct fixture value = {.texts = {esper},
                            .options = {.environment = environment, .empty_is_value = true}};
    fixture_load(&unset);
    fixture_load(&value);
    cr_assert_str_eq(fixture_text(&unset, "name", HR_CONFIG_STRING), "esper");
    cr_assert_str_eq(fixture_text(&value, "name", HR_CONFIG_STRING), "");
    cr_assert_str_eq(fixture_text(&value, "database.pool_size", HR_CONFIG_INT), "10");
    fixture_free(&unset);
    fixture_free(&value);
}

Test(config_load, another_prefix) {
    struct fixture fixture = {
        .options = {.prefix = "APP_", .environment = ENVIRONMENT("APP_A=1", "ESPER_B=2")}};
    fixture_load(&fixture);
    cr_assert(hr_config_find(fixture.config, "a"));
    cr_assert_null(hr_config_find(fixture.config, "b"));
    fixture_free(&fixture);
}

Test(config_load, settings_win_over_all) {
    struct fixture fixture = {
        .texts = {esper},
        .options = {.environment = ENVIRONMENT("ESPER_NAME=variable"),
                    SETS("name=set", "database.pool_size=3", "new.key\\.with_dot=on", "empty=")}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(fixture_text(&fixture, "name", HR_CONFIG_STRING), "set");
    cr_assert_str_eq(fixture_text(&fixture, "database.pool_size", HR_CONFIG_INT), "3");
    cr_assert_str_eq(fixture_text(&fixture, "new.key\\.with_dot", HR_CONFIG_BOOL), "true");
    cr_assert_str_eq(fixture_text(&fixture, "empty", HR_CONFIG_STRING), "");
    fixture_free(&fixture);
}

Test(config_load, settings_that_are_none) {
    struct fixture fixture = {.options = {SETS("=1", "no_value", "a..b=1", "a=1", "a.b=1")}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_blames(&fixture, "", "PATH=VALUE"));
    cr_assert(fixture_blames(&fixture, "no_value", "PATH=VALUE"));
    cr_assert(fixture_blames(&fixture, "a..b", "is empty"));
    cr_assert(fixture_blames(&fixture, "a.b", "a, which is an integer"));
    fixture_free(&fixture);
}

/* ---- YAML that a configuration is not. */

Test(config_load, all_faults_at_once_each_with_its_place) {
    struct fixture fixture = {.texts = {"a: 1\n"
                                        "a: 2\n"
                                        "b: *nobody\n"
                                        "c: !mine x\n"
                                        "d: !!int many\n"
                                        "? {e: 1}\n"
                                        ": 2\n"}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_says(&fixture, 2, 1, "first in line 1, column 1"));
    cr_assert(fixture_says(&fixture, 3, 4, "no anchor &nobody"));
    cr_assert(fixture_says(&fixture, 4, 4, "the tag !mine"));
    cr_assert(fixture_says(&fixture, 5, 4, "not an integer"));
    cr_assert(fixture_says(&fixture, 6, 3, "a key has to be a scalar"));
    cr_assert(strstr(fixture.error.message, "5 errors, the first: "), "%s", fixture.error.message);
    fixture_free(&fixture);
}

Test(config_load, a_problem_inside_of_a_list_tells_the_item) {
    struct fixture fixture = {.texts = {"a:\n- b: 1\n- [x, *y]\n- {c: *d}\n"}};
    fixture_load(&fixture);
    cr_assert_str_eq(hr_config_problems_at(fixture.problems, 0)->path, "a.1.1");
    cr_assert_str_eq(hr_config_problems_at(fixture.problems, 1)->path, "a.2.c");
    fixture_free(&fixture);
}

Test(config_load, a_second_document_and_a_root_that_is_no_map) {
    struct fixture two = {.texts = {"a: 1\n---\nb: 2\n"}}, list = {.texts = {"- a\n"}};
    fixture_load(&two);
    fixture_load(&list);
    cr_assert(fixture_says(&two, 2, 1, "second document"));
    cr_assert(fixture_says(&list, 1, 1, "a map of keys and values"));
    fixture_free(&two);
    fixture_free(&list);
}

Test(config_load, anchors_aliases_and_merge_keys) {
    struct fixture fixture = {.texts = {"base: &base {a: 1, b: {c: 2}}\n"
                                        "more: &more {b: 3, d: 4}\n"
                                        "one:\n  <<: *base\n  a: 10\n"
                                        "two:\n  <<: [*more, *base]\n"
                                        "three: {\"<<\": text}\n"}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(fixture_text(&fixture, "one.a", HR_CONFIG_INT), "10");
    cr_assert_str_eq(fixture_text(&fixture, "one.b.c", HR_CONFIG_INT), "2");
    cr_assert_str_eq(fixture_text(&fixture, "two.b", HR_CONFIG_INT), "3");
    cr_assert_str_eq(fixture_text(&fixture, "two.a", HR_CONFIG_INT), "1");
    cr_assert_str_eq(fixture_text(&fixture, "two.d", HR_CONFIG_INT), "4");
    cr_assert_str_eq(fixture_text(&fixture, "three.<<", HR_CONFIG_STRING), "text");
    cr_assert_str_eq(fixture_text(&fixture, "base.b.c", HR_CONFIG_INT), "2",
                     "what is copied stays");
    fixture_free(&fixture);
}

Test(config_load, an_alias_inside_of_what_it_names) {
    struct fixture fixture = {.texts = {"a: &a [1, *a]\n"}};
    fixture_load(&fixture);
    cr_assert(fixture_says(&fixture, 1, 11, "inside of what it names"));
    fixture_free(&fixture);
}

Test(config_load, a_billion_laughs) {
    struct fixture fixture = {.texts = {"a: &a [x,x,x,x,x,x,x,x,x]\n"
                                        "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                                        "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                                        "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                                        "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
                                        "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"}};
    fixture_load(&fixture);
    cr_assert(fixture_says(&fixture, 0, 0, "aliases make more than 100000 values"));
    fixture_free(&fixture);
}

Test(config_load, ten_thousand_lists_in_one_another) {
    char *text = malloc(20010);
    memcpy(text, "a: ", 3);
    memset(text + 3, '[', 10000);
    memset(text + 10003, ']', 10000);
    text[20003] = '\0';
    struct fixture fixture = {.texts = {text}};
    fixture_load(&fixture);
    free(text);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_says(&fixture, 1, 67, "more than 64 lists and maps in one another"), "%s",
              fixture.error.message);
    fixture_free(&fixture);
}

Test(config_load, too_many_values) {
    struct fixture fixture = {.texts = {"a: [1, 2, 3, 4]\n"}, .options.limits.nodes_max = 5};
    fixture_load(&fixture);
    cr_assert(fixture_says(&fixture, 0, 0, "more than 5 values (limits.nodes_max)"));
    fixture_free(&fixture);
}

Test(config_load, bytes_that_are_no_text_have_their_place) {
    struct fixture broken = {.texts = {"a: 1\nb: x\xffy\n"}}, control = {.texts = {"a: ä\x01\n"}};
    fixture_load(&broken);
    fixture_load(&control);
    cr_assert(fixture_says(&broken, 2, 5, "0xff"));
    cr_assert(fixture_says(&control, 1, 5, "0x01"), "columns count characters");
    fixture_free(&broken);
    fixture_free(&control);
}

Test(config_load, line_breaks_of_yaml_1_1_are_no_content) {
    struct fixture separator = {.texts = {"a: 1\nb: \"x\u2028y\"\n"}},
                   written = {.texts = {"b: \"x\\u2028y\"\n"}};
    fixture_load(&separator);
    fixture_load(&written);
    cr_assert(fixture_says(&separator, 2, 6, "line break of YAML 1.1"));
    cr_assert_str_eq(fixture_text(&written, "b", HR_CONFIG_STRING), "x\u2028y");
    fixture_free(&separator);
    fixture_free(&written);
}

Test(config_load, lines_that_end_with_a_carriage_return) {
    struct fixture fixture = {.texts = {"a: 1\rb: 2\r\nc: *d\r"}};
    char text[512];
    fixture_load(&fixture);
    cr_assert(fixture_says(&fixture, 3, 4, "no anchor"));
    hr_config_problem_text(hr_config_problems_at(fixture.problems, 0), text, sizeof text);
    cr_assert(strstr(text, "\n  | c: *d\n"), "%s", text);
    fixture_free(&fixture);
}

Test(config_load, a_byte_order_mark_is_skipped) {
    struct fixture fixture = {.texts = {"\xef\xbb\xbf"
                                        "a: 1\n"}};
    fixture_load(&fixture);
    cr_assert_str_eq(fixture_text(&fixture, "a", HR_CONFIG_INT), "1");
    fixture_free(&fixture);
}

Test(config_load, old_readings_are_warned_of) {
    struct fixture fixture = {
        .texts = {"a: no\nb: 0777\nc: 12:30\nd: 2026-11-29\ne: \"yes\"\nf: 8\n"},
        .options.warn_old_yaml = true};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0);
    cr_assert_str_eq(fixture_text(&fixture, "a", HR_CONFIG_STRING), "no");
    cr_assert(fixture_says(&fixture, 1, 4, "a boolean"));
    cr_assert(fixture_says(&fixture, 2, 4, "an octal number"));
    cr_assert(fixture_says(&fixture, 3, 4, "base 60"));
    cr_assert(fixture_says(&fixture, 4, 4, "a date"));
    cr_assert_eq(hr_config_problems_of(fixture.problems, HR_CONFIG_WARNING), 4);
    fixture_free(&fixture);
}

Test(config_load, more_problems_than_are_kept) {
    struct fixture fixture = {.texts = {"a: *b\nc: *d\ne: *f\n"}, .options.limits.problems_max = 1};
    fixture_load(&fixture);
    cr_assert_eq(hr_config_problems_count(fixture.problems), 2);
    cr_assert(fixture_says(&fixture, 0, 0, "2 more problems"));
    fixture_free(&fixture);
}

Test(config_load, a_problem_as_text_shows_its_line) {
    struct fixture fixture = {.texts = {"database:\n  host: \tx\x7f\n"}};
    char text[512];
    fixture_load(&fixture);
    cr_assert_gt(
        hr_config_problem_text(hr_config_problems_at(fixture.problems, 0), text, sizeof text), 0);
    cr_assert(strstr(text, ":2:11: error: "), "%s", text);
    cr_assert(strstr(text, "\n  |   host:  x?\n  |           ^"), "%s", text);
    fixture_free(&fixture);
}

/* ---- Files that are none. */

static int load_path(const char *path, struct hr_error *error) {
    const struct hr_config_options options = {
        .files = &path, .file_count = 1, .no_environment = true};
    hr_config *config = NULL;
    int err = hr_config_load(&options, NULL, error, &config);
    hr_config_free(config);
    return err;
}

Test(config_load, what_is_no_file) {
    char folder[] = "/tmp/hr-config-XXXXXX", path[64];
    struct hr_error error;
    cr_assert(mkdtemp(folder));
    cr_assert_eq(load_path(folder, &error), HR_ERR_CONFIG);
    cr_assert(strstr(error.message, "a folder"));
    snprintf(path, sizeof path, "%s/pipe", folder);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(load_path(path, &error), HR_ERR_CONFIG);
    cr_assert(strstr(error.message, "a pipe"));
    unlink(path);
    cr_assert_eq(load_path(path, &error), HR_ERR_CONFIG);
    cr_assert(strstr(error.message, path) && strstr(error.message, "cannot be opened"));
    cr_assert_eq(load_path("/dev/zero", &error), HR_ERR_CONFIG);
    cr_assert(strstr(error.message, "a device"));
    rmdir(folder);
}

Test(config_load, a_file_that_is_too_large) {
    struct fixture fixture = {.texts = {"a: 12345678\n"}, .options.limits.file_bytes_max = 8};
    fixture_load(&fixture);
    cr_assert(strstr(fixture.error.message, "limits.file_bytes_max"));
    fixture_free(&fixture);
}

Test(config_load, an_empty_file_is_an_empty_configuration) {
    struct fixture fixture = {.texts = {"# nothing\n"}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0);
    cr_assert_eq(hr_config_count(hr_config_root(fixture.config)), 0);
    fixture_free(&fixture);
}

Test(config_load, options_that_cannot_be) {
    struct hr_error error;
    hr_config *config = NULL;
    const struct hr_config_options deep = {.limits.depth_max = 1001}, later = {.reserved = {1}},
                                   prefix = {.prefix = ""}, files = {.file_count = 1};
    cr_assert_eq(hr_config_load(&deep, NULL, &error, &config), -EINVAL);
    cr_assert_eq(hr_config_load(&later, NULL, &error, &config), -EINVAL);
    cr_assert_eq(hr_config_load(&prefix, NULL, &error, &config), -EINVAL);
    cr_assert_eq(hr_config_load(&files, NULL, &error, &config), -EINVAL);
    cr_assert_null(config);
}

Test(config_load, values_by_type) {
    struct fixture fixture = {
        .texts = {"i: -9223372036854775808\nu: 18446744073709551615\nl: 18446744073709551616\n"
                  "o: 0o17\nx: 0xFF\nf: 1e3\ninf: -.inf\nt: True\nbig: 1e999\n"}};
    int64_t i;
    uint64_t u;
    double f;
    bool t;
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
#define AT(path) hr_config_find(fixture.config, path)
    cr_assert_eq(hr_config_i64(AT("i"), &i), 0);
    cr_assert_eq(i, INT64_MIN);
    cr_assert_eq(hr_config_u64(AT("u"), &u), 0);
    cr_assert_eq(u, UINT64_MAX);
    cr_assert_eq(hr_config_i64(AT("u"), &i), -ERANGE);
    cr_assert_eq(hr_config_u64(AT("i"), &u), -ERANGE);
    cr_assert_eq(hr_config_u64(AT("l"), &u), -ERANGE);
    cr_assert(hr_config_u64(AT("o"), &u) == 0 && u == 15);
    cr_assert(hr_config_u64(AT("x"), &u) == 0 && u == 255);
    cr_assert(hr_config_double(AT("f"), &f) == 0 && f == 1000.0);
    cr_assert(hr_config_double(AT("inf"), &f) == 0 && f < -1e308);
    cr_assert_eq(hr_config_double(AT("big"), &f), -ERANGE);
    cr_assert(hr_config_bool(AT("t"), &t) == 0 && t);
    cr_assert_eq(hr_config_bool(AT("i"), &t), -EINVAL);
    cr_assert_eq(hr_config_i64(NULL, &i), -EINVAL);
    fixture_free(&fixture);
}

Test(config_load, a_node_knows_what_it_stands_in) {
    struct fixture fixture = {.texts = {"a: {b: [1]}\n"}};
    fixture_load(&fixture);
    const struct hr_config_node *item = hr_config_find(fixture.config, "a.b.0");
    cr_assert_not_null(item);
    cr_assert_eq(hr_config_parent(item), hr_config_find(fixture.config, "a.b"));
    cr_assert_eq(hr_config_parent(hr_config_find(fixture.config, "a")),
                 hr_config_root(fixture.config));
    cr_assert_null(hr_config_parent(hr_config_root(fixture.config)));
    cr_assert_null(hr_config_parent(NULL));
    fixture_free(&fixture);
}
