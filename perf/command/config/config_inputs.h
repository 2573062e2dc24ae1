/* Sources of a configuration as the options of these commands name them, and problems of a load. */
#ifndef COMMAND_CONFIG_INPUTS_H
#define COMMAND_CONFIG_INPUTS_H

#include <headrace/config.h>

#include "options.h"
#include "schema_choice.h"

struct config_inputs {
    struct option_list sets, env_files;
    const char *prefix, *profile, *secrets_folder;
    const char *schema; /* a name or a file; NULL: none */
    uint64_t pipe_wait_ms;
    bool substitute, no_env, empty_is_value, secrets_optional, secrets_strict;
};
/* Over struct config_inputs. */
extern const struct option config_inputs_table[];

/* The `check` of options that take the prefix of variables. */
int config_check_prefix(const char *text, char *why, size_t why_size);

/* A load that has ended. */
struct config_loaded {
    hr_config *config; /* NULL: it failed */
    hr_config_problems *problems;
    int result;
    struct hr_error error;
    struct schema_choice schema;
};

/* Loads, and writes every problem to standard error. Release it in any case. */
void config_inputs_load(const struct config_inputs *inputs, const char *const *files, size_t count,
                        bool warn_old_yaml, struct config_loaded *loaded);
void config_loaded_release(struct config_loaded *loaded);

/* "config show: 2 errors, 1 warning", and with `json` the object of problems. Returns the exit
 * code of a load that failed, or, with EXIT_FAILED, of problems that the caller does not take. */
int config_inputs_refuse(const struct config_loaded *loaded, const char *command, bool json);

/* {"ok":…,"errors":…,"warnings":…,"problems":[…],"error":…} */
void config_inputs_print_problems(const struct config_loaded *loaded, int code);

/* The same as load, for commands that need the configuration: EXIT_DONE, or the exit code where
 * there is none, and then nothing is to be released. */
int config_inputs_open(const struct config_inputs *inputs, const char *const *files, size_t count,
                       const char *command, bool json, struct config_loaded *loaded);

#endif
