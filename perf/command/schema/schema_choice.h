/* The schema that an option names: one of the program's own, or a JSON Schema in a file. */
#ifndef COMMAND_SCHEMA_CHOICE_H
#define COMMAND_SCHEMA_CHOICE_H

#include "schema_reading.h"

/* A schema in use. */
struct schema_choice {
    const struct hr_config_schema *schema; /* NULL: none */
    struct hr_config_schema made;          /* of a file */
    struct schema_reading reading;
};

/* `name` NULL: none. 0, or -EINVAL with a sentence that names --schema, or -ENOMEM; then nothing is
 * to be released. */
int schema_choice_open(struct schema_choice *choice, const char *name, struct hr_error *error);
/* After the configurations that were loaded with it. */
void schema_choice_release(struct schema_choice *choice);

#endif
