/* Objects of a JSON Schema as tables of fields. */
#ifndef COMMAND_SCHEMA_TABLES_H
#define COMMAND_SCHEMA_TABLES_H

#include "schema_reading.h"

/* Fills `schema`, whose tables live as long as the reading. False: the schema is refused, or there
 * is no memory. */
bool schema_tables_read(struct schema_reading *reading, struct hr_config_schema *schema);

#endif
