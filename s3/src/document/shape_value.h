/* Values of elements: texts, numbers, booleans and dates. Pure. */
#ifndef HR_S3_SHAPE_VALUE_H
#define HR_S3_SHAPE_VALUE_H

#include "shape.h"

struct hr__value_memory {
    char *out; /* the struct */
    struct hr__texts *texts;
};

/* Sets the element's member. HR_ERR_S3_RESPONSE with `problem` ("is not a number"), -ENOMEM. */
int hr__value_set(const struct hr__element *element, struct hr_slice text,
                  const struct hr__value_memory *memory, const char **problem);

#endif
