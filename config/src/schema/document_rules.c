/* Rules of a JSON Schema about old names: not both names, and one where one has to be there. */
#include <headrace/json_write.h>

#include "document_forms.h"
#include "document_rows.h"

static void put_type(struct hr_json_writer *json, const char *name) {
    hr_json_key(json, "type");
    hr_json_text(json, name);
}

/* A schema of documents with a value at `path`. */
static void put_presence(struct hr_json_writer *json, const char *path) {
    struct hr_slice rest = hr_slice_of(path), step;
    char key[HR__ROWS_PATH_SIZE];
    unsigned depth = 0;
    hr_json_object(json);
    for (; hr_slice_cut(&rest, '.', &step); depth++) {
        put_type(json, "object");
        snprintf(key, sizeof key, "%.*s", (int)step.size, step.data);
        hr_json_key(json, "required");
        hr_json_array(json);
        hr_json_text(json, key);
        hr_json_end(json);
        hr_json_key(json, "properties");
        hr_json_object(json);
        hr_json_key(json, key);
        hr_json_object(json);
    }
    hr_json_key(json, "not");
    hr_json_object(json);
    put_type(json, "null");
    hr_json_end(json);
    for (; depth > 0; depth--) {
        hr_json_end(json);
        hr_json_end(json);
    }
    hr_json_end(json);
}

static void put_either(struct hr_json_writer *json, const char *key, const struct hr__rows *rows) {
    hr_json_key(json, key);
    hr_json_array(json);
    put_presence(json, rows->field->was);
    put_presence(json, rows->path);
    hr_json_end(json);
}

/* Not both of them, and one of them where there has to be one. */
static void put_rule(struct hr_json_writer *json, const struct hr__rows *rows) {
    hr_json_object(json);
    hr_json_key(json, "not");
    hr_json_object(json);
    put_either(json, "allOf", rows);
    hr_json_end(json);
    if (rows->needed) put_either(json, "anyOf", rows);
    hr_json_end(json);
}

void hr__document_rules(struct hr_json_writer *json, const struct hr_config_schema *schema) {
    struct hr__rows rows;
    bool any = false;
    hr__rows_begin(&rows, schema);
    while (hr__rows_next(&rows)) {
        if (rows.items || !rows.field->was) continue;
        if (!any) hr_json_key(json, "allOf");
        if (!any) hr_json_array(json);
        put_rule(json, &rows);
        any = true;
    }
    if (any) hr_json_end(json);
}
