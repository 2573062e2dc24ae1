/* One file of AWS's as sections and properties: the parser, which works where the text lies. */
#ifndef HR_S3_PROFILE_PARSE_H
#define HR_S3_PROFILE_PARSE_H

#include <stdint.h>

#include "profile.h"

#define HR__PROFILE_IGNORED (-1) /* the kind of a section that this origin cannot have */

struct hr__profile_section {
    int kind; /* enum hr__profile_kind, or HR__PROFILE_IGNORED */
    struct hr_slice name;
    bool bare; /* [default] without "profile" */
};

struct hr__profile_property {
    struct hr_slice name, text; /* with a NUL behind each; the name is empty where it is none */
    uint32_t section;           /* its place among the sections */
    uint32_t line;
    bool nested; /* of the last property before it that is not */
};

struct hr__profile_file {
    char path[HR__PROFILE_PATH_MAX]; /* shown in errors */
    enum hr__profile_origin origin;
    char *text;      /* which the parser rewrites */
    size_t size;     /* of it, in bytes */
    size_t capacity; /* at least as much, and a byte for a NUL; of `nested` too */
    char *nested;    /* names and values of sub-properties */
    size_t nested_size;
    struct hr__profile_section *sections;
    struct hr__profile_property *properties;
    size_t section_count, property_count;
};

/* Parses the text, behind which a byte is free. HR_ERR_S3_PROFILE with path and line; -ENOMEM. The
 * arrays are the caller's to free, on an error too. */
int hr__profile_parse(struct hr__profile_file *file, struct hr_error *error);

#endif
