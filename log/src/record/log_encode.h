/* Values and fields as bytes of a record. What the macros do inline is in log_call.h. */
#ifndef HR_LOG_ENCODE_H
#define HR_LOG_ENCODE_H

#include <headrace/log_call.h>

/* A value that is handed over with its type, as the fields of a group, of a log and of a thread
 * are: key, type, value. */
uint32_t hr__log_field_size(const struct hr_log_field *field, uint32_t string_limit);
char *hr__log_field_put(char *at, const struct hr_log_field *field, uint32_t string_limit);
/* Where the key is redacted or the value cannot stand here, another takes its place. */
struct hr_log_value hr__log_field_value(const struct hr_log_field *field);

uint32_t hr__log_value_size(struct hr_log_value value, uint32_t string_limit);
char *hr__log_value_put(char *at, struct hr_log_value value, uint32_t string_limit);

#endif
