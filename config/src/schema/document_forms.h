/* The documents of a schema, one a form, and the patterns that stand in them. */
#ifndef HR_DOCUMENT_FORMS_H
#define HR_DOCUMENT_FORMS_H

#include <stdio.h>

#include <headrace/config_document.h>

struct hr_json_writer;

/* Each writes all of it. 0, or -EINVAL, of which `error` tells. */
int hr__document_json(FILE *out, const struct hr_config_schema *schema, struct hr_error *error);
int hr__document_markdown(FILE *out, const struct hr_config_schema *schema,
                          const struct hr_config_document_options *options, struct hr_error *error);
int hr__document_sample(FILE *out, const struct hr_config_schema *schema,
                        const struct hr_config_document_options *options, struct hr_error *error);
int hr__document_variables(FILE *out, const struct hr_config_schema *schema,
                           const struct hr_config_document_options *options,
                           struct hr_error *error);
/* The default of a field for people; NULL: it has none, or it is a secret. */
const char *hr__document_default(const struct hr_config_field *field);

/* Of an HR_BOOL. */
bool hr__document_is_true(struct hr_slice text);
/* The values that a field takes, as words; of a list those of its items, too. */
void hr__document_allowed(const struct hr_config_field *field, char *out, size_t capacity);
/* A scalar as YAML has it for a field of that kind: plain, or in quotes. */
void hr__document_scalar(FILE *out, enum hr_config_kind kind, struct hr_slice text);
/* The text of a value that the field takes, "change-me" or the like. False: none is known. */
bool hr__document_example(const struct hr_config_field *field, enum hr_config_kind kind, char *out,
                          size_t capacity);

/* document_rules.c. Of the root of a JSON Schema, whose object is open. */
void hr__document_rules(struct hr_json_writer *json, const struct hr_config_schema *schema);

/* document_regex.c. Writes a POSIX extended regular expression as ECMA-262 has it (as Python's re
 * does, too), so that it is equally strict about a text as a whole. -EINVAL: it is none, or one
 * that ECMA-262 cannot have; -ENOMEM. */
int hr__document_regex(FILE *out, const char *pattern);

/* Values of a number, both included. */
struct hr__document_range {
    uint64_t low, high;
};
/* The values that a field of unsigned integers, durations or sizes takes, in its unit, whose member
 * has `size` bytes. */
struct hr__document_range hr__document_bounds(const struct hr_config_field *field, size_t size);
/* document_amount.c. The pattern of the texts that a field of durations or sizes takes. */
void hr__document_amount(FILE *out, const struct hr_config_field *field, enum hr_config_kind kind,
                         size_t size);

#endif
