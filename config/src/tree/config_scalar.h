/* Plain scalars by the core schema of YAML 1.2 (10.3.2). Independent of the locale. */
#ifndef HR_CONFIG_SCALAR_H
#define HR_CONFIG_SCALAR_H

#include <headrace/config.h>

enum hr_config_type hr__config_resolve(struct hr_slice text);
/* Of a text that is an integer by its form: sign and magnitude. -ERANGE above 2^64 - 1. */
int hr__config_integer(struct hr_slice text, bool *negative, uint64_t *magnitude);
/* Of a text that is an integer or a float by its form, with NUL behind it. -ERANGE: too large. */
int hr__config_float(struct hr_slice text, double *value);
/* Of a text that is a boolean by its form. */
bool hr__config_is_true(struct hr_slice text);
/* The meaning of a plain text in YAML 1.1, where 1.2 has another: "a boolean", "an octal number",
 * "a number of base 60", "a date"; NULL: the same. */
const char *hr__config_old_meaning(struct hr_slice text);

#endif
