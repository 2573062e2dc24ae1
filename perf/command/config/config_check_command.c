/* headrace config check: everything that is wrong with a configuration, at once. */
#include <stddef.h>

#include "commands.h"
#include "config_inputs.h"
#include "output.h"

struct values {
    struct config_inputs inputs;
    bool strict, json;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"strict", NULL, OPTION_FLAG, VALUE(strict), .help = "Warnings too make it a failure"},
    {"json", NULL, OPTION_FLAG, VALUE(json),
     .help = "Print one JSON object with the problems, their lines and columns"},
    {.name = NULL}};

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    struct config_loaded loaded;
    int code = EXIT_DONE;
    config_inputs_load(&values->inputs, call->arguments, call->argument_count, true, &loaded);
    bool warned = hr_config_problems_of(loaded.problems, HR_CONFIG_WARNING) > 0;
    if (loaded.result || (values->strict && warned))
        code = config_inputs_refuse(&loaded, "config check", values->json);
    else if (values->json)
        config_inputs_print_problems(&loaded, EXIT_DONE);
    config_loaded_release(&loaded);
    return code;
}

const struct command command_config_check = {
    .path = "config check",
    .arguments = "FILE...",
    .arguments_min = 1,
    .arguments_max = OPTION_ARGUMENT_MAX,
    .summary = "Say everything that is wrong with a configuration",
    .details = "Loads the files, later ones above earlier ones, then variables, then --set. Each "
               "problem is told with its line and column, or its variable; plain values that YAML "
               "1.1 reads in another way are warnings. Exit code 1 where there is an error.",
    .examples = "headrace config check service.yaml\n"
                "headrace config check --strict service.yaml production.yaml\n"
                "headrace config check --json service.yaml | jq '.problems[].line'\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0},
               {"Sources", config_inputs_table, offsetof(struct values, inputs)}},
    .run = run,
};
