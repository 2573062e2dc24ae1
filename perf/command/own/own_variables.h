/* ESPER_* variables that mean an option of a command. */
#ifndef COMMAND_OWN_VARIABLES_H
#define COMMAND_OWN_VARIABLES_H

#include "options.h"

/* Picks them from `environment` ("NAME=value", ends with NULL) into such a table; the caller frees
 * the table, not its texts. 0 and NULL where there are none; -1: no memory. */
int own_variables_of(const struct command *command, char *const *environment,
                     const char ***variables);

#endif
