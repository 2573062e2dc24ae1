/* The documents that are written from a schema. */
#include <headrace/config_document.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <base/reserved.h>

#include "config_table_check.h"
#include "document_forms.h"

#define PREFIX "ESPER_"

static int write_kind(FILE *out, const struct hr_config_schema *schema,
                      const struct hr_config_document_options *options, struct hr_error *error) {
    switch (options->kind) {
    case HR_CONFIG_JSON_SCHEMA:
        return hr__document_json(out, schema, error);
    case HR_CONFIG_MARKDOWN:
        return hr__document_markdown(out, schema, options, error);
    case HR_CONFIG_SAMPLE:
        return hr__document_sample(out, schema, options, error);
    case HR_CONFIG_VARIABLES:
        return hr__document_variables(out, schema, options, error);
    }
    return hr_error_set(error, -EINVAL, "kind is %d, which is no document", (int)options->kind);
}

static int check(const struct hr_config_document_options *options, struct hr_error *error) {
    if (!hr__is_zero(options->reserved, sizeof options->reserved))
        return hr_error_set(error, -EINVAL, "reserved has to be zero");
    if (options->schema_file && strpbrk(options->schema_file, "\r\n"))
        return hr_error_set(error, -EINVAL, "schema_file has more than one line");
    return 0;
}

int hr_config_document_write(const struct hr_config_schema *schema,
                             const struct hr_config_document_options *given, struct hr_error *error,
                             char **text, size_t *size) {
    assert(schema && text && size);
    struct hr_config_document_options options = {.kind = HR_CONFIG_JSON_SCHEMA};
    if (given) options = *given;
    if (!options.prefix) options.prefix = PREFIX;
    int err = check(&options, error);
    if (!err) err = hr__config_tables_check(schema, error);
    if (err) return err;
    char *written = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&written, &bytes);
    if (!out) return hr_error_set(error, -ENOMEM, "no memory for the document");
    err = write_kind(out, schema, &options, error);
    bool broken = ferror(out) != 0;
    if ((fclose(out) || broken) && !err) err = -ENOMEM;
    if (err == -ENOMEM) hr_error_set(error, err, "no memory for the document");
    if (err) {
        free(written);
        return err;
    }
    *text = written;
    *size = bytes;
    return 0;
}
