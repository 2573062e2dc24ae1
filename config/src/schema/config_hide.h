/* Secrets in the lines that problems show. */
#ifndef HR_CONFIG_HIDE_H
#define HR_CONFIG_HIDE_H

#include "config_sources.h"

/* Takes every line out of the problems of a load that holds a value of an HR_SECRET, or the name of
 * one: nothing is known of the values of a file that could not be read. */
void hr__config_hide_secrets(struct hr__config_load *load, const struct hr_config_schema *schema);

#endif
