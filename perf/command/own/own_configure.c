/* Values of headrace.yaml and of ESPER_* variables into a command's options. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "own_file.h"
#include "own_table.h"
#include "own_unread.h"
#include "own_variables.h"
#include "problem_print.h"

#define ORIGIN_SIZE 256
#define NUMBER_SIZE 24

/* They own the texts in the values of the command. */
static hr_config *from_file, *from_variables;

void own_end(void) {
    hr_config_free(from_file);
    hr_config_free(from_variables);
    from_file = from_variables = NULL;
}

/* ---- One value. */

/* A configuration on its way into the values of a command. */
struct taking {
    const struct command_call *call;
    void *values;
    const hr_config *config;
    bool hidden; /* its values are variables' */
    char *why;
};

/* Whether one of "A, B" is set. */
static bool any_is_set(const char *names) {
    char name[64];
    struct hr_slice rest = hr_slice_of(names), part;
    while (hr_slice_cut(&rest, ',', &part)) {
        part = hr_slice_trim(part);
        snprintf(name, sizeof name, "%.*s", (int)part.size, part.data);
        const char *value = getenv(name);
        if (value && *value) return true;
    }
    return false;
}

/* The library reads a variable where the option is not given: it stands above this value. */
static bool gives_way(const struct option *option) {
    return option->environment_elsewhere &&
           (any_is_set(option->environment) ||
            (option->environment_too && any_is_set(option->environment_too)));
}

static int refuse(const struct taking *taking, const struct hr_config_node *node,
                  const char *reason) {
    struct hr_config_origin origin;
    char place[40] = "";
    hr_config_origin_of(taking->config, node, &origin);
    if (origin.line)
        snprintf(place, sizeof place, ":%u:%u", (unsigned)origin.line, (unsigned)origin.column);
    snprintf(taking->why, OPTION_WHY_SIZE, "%.100s%s: %.150s", origin.name, place, reason);
    return -1;
}

/* The text as a command line would have it; `number` is room for it. */
static const char *text_of(const struct option *option, const struct hr_config_node *node,
                           char number[NUMBER_SIZE]) {
    uint64_t value;
    bool on;
    if (option->type == OPTION_FLAG && hr_config_bool(node, &on) == 0) return on ? "" : "false";
    if (option->type != OPTION_UINT || hr_config_u64(node, &value) != 0)
        return hr_config_text(node).data;
    snprintf(number, NUMBER_SIZE, "%llu", (unsigned long long)value);
    return number;
}

static int take_value(const struct taking *taking, const struct option_group *group,
                      const struct option *option, const struct hr_config_node *node) {
    char number[NUMBER_SIZE], reason[OPTION_WHY_SIZE] = "";
    bool hidden = taking->hidden || option->secret;
    if (option_fill(group, option, taking->values, text_of(option, node, number), hidden, reason) ==
        0)
        return 0;
    return refuse(taking, node, reason);
}

static int take_list(const struct taking *taking, const struct option_group *group,
                     const struct option *option, const struct hr_config_node *node) {
    option_list_clear(group, option, taking->values);
    for (const struct hr_config_node *item = hr_config_first(node); item;
         item = hr_config_next(item))
        if (take_value(taking, group, option, item) != 0) return -1;
    return 0;
}

/* Whether a file or a variable has it; defaults of the schema are the options' own. */
static bool is_given(const hr_config *config, const struct hr_config_node *node) {
    struct hr_config_origin origin;
    if (!node || hr_config_type_of(node) == HR_CONFIG_NULL) return false;
    hr_config_origin_of(config, node, &origin);
    return origin.name != NULL;
}

/* ---- The maps of a command. */

static int take_map(const struct taking *taking, const struct hr_config_node *map) {
    const struct option_group *group;
    for (group = taking->call->command->groups; group->title; group++) {
        for (const struct option *option = group->options; option->name; option++) {
            char key[OWN_KEY_SIZE];
            if (!own_is_key(option)) continue;
            own_key(option, key);
            const struct hr_config_node *node =
                hr_config_child(taking->config, map, hr_slice_of(key));
            if (!is_given(taking->config, node) || gives_way(option)) continue;
            bool list = option->type == OPTION_LIST;
            if ((list ? take_list : take_value)(taking, group, option, node) != 0) return -1;
            option_configured(option);
        }
    }
    return 0;
}

/* The family's values, and then the command's own. */
static int take(const struct taking *taking) {
    struct own_maps maps = own_maps_of(taking->call->command);
    const struct hr_config_node *root = hr_config_root(taking->config);
    const struct hr_config_node *family = hr_config_child(taking->config, root, maps.family);
    int err = take_map(taking, family);
    if (err || maps.verb.size == 0) return err;
    return take_map(taking, hr_config_child(taking->config, family, maps.verb));
}

/* ---- Loads. */

static void print_problems(const hr_config_problems *problems) {
    const struct hr_config_problem *problem;
    for (size_t i = 0; (problem = hr_config_problems_at(problems, i)); i++) problem_print(problem);
}

/* Loads, and says what is wrong; *errors is how much. 0 or -1. */
static int load(const struct hr_config_options *options, hr_config **config, size_t *errors,
                char why[OPTION_WHY_SIZE]) {
    hr_config_problems *problems = NULL;
    struct hr_error error = {0};
    int err = hr_config_load(options, &problems, &error, config);
    print_problems(problems);
    *errors = hr_config_problems_of(problems, HR_CONFIG_ERROR);
    if (err && options->file_count > 0) *errors += own_unread_print(options, problems);
    hr_config_problems_free(problems);
    if (!err) return 0;
    snprintf(why, OPTION_WHY_SIZE, "%.300s", error.message);
    return -1;
}

static int take_file(struct taking *taking, const char *path) {
    const struct hr_config_options options = {
        .files = &path, .file_count = 1, .no_environment = true, .schema = own_schema()};
    size_t errors;
    if (load(&options, &from_file, &errors, taking->why) != 0) {
        if (errors > 0)
            snprintf(taking->why, OPTION_WHY_SIZE,
                     "%.200s has %zu error%s; --no-config does without it", path, errors,
                     errors == 1 ? "" : "s");
        return -1;
    }
    taking->config = from_file;
    return take(taking);
}

/* The text of a bad value is nobody's to see: own_check would show it. */
static int take_variables(struct taking *taking, const char *const *variables) {
    struct hr_config_schema schema = *own_schema();
    const struct hr_config_options options = {.environment = variables, .schema = &schema};
    size_t errors;
    schema.check = NULL;
    if (load(&options, &from_variables, &errors, taking->why) != 0) {
        if (errors > 0)
            snprintf(taking->why, OPTION_WHY_SIZE,
                     "%zu of the ESPER_ variables cannot be used; --no-config does without them",
                     errors);
        return -1;
    }
    taking->config = from_variables;
    taking->hidden = true;
    return take(taking);
}

int own_configure(const struct command_call *call, void *values, char why[OPTION_WHY_SIZE]) {
    char path[OWN_FILE_SIZE];
    const char **variables;
    struct taking taking = {.call = call, .values = values, .why = why};
    if (own_file_find(&call->common, path, why) != 0) return -1;
    int err = own_variables_of(call->command, environ, &variables);
    if (err || ((*path || variables) && !own_schema())) {
        snprintf(why, OPTION_WHY_SIZE, "no memory for the configuration");
        err = -1;
    }
    if (!err && *path) err = take_file(&taking, path);
    if (!err && variables) err = take_variables(&taking, variables);
    free(variables);
    return err;
}
