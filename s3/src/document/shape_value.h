/* Values of elements: texts, numbers, booleans and dates. Pure. */
#ifndef HR_S3_SHAPE_VALUE_H
#define HR_S3_SHAPE_VALUE_H

#include "shape.h"

struct hr__value_memory {
    char *out; /* the struct */
    struct hr__texts *texts;
};

/* Whether the text is no value: a word of white space alone is none. */
bool hr__value_is_empty(const struct hr__element *element, struct hr_slice text);

/* Sets the element's member. HR_ERR_S3_RESPONSE with `problem` ("is not a number"), -ENOMEM. */
int hr__value_set(const struct hr__element *element, struct hr_slice text,
                  const struct hr__value_memory *memory, const char **problem);

#endif
