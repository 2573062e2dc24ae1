/* The small JSON documents (RFC 8259) in which credentials come: members of an object, looked up in
 * the text. Nothing is allocated and nothing is kept, so that a secret has one place to be wiped
 * from. Pure. */
#ifndef HR_S3_FLAT_JSON_H
#define HR_S3_FLAT_JSON_H

#include <headrace/slice.h>

#include "writer.h"

#define HR__JSON_DEPTH_MAX 32 /* objects and arrays in one another */

enum hr__json_kind {
    HR__JSON_NONE, /* there is no such member, or it is null */
    HR__JSON_STRING,
    HR__JSON_NUMBER,
    HR__JSON_OBJECT,
    HR__JSON_OTHER, /* an array, true, false */
};

struct hr__json_value {
    enum hr__json_kind kind;
    struct hr_slice text; /* as it stands in the document; of a string what is between its quotes */
};

/* Whether the document is one well-formed object with nothing but white space around it. 0 or
 * -EINVAL. */
int hr__json_check(struct hr_slice document);
/* The last member of that name (ASCII letters in any case) of a checked document, or of an object
 * in one. Names are compared as they stand, escapes are not read. */
struct hr__json_value hr__json_member(struct hr_slice object, const char *name);
/* A string without its escapes, written to `out`, which is full where it does not fit. 0; -EINVAL:
 * it is no UTF-8, or has a NUL or half a surrogate pair. */
int hr__json_text(struct hr_slice string, struct hr__writer *out, struct hr_slice *text);

#endif
