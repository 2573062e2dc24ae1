/* Values and fields as bytes of a record. The macros' own encoding is inline in log_call.h. */
#ifndef HR_LOG_ENCODE_H
#define HR_LOG_ENCODE_H

#include <headrace/log_call.h>

/* A field with its key and type in front of its value, as in groups and in blocks. */
uint32_t hr__log_field_size(const struct hr_log_field *field, uint32_t string_limit);
char *hr__log_field_put(char *at, const struct hr_log_field *field, uint32_t string_limit);
/* The value that is written: another stands in for one whose key is redacted, and for a group. */
struct hr_log_value hr__log_field_value(const struct hr_log_field *field);

uint32_t hr__log_value_size(struct hr_log_value value, uint32_t string_limit);
char *hr__log_value_put(char *at, struct hr_log_value value, uint32_t string_limit);

#endif
