/* The readers of the forms that a line of a log may have. They add to its fields; false: the line
 * is not all of that form, or there is no memory for it. */
#ifndef COMMAND_CAT_FORMS_H
#define COMMAND_CAT_FORMS_H

#include "cat_fields.h"

#define CAT_DEPTH_MAX 64   /* of JSON within JSON */
#define CAT_PATH_MAX  1024 /* bytes of "outer.inner"; an object beyond stays one value */

struct cat_line;

/* ---- cat_json.c. One JSON object, whose members are the fields. */
bool cat_json_read(struct cat_fields *fields, struct hr_slice text);
/* The size of the JSON value at the front; 0: there is none. */
size_t cat_json_value(struct hr_slice text);
/* Decodes the string literal at the front (its quotes included); its size there, 0: it is none. */
size_t cat_json_string(struct cat_fields *fields, struct hr_slice text, struct hr_slice *decoded);

/* ---- cat_logfmt.c. Fields key=value between single blanks. */
bool cat_logfmt_read(struct cat_fields *fields, struct hr_slice text);
/* TIME - NAME - LEVEL - MESSAGE [key=value …]: the heading of the line, too. */
bool cat_text_read(struct cat_line *line, struct hr_slice text);

#endif
