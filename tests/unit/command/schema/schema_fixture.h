/* What tests of JSON Schemas share: one out of a text. */
#ifndef TESTS_SCHEMA_FIXTURE_H
#define TESTS_SCHEMA_FIXTURE_H

#include "command_fixture.h"

#include "schema_tables.h"

static struct schema_reading fixture_reading;
static struct hr_config_schema fixture_tables;

/* Opens the document; fixture_schema_close. */
__attribute__((unused)) static void fixture_document(const char *text) {
    const char *path = fixture_text("schema.json", text);
    cr_assert_eq(schema_reading_open(&fixture_reading, path), 0, "%s",
                 fixture_reading.error.message);
}

/* The tables of a schema; NULL: it is refused, and fixture_reading.error says why. */
__attribute__((unused)) static const struct hr_config_schema *fixture_schema(const char *text) {
    fixture_document(text);
    return schema_tables_read(&fixture_reading, &fixture_tables) ? &fixture_tables : NULL;
}

/* The one field of such a schema: of `value`, a schema itself. */
__attribute__((unused)) static const struct hr_config_field *fixture_field(const char *value) {
    char text[2048];
    snprintf(text, sizeof text, "{\"type\": \"object\", \"properties\": {\"a\": %s}}", value);
    const struct hr_config_schema *schema = fixture_schema(text);
    return schema ? schema->fields : NULL;
}

__attribute__((unused)) static void fixture_schema_close(void) {
    schema_reading_release(&fixture_reading);
    fixture_reading = (struct schema_reading){.path = NULL};
    fixture_close();
}

__attribute__((unused)) static bool fixture_refused(const char *words) {
    return fixture_reading.result && strstr(fixture_reading.error.message, words);
}

#endif
