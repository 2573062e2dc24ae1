/* One schema of a JSON Schema as it is meant: references and alternatives with null are followed,
 * what it says about itself is gathered on the way. */
#ifndef COMMAND_SCHEMA_VIEW_H
#define COMMAND_SCHEMA_VIEW_H

#include "schema_reading.h"

enum schema_type {
    SCHEMA_STRING = 1,
    SCHEMA_INTEGER = 2,
    SCHEMA_NUMBER = 4,
    SCHEMA_BOOLEAN = 8,
    SCHEMA_OBJECT = 16,
    SCHEMA_ARRAY = 32,
};

struct schema_view {
    const struct hr_config_node *node;     /* of the keywords; a boolean where it is `true` */
    const struct hr_config_node *fallback; /* the value of "default"; NULL: none */
    const struct hr_config_node *doc;      /* of "description", or "title" */
    unsigned types;                        /* of enum schema_type; 0: any */
    bool nullable, secret;
};

/* False: it is refused. */
bool schema_view_open(struct schema_reading *reading, const struct hr_config_node *node,
                      struct schema_view *view);

/* Refuses what a view says beyond the keywords `known` (parted by blanks) and those that say
 * nothing about values of its types. */
bool schema_view_knows(struct schema_reading *reading, const struct schema_view *view,
                       const char *known);

#endif
