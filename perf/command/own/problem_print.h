/* Problems of a configuration on standard error. */
#ifndef COMMAND_PROBLEM_PRINT_H
#define COMMAND_PROBLEM_PRINT_H

#include <headrace/config.h>

/* Place, message, line and caret; escaped, as keys and tags of a file may hold what a terminal acts
 * upon. */
void problem_print(const struct hr_config_problem *problem);

#endif
