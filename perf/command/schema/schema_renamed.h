/* Old names in a JSON Schema that a table of fields has written: rules that not both names are
 * there. */
#ifndef COMMAND_SCHEMA_RENAMED_H
#define COMMAND_SCHEMA_RENAMED_H

#include "schema_reading.h"

struct schema_renamed {
    const char *was, *is; /* paths, keys parted by dots */
    bool needed;          /* one of the two has to be there */
};

struct schema_renames {
    struct schema_renamed *items;
    size_t count;
};

/* Reads the rules of the whole schema. False: one of them is another rule, and refused. */
bool schema_renamed_read(struct schema_reading *reading, struct schema_renames *renames);

#endif
