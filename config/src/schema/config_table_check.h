/* The tables of a schema, before anything is read by them. */
#ifndef HR_CONFIG_TABLE_CHECK_H
#define HR_CONFIG_TABLE_CHECK_H

#include "config_shape.h"

/* 0; or -EINVAL, and a sentence with the path of the field that means nothing. */
int hr__config_tables_check(const struct hr_config_schema *schema, struct hr_error *error);

#endif
