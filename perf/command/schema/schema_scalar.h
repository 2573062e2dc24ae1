/* Scalars of a JSON Schema as fields of a table. */
#ifndef COMMAND_SCHEMA_SCALAR_H
#define COMMAND_SCHEMA_SCALAR_H

#include "schema_view.h"

/* Sets kind, size and all that says which values it takes. The lengths of an `item` of a list stand
 * in its pattern. False: it is refused. */
bool schema_scalar_read(struct schema_reading *reading, const struct schema_view *view, bool item,
                        struct hr_config_field *field);

/* Sets the default of a field whose kind is known. False: it is refused. */
bool schema_default_read(struct schema_reading *reading, const struct schema_view *view,
                         struct hr_config_field *field);

/* A number of items, entries or bytes, `otherwise` where the keyword is not there. False: it is
 * refused. */
bool schema_count_read(struct schema_reading *reading, const struct schema_view *view,
                       const char *keyword, uint32_t *count);

#endif
