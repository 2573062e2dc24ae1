/* Fields that had another path in former days. */
#ifndef HR_CONFIG_RENAMED_H
#define HR_CONFIG_RENAMED_H

#include "config_sources.h"

/* Moves each value that is at the old path of a field to the new one, with a warning; before
 * anything is checked, as one field's old path may lie inside of another. */
void hr__config_renamed_take(struct hr__config_load *load, const struct hr_config_schema *schema);
/* Values at second paths that are secrets at the first, once the fields of these are known. */
void hr__config_renamed_mark(struct hr__config_load *load, const struct hr_config_schema *schema);

#endif
