/* Reads the body of a browser's form: RFC 7578, and RFC 2046 5.1 for the boundaries. */
#include "form.h"

#define BOUNDARY_MAX 70 /* RFC 2046 5.1.1 */

/* The value of a parameter such as name="a b"; data NULL: there is none. A quote in a name is
 * percent-encoded by browsers, so that a quoted text ends at the next one. */
static struct hr_slice parameter_of(struct hr_slice text, const char *name) {
    struct hr_slice part, found;
    hr_slice_cut(&text, ';', &part);
    while (hr_slice_cut(&text, ';', &part)) {
        part = hr_slice_trim(part);
        found = hr_slice_bytes(NULL, 0);
        if (!hr_slice_cut(&part, '=', &found)) continue;
        if (!hr_slice_equal_nocase(found, hr_slice_of(name))) continue;
        bool quoted = part.size >= 2 && part.data[0] == '"' && part.data[part.size - 1] == '"';
        return quoted ? hr_slice_bytes(part.data + 1, part.size - 2) : part;
    }
    return hr_slice_bytes(NULL, 0);
}

/* The text before `mark`, which is cut off together with it. False: `mark` is not there. */
static bool cut_at(struct hr_slice *rest, struct hr_slice mark, struct hr_slice *before) {
    const char *at = rest->size > 0 ? memmem(rest->data, rest->size, mark.data, mark.size) : NULL;
    if (!at) return false;
    size_t size = (size_t)(at - rest->data);
    *before = hr_slice_bytes(rest->data, size);
    *rest = hr_slice_bytes(at + mark.size, rest->size - size - mark.size);
    return true;
}

struct part {
    struct hr_slice name, file_name, data;
};

static bool parse_part(struct hr_slice *rest, struct hr_slice delimiter, struct part *part) {
    struct hr_slice line;
    *part = (struct part){.name = {NULL, 0}};
    while (cut_at(rest, hr_slice_of("\r\n"), &line) && line.size > 0) {
        struct hr_slice name = {NULL, 0};
        hr_slice_cut(&line, ':', &name);
        if (!hr_slice_equal_nocase(name, hr_slice_of("content-disposition"))) continue;
        part->name = parameter_of(line, "name");
        part->file_name = parameter_of(line, "filename");
    }
    return part->name.size > 0 && cut_at(rest, delimiter, &part->data);
}

static enum s3_error add(struct s3_form *form, const struct part *part, size_t *bytes) {
    if (hr_slice_equal_nocase(part->name, hr_slice_of("file"))) {
        form->has_file = true;
        form->file = part->data;
        form->file_name = part->file_name;
        return S3_OK;
    }
    *bytes += part->name.size + part->data.size;
    if (*bytes > S3_FORM_BYTES_MAX || form->field_count == S3_FORM_FIELDS_MAX)
        return S3_MaxPostPreDataLengthExceededError;
    form->fields[form->field_count++] = (struct hr_http_field){part->name, part->data};
    return S3_OK;
}

enum s3_error s3_server__form_parse(struct hr_slice type, struct hr_slice body,
                                    struct s3_arena *arena, struct s3_form *form) {
    struct hr_slice boundary = parameter_of(type, "boundary"), before;
    *form = (struct s3_form){.field_count = 0};
    if (boundary.size == 0 || boundary.size > BOUNDARY_MAX) return S3_MalformedPOSTRequest;
    struct hr_slice delimiter =
        s3_server__arena_print(arena, "\r\n--%.*s", (int)boundary.size, boundary.data);
    form->fields = s3_server__arena_allocate(arena, S3_FORM_FIELDS_MAX * sizeof *form->fields);
    if (!delimiter.data || !form->fields) return S3_InternalError;
    /* The first boundary need not follow a line. */
    struct hr_slice first = hr_slice_bytes(delimiter.data + 2, delimiter.size - 2);
    if (!cut_at(&body, first, &before)) return S3_MalformedPOSTRequest;
    size_t bytes = 0;
    while (!form->has_file) {
        struct part part;
        if (body.size >= 2 && memcmp(body.data, "--", 2) == 0) return S3_OK;
        if (!cut_at(&body, hr_slice_of("\r\n"), &before) || !parse_part(&body, delimiter, &part))
            return S3_MalformedPOSTRequest;
        enum s3_error error = add(form, &part, &bytes);
        if (error) return error;
    }
    return S3_OK;
}

struct hr_slice s3_server__form_field(const struct s3_form *form, const char *name) {
    for (size_t i = 0; i < form->field_count; i++)
        if (hr_slice_equal_nocase(form->fields[i].name, hr_slice_of(name)))
            return form->fields[i].value.data ? form->fields[i].value : hr_slice_bytes("", 0);
    return hr_slice_bytes(NULL, 0);
}
