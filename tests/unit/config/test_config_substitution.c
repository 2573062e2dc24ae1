/* References to variables: the table of OpenTelemetry's declarative configuration, and what follows
 * from its grammar. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"
#include "config_as_json.h"

#define VARIABLES_MAX 32

/* A file with the text, whose path is the caller's to unlink. */
static void write_file(struct hr_slice text, char path[64]) {
    memcpy(path, "/tmp/hr-config-XXXXXX", sizeof "/tmp/hr-config-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text.data, text.size), (ssize_t)text.size);
    close(fd);
}

static void set_environment(const json_t *given, char *environment[VARIABLES_MAX + 1]) {
    const char *name;
    json_t *value;
    size_t count = 0;
    json_object_foreach((json_t *)given, name, value) {
        cr_assert_lt(count, (size_t)VARIABLES_MAX);
        cr_assert_gt(asprintf(&environment[count++], "%s=%s", name, json_string_value(value)), 0);
    }
    environment[count] = NULL;
}

static const char *type_name(const struct hr_config_node *node) {
    static const char *const names[] = {"null", "bool", "int", "float", "str", "list", "map"};
    return names[hr_config_type_of(node)];
}

/* The node at a JSON Pointer. */
static const struct hr_config_node *point(const hr_config *config, const char *pointer) {
    const struct hr_config_node *node = hr_config_root(config);
    struct hr_slice rest = hr_slice_of(pointer + 1), step;
    while (node && hr_slice_cut(&rest, '/', &step)) {
        if (hr_config_type_of(node) == HR_CONFIG_MAP) {
            node = hr_config_child(config, node, step);
            continue;
        }
        node = hr_config_first(node);
        for (long index = strtol(step.data, NULL, 10); node && index > 0; index--)
            node = hr_config_next(node);
    }
    return node;
}

static bool types_agree(const hr_config *config, const json_t *types) {
    const char *pointer;
    json_t *name;
    json_object_foreach((json_t *)types, pointer, name) {
        const struct hr_config_node *node = point(config, pointer);
        if (!node || strcmp(type_name(node), json_string_value(name)) != 0) return false;
    }
    return true;
}

static bool as_expected(const hr_config *config, const json_t *expect) {
    json_t *found = config_as_json(hr_config_root(config));
    bool equal = config_json_equal(found, json_object_get(expect, "json")) &&
                 types_agree(config, json_object_get(expect, "types"));
    json_decref(found);
    return equal;
}

/* Of class "choice": one of what is accepted. */
static bool is_accepted(const json_t *one, const hr_config *config) {
    size_t index;
    json_t *way;
    json_array_foreach(json_object_get(one, "accept"), index, way) {
        const char *word = json_string_value(way);
        if (word && strcmp(word, "error") == 0 && !config) return true;
        if (word && strcmp(word, "as-given") == 0 && config &&
            as_expected(config, json_object_get(one, "expect")))
            return true;
        if (!config || (word && (strcmp(word, "error") == 0 || strcmp(word, "as-given") == 0)))
            continue;
        json_t *found = config_as_json(hr_config_find(config, "key"));
        bool equal = config_json_equal(found, way);
        json_decref(found);
        if (equal) return true;
    }
    return false;
}

static bool try_case(const json_t *one) {
    char path[64], *environment[VARIABLES_MAX + 1];
    hr_config *config = NULL;
    struct hr_error error;
    write_file(cases_slice(one, "yaml"), path);
    set_environment(json_object_get(one, "env"), environment);
    const char *files[] = {path};
    const struct hr_config_options options = {.files = files,
                                              .file_count = 1,
                                              .no_environment = true,
                                              .environment = (const char *const *)environment,
                                              .substitute = true};
    int err = hr_config_load(&options, NULL, &error, &config);
    unlink(path);
    for (size_t i = 0; environment[i]; i++) free(environment[i]);
    const json_t *expect = json_object_get(one, "expect");
    bool good = json_object_get(one, "accept")     ? is_accepted(one, config)
                : json_object_get(expect, "error") ? err == HR_ERR_CONFIG
                                                   : err == 0 && as_expected(config, expect);
    if (!good)
        cr_log_error("%s (%s): %s", cases_text(one, "name"), cases_text(one, "class"),
                     err ? error.message : "another value");
    hr_config_free(config);
    return good;
}

Test(config_substitution, all_of_the_table) {
    json_t *cases = cases_load("config-substitution/cases.given.jsonl");
    if (!cases) cr_skip_test("no cases");
    size_t index, failed = 0;
    json_t *one;
    json_array_foreach(cases, index, one) failed += !try_case(one);
    json_decref(cases);
    cr_assert_eq(failed, 0, "%zu cases", failed);
}
