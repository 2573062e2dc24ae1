/* Faults of values that the loader does not tell where a file has other faults. */
#ifndef COMMAND_OWN_UNREAD_H
#define COMMAND_OWN_UNREAD_H

#include <headrace/config.h>

/* Prints what the options say to the values of the files, where the load has told nothing of
 * that place yet. How many there were. */
size_t own_unread_print(const struct hr_config_options *options,
                        const hr_config_problems *problems);

#endif
