/* Commands that ask one thing of a place and say one line. */
#ifndef COMMAND_S3_SIMPLE_H
#define COMMAND_S3_SIMPLE_H

#include <stdbool.h>

#include "s3_place.h"

/* "VERB VALUE", or {NAME: VALUE}. */
void s3_print_result(bool json, const char *verb, const char *name, const char *value);

#endif
