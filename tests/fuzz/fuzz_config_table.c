/* Loading with a schema table made of bytes, and writing its documents: a table that means nothing
 * is refused, any other takes or refuses whatever document comes. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/config_document.h>

#include "fuzz_document.h"

#define TABLES      4 /* the first is the schema's */
#define FIELDS      6
#define STRUCT_SIZE 128u /* what a table says is at most this, so that offsets may lie outside */
#define TEXTS_MAX   8

struct bytes {
    const uint8_t *at, *end;
};

static unsigned next(struct bytes *bytes) {
    return bytes->at < bytes->end ? *bytes->at++ : 0;
}

#define PICK(bytes, table) (table)[next(bytes) % (sizeof(table) / sizeof((table)[0]))]

static const char *const names[] = {"a",        "b",    "c",   "a_b", "b_c",
                                    "password", "file", "b.c", "",    "a"};
static const char *const own[FIELDS] = {"a", "b", "a_b", "password", "b_c", "file"};
static const char *const paths[] = {NULL, "a", "a.b", "b_c", "old", "c.a.b", "password", "", "x.y"};
static const char *const defaults[] = {NULL, "1", "yes", "a,b", "250ms", "none", "", "low"};
static const char *const patterns[] = {NULL, "[a-z]+", "a|b", "(", "^x$", "[[:digit:]]{1,3}"};
static const double bounds[] = {0, 1, 10, -5, 255.5, 1e300};
static const struct hr_config_choice levels[] = {{"low", 1}, {"high", 200}, {"a", -1}, {NULL, 0}};
static const struct hr_config_choice *const choices[] = {NULL, levels, levels + 3};
static const size_t sizes[] = {8, 16, 4, 1, 2, STRUCT_SIZE, 32, 0, 3};

/* A member of the size that its kind has mostly. */
static size_t size_of(enum hr_config_kind kind) {
    static const size_t usual[] = {[HR_BOOL] = 1, [HR_CHOICE] = 4, [HR_LIST] = 16, [HR_MAP] = 16};
    size_t size = kind <= HR_MAP ? usual[kind] : 0;
    return size ? size : 8;
}

static void make_field(struct bytes *bytes, struct hr_config_field *field, const char *name,
                       const struct hr_config_schema *schemas) {
    unsigned bits = next(bytes), more = next(bytes), inner = next(bytes) % TABLES;
    *field = (struct hr_config_field){.name = name};
    field->kind = (enum hr_config_kind)(next(bytes) % (HR_OPEN + 2));
    field->offset = next(bytes) % (STRUCT_SIZE / 8 + 2) * 8;
    field->size = bits & 1 ? PICK(bytes, sizes) : size_of(field->kind);
    field->item = (enum hr_config_kind)(next(bytes) % (HR_OPEN + 2));
    bool table = field->kind == HR_STRUCT || field->kind == HR_MAP ||
                 (field->kind == HR_LIST && field->item == HR_STRUCT);
    field->item_size = table ? STRUCT_SIZE : size_of(field->item);
    if (field->kind == HR_STRUCT && !(bits & 1)) field->size = STRUCT_SIZE;
    if (bits & 2) field->item_size = PICK(bytes, sizes);
    if (table != !!(more & 128)) field->fields = schemas[inner].fields;
    if (field->fields) field->field_count = schemas[inner].field_count;
    if (table && bits & 4 && bits & 8) field->schema = &schemas[inner];
    if (field->schema && !(more & 64)) field->fields = NULL;
    if (field->kind == HR_CHOICE || field->item == HR_CHOICE) field->choices = PICK(bytes, choices);
    if (bits & 16) field->default_value = PICK(bytes, defaults);
    if (bits & 32) field->was = PICK(bytes, paths);
    if (bits & 64) field->alias = PICK(bytes, paths);
    if (bits & 128) field->pattern = PICK(bytes, patterns);
    field->required = more & 1;
    field->optional = more & 2;
    field->open = more & 4;
    if (more & 8) field->min = PICK(bytes, bounds);
    if (more & 8) field->max = PICK(bytes, bounds);
    if (more & 16) field->length_min = next(bytes);
    if (more & 16) field->length_max = next(bytes);
    if (more & 32) field->none = next(bytes) & 1 ? UINT64_MAX : 7;
    if (more & 64) field->unit_ns = 1000;
}

/* Where they lie outside of the struct, the loader has to say so. */
static void make_tables(struct bytes *bytes, struct hr_config_field tables[TABLES][FIELDS],
                        struct hr_config_schema *schemas) {
    for (unsigned i = 0; i < TABLES; i++)
        schemas[i] = (struct hr_config_schema){.fields = tables[i],
                                               .field_count = next(bytes) % (FIELDS + 1),
                                               .size = STRUCT_SIZE << (i == 0 ? 2 : 0),
                                               .open = next(bytes) & 1};
    for (unsigned i = 0; i < TABLES; i++)
        for (unsigned j = 0; j < schemas[i].field_count; j++)
            make_field(bytes, &tables[i][j], next(bytes) & 7 ? own[j] : PICK(bytes, names),
                       schemas);
}

/* Whether the table is one; its patterns are looked at where a value is there for them. */
static bool load(const struct hr_config_schema *schema, char *text, size_t size) {
    const char *variables[TEXTS_MAX + 1] = {NULL}, *path = fuzz_document(text, strlen(text));
    char *at = text + strlen(text) + 1;
    for (size_t i = 0; i < TEXTS_MAX && at < text + size; i++, at += strlen(at) + 1)
        variables[i] = at;
    const struct hr_config_options options = {.files = &path,
                                              .file_count = 1,
                                              .environment = variables,
                                              .schema = schema,
                                              .limits = {.nodes_max = 5000}};
    hr_config_problems *problems;
    struct hr_error error;
    hr_config *config = NULL;
    int result = hr_config_load(&options, &problems, &error, &config);
    if (result != 0 && result != HR_ERR_CONFIG && result != -EINVAL) abort();
    if (result != 0 && !*error.message) abort();
    if (result == 0 && !hr_config_values(config)) abort();
    if (result != -EINVAL &&
        (result == HR_ERR_CONFIG) != (hr_config_problems_of(problems, HR_CONFIG_ERROR) > 0))
        abort();
    hr_config_problems_free(problems);
    hr_config_free(config);
    return result != -EINVAL || strstr(error.message, "its pattern");
}

/* A table that the loader takes is one for the writer too, but for patterns and depth. */
static void write_document(const struct hr_config_schema *schema, unsigned kind, bool good) {
    const struct hr_config_document_options options = {
        .kind = (enum hr_config_document_kind)(kind % 4)};
    struct hr_error error;
    char *text = NULL;
    size_t size;
    int err = hr_config_document_write(schema, &options, &error, &text, &size);
    if (err != 0 && err != -EINVAL) abort();
    if (err == 0 && !good) abort();
    if (err == 0 && strlen(text) != size) abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct hr_config_field tables[TABLES][FIELDS];
    static struct hr_config_schema schemas[TABLES];
    struct bytes bytes = {data, data + size};
    unsigned kind = next(&bytes);
    make_tables(&bytes, tables, schemas);
    size_t left = (size_t)(bytes.end - bytes.at);
    char *text = malloc(left + 1);
    if (left) memcpy(text, bytes.at, left);
    text[left] = '\0';
    bool good = load(&schemas[0], text, left + 1);
    write_document(&schemas[0], kind, good);
    free(text);
    return 0;
}
