/* Numbers of YAML as numbers of JSON. */
#ifndef COMMAND_TREE_NUMBER_H
#define COMMAND_TREE_NUMBER_H

#include <stdbool.h>
#include <stdio.h>

#include <headrace/slice.h>

/* ".inf", "-.inf" or ".nan"; NULL: it is finite. */
const char *tree_number_special(struct hr_slice text);
/* A finite one in base 10, with all its digits. False: it is of base 8 or 16 and too long for that;
 * nothing was written. */
bool tree_number_put(FILE *out, struct hr_slice text);

#endif
