/* Several files: includes, folders and overlays of a profile. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_fixture.h"
#include "scratch_folder.h"

TestSuite(config_documents, .init = scratch_make, .fini = scratch_remove);

/* Loads that file of the folder. */
static void load(struct fixture *fixture, const char *name) {
    const char *path = scratch_at(name);
    fixture->options.files = &path;
    fixture->options.file_count = 1;
    fixture_load(fixture);
}

static const char *value(const struct fixture *fixture, const char *path) {
    return hr_config_text(hr_config_find(fixture->config, path)).data;
}

/* ---- Includes. */

Test(config_documents, a_file_wins_over_those_that_it_includes) {
    cr_assert_eq(mkdir(scratch_at("parts"), 0700), 0);
    scratch_write("main.yaml", "include: [parts/one.yaml, parts/two.yaml]\nmap: {c: main}\n");
    scratch_write("parts/one.yaml", "map: {a: one, b: one, c: one}\n");
    scratch_write("parts/two.yaml", "include: three.yaml\nmap: {b: two, c: two}\n");
    scratch_write("parts/three.yaml", "map: {b: three, d: three}\n");
    struct fixture fixture = {.options.no_environment = true};
    load(&fixture, "main.yaml");
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(value(&fixture, "map.a"), "one");
    cr_assert_str_eq(value(&fixture, "map.b"), "two");
    cr_assert_str_eq(value(&fixture, "map.c"), "main");
    cr_assert_str_eq(value(&fixture, "map.d"), "three");
    cr_assert_null(hr_config_find(fixture.config, "include"));
    cr_assert_eq(hr_config_count(hr_config_root(fixture.config)), 1);
    struct hr_config_origin origin;
    hr_config_origin_of(fixture.config, hr_config_find(fixture.config, "map.d"), &origin);
    cr_assert_str_eq(origin.name, scratch_at("parts/three.yaml"));
    fixture_free(&fixture);
}

Test(config_documents, an_include_by_reference_from_the_root_and_none) {
    char text[SCRATCH_PATH_SIZE * 2];
    snprintf(text, sizeof text, "include: ['%s', '${PART}.yaml']\n", scratch_at("absolute.yaml"));
    scratch_write("main.yaml", text);
    scratch_write("absolute.yaml", "a: 1\n");
    scratch_write("mine.yaml", "include:\nb: {include: 2}\n");
    struct fixture fixture = {
        .options = {.substitute = true, .environment = (const char *const[]){"PART=mine", NULL}}};
    load(&fixture, "main.yaml");
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(value(&fixture, "a"), "1");
    cr_assert_str_eq(value(&fixture, "b.include"), "2", "a key further down is a key");
    fixture_free(&fixture);
}

Test(config_documents, a_circle_of_includes_has_its_place) {
    scratch_write("a.yaml", "include: b.yaml\n");
    scratch_write("b.yaml", "x: 1\ninclude:\n  - c.yaml\n  - ./a.yaml\n");
    scratch_write("c.yaml", "include: c.yaml\n");
    struct fixture fixture = {.options.no_environment = true};
    load(&fixture, "a.yaml");
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_says(&fixture, 1, 10, "it includes itself"));
    cr_assert(fixture_says(&fixture, 4, 5, "it includes itself, this way or by way of others"));
    cr_assert(fixture_blames(&fixture, scratch_at("c.yaml"), "c.yaml: it includes itself"));
    cr_assert(fixture_blames(&fixture, scratch_at("b.yaml"), "a.yaml: it includes itself"));
    cr_assert_eq(hr_config_problems_count(fixture.problems), 2);
    const struct hr_config_problem *problem = hr_config_problems_at(fixture.problems, 1);
    cr_assert_str_eq(problem->line, "  - ./a.yaml");
    cr_assert_str_eq(problem->path, "include.1");
    fixture_free(&fixture);
}

Test(config_documents, a_file_may_be_included_twice) {
    scratch_write("main.yaml", "include: [a.yaml, b.yaml]\n");
    scratch_write("a.yaml", "include: base.yaml\na: 1\n");
    scratch_write("b.yaml", "include: base.yaml\n");
    scratch_write("base.yaml", "a: 0\nb: 0\n");
    struct fixture fixture = {.options.no_environment = true};
    load(&fixture, "main.yaml");
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(value(&fixture, "a"), "0", "later ones win, with all that they include");
    fixture_free(&fixture);
}

