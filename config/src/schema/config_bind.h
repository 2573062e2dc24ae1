/* A tree against a schema. */
#ifndef HR_CONFIG_BIND_H
#define HR_CONFIG_BIND_H

#include "config_sources.h"

/* Checks the tree of a load, gives what is missing its default, and fills *values, which are the
 * tree's. All problems are among the load's. */
void hr__config_bind(struct hr__config_load *load, const struct hr_config_schema *schema,
                     void **values);

#endif
