/* Loading, and telling what is wrong. */
#include "config_inputs.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "json_put.h"
#include "output.h"
#include "problem_print.h"
#include "tree_value.h"
#include "wording.h"

#define MESSAGE_SIZE 640
#define NAME_SIZE    300
#define COUNTS_SIZE  80

int config_check_prefix(const char *text, char *why, size_t why_size) {
    if (*text) return 0;
    snprintf(why, why_size, "it is empty, and all variables would be settings");
    return -1;
}

static int check_set(const char *text, char *why, size_t why_size) {
    const char *equals = strchr(text, '=');
    if (equals && equals > text) return 0;
    snprintf(why, why_size, "'%.60s' is no PATH=VALUE", text);
    return -1;
}

static int check_profile(const char *text, char *why, size_t why_size) {
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    if (size > 0 && !text[size]) return 0;
    snprintf(why, why_size, "'%.60s' is no word of letters, digits, - and _", text);
    return -1;
}

#define VALUE(field) offsetof(struct config_inputs, field)
const struct option config_inputs_table[] = {
    {"set", "PATH=VALUE", OPTION_LIST, VALUE(sets), .check = check_set,
     .help = "A value above files and variables; may be repeated. Keys of PATH are parted by dots, "
             "a backslash takes the next character as it is"},
    {"prefix", "PREFIX", OPTION_STRING, VALUE(prefix), .standard = "ESPER_",
     .check = config_check_prefix,
     .help = "Variables that count begin with it, in any letter case"},
    {"no-env", NULL, OPTION_FLAG, VALUE(no_env), .help = "No variable counts"},
    {"substitute", NULL, OPTION_FLAG, VALUE(substitute),
     .help =
         "Replace ${NAME}, ${env:NAME} and ${NAME:-default} in scalars of the files; $$ is a $"},
    {"env-file", "FILE", OPTION_LIST, VALUE(env_files),
     .help = "Variables of a .env file, below those of the environment; may be repeated, later "
             "ones win"},
    {"secrets-folder", "FOLDER", OPTION_STRING, VALUE(secrets_folder),
     .help = "Values of files that are named by their keys, below --env-file"},
    {"secrets-optional", NULL, OPTION_FLAG, VALUE(secrets_optional),
     .help = "That folder may be missing"},
    {"secrets-strict", NULL, OPTION_FLAG, VALUE(secrets_strict),
     .help = "Refuse files with secrets that others can read, in place of a warning"},
    {"profile", "NAME", OPTION_STRING, VALUE(profile), .check = check_profile,
     .help = "service.NAME.yaml counts right behind service.yaml, where there is such a file"},
    {"empty-is-value", NULL, OPTION_FLAG, VALUE(empty_is_value),
     .help = "An empty variable is an empty text where a text is wanted, and not unset"},
    {"pipe-wait", "TIME", OPTION_DURATION, VALUE(pipe_wait_ms), .standard = "5s", .min = 1,
     .max = UINT32_MAX,
     .help = "How long the end of a secret or a .env file that is a pipe is waited for"},
    {"schema", "NAME|FILE", OPTION_STRING, VALUE(schema), .of_call = true,
     .help = "What may be there, by headrace, esper or a JSON Schema (2020-12): types, defaults, "
             "unknown "
             "keys"},
    {.name = NULL}};

/* ---- Problems. */

/* A problem in the command's words; its texts lie in the buffers. */
struct shown_problem {
    struct hr_config_problem problem;
    char message[MESSAGE_SIZE], name[NAME_SIZE];
};

/* Messages about a limit quote nothing of the file that could be taken for an option. A setting is
 * shown without its value. */
static void show(const struct hr_config_problem *problem, struct shown_problem *shown) {
    shown->problem = *problem;
    if (problem->message && strstr(problem->message, "(limits.")) {
        wording_of_command(problem->message, shown->message, sizeof shown->message);
        shown->problem.message = shown->message;
    }
    if (problem->origin.name && problem->origin.kind == HR_CONFIG_FROM_SET) {
        struct hr_slice path = tree_set_path(problem->origin.name);
        snprintf(shown->name, sizeof shown->name, "%.*s", (int)path.size, path.data);
        shown->problem.origin.name = shown->name;
    }
}

static struct hr_config_options options_of(const struct config_inputs *inputs) {
    return (struct hr_config_options){.prefix = inputs->prefix,
                                      .no_environment = inputs->no_env,
                                      .sets = inputs->sets.items,
                                      .set_count = inputs->sets.count,
                                      .substitute = inputs->substitute,
                                      .empty_is_value = inputs->empty_is_value,
                                      .profile = inputs->profile,
                                      .env_files = inputs->env_files.items,
                                      .env_file_count = inputs->env_files.count,
                                      .secrets_folder = inputs->secrets_folder,
                                      .secrets_optional = inputs->secrets_optional,
                                      .strict = inputs->secrets_strict,
                                      .limits = {.pipe_wait_ms = (uint32_t)inputs->pipe_wait_ms}};
}

