/* Durations, sizes, URLs and endpoints in a JSON Schema that a table of fields has written. */
#ifndef COMMAND_SCHEMA_AMOUNT_H
#define COMMAND_SCHEMA_AMOUNT_H

#include <headrace/config_schema.h>

/* Whether the pattern is the one of such a kind: then its kind, unit and bounds are set in the
 * field, of 8 bytes. */
bool schema_amount_find(const char *pattern, struct hr_config_field *field);

#endif
