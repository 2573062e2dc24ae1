/* Loading a configuration: a document, then variables and settings, parted by NUL. Whatever comes,
 * each child of a map is found by its key, and each problem has a text. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/config.h>

#include "fuzz_document.h"

#define TEXTS_MAX 16

static void check_children(const hr_config *config, const struct hr_config_node *node) {
    size_t count = 0;
    bool map = hr_config_type_of(node) == HR_CONFIG_MAP;
    for (const struct hr_config_node *child = hr_config_first(node); child;
         child = hr_config_next(child)) {
        struct hr_config_origin origin;
        if (map && hr_config_child(config, node, hr_config_key(child)) != child) abort();
        hr_config_origin_of(config, child, &origin);
        if (!origin.name) abort();
        check_children(config, child); /* depth_max bounds it */
        count++;
    }
    if (count != hr_config_count(node)) abort();
}

static void check_problems(const hr_config_problems *problems, int result) {
    char text[2048];
    for (size_t i = 0; i < hr_config_problems_count(problems); i++)
        if (hr_config_problem_text(hr_config_problems_at(problems, i), text, sizeof text) == 0)
            abort();
    if ((result == HR_ERR_CONFIG) != (hr_config_problems_of(problems, HR_CONFIG_ERROR) > 0))
        abort();
}

/* The texts behind the document; those with an odd place are settings. */
static void cut(char *at, const char *end, const char **variables, const char **sets,
                size_t *set_count) {
    size_t variable_count = 0;
    for (size_t i = 0; i < TEXTS_MAX && at < end; i++) {
        char *next = memchr(at, '\0', (size_t)(end - at));
        if (i % 2)
            sets[(*set_count)++] = at;
        else
            variables[variable_count++] = at;
        at = next + 1;
    }
    variables[variable_count] = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    char *text = malloc(size);
    const char *variables[TEXTS_MAX + 1], *sets[TEXTS_MAX];
    size_t set_count = 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    size_t document = strlen(text);
    cut(text + document + 1, text + size, variables, sets, &set_count);
    const char *path = fuzz_document(text, document);
    const struct hr_config_options options = {
        .files = &path,
        .file_count = 1,
        .environment = variables,
        .sets = sets,
        .set_count = set_count,
        .substitute = data[0] & 1,
        .empty_is_value = data[0] & 2,
        .warn_old_yaml = data[0] & 4,
        .limits = {.depth_max = 50, .nodes_max = 20000, .alias_nodes_max = 1000},
    };
    hr_config_problems *problems;
    struct hr_error error;
    hr_config *config = NULL;
    int result = hr_config_load(&options, &problems, &error, &config);
    check_problems(problems, result);
    if (result == 0) check_children(config, hr_config_root(config));
    hr_config_problems_free(problems);
    hr_config_free(config);
    free(text);
    return 0;
}