Test(config_documents, includes_too_deep) {
    char name[32], text[64];
    for (int i = 0; i < 18; i++) {
        snprintf(name, sizeof name, "f%d.yaml", i);
        snprintf(text, sizeof text, "include: f%d.yaml\nk%d: 1\n", i + 1, i);
        scratch_write(name, text);
    }
    scratch_write("f18.yaml", "end: 1\n");
    struct fixture deep = {.options.no_environment = true},
                   allowed = {.options.no_environment = true};
    load(&deep, "f1.yaml");
    load(&allowed, "f2.yaml");
    cr_assert(
        fixture_blames(&deep, scratch_at("f17.yaml"), "more than 16 includes in one another"));
    cr_assert_eq(allowed.result, 0, "%s", allowed.error.message);
    cr_assert_str_eq(value(&allowed, "end"), "1");
    fixture_free(&deep);
    fixture_free(&allowed);
}

/* Sixteen files that include the next one twice would be 65,535 readings. */
Test(config_documents, more_files_than_may_be_read) {
    char name[32], text[64];
    for (int i = 0; i < 15; i++) {
        snprintf(name, sizeof name, "f%d.yaml", i);
        snprintf(text, sizeof text, "include: [f%d.yaml, f%d.yaml]\n", i + 1, i + 1);
        scratch_write(name, text);
    }
    scratch_write("f15.yaml", "");
    struct fixture fixture = {.options.no_environment = true};
    load(&fixture, "f0.yaml");
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_says(&fixture, 0, 0, "more than 1000 files are read"));
    fixture_free(&fixture);
}

Test(config_documents, includes_that_are_none) {
    scratch_write("main.yaml", "include: [missing.yaml, 5, {a: b}, '', parts, none/]\n");
    cr_assert_eq(mkdir(scratch_at("parts"), 0700), 0);
    struct fixture fixture = {.options.no_environment = true};
    load(&fixture, "main.yaml");
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_says(&fixture, 1, 11, "missing.yaml: it cannot be opened"));
    cr_assert(fixture_says(&fixture, 1, 25, "a path, or a list of paths"));
    cr_assert(fixture_says(&fixture, 1, 28, "a path, or a list of paths"));
    cr_assert(fixture_says(&fixture, 1, 36, "a path, or a list of paths"));
    cr_assert(fixture_says(&fixture, 1, 40, "it is a folder"));
    cr_assert(fixture_says(&fixture, 1, 47, "none/: it cannot be opened"));
    fixture_free(&fixture);
}

Test(config_documents, faults_of_an_included_file_are_its_own) {
    scratch_write("main.yaml", "include: [a.yaml, b.yaml]\nx: *y\n");
    scratch_write("good.yaml", "include: [a.yaml, b.yaml]\n");
    scratch_write("a.yaml", "a: *b\n");
    scratch_write("b.yaml", "- 1\n");
    struct fixture both = {.options.no_environment = true}, bad = {.options.no_environment = true};
    load(&both, "good.yaml");
    load(&bad, "main.yaml");
    cr_assert(fixture_blames(&both, scratch_at("a.yaml"), "no anchor"));
    cr_assert(fixture_blames(&both, scratch_at("b.yaml"), "a map of keys and values"));
    cr_assert(fixture_blames(&bad, scratch_at("main.yaml"), "no anchor"));
    fixture_free(&both);
    fixture_free(&bad);
}

/* ---- Folders. */

