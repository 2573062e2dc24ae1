/* Paths: the one that a problem names is the one that finds the value. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <headrace/config_schema.h>

#include "config_fixture.h"

static const char *const keys[] = {"a.b", "a\\b", ".", "\\", "..", "x.", ".x", "plain", "a.\\.b"};
#define KEYS (sizeof keys / sizeof keys[0])

/* A map in a list in a map, with the same key in both. */
static void load_keys(struct fixture *fixture, const char *key) {
    static char text[128];
    snprintf(text, sizeof text, "? '%s'\n: - ? '%s'\n    : 7\n", key, key);
    fixture->texts[0] = text;
    fixture_load(fixture);
}

/* With backslashes as hr_config_find takes them, by hand. */
static void escape(const char *key, char *out) {
    for (; *key; key++) {
        if (*key == '.' || *key == '\\') *out++ = '\\';
        *out++ = *key;
    }
    *out = '\0';
}

Test(config_path, a_key_with_dots_is_found_by_its_escaped_path) {
    for (size_t i = 0; i < KEYS; i++) {
        struct fixture fixture = {.texts = {NULL}};
        char step[32], path[80];
        load_keys(&fixture, keys[i]);
        cr_assert_eq(fixture.result, 0, "%s: %s", keys[i], fixture.error.message);
        escape(keys[i], step);
        snprintf(path, sizeof path, "%s.0.%s", step, step);
        const struct hr_config_node *node = hr_config_find(fixture.config, path);
        cr_assert(node, "%s", path);
        cr_assert_str_eq(hr_config_text(node).data, "7");
        fixture_free(&fixture);
    }
}

struct one {
    uint32_t plain;
};
static const struct hr_config_field fields[] = {HR_FIELD(struct one, plain, HR_UINT)};
static const struct hr_config_schema schema = HR_SCHEMA(struct one, fields);

Test(config_path, a_problem_has_the_path_that_finds_its_value) {
    for (size_t i = 0; i < KEYS; i++) {
        struct fixture fixture = {.options.schema = &schema};
        char step[32];
        load_keys(&fixture, keys[i]);
        escape(keys[i], step);
        const struct hr_config_problem *problem = hr_config_problems_at(fixture.problems, 0);
        cr_assert(problem);
        cr_assert_str_eq(problem->path, step);
        fixture_free(&fixture);
    }
}

Test(config_path, a_key_of_more_than_256_bytes_is_found_where_nothing_is_escaped) {
    char key[302], text[310], path[304];
    memset(key, 'k', 300);
    key[300] = '\0';
    snprintf(text, sizeof text, "%s: 1\n", key);
    snprintf(path, sizeof path, "\\%s", key);
    struct fixture fixture = {.texts = {text}};
    fixture_load(&fixture);
    cr_assert(hr_config_find(fixture.config, key));
    cr_assert_null(hr_config_find(fixture.config, path), "with an escape, keys have at most 256");
    fixture_free(&fixture);
}

Test(config_path, a_long_path_is_shortened_from_the_front_at_a_dot) {
    char text[2000] = "", *at = text;
    for (unsigned i = 0; i < 30; i++)
        at += snprintf(at, 60, "{level.%u-%s: ", i, "xxxxxxxxxxxxxxxxxxxx");
    at += snprintf(at, 60, "&a *b");
    struct fixture fixture = {.texts = {text}};
    fixture_load(&fixture);
    const struct hr_config_problem *problem = hr_config_problems_at(fixture.problems, 0);
    cr_assert(problem);
    cr_assert_lt(strlen(problem->path), (size_t)256);
    cr_assert_eq(strncmp(problem->path, "….level\\.", strlen("….level\\.")), 0, "%s",
                 problem->path);
    fixture_free(&fixture);
}
