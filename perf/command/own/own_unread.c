/* The check of a schema is not called where there are errors already: here the options judge such
 * a file, so that all its faults are told at once. */
#include "own_unread.h"

#include <stdlib.h>
#include <string.h>

#include "own_table.h"
#include "problem_print.h"

struct unread {
    const hr_config *config; /* without a schema */
    const hr_config_problems *problems;
    const struct own_leaf *leaf;
    void *scratch;
    size_t told;
};

static bool is_told(const struct unread *unread, const struct hr_config_origin *origin) {
    const struct hr_config_problem *problem;
    for (size_t i = 0; (problem = hr_config_problems_at(unread->problems, i)); i++)
        if (problem->origin.line == origin->line && problem->origin.column == origin->column)
            return true;
    return false;
}

static void judge(struct unread *unread, const struct hr_config_node *node, const char *path) {
    char why[OPTION_WHY_SIZE] = "";
    struct hr_config_problem problem = {.severity = HR_CONFIG_ERROR, .path = path, .message = why};
    enum hr_config_type type = hr_config_type_of(node);
    if (type == HR_CONFIG_NULL || type == HR_CONFIG_LIST || type == HR_CONFIG_MAP) return;
    hr_config_origin_of(unread->config, node, &problem.origin);
    if (is_told(unread, &problem.origin) ||
        own_judge(unread->leaf, hr_config_text(node).data, unread->scratch, why) == 0)
        return;
    problem_print(&problem);
    unread->told++;
}

static void judge_items(struct unread *unread, const struct hr_config_node *list,
                        const char *path) {
    size_t index = 0;
    for (const struct hr_config_node *item = hr_config_first(list); item;
         item = hr_config_next(item)) {
        char name[OWN_PATH_SIZE + 24];
        snprintf(name, sizeof name, "%s.%zu", path, index++);
        judge(unread, item, name);
    }
}

static void judge_leaf(struct unread *unread, enum hr_config_kind kind) {
    char path[OWN_PATH_SIZE];
    own_path(unread->leaf->command, unread->leaf->option, unread->leaf->family, path);
    const struct hr_config_node *node = hr_config_find(unread->config, path);
    if (kind == HR_LIST && hr_config_type_of(node) == HR_CONFIG_LIST)
        judge_items(unread, node, path);
    else if (kind == HR_STRING || kind == HR_SECRET)
        judge(unread, node, path);
}

static void judge_all(struct unread *unread) {
    const struct own_table *table = own_table();
    unread->scratch = calloc(1, table->values_size);
    for (size_t i = 0; unread->scratch && i < table->count; i++) {
        unread->leaf = &table->leaves[i];
        if (unread->leaf->option) judge_leaf(unread, table->fields[i].kind);
    }
    free(unread->scratch);
}

size_t own_unread_print(const struct hr_config_options *given, const hr_config_problems *problems) {
    struct hr_config_options options = *given;
    struct hr_error error = {0};
    hr_config *config = NULL;
    struct unread unread = {.problems = problems};
    options.schema = NULL;
    if (hr_config_load(&options, NULL, &error, &config) != 0) return 0; /* told already */
    unread.config = config;
    judge_all(&unread);
    hr_config_free(config);
    return unread.told;
}
