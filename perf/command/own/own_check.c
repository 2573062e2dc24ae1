/* The options judge the values of headrace.yaml as they judge a command line. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "own_table.h"

/* Values of other commands may lie where this one has its list. */
static int judge_as(const struct option_group *group, const struct option *option, const char *text,
                    void *scratch, char why[OPTION_WHY_SIZE]) {
    if (option->type == OPTION_LIST)
        memset((char *)scratch + group->base + option->offset, 0, sizeof(struct option_list));
    return option_fill(group, option, scratch, text, option->secret, why);
}

int own_judge(const struct own_leaf *leaf, const char *text, void *scratch,
              char why[OPTION_WHY_SIZE]) {
    const struct command *command;
    assert(leaf->option);
    if (!leaf->family) return judge_as(leaf->group, leaf->option, text, scratch, why);
    for (size_t i = 0; (command = own_command(i)); i++) {
        const struct option_group *group;
        const struct option *option = own_find(command, leaf->option, &group);
        if (!option ||
            !hr_slice_equal(own_maps_of(command).family, own_maps_of(leaf->command).family))
            continue;
        if (judge_as(group, option, text, scratch, why) != 0) return -1;
    }
    return 0;
}

/* A value on its way through the options. */
struct checking {
    struct hr_config_check *check;
    const struct own_leaf *leaf;
    void *scratch;
};

static void check_text(const struct checking *checking, const char *text, const char *path) {
    char why[OPTION_WHY_SIZE] = "";
    if (text && own_judge(checking->leaf, text, checking->scratch, why) != 0)
        hr_config_check_report(checking->check, HR_CONFIG_ERROR, path, "%s", why);
}

static void check_list(const struct checking *checking, const struct hr_config_items *list,
                       const char *path) {
    const char *const *items = list->items;
    for (size_t i = 0; i < list->count; i++) {
        char item[OWN_PATH_SIZE + 24];
        snprintf(item, sizeof item, "%s.%zu", path, i);
        check_text(checking, items[i], item);
    }
}

/* Numbers, flags and choices are as good as the loader found them. */
static void check_leaf(const struct checking *checking, enum hr_config_kind kind,
                       const void *member) {
    char path[OWN_PATH_SIZE];
    const struct own_leaf *leaf = checking->leaf;
    own_path(leaf->command, leaf->option, leaf->family, path);
    if (kind == HR_LIST)
        check_list(checking, member, path);
    else if (kind == HR_STRING || kind == HR_SECRET)
        check_text(checking, *(const char *const *)member, path);
}

void own_check(const void *values, struct hr_config_check *check) {
    const struct own_table *table = own_table();
    struct checking checking = {.check = check, .scratch = calloc(1, table->values_size)};
    if (!checking.scratch) {
        hr_config_check_report(check, HR_CONFIG_ERROR, "", "no memory to check it");
        return;
    }
    for (size_t i = 0; i < table->count; i++) {
        checking.leaf = &table->leaves[i];
        if (checking.leaf->option)
            check_leaf(&checking, table->fields[i].kind, own_member(values, i));
    }
    free(checking.scratch);
}
