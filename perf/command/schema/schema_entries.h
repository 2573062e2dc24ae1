/* Maps whose values are scalars: a table of fields takes anything there, so they are checked when
 * all else is good. */
#ifndef COMMAND_SCHEMA_ENTRIES_H
#define COMMAND_SCHEMA_ENTRIES_H

#include "schema_view.h"

/* One such map. */
struct schema_entries {
    struct schema_entries *next;
    const char *path;
    size_t offset;  /* of its member, from the start of the schema's struct */
    unsigned types; /* of its values, of enum schema_type */
    bool nullable;  /* values may be null */
};

/* The check of a schema with such maps; those of the reading that is in force. */
void schema_entries_check(const void *values, struct hr_config_check *check);
/* From here on, the maps of this reading are checked; NULL: none. */
void schema_entries_enforce(const struct schema_reading *reading);

#endif
