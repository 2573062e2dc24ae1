/* Documents with a line an option: the Markdown table, and the list of variables. */
#include "document_forms.h"
#include "document_rows.h"

#define ALLOWED_SIZE 1024

/* The name of the variable of a path: "ESPER_POOL__IDLE_MS". */
static void put_variable(FILE *out, const char *prefix, const char *path) {
    fputs(prefix, out);
    for (; *path; path++) {
        if (*path == '.')
            fputs("__", out);
        else
            fputc(*path >= 'a' && *path <= 'z' ? *path - 'a' + 'A' : *path, out);
    }
}

/* ---- Markdown. */

/* Nothing in it is read as mark-up, or ends the cell. */
static void put_cell(FILE *out, const char *text) {
    for (; text && *text; text++) {
        if (strchr("\\`*_[]<>|", *text)) fputc('\\', out);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
}

/* A text that stands as it is; a "|" ends a cell in there, too. */
static void put_code(FILE *out, const char *text) {
    fputc('`', out);
    for (; *text; text++) {
        if (*text == '|') fputc('\\', out);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
    fputc('`', out);
}

/* Whether a variable can give it. */
static bool has_variable(const struct hr_config_field *field) {
    return !hr__field_nests(field);
}

static void put_remarks(FILE *out, const struct hr_config_field *field) {
    put_cell(out, field->doc);
    if (field->optional) fprintf(out, "%sleft out, nothing in it counts", field->doc ? "; " : "");
    if (!field->was) return;
    fputs(field->doc || field->optional ? "; once " : "once ", out);
    put_code(out, field->was);
}

static void put_row(FILE *out, const struct hr__rows *rows, const char *prefix) {
    const struct hr_config_field *field = rows->field;
    const char *given = hr__document_default(field);
    char allowed[ALLOWED_SIZE];
    hr__document_allowed(field, allowed, sizeof allowed);
    fprintf(out, "| `%s` | ", rows->path);
    if (has_variable(field)) {
        fputc('`', out);
        put_variable(out, prefix, rows->path);
        fputc('`', out);
    }
    fputs(" | ", out);
    put_cell(out, allowed);
    fputs(" | ", out);
    if (given && *given) put_code(out, given);
    if (!given && field->default_value) fputs("\\*\\*\\*", out);
    fprintf(out, " | %s | %s | ", field->required && !field->default_value ? "yes" : "",
            field->restart ? "yes" : "");
    put_remarks(out, field);
    fputs(" |\n", out);
}

int hr__document_markdown(FILE *out, const struct hr_config_schema *schema,
                          const struct hr_config_document_options *options,
                          struct hr_error *error) {
    struct hr__rows rows;
    if (schema->title) {
        fputs("# ", out);
        put_cell(out, schema->title);
        fputs("\n\n", out);
    }
    fputs("| option | variable | takes | default | required | restart | |\n"
          "|---|---|---|---|---|---|---|\n",
          out);
    hr__rows_begin(&rows, schema);
    while (hr__rows_next(&rows)) put_row(out, &rows, options->prefix);
    return rows.too_deep ? hr__rows_too_deep(rows.path, error) : 0;
}

/* ---- Variables. */

int hr__document_variables(FILE *out, const struct hr_config_schema *schema,
                           const struct hr_config_document_options *options,
                           struct hr_error *error) {
    struct hr__rows rows;
    char allowed[ALLOWED_SIZE];
    hr__rows_begin(&rows, schema);
    while (hr__rows_next(&rows)) {
        if (!has_variable(rows.field)) continue;
        hr__document_allowed(rows.field, allowed, sizeof allowed);
        put_variable(out, options->prefix, rows.path);
        fprintf(out, "\t%s\t%s\n", rows.path, allowed);
    }
    return rows.too_deep ? hr__rows_too_deep(rows.path, error) : 0;
}
