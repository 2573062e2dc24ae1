/* The sample: YAML in which each option stands as a comment, and what is required is set. */
#include "document_forms.h"
#include "document_rows.h"

#define ALLOWED_SIZE 1024
#define EXAMPLE_SIZE 256
#define INDENT       2

struct sample {
    FILE *out;
    const struct hr__rows *rows;
    unsigned indent;
    bool active; /* the line is no comment */
};

/* "#key" is an option, "# text" a remark. */
static void begin_line(const struct sample *sample) {
    fprintf(sample->out, "%*s%s", (int)sample->indent, "", sample->active ? "" : "#");
}

static void put_remark(const struct sample *sample, const char *text) {
    fprintf(sample->out, "%*s# ", (int)sample->indent, "");
    for (; *text; text++) {
        fputc(*text == '\n' || *text == '\r' ? ' ' : *text, sample->out);
    }
    fputc('\n', sample->out);
}

static void put_remarks(const struct sample *sample) {
    const struct hr_config_field *field = sample->rows->field;
    char allowed[ALLOWED_SIZE];
    hr__document_allowed(field, allowed, sizeof allowed);
    if (field->doc) put_remark(sample, field->doc);
    if (field->kind != HR_STRUCT) put_remark(sample, allowed);
    if (field->required && !field->default_value) put_remark(sample, "required");
    if (field->restart) put_remark(sample, "a change counts after a restart");
}

/* ---- Values. */

static bool is_list(const struct hr_config_field *field) {
    return field->kind == HR_LIST;
}

static void put_list(FILE *out, enum hr_config_kind kind, const char *text) {
    struct hr_slice rest = hr_slice_of(text), part;
    const char *comma = "";
    fputc('[', out);
    while (hr_slice_cut(&rest, ',', &part)) {
        fputs(comma, out);
        hr__document_scalar(out, kind, hr_slice_trim(part));
        comma = ", ";
    }
    fputc(']', out);
}

static void put_given(FILE *out, const struct hr_config_field *field, const char *text) {
    if (is_list(field))
        put_list(out, field->item, text);
    else
        hr__document_scalar(out, field->kind, hr_slice_of(text));
}

/* A value that the field takes, as often as a list needs it. */
static void put_example(FILE *out, const struct hr_config_field *field) {
    char text[EXAMPLE_SIZE];
    uint32_t count = field->length_min > 0 ? field->length_min : 1;
    if (!hr__document_example(field, hr__field_scalar(field), text, sizeof text)) return;
    if (!is_list(field)) {
        hr__document_scalar(out, field->kind, hr_slice_of(text));
        return;
    }
    fputc('[', out);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) fputs(", ", out);
        hr__document_scalar(out, field->item, hr_slice_of(text));
    }
    fputc(']', out);
}

/* ---- Lines. */

static bool is_any_needed(const struct hr_config_field *field) {
    struct hr__config_shape shape = hr__config_shape_of(field);
    for (size_t i = 0; i < shape.count; i++)
        if (shape.fields[i].kind != HR_KEY && hr__field_needed(&shape.fields[i])) return true;
    return false;
}

/* The item that the fields below stand in; it is a map where all of them are comments, too. */
static void put_item(struct sample *sample) {
    const struct hr_config_field *field = sample->rows->field;
    if (field->kind == HR_STRUCT) return;
    sample->indent += INDENT;
    begin_line(sample);
    fputs(is_list(field) ? "-" : "NAME:", sample->out);
    fputs(sample->active && !is_any_needed(field) ? " {}\n" : "\n", sample->out);
}

static void put_option(struct sample *sample) {
    const struct hr_config_field *field = sample->rows->field;
    const char *given = hr__document_default(field);
    put_remarks(sample);
    begin_line(sample);
    hr__document_scalar(sample->out, HR_STRING, hr_slice_of(field->name));
    fputc(':', sample->out);
    if (hr__field_nests(field)) {
        fputc('\n', sample->out);
        put_item(sample);
        return;
    }
    bool wanted = field->required && !field->default_value;
    if (given || wanted) fputc(' ', sample->out);
    if (given)
        put_given(sample->out, field, given);
    else if (wanted)
        put_example(sample->out, field);
    fputc('\n', sample->out);
}

static unsigned indent_of(const char *path) {
    unsigned indent = 0;
    for (; *path; path++) indent += *path == '.' ? INDENT : 0;
    return indent;
}

int hr__document_sample(FILE *out, const struct hr_config_schema *schema,
                        const struct hr_config_document_options *options, struct hr_error *error) {
    struct hr__rows rows;
    if (options->schema_file)
        fprintf(out, "# yaml-language-server: $schema=%s\n", options->schema_file);
    if (schema->title) fprintf(out, "# %s\n", schema->title);
    hr__rows_begin(&rows, schema);
    while (hr__rows_next(&rows)) {
        struct sample sample = {.out = out, .rows = &rows};
        sample.indent = indent_of(rows.path);
        sample.active = rows.needed;
        if (sample.indent == 0) fputc('\n', out);
        put_option(&sample);
    }
    return rows.too_deep ? hr__rows_too_deep(rows.path, error) : 0;
}
