/* The YAML test suite: what a configuration may hold is read to the suite's values, what is no YAML
 * is refused with its line. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "config_as_json.h"
#include "yaml_reader.h"

struct reading {
    struct hr__config_tree tree;
    hr_config_problems *problems;
    struct hr_config_node *root;
    int result;
};

static void read_text(struct hr_slice text, struct reading *reading) {
    hr__config_tree_init(&reading->tree, 100000);
    reading->problems = calloc(1, sizeof *reading->problems);
    reading->problems->count_max = 100;
    const struct hr__yaml_options options = {.tree = &reading->tree,
                                             .problems = reading->problems,
                                             .name = "case",
                                             .text = text,
                                             .depth_max = 64,
                                             .alias_nodes_max = 10000};
    reading->result = hr__yaml_read(&options, &reading->root);
}

static void release(struct reading *reading) {
    hr__config_tree_free(&reading->tree);
    hr_config_problems_free(reading->problems);
}

/* NULL, or why it is not as the case says. */
static const char *judge_valid(const json_t *one, const struct reading *reading, bool has_to) {
    const json_t *wanted = json_array_get(json_object_get(one, "json"), 0);
    if (reading->result) return has_to ? "it was refused" : NULL;
    if (!json_is_array(json_object_get(one, "json"))) return NULL;
    json_t *found = config_as_json(reading->root);
    bool equal = config_json_equal(found, wanted ? wanted : json_null());
    json_decref(found);
    return equal ? NULL : "it has another value";
}

static const char *judge_invalid(const struct reading *reading) {
    const struct hr_config_problem *problem = hr_config_problems_at(reading->problems, 0);
    if (reading->result != HR_ERR_CONFIG) return "it was taken";
    return problem && problem->origin.line > 0 ? NULL : "the line is not told";
}

static const char *judge(const json_t *one, const struct reading *reading) {
    const char *class = cases_text(one, "class");
    if (strcmp(class, "invalid") == 0) return judge_invalid(reading);
    if (strcmp(class, "invalid-lenient") == 0) return NULL;
    return judge_valid(one, reading, strcmp(class, "config-core") == 0);
}

Test(yaml_cases, all_of_the_suite) {
    json_t *cases = cases_load("yaml/cases.given.jsonl");
    if (!cases) cr_skip_test("no cases");
    size_t index, failed = 0;
    json_t *one;
    json_array_foreach(cases, index, one) {
        struct reading reading;
        read_text(cases_slice(one, "yaml"), &reading);
        const char *why = judge(one, &reading);
        if (why) {
            const struct hr_config_problem *problem = hr_config_problems_at(reading.problems, 0);
            cr_log_error("%s (%s): %s: %s", cases_text(one, "name"), cases_text(one, "class"), why,
                         problem ? problem->message : "");
            failed++;
        }
        release(&reading);
    }
    json_decref(cases);
    cr_assert_eq(failed, 0, "%zu cases", failed);
}
