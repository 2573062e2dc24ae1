/* The documents of a schema: a JSON Schema for editors and validators, a table for people, a file
 * to begin with, the names of variables. */
#ifndef HEADRACE_CONFIG_DOCUMENT_H
#define HEADRACE_CONFIG_DOCUMENT_H

#include <headrace/config_schema.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hr_config_document_kind {
    HR_CONFIG_JSON_SCHEMA, /* draft 2020-12; it takes what the loader takes */
    HR_CONFIG_MARKDOWN,    /* a table of all options */
    HR_CONFIG_SAMPLE,      /* YAML with each option as a comment, and what is required set */
    HR_CONFIG_VARIABLES,   /* a line each: name, path and what is allowed, with tabs between them */
};

struct hr_config_document_options {
    enum hr_config_document_kind kind;
    const char *prefix; /* of variables; NULL is "ESPER_" */
    /* Of the sample: file or URL of the JSON Schema, for the line that editors look for; NULL: no
     * such line. */
    const char *schema_file;
    uint64_t reserved[4];
};

/* Writes a document. 0, and *text, `size` bytes with NUL behind them, which the caller frees with
 * free(); or -EINVAL (an option or a field, which `error` names), -ENOMEM. The default of a secret
 * is in no document. `options` NULL: a JSON Schema. Any thread. */
HR_API int hr_config_document_write(const struct hr_config_schema *schema,
                                    const struct hr_config_document_options *options,
                                    struct hr_error *error, char **text, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
