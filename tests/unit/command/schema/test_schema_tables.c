/* Objects of JSON Schemas, by the tables that they become, and by what is loaded with them. */
#include "schema_fixture.h"

TestSuite(schema_tables, .init = fixture_open, .fini = fixture_schema_close);

/* 0, or the code of the load; the values in *values as long as `config` lives. */
static int load(const struct hr_config_schema *schema, const char *text, hr_config **config) {
    const char *path = fixture_text("service.yaml", text);
    const struct hr_config_options options = {
        .files = &path, .file_count = 1, .no_environment = true, .schema = schema};
    *config = NULL;
    return hr_config_load(&options, NULL, NULL, config);
}

static bool is_taken(const struct hr_config_schema *schema, const char *text) {
    hr_config *config;
    int err = load(schema, text, &config);
    hr_config_free(config);
    return !err;
}

static const char nested[] =
    "{\"type\": \"object\", \"required\": [\"must\"], \"properties\": {"
    " \"flag\": {\"type\": \"boolean\"},"
    " \"must\": {\"type\": \"object\", \"required\": [\"x\"], \"properties\": {\"x\": {\"type\": "
    "\"integer\"}, \"y\": {\"type\": \"string\", \"default\": \"why\"}}},"
    " \"may\": {\"type\": \"object\", \"required\": [\"x\"], \"properties\": {\"x\": {\"type\": "
    "\"integer\"}}},"
    " \"list\": {\"type\": \"array\", \"items\": {\"type\": \"object\", \"properties\": {\"a\": "
    "{\"type\": \"integer\"}, \"b\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}}}},"
    " \"map\": {\"type\": \"object\", \"additionalProperties\": {\"type\": \"object\", "
    "\"properties\": {\"z\": {\"type\": \"number\"}}}}}}";

Test(schema_tables, members_do_not_overlap_and_stand_within_the_struct) {
    const struct hr_config_schema *schema = fixture_schema(nested);
    cr_assert_not_null(schema, "%s", fixture_reading.error.message);
    cr_assert_eq(schema->field_count, 5);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct hr_config_field *field = &schema->fields[i];
        cr_expect_leq(field->offset + field->size, schema->size);
        if (i > 0) cr_expect_geq(field->offset, field[-1].offset + field[-1].size);
    }
    cr_expect(schema->open && schema->fields[1].open);
    cr_expect(schema->fields[3].item_size > 0 && schema->fields[4].item_size > 0);
}

Test(schema_tables, values_reach_their_members_at_any_depth) {
    const struct hr_config_schema *schema = fixture_schema(nested);
    hr_config *config;
    cr_assert_eq(load(schema,
                      "flag: true\nmust: {x: 7}\nlist: [{a: 1}, {a: 2, b: [p, q]}]\nmap: {one: {z: "
                      "0.5}, two: {}}\n",
                      &config),
                 0);
    const char *values = hr_config_values(config);
    const struct hr_config_field *fields = schema->fields, *must = fields[1].fields;
    cr_expect(*(const bool *)(values + fields[0].offset));
    cr_expect_eq(*(const int64_t *)(const void *)(values + fields[1].offset + must[0].offset), 7);
    cr_expect_str_eq(
        *(const char *const *)(const void *)(values + fields[1].offset + must[1].offset), "why");
    const struct hr_config_items *list = (const void *)(values + fields[3].offset);
    cr_assert_eq(list->count, 2);
    const char *second = (const char *)list->items + fields[3].item_size;
    cr_expect_eq(*(const int64_t *)(const void *)(second + fields[3].fields[0].offset), 2);
    const struct hr_config_items *texts = (const void *)(second + fields[3].fields[1].offset);
    cr_expect(texts->count == 2 && strcmp(((const char *const *)texts->items)[1], "q") == 0);
    hr_config_free(config);
}

Test(schema_tables, an_object_that_is_not_given_is_no_error_unless_it_is_required) {
    const struct hr_config_schema *schema = fixture_schema(nested);
    cr_expect(is_taken(schema, "must: {x: 1}\n"));
    cr_expect_not(is_taken(schema, "flag: true\n"));
    cr_expect_not(is_taken(schema, "must: {}\n"));
    cr_expect_not(is_taken(schema, "must: {x: 1}\nmay: {}\n"));
    cr_expect(is_taken(schema, "must: {x: 1}\nmay: {x: 1}\n"));
}

Test(schema_tables, objects_without_properties_take_any_map_and_nothing_else) {
    const struct hr_config_schema *schema =
        fixture_schema("{\"type\": \"object\", \"additionalProperties\": false, \"properties\": "
                       "{\"a\": {\"type\": \"object\"}, \"b\": {\"type\": \"object\", "
                       "\"additionalProperties\": false}}}");
    cr_expect(is_taken(schema, "a: {x: [1]}\nb: {}\n"));
    cr_expect_not(is_taken(schema, "a: 5\n"));
    cr_expect_not(is_taken(schema, "b: {x: 1}\n"));
    cr_expect_not(is_taken(schema, "c: 1\n"));
}

Test(schema_tables, titles_and_descriptions_are_the_words_of_the_tables) {
    const struct hr_config_schema *schema = fixture_schema(
        "{\"title\": \"A service\", \"type\": \"object\", \"properties\": {"
        "\"a\": {\"type\": \"string\", \"title\": \"A\", \"description\": \"One\\ntwo.\"},"
        "\"b\": {\"$ref\": \"#/$defs/b\", \"description\": \"Here.\"},"
        "\"c\": {\"$ref\": \"#/$defs/b\"}}, \"$defs\": {\"b\": {\"type\": \"string\", "
        "\"description\": \"There.\"}}}");
    cr_assert_not_null(schema, "%s", fixture_reading.error.message);
    cr_expect_str_eq(schema->title, "A service");
    cr_expect_str_eq(schema->fields[0].doc, "One two.");
    cr_expect_str_eq(schema->fields[1].doc, "Here.");
    cr_expect_str_eq(schema->fields[2].doc, "There.");
}
