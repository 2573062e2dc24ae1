/* Old names, as a table of fields writes them into a JSON Schema. */
#include "schema_fixture.h"

#include <headrace/config_document.h>

#include "schema_renamed.h"

TestSuite(schema_renamed, .init = fixture_open, .fini = fixture_schema_close);

struct pool {
    uint32_t size;
};
struct service {
    const char *name;
    struct pool pool;
};
static const struct hr_config_field pool_fields[] = {
    HR_FIELD(struct pool, size, HR_UINT, .required = true, .was = "pool_size"),
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct service, name, HR_STRING, .was = "pool.name"),
    HR_FIELD(struct service, pool, HR_STRUCT, HR_FIELDS(pool_fields)),
};
static const struct hr_config_schema own = HR_SCHEMA(struct service, fields);

static const struct hr_config_schema *read_back(void) {
    char *text;
    size_t size;
    cr_assert_eq(hr_config_document_write(&own, NULL, NULL, &text, &size), 0);
    const struct hr_config_schema *schema = fixture_schema(text);
    free(text);
    cr_assert_not_null(schema, "%s", fixture_reading.error.message);
    return schema;
}

Test(schema_renamed, rules_become_old_names_of_fields) {
    const struct hr_config_schema *schema = read_back();
    cr_assert_eq(schema->field_count, 2);
    cr_expect_str_eq(schema->fields[0].was, "pool.name");
    cr_expect_eq(schema->fields[1].field_count, 1);
    cr_expect_str_eq(schema->fields[1].fields[0].was, "pool_size");
}

Test(schema_renamed, documents_are_judged_as_by_the_table_itself) {
    static const char *const texts[] = {"pool_size: 5\n",
                                        "pool: {size: 5}\n",
                                        "name: x\n",
                                        "pool_size: 5\npool: {size: 5}\n",
                                        "pool: {}\n",
                                        "pool_size: 5\npool: null\n",
                                        "pool_size: null\n",
                                        "pool_size: 5\npool: {name: x}\n",
                                        "pool_size: 5\nx: 1\n",
                                        "name: y\npool: {size: 1, name: x}\n"};
    const struct hr_config_schema *schemas[] = {&own, read_back()};
    for (size_t i = 0; i < COUNT(texts); i++) {
        const char *path = fixture_text("service.yaml", texts[i]);
        int results[2];
        for (int s = 0; s < 2; s++) {
            const struct hr_config_options options = {
                .files = &path, .file_count = 1, .no_environment = true, .schema = schemas[s]};
            hr_config *config = NULL;
            results[s] = hr_config_load(&options, NULL, NULL, &config);
            hr_config_free(config);
        }
        cr_expect_eq(results[0], results[1], "%s: %d, %d", texts[i], results[0], results[1]);
    }
}

Test(schema_renamed, another_rule_is_refused) {
    cr_expect_null(fixture_schema("{type: object, properties: {}, allOf: [{not: {allOf: [{}, "
                                  "{}]}}]}"));
    cr_expect(fixture_refused("allOf.0: a sum of schemas"), "%s", fixture_reading.error.message);
}
