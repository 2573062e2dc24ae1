/* headrace config schema: a schema written down, for editors, for people, and as a file to begin
 * with. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/config_document.h>

#include "commands.h"
#include "config_inputs.h"
#include "output.h"
#include "schema_choice.h"

struct values {
    const char *schema, *prefix, *schema_file, *output;
    int format;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"schema", "NAME|FILE", OPTION_STRING, VALUE(schema), .of_call = true,
     .help = "headrace (the command's own), esper (a service), or a JSON Schema (2020-12)"},
    {"format", "FORMAT", OPTION_CHOICE, VALUE(format),
     .choices = "json-schema|markdown|sample|variables", .standard = "json-schema",
     .help = "json-schema, markdown (a table), sample (YAML with each option as a comment) or "
             "variables (a line each)"},
    {"prefix", "PREFIX", OPTION_STRING, VALUE(prefix), .standard = "ESPER_",
     .check = config_check_prefix, .help = "Of variables"},
    {"schema-file", "URL", OPTION_STRING, VALUE(schema_file),
     .help = "Where editors find the JSON Schema: the first line of a sample says so"},
    {"output", "FILE", OPTION_STRING, VALUE(output), .short_name = 'o', .standard = "-",
     .of_call = true, .help = "Write to this file; - is standard output"},
    {.name = NULL}};

/* ---- Output. */

static int write_file(const char *path, const char *text, size_t size) {
    FILE *file = fopen(path, "we");
    int err = file ? 0 : -errno;
    if (file && fwrite(text, 1, size, file) != size) err = errno ? -errno : -EIO;
    if (file && fclose(file) && !err) err = -errno;
    if (!err) return EXIT_DONE;
    return output_failed(false, err, "config schema: cannot write %s: %s", path,
                         hr_error_text(err));
}

static int put(const struct values *values, const char *text, size_t size) {
    if (strcmp(values->output, "-") != 0) return write_file(values->output, text, size);
    fwrite(text, 1, size, stdout);
    return EXIT_DONE; /* of what is lost, output_finish tells */
}

static int write_document(const struct values *values, const struct hr_config_schema *schema) {
    static const enum hr_config_document_kind kinds[] = {HR_CONFIG_JSON_SCHEMA, HR_CONFIG_MARKDOWN,
                                                         HR_CONFIG_SAMPLE, HR_CONFIG_VARIABLES};
    const struct hr_config_document_options options = {.kind = kinds[values->format],
                                                       .prefix = values->prefix,
                                                       .schema_file = values->schema_file};
    struct hr_error error;
    char *text;
    size_t size;
    if (hr_config_document_write(schema, &options, &error, &text, &size))
        return output_error(&error, false, "config schema");
    int code = put(values, text, size);
    free(text);
    return code;
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    struct schema_choice choice;
    struct hr_error error;
    if (!values->schema) return output_usage("config schema", "--schema is missing");
    int err = schema_choice_open(&choice, values->schema, &error);
    if (err)
        return output_failed_as(err == -EINVAL ? EXIT_USAGE : EXIT_FAILED, false, err,
                                "config schema: %s", error.message);
    int code = write_document(values, choice.schema);
    schema_choice_release(&choice);
    return code;
}

const struct command command_config_schema = {
    .path = "config schema",
    .arguments = "",
    .summary = "Write a schema as JSON Schema, table, sample file, or list of variables",
    .details = "The default of a secret is in none of them.",
    .examples =
        "headrace config schema --schema service.schema.json --format sample > service.yaml\n"
        "headrace config schema --schema headrace --format markdown\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}},
    .run = run,
};
