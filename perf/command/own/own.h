/* The command's own configuration: headrace.yaml and ESPER_* variables, below variables and
 * options. One thread. */
#ifndef COMMAND_OWN_H
#define COMMAND_OWN_H

#include <headrace/config_schema.h>

#include "options.h"

/* The commands whose options are keys; borrowed. The first call of this part. */
void own_begin(const struct command *const *commands, size_t count);

/* The schema of headrace.yaml, out of the tables of all commands: made at the first call, for the
 * life of the program. NULL: no memory. */
const struct hr_config_schema *own_schema(void);

/* The `configure` of a command_call: says everything that is wrong with the file and the variables
 * on standard error. Texts in `values` are the configuration's, which lives until own_end. */
int own_configure(const struct command_call *call, void *values, char why[OPTION_WHY_SIZE]);
void own_end(void);

#endif
