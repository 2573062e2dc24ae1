/* Regular expressions of ECMA-262 as POSIX extended ones. */
#ifndef COMMAND_SCHEMA_PATTERN_H
#define COMMAND_SCHEMA_PATTERN_H

#include "schema_reading.h"

/* The expression that matches a text as a whole where the pattern matches it anywhere. NULL: it is
 * refused, as one that POSIX cannot have, or there is no memory. */
const char *schema_pattern(struct schema_reading *reading, const struct hr_config_node *pattern);

#endif
