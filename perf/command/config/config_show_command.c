/* headrace config show: a configuration as it is in effect, and where each value comes from. */
#include <errno.h>
#include <stddef.h>

#include "commands.h"
#include "config_inputs.h"
#include "output.h"
#include "quoted.h"
#include "tree_cursor.h"
#include "tree_missing.h"
#include "tree_value.h"

struct values {
    struct config_inputs inputs;
    const char *path;
    bool json, env;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"json", NULL, OPTION_FLAG, VALUE(json),
     .help = "Print it as JSON; with --env, an array of path, value and variable"},
    {"path", "PATH", OPTION_STRING, VALUE(path), .standard = "", .of_call = true,
     .help = "This part of it: keys and numbers of items, parted by dots"},
    {"env", NULL, OPTION_FLAG, VALUE(env), .help = "Only values that come from variables"},
    {.name = NULL}};

/* One line, or one object of an array. */
static void put_leaf(const struct values *values, const struct tree_cursor *at,
                     const struct hr_config_origin *origin) {
    struct hr_slice path = hr_slice_bytes(at->path.data, at->path.size);
    if (values->json) {
        fputs("{\"path\":", stdout);
        quoted_put(stdout, path);
        fputs(",\"value\":", stdout);
        tree_put_json(stdout, at->node);
        fputc(',', stdout);
        tree_put_place_json(stdout, origin);
        fputc('}', stdout);
        return;
    }
    tree_put_path(stdout, path);
    fputs(" = ", stdout);
    tree_put_text(stdout, at->node);
    fputs("  # ", stdout);
    tree_put_place(stdout, origin);
    fputc('\n', stdout);
}

static bool is_wanted(const struct values *values, const struct tree_cursor *at,
                      const struct hr_config_origin *origin) {
    bool is_root = !hr_config_parent(at->node); /* an empty document */
    if (!tree_is_leaf(at->node) || is_root) return false;
    return !values->env || (origin->name && (origin->kind == HR_CONFIG_FROM_VARIABLE ||
                                             origin->kind == HR_CONFIG_FROM_ENV_FILE));
}

static bool put_leaves(const struct values *values, const hr_config *config,
                       const struct hr_config_node *top) {
    struct tree_cursor cursor;
    bool any = false;
    tree_cursor_open(&cursor, top, NULL, NULL);
    do {
        struct hr_config_origin origin;
        hr_config_origin_of(config, cursor.node, &origin);
        if (cursor.failed || !is_wanted(values, &cursor, &origin)) continue;
        if (any && values->json) fputc(',', stdout);
        put_leaf(values, &cursor, &origin);
        any = true;
    } while (!ferror(stdout) && tree_cursor_next(&cursor, true));
    tree_cursor_close(&cursor);
    return !cursor.failed;
}

static int show(const struct values *values, const hr_config *config) {
    const struct hr_config_node *top = tree_find(config, values->path, "config show", values->json);
    bool whole = true;
    if (!top) return EXIT_FAILED;
    if (values->json && !values->env) {
        tree_put_json(stdout, top);
    } else {
        if (values->json) fputc('[', stdout);
        whole = put_leaves(values, config, top);
        if (values->json) fputc(']', stdout);
    }
    if (values->json) fputc('\n', stdout);
    return whole ? EXIT_DONE : output_failed(values->json, -ENOMEM, "config show: no memory");
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    struct config_loaded loaded;
    if (values->env && values->inputs.no_env)
        return output_failed_as(EXIT_USAGE, values->json, -EINVAL,
                                "config show: --env and --no-env exclude each other");
    int code = config_inputs_open(&values->inputs, call->arguments, call->argument_count,
                                  "config show", values->json, &loaded);
    if (code != EXIT_DONE) return code;
    code = show(values, loaded.config);
    config_loaded_release(&loaded);
    return code;
}

const struct command command_config_show = {
    .path = "config show",
    .arguments = "[FILE...]",
    .arguments_max = OPTION_ARGUMENT_MAX,
    .summary = "Show a configuration in effect, and where its values come from",
    .details = "One line a value, in the order of the files: its path, itself as JSON, and behind "
               "# its file, line and column, its variable, or --set. Without FILE the variables "
               "alone are the configuration.",
    .examples = "headrace config show service.yaml production.yaml\n"
                "headrace config show --path database --json service.yaml\n"
                "headrace config show --env service.yaml\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0},
               {"Sources", config_inputs_table, offsetof(struct values, inputs)}},
    .run = run,
};
