/* The schema of headrace.yaml has each option once in each map, and judges files. */
#include "own_fixture.h"

#include <headrace/config_document.h>

#include "own_table.h"

TestSuite(own_table, .init = own_fixture_open, .fini = own_fixture_close);

static const struct hr_config_field *field_of(const char *path) {
    const struct hr_config_schema *schema = own_schema();
    const struct hr_config_field *fields = schema->fields, *found = NULL;
    size_t count = schema->field_count;
    struct hr_slice rest = hr_slice_of(path), step;
    while (hr_slice_cut(&rest, '.', &step)) {
        found = NULL;
        for (size_t i = 0; i < count && !found; i++)
            if (hr_slice_equal(hr_slice_of(fields[i].name), step)) found = &fields[i];
        if (!found) return NULL;
        fields = found->fields;
        count = found->field_count;
    }
    return found;
}

Test(own_table, the_maps_are_families_and_in_them_commands) {
    static const char *const maps[] = {"http",    "s3",       "s3.cp",     "s3.presign",
                                       "serve",   "serve.s3", "bench",     "bench.s3",
                                       "log.cat", "config",   "bench.log", "config.get"};
    for (size_t i = 0; i < COUNT(maps); i++) {
        const struct hr_config_field *map = field_of(maps[i]);
        cr_assert_not_null(map, "%s", maps[i]);
        cr_expect_eq(map->kind, HR_STRUCT, "%s", maps[i]);
    }
}

Test(own_table, each_key_is_there_once_in_its_map_and_says_what_it_is) {
    const struct own_table *table = own_table();
    for (size_t map = 0; map < table->count; map++) {
        const struct hr_config_field *fields = table->fields[map].fields;
        for (size_t i = 0; i < table->fields[map].field_count; i++) {
            cr_expect(fields[i].doc && *fields[i].doc, "%s", fields[i].name);
            for (size_t j = 0; j < i; j++)
                cr_expect_str_neq(fields[i].name, fields[j].name, "in %s", table->fields[map].name);
        }
    }
}

Test(own_table, kinds_bounds_and_defaults_are_those_of_the_flags) {
    const struct hr_config_field *retry = field_of("http.retry");
    cr_assert_not_null(retry);
    cr_expect_eq(retry->kind, HR_UINT);
    cr_expect_eq(retry->max, 99);
    cr_expect_str_eq(retry->default_value, "0");
    cr_expect_eq(field_of("s3.secret_key")->kind, HR_SECRET);
    cr_expect_eq(field_of("http.header")->item, HR_SECRET);
    cr_expect_eq(field_of("s3.addressing")->kind, HR_CHOICE);
    cr_expect_str_eq(field_of("s3.addressing")->choices[1].name, "path");
    cr_expect_str_eq(field_of("s3.addressing")->default_value, "auto");
    cr_expect_null(field_of("s3.ls.addressing")->default_value, "that of the family is told");
    cr_expect_null(field_of("bench.size")->default_value, "they are not alike");
    cr_expect_eq(field_of("http.location")->kind, HR_BOOL);
    cr_expect_eq(field_of("http.timeout")->kind, HR_STRING, "the option judges it");
}

Test(own_table, actions_of_one_call_are_no_keys) {
    static const char *const rows[] = {"http.url",       "http.request",     "http.data",
                                       "http.output",    "http.remote_name", "http.disable",
                                       "http.tlsv1.2",   "bench.http.json",  "http.config",
                                       "http.no_config", "http.help"};
    for (size_t i = 0; i < COUNT(rows); i++) cr_expect_null(field_of(rows[i]), "%s", rows[i]);
}

Test(own_table, it_is_made_once) {
    cr_expect_eq(own_schema(), own_schema());
}

Test(own_table, the_schema_can_be_written_down_in_every_form) {
    for (int kind = HR_CONFIG_JSON_SCHEMA; kind <= HR_CONFIG_VARIABLES; kind++) {
        struct hr_config_document_options options = {.kind = (enum hr_config_document_kind)kind};
        struct hr_error error = {0};
        char *text = NULL;
        size_t size = 0;
        cr_assert_eq(hr_config_document_write(own_schema(), &options, &error, &text, &size), 0,
                     "%s", error.message);
        cr_expect_gt(size, 10000);
        free(text);
    }
}

/* As `headrace config check` with this schema does. */
Test(own_table, a_load_with_the_schema_alone_judges_what_only_options_judge) {
    const char *path = fixture_text("x.yaml", "s3: {timeout: 3x}\nhttp: {header: [x]}\n");
    struct hr_config_options options = {
        .files = &path, .file_count = 1, .no_environment = true, .schema = own_schema()};
    struct hr_error error = {0};
    hr_config_problems *problems = NULL;
    hr_config *config = NULL;
    cr_expect_eq(hr_config_load(&options, &problems, &error, &config), HR_ERR_CONFIG);
    cr_expect_eq(hr_config_problems_of(problems, HR_CONFIG_ERROR), 2);
    hr_config_problems_free(problems);
}