static void complain_of_all(const struct config_loaded *loaded) {
    const struct hr_config_problem *problem;
    for (size_t i = 0; (problem = hr_config_problems_at(loaded->problems, i)); i++) {
        struct shown_problem shown;
        show(problem, &shown);
        problem_print(&shown.problem);
    }
}

void config_inputs_load(const struct config_inputs *inputs, const char *const *files, size_t count,
                        bool warn_old_yaml, struct config_loaded *loaded) {
    struct hr_config_options options = options_of(inputs);
    *loaded = (struct config_loaded){.config = NULL};
    loaded->result = schema_choice_open(&loaded->schema, inputs->schema, &loaded->error);
    if (loaded->result) return;
    options.files = files;
    options.file_count = count;
    options.schema = loaded->schema.schema;
    options.warn_old_yaml = warn_old_yaml;
    loaded->result = hr_config_load(&options, &loaded->problems, &loaded->error, &loaded->config);
    complain_of_all(loaded);
}

void config_loaded_release(struct config_loaded *loaded) {
    hr_config_free(loaded->config);
    hr_config_problems_free(loaded->problems);
    schema_choice_release(&loaded->schema);
    *loaded = (struct config_loaded){.config = NULL};
}

static void put_place(struct hr_json_writer *json, const struct hr_config_origin *origin) {
    if (!origin->name) return;
    json_put_text(json, tree_place_kind(origin), origin->name);
    if (!origin->line) return;
    json_put_u64(json, "line", origin->line);
    json_put_u64(json, "column", origin->column);
}

static void put_problem(struct hr_json_writer *json, const struct hr_config_problem *problem) {
    bool is_error = problem->severity == HR_CONFIG_ERROR;
    hr_json_object(json);
    json_put_text(json, "severity", is_error ? "error" : "warning");
    put_place(json, &problem->origin);
    json_put_text(json, "path", problem->path);
    json_put_text(json, "message", problem->message);
    hr_json_end(json);
}

static void counts(const struct config_loaded *loaded, char text[COUNTS_SIZE]) {
    size_t errors = hr_config_problems_of(loaded->problems, HR_CONFIG_ERROR);
    size_t warnings = hr_config_problems_of(loaded->problems, HR_CONFIG_WARNING);
    snprintf(text, COUNTS_SIZE, "%zu error%s, %zu warning%s", errors, errors == 1 ? "" : "s",
             warnings, warnings == 1 ? "" : "s");
}

static void put_error(struct hr_json_writer *json, const struct config_loaded *loaded, int code) {
    struct hr_error error = loaded->error;
    char text[COUNTS_SIZE];
    counts(loaded, text);
    if (loaded->problems) hr_error_set(&error, HR_ERR_CONFIG, "%s", text);
    json_put_object(json, "error");
    output_error_json(json, &error, (enum exit_code)code);
    hr_json_end(json);
}

void config_inputs_print_problems(const struct config_loaded *loaded, int code) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    const struct hr_config_problem *problem;
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    json_put_bool(&json, "ok", code == EXIT_DONE);
    json_put_u64(&json, "errors", hr_config_problems_of(loaded->problems, HR_CONFIG_ERROR));
    json_put_u64(&json, "warnings", hr_config_problems_of(loaded->problems, HR_CONFIG_WARNING));
    json_put_array(&json, "problems");
    for (size_t i = 0; (problem = hr_config_problems_at(loaded->problems, i)); i++) {
        struct shown_problem shown;
        show(problem, &shown);
        put_problem(&json, &shown.problem);
    }
    hr_json_end(&json);
    if (code == EXIT_DONE)
        json_put_null(&json, "error");
    else
        put_error(&json, loaded, code);
    hr_json_end(&json);
    output_json_finish(&json, stdout);
}

int config_inputs_refuse(const struct config_loaded *loaded, const char *command, bool json) {
    char text[COUNTS_SIZE];
    int code = loaded->result == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
    counts(loaded, text);
    output_complain("%s: %s", command, loaded->problems ? text : loaded->error.message);
    if (json) config_inputs_print_problems(loaded, code);
    return code;
}

int config_inputs_open(const struct config_inputs *inputs, const char *const *files, size_t count,
                       const char *command, bool json, struct config_loaded *loaded) {
    config_inputs_load(inputs, files, count, false, loaded);
    if (loaded->config) return EXIT_DONE;
    int code = config_inputs_refuse(loaded, command, json);
    config_loaded_release(loaded);
    return code;
}
