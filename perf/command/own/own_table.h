/* The schema of headrace.yaml, and the options behind its fields. */
#ifndef COMMAND_OWN_TABLE_H
#define COMMAND_OWN_TABLE_H

#include "own.h"
#include "own_keys.h"

/* A field that is an option: of one command, or of all commands of a family that have one of that
 * name. */
struct own_leaf {
    const struct command *command; /* the first of a family */
    const struct option_group *group;
    const struct option *option; /* NULL: the field is a map */
    bool family;
};

struct own_table {
    struct hr_config_schema schema; /* without its check: see own_schema */
    struct hr_config_field *fields; /* those of a map one behind the other */
    struct own_leaf *leaves;        /* of the field with the same number */
    size_t count, capacity;
    size_t values_size; /* the largest struct of values of a command */
};

/* NULL: no memory. */
const struct own_table *own_table(void);

/* The commands of own_begin. NULL: no more. */
const struct command *own_command(size_t index);

/* The member of a field in the struct that the schema fills: a text, or struct hr_config_items. */
#define OWN_SLOT_SIZE sizeof(struct hr_config_items)
static inline const void *own_member(const void *values, size_t field) {
    return (const char *)values + field * OWN_SLOT_SIZE;
}

/* Reads a text as each option of a leaf would. 0, or -1 with a sentence in `why`; `scratch` has
 * values_size bytes. */
int own_judge(const struct own_leaf *leaf, const char *text, void *scratch,
              char why[OPTION_WHY_SIZE]);

/* The `check` of the schema. */
void own_check(const void *values, struct hr_config_check *check);

#endif
