/* Patterns of durations, sizes, URLs and endpoints, as the library writes them. */
#include "command_fixture.h"

#include <math.h>

#include <headrace/config_document.h>

#include "schema_amount.h"

/* The pattern of a field, without the escapes of JSON. */
static char *pattern_of(const struct hr_config_field *field) {
    const struct hr_config_schema schema = {.fields = field, .field_count = 1, .size = 16};
    char *text, *out;
    size_t size;
    cr_assert_eq(hr_config_document_write(&schema, NULL, NULL, &text, &size), 0);
    char *begin = strstr(text, "\"pattern\": \"");
    cr_assert_not_null(begin);
    begin += strlen("\"pattern\": \"");
    out = text;
    for (; *begin != '"'; begin++) *out++ = *begin == '\\' ? *++begin : *begin;
    *out = '\0';
    return text;
}

static const struct hr_config_field fields[] = {
    {.kind = HR_DURATION, .min = 100, .max = 3600000},
    {.kind = HR_DURATION},
    {.kind = HR_DURATION, .unit_ns = 1000000000, .min = 0, .max = 600},
    {.kind = HR_DURATION, .unit_ns = 1000000000, .min = 30, .max = HUGE_VAL},
    {.kind = HR_DURATION, .unit_ns = 1000, .min = 7, .max = 12345678},
    {.kind = HR_DURATION, .unit_ns = 1, .min = 999, .max = 1000},
    {.kind = HR_DURATION, .unit_ns = 60000000000, .min = 1, .max = 90},
    {.kind = HR_DURATION, .min = 0, .max = 0.5},
    {.kind = HR_DURATION, .none = 9, .min = 1, .max = 10},
    {.kind = HR_SIZE},
    {.kind = HR_SIZE, .min = 5242880, .max = 5368709120},
    {.kind = HR_SIZE, .min = 1, .max = HUGE_VAL, .none = 5},
    {.kind = HR_URL},
    {.kind = HR_ENDPOINT},
};

Test(schema_amount, each_kind_is_known_by_the_pattern_that_it_writes) {
    for (size_t i = 0; i < COUNT(fields); i++) {
        struct hr_config_field wanted = fields[i], found = {.name = "b"};
        wanted.name = "a";
        wanted.size = 8;
        char *pattern = pattern_of(&wanted);
        cr_expect(schema_amount_find(pattern, &found), "%zu: %s", i, pattern);
        cr_expect_eq(found.kind, wanted.kind, "%zu", i);
        cr_expect_eq(!found.none, !wanted.none, "%zu", i);
        found.name = "a";
        char *again = pattern_of(&found);
        cr_expect_str_eq(again, pattern);
        free(again);
        free(pattern);
    }
}

Test(schema_amount, another_pattern_is_none_and_leaves_the_field_alone) {
    static const char *const others[] = {"", "^a$", "^(?:0|x)$",
                                         "^(?:none|0*(?:", "^(?:(?:0*(?:[1-9](?:\\.0{1,9})?)ms|"};
    for (size_t i = 0; i < COUNT(others); i++) {
        struct hr_config_field field = {.kind = HR_OPEN};
        cr_expect_not(schema_amount_find(others[i], &field), "%s", others[i]);
        cr_expect_eq(field.kind, HR_OPEN);
        cr_expect_eq(field.size, 0);
    }
}

Test(schema_amount, a_pattern_with_a_byte_more_or_less_is_another) {
    struct hr_config_field field = {.name = "a", .kind = HR_DURATION, .size = 8, .max = 90};
    char *pattern = pattern_of(&field);
    size_t size = strlen(pattern);
    for (size_t i = 0; i < size; i++) {
        char kept = pattern[i];
        pattern[i] = kept == '9' ? '8' : '9';
        struct hr_config_field found = {.name = "b"};
        bool same = false;
        if (schema_amount_find(pattern, &found)) { /* another bound is another duration */
            found.name = "a";
            char *again = pattern_of(&found);
            same = strcmp(again, pattern) == 0;
            free(again);
            cr_expect(same, "%s", pattern);
        }
        pattern[i] = kept;
    }
    free(pattern);
}