Test(config_documents, the_files_of_a_folder_in_the_order_of_their_names) {
    cr_assert_eq(mkdir(scratch_at("conf.d"), 0700), 0);
    scratch_write("conf.d/10-a.yaml", "a: 10\nb: 10\nc: 10\n");
    scratch_write("conf.d/9-b.yml", "b: 9\nc: 9\n");
    scratch_write("conf.d/B.yaml", "c: B\nd: B\n");
    scratch_write("conf.d/a.yaml", "d: a\n");
    scratch_write("conf.d/.yaml", "- no\n");
    scratch_write("conf.d/.swap.yaml", "- no\n");
    scratch_write("conf.d/a.yaml.bak", "- no\n");
    scratch_write("main.yaml", "include: conf.d/\nd: main\n");
    struct fixture folder = {.options.no_environment = true},
                   included = {.options.no_environment = true};
    load(&folder, "conf.d/");
    load(&included, "main.yaml");
    cr_assert_eq(folder.result, 0, "%s", folder.error.message);
    cr_assert_str_eq(value(&folder, "a"), "10");
    cr_assert_str_eq(value(&folder, "b"), "9");
    cr_assert_str_eq(value(&folder, "c"), "B");
    cr_assert_str_eq(value(&folder, "d"), "a");
    cr_assert_eq(included.result, 0, "%s", included.error.message);
    cr_assert_str_eq(value(&included, "c"), "B");
    cr_assert_str_eq(value(&included, "d"), "main");
    fixture_free(&folder);
    fixture_free(&included);
}

/* Docker makes a folder where the file that is to be mounted is not there. */
Test(config_documents, a_folder_is_named_as_one) {
    cr_assert_eq(mkdir(scratch_at("service.yaml"), 0700), 0);
    struct fixture fixture = {.options.no_environment = true},
                   missing = {.options.no_environment = true};
    load(&fixture, "service.yaml");
    load(&missing, "missing/");
    cr_assert(fixture_blames(&fixture, scratch_at("service.yaml"), "with / at its end"));
    cr_assert(fixture_blames(&missing, scratch_at("missing/"), "cannot be opened"));
    fixture_free(&fixture);
    fixture_free(&missing);
}

Test(config_documents, a_folder_with_too_many_files) {
    char name[32];
    for (int i = 0; i <= 1000; i++) {
        snprintf(name, sizeof name, "%d.yaml", i);
        scratch_write(name, "");
    }
    struct fixture fixture = {.options.no_environment = true};
    load(&fixture, "");
    cr_assert(fixture_blames(&fixture, scratch_at(""), "more than 1000 files"));
    fixture_free(&fixture);
}

/* ---- Profiles. */

Test(config_documents, the_overlay_of_a_profile_counts_right_behind_its_file) {
    scratch_write("service.yaml", "a: 1\nb: 1\nc: 1\n");
    scratch_write("service.prod.yaml", "b: 2\nc: 2\n");
    scratch_write("service.test.yaml", "a: no\n");
    scratch_write("local.yaml", "c: 3\n");
    const char *files[] = {scratch_at("service.yaml"), scratch_at("local.yaml")};
    struct fixture fixture = {
        .options = {.files = files, .file_count = 2, .no_environment = true, .profile = "prod"}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_null(fixture.problems);
    cr_assert_str_eq(value(&fixture, "a"), "1");
    cr_assert_str_eq(value(&fixture, "b"), "2");
    cr_assert_str_eq(value(&fixture, "c"), "3");
    fixture_free(&fixture);
}

Test(config_documents, a_profile_without_any_file_is_warned_of) {
    scratch_write("service.yaml", "a: 1\n");
    struct fixture fixture = {.options = {.no_environment = true, .profile = "porduction"}};
    load(&fixture, "service.yaml");
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert(fixture_says(&fixture, 0, 0, "no file of the profile \"porduction\""));
    fixture_free(&fixture);
}

Test(config_documents, a_broken_overlay_is_an_error) {
    scratch_write("service.yaml", "a: 1\n");
    scratch_write("service.prod.yaml", "a: *b\n");
    struct fixture fixture = {.options = {.no_environment = true, .profile = "prod"}};
    load(&fixture, "service.yaml");
    cr_assert(fixture_blames(&fixture, scratch_at("service.prod.yaml"), "no anchor"));
    fixture_free(&fixture);
}

Test(config_documents, a_profile_leads_nowhere_else) {
    static const char *const profiles[] = {"", "../x", "a.b", "a/b"};
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        const struct hr_config_options options = {.profile = profiles[i]};
        struct hr_error error;
        hr_config *config;
        cr_assert_eq(hr_config_load(&options, NULL, &error, &config), -EINVAL, "%s", profiles[i]);
    }
}
