/* headrace config get: one value of a configuration, for scripts. */
#include <errno.h>
#include <stddef.h>

#include "commands.h"
#include "config_inputs.h"
#include "output.h"
#include "tree_missing.h"
#include "tree_value.h"

struct values {
    struct config_inputs inputs;
    bool json, reveal;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"json", NULL, OPTION_FLAG, VALUE(json), .help = "Print a scalar as JSON too"},
    {"reveal", NULL, OPTION_FLAG, VALUE(reveal), .of_call = true,
     .help = "Print a secret, too, which otherwise is refused, and *** in a list or a map"},
    {.name = NULL}};

static int put(const struct values *values, const char *path, const struct hr_config_node *node) {
    bool container = hr_config_type_of(node) >= HR_CONFIG_LIST;
    if (!container && hr_config_is_secret(node) && !values->reveal)
        return output_failed(values->json, -EACCES,
                             "config get: '%s' is a secret: --reveal prints it", path);
    if (!values->json && !container)
        output_bytes(hr_config_text(node));
    else
        (values->reveal ? tree_put_json_revealed : tree_put_json)(stdout, node);
    fputc('\n', stdout);
    return EXIT_DONE;
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    size_t files = call->argument_count - 1;
    struct config_loaded loaded;
    int code = config_inputs_open(&values->inputs, call->arguments, files, "config get",
                                  values->json, &loaded);
    if (code != EXIT_DONE) return code;
    const struct hr_config_node *node =
        tree_find(loaded.config, call->arguments[files], "config get", values->json);
    code = node ? put(values, call->arguments[files], node) : EXIT_FAILED;
    config_loaded_release(&loaded);
    return code;
}

const struct command command_config_get = {
    .path = "config get",
    .arguments = "FILE... PATH",
    .arguments_min = 2,
    .arguments_max = OPTION_ARGUMENT_MAX,
    .summary = "Print one value of a configuration",
    .details = "PATH is the last argument: keys and numbers of items, parted by dots; a backslash "
               "takes the next character as it is. A scalar is printed as it is written, without "
               "quotes, a list or a map as JSON. Exit code 1 where there is no such value, or a "
               "secret without --reveal.",
    .examples = "headrace config get service.yaml database.host\n"
                "headrace config get service.yaml production.yaml hosts.0\n"
                "headrace config get service.yaml 'labels.app\\.kubernetes\\.io/name'\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0},
               {"Sources", config_inputs_table, offsetof(struct values, inputs)}},
    .run = run,
};
