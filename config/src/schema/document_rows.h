/* The fields of a schema in the order of its tables, each with its path. */
#ifndef HR_DOCUMENT_ROWS_H
#define HR_DOCUMENT_ROWS_H

#include "config_shape.h"

#define HR__ROWS_DEPTH_MAX 16
#define HR__ROWS_PATH_SIZE 1024

/* A table that is being walked. */
struct hr__rows_level {
    struct hr__config_shape shape;
    size_t next;
    size_t path_size; /* of the path before the names of these fields */
    bool needed;      /* values in it may be required */
    bool items;       /* it is of the items of a list or a map, or below one */
};

/* A walk, and the field where it is. */
struct hr__rows {
    struct hr__rows_level levels[HR__ROWS_DEPTH_MAX];
    unsigned depth; /* of levels */
    const struct hr_config_field *field;
    char path[HR__ROWS_PATH_SIZE]; /* "backends.N.address", "services.NAME.address" */
    bool needed;                   /* a file has to give a value, or values in it */
    bool items;                    /* it stands in a list or a map */
    bool too_deep;                 /* the walk ended early: too many levels, or too long a path */
};

void hr__rows_begin(struct hr__rows *rows, const struct hr_config_schema *schema);
/* Goes to the next field; keys of maps are left out. False: that was the last. */
bool hr__rows_next(struct hr__rows *rows);

/* Fills `error`, of a walk that ended early at `path` ("": unknown). Returns -EINVAL. */
int hr__rows_too_deep(const char *path, struct hr_error *error);

/* Whether a load fails without a value of this field, or of one in it. */
bool hr__field_needed(const struct hr_config_field *field);
/* The same, by its own name: fields that an old name can give are left out. */
bool hr__field_needed_by_name(const struct hr_config_field *field);
/* Whether it has fields below it, which may be those of items. */
bool hr__field_nests(const struct hr_config_field *field);
/* Of its scalar, or of the scalars in its list. */
enum hr_config_kind hr__field_scalar(const struct hr_config_field *field);

#endif
