/* The fields of a line of a log, and the memory of what had to be decoded of them. */
#ifndef COMMAND_CAT_FIELDS_H
#define COMMAND_CAT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include <headrace/slice.h>

#define CAT_FIELDS_MAX 4096

/* Names and strings are decoded; a value that is no string is as it stood: 1.50, true, [1,2]. */
struct cat_field {
    struct hr_slice key, value;
    bool string;
};

struct cat_fields {
    struct cat_field *list; /* an object's members are "outer.inner" */
    size_t count, capacity;
    struct cat_chunk *chunks; /* memory of what is decoded, until the next line */
    bool failed;              /* there was no memory */
};

/* `size` bytes that stay until the fields are cleared; NULL: none left. */
char *cat_fields_memory(struct cat_fields *fields, size_t size);
/* False: there is no memory, or no room for one more. */
bool cat_fields_add(struct cat_fields *fields, const struct cat_field *field);
/* Empties them for the next line; keeps some memory. */
void cat_fields_clear(struct cat_fields *fields);
void cat_fields_free(struct cat_fields *fields);

#endif
