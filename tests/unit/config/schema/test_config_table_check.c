/* Tables that mean nothing are refused before anything is read, and the field is named. */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/config_document.h>

#include "config_fixture.h"

struct inner {
    const char *key, *text;
    uint32_t number;
};
struct outer {
    struct inner inner;
    const char *text;
    uint32_t number;
    uint8_t small;
    struct hr_config_items items;
    double real;
};

/* Loads nothing by a table of one field. Returns the sentence; NULL: it was taken. */
static const char *fault_of(const struct hr_config_field *field) {
    static struct hr_error error;
    const struct hr_config_schema schema = {
        .fields = field, .field_count = 1, .size = sizeof(struct outer)};
    const struct hr_config_options options = {.schema = &schema, .no_environment = true};
    hr_config *config = NULL;
    char *text = NULL;
    size_t size;
    int err = hr_config_load(&options, NULL, &error, &config);
    if (err == -EINVAL)
        cr_expect_eq(hr_config_document_write(&schema, NULL, NULL, &text, &size), -EINVAL,
                     "%s: but the writer takes it", error.message);
    free(text);
    hr_config_free(config);
    if (err == 0 || err == HR_ERR_CONFIG) return NULL;
    cr_expect_eq(err, -EINVAL);
    return error.message;
}

#define EXPECT_FAULT(words, ...)                                                                   \
    do {                                                                                           \
        const struct hr_config_field field = __VA_ARGS__;                                          \
        const char *fault = fault_of(&field);                                                      \
        cr_expect(fault &&strstr(fault, words), "%s: %s", words, fault ? fault : "taken");         \
    } while (0)
#define EXPECT_TAKEN(...)                                                                          \
    do {                                                                                           \
        const struct hr_config_field field = __VA_ARGS__;                                          \
        const char *fault = fault_of(&field);                                                      \
        cr_expect_null(fault, "%s", fault);                                                        \
    } while (0)

Test(config_table_check, bounds) {
    EXPECT_FAULT("schema: field number: min is not below max",
                 HR_FIELD(struct outer, number, HR_UINT, .min = 1));
    EXPECT_FAULT("min is not below max", HR_FIELD(struct outer, number, HR_INT, .max = -1));
    EXPECT_FAULT("min is not below max",
                 HR_FIELD(struct outer, number, HR_INT, .min = 5, .max = 5));
    EXPECT_FAULT("min is not below max",
                 HR_FIELD(struct outer, number, HR_INT, .min = NAN, .max = 5));
    EXPECT_FAULT("are of numbers", HR_FIELD(struct outer, text, HR_STRING, .max = 9));
    EXPECT_FAULT("length_min is above",
                 HR_FIELD(struct outer, text, HR_STRING, .length_min = 9, .length_max = 8));
    EXPECT_FAULT("are of texts", HR_FIELD(struct outer, number, HR_UINT, .length_max = 8));
    EXPECT_TAKEN(HR_FIELD(struct outer, number, HR_UINT, .max = 9));
    EXPECT_TAKEN(HR_FIELD(struct outer, text, HR_STRING, .length_min = 9));
}

Test(config_table_check, members) {
    EXPECT_FAULT("beyond the struct",
                 {.name = "x", .kind = HR_UINT, .size = 4, .offset = sizeof(struct outer) - 3});
    EXPECT_FAULT("beyond the struct",
                 {.name = "x", .kind = HR_UINT, .size = 4, .offset = SIZE_MAX});
    EXPECT_FAULT("no size of that kind", HR_FIELD(struct outer, items, HR_UINT));
    EXPECT_FAULT("no size of that kind", HR_FIELD(struct outer, number, HR_DOUBLE));
    EXPECT_FAULT("no size of that kind", HR_FIELD(struct outer, number, HR_STRING));
    EXPECT_FAULT("no size of that kind", HR_FIELD(struct outer, number, HR_BOOL));
    EXPECT_FAULT("no size of that kind",
                 HR_FIELD(struct outer, text, HR_LIST, HR_ITEMS(uint32_t, HR_UINT)));
    EXPECT_FAULT("item_size is no size",
                 HR_FIELD(struct outer, items, HR_LIST, HR_ITEMS(uint32_t, HR_STRING)));
    EXPECT_FAULT("no such kind",
                 {.name = "x", .kind = (enum hr_config_kind)(HR_OPEN + 1), .size = 4});
    EXPECT_FAULT("field ?: a field has no name", {.name = "", .kind = HR_UINT, .size = 4});
}

Test(config_table_check, kinds_that_need_more) {
    EXPECT_FAULT("choices are missing", HR_FIELD(struct outer, number, HR_CHOICE));
    EXPECT_FAULT("choices are missing",
                 HR_FIELD(struct outer, items, HR_LIST, HR_ITEMS(int, HR_CHOICE)));
    EXPECT_FAULT("a list is of scalars",
                 HR_FIELD(struct outer, items, HR_LIST, HR_ITEMS(struct hr_config_items, HR_LIST)));
    EXPECT_FAULT("fields is NULL", HR_FIELD(struct outer, inner, HR_STRUCT, .field_count = 1));
    EXPECT_TAKEN(HR_FIELD(struct outer, inner, HR_STRUCT));
    EXPECT_FAULT("a pattern is of texts", HR_FIELD(struct outer, number, HR_UINT, .pattern = "1"));
    EXPECT_FAULT("unit_ns is of", HR_FIELD(struct outer, number, HR_UINT, .unit_ns = 1));
    EXPECT_FAULT("none is of", HR_FIELD(struct outer, number, HR_INT, .none = 1));
    EXPECT_FAULT("none has no room", HR_FIELD(struct outer, small, HR_UINT, .none = 256));
    EXPECT_FAULT("optional is of", HR_FIELD(struct outer, number, HR_UINT, .optional = true));
    EXPECT_FAULT("open is of", HR_FIELD(struct outer, number, HR_UINT, .open = true));
    EXPECT_FAULT("required, and has a default",
                 HR_FIELD(struct outer, number, HR_UINT, .required = true, .default_value = "1"));
    EXPECT_FAULT("reserved", HR_FIELD(struct outer, number, HR_UINT, .reserved = {0, 1}));
    EXPECT_FAULT("empty path", HR_FIELD(struct outer, number, HR_UINT, .was = ""));
}

static const struct hr_config_field plain_fields[] = {
    HR_FIELD(struct inner, text, HR_STRING),
    HR_FIELD(struct inner, number, HR_UINT),
};
static const struct hr_config_field keyed_fields[] = {
    HR_FIELD(struct inner, key, HR_KEY),
    HR_FIELD(struct inner, text, HR_STRING),
};
static const struct hr_config_field two_keys_fields[] = {
    HR_FIELD(struct inner, key, HR_KEY),
    HR_FIELD(struct inner, text, HR_KEY),
};
static const struct hr_config_field former_fields[] = {
    HR_FIELD(struct inner, key, HR_KEY),
    HR_FIELD(struct inner, text, HR_STRING, .was = "text_of_old"),
};
static const struct hr_config_field twice_fields[] = {
    HR_FIELD(struct inner, text, HR_STRING),
    HR_NAMED("text", struct inner, key, HR_STRING),
};
static const struct hr_config_field faulty_fields[] = {
    HR_FIELD(struct inner, text, HR_STRING),
    HR_FIELD(struct inner, number, HR_UINT, .min = 1),
};
static const struct hr_config_schema other_schema = {HR_FIELDS(plain_fields), .size = 4};

Test(config_table_check, an_alias_leads_elsewhere) {
    EXPECT_FAULT(
        "schema: field inner: its alias is the field itself, or in it",
        HR_FIELD(struct outer, inner, HR_STRUCT, HR_FIELDS(plain_fields), .alias = "inner.inner"));
    EXPECT_FAULT("its alias is the field itself",
                 HR_FIELD(struct outer, number, HR_UINT, .alias = "number"));
    EXPECT_TAKEN(HR_FIELD(struct outer, number, HR_UINT, .alias = "number_of.all"));
}

Test(config_table_check, maps_and_tables_within) {
    EXPECT_FAULT("schema: field items: more than one field of a map's entries is an HR_KEY",
                 HR_FIELD(struct outer, items, HR_MAP, HR_FIELDS(two_keys_fields),
                          .item_size = sizeof(struct inner)));
    EXPECT_TAKEN(HR_FIELD(struct outer, items, HR_MAP, HR_FIELDS(plain_fields),
                          .item_size = sizeof(struct inner)));
    EXPECT_FAULT("schema: field items.text: was and alias are of fields of structs",
                 HR_FIELD(struct outer, items, HR_MAP, HR_FIELDS(former_fields),
                          .item_size = sizeof(struct inner)));
    EXPECT_FAULT("schema: field inner.text: it is there twice",
                 HR_FIELD(struct outer, inner, HR_STRUCT, HR_FIELDS(twice_fields)));
    EXPECT_FAULT("schema: field inner.number: min",
                 HR_FIELD(struct outer, inner, HR_STRUCT, HR_FIELDS(faulty_fields)));
    EXPECT_FAULT("beyond the struct", HR_FIELD(struct outer, items, HR_MAP, HR_FIELDS(keyed_fields),
                                               .item_size = sizeof(char *)));
    EXPECT_FAULT("of another struct",
                 HR_FIELD(struct outer, inner, HR_STRUCT, .schema = &other_schema));
    EXPECT_FAULT("exclude each other", HR_FIELD(struct outer, inner, HR_STRUCT,
                                                HR_FIELDS(plain_fields), .schema = &other_schema));
    EXPECT_FAULT("fields are of structs",
                 HR_FIELD(struct outer, number, HR_UINT, HR_FIELDS(plain_fields)));
    EXPECT_TAKEN(HR_FIELD(struct outer, items, HR_MAP, HR_FIELDS(keyed_fields),
                          .item_size = sizeof(struct inner)));
}

/* A tree of items is one, a struct in itself is none. */
struct branch {
    const char *name;
    struct hr_config_items branches;
};
static const struct hr_config_field branch_fields[] = {
    HR_FIELD(struct branch, name, HR_STRING),
    HR_FIELD(struct branch, branches, HR_LIST, HR_ITEMS(struct branch, HR_STRUCT),
             .fields = branch_fields, .field_count = 2),
};
static const struct hr_config_field endless_fields[] = {
    {.name = "self", .kind = HR_STRUCT, .size = 8, .fields = endless_fields, .field_count = 1},
};

Test(config_table_check, tables_that_lead_to_themselves) {
    EXPECT_FAULT("schema: field self.self: it is a struct in itself", endless_fields[0]);
    EXPECT_TAKEN(branch_fields[1]);
}

/* Each level names the next one twice. */
Test(config_table_check, tables_without_end_are_counted) {
    static struct hr_config_field levels[30][2];
    for (int i = 0; i < 29; i++)
        for (int j = 0; j < 2; j++)
            levels[i][j] = (struct hr_config_field){.name = j ? "b" : "a",
                                                    .kind = HR_LIST,
                                                    .size = 16,
                                                    .item = HR_STRUCT,
                                                    .item_size = 16,
                                                    .fields = levels[i + 1],
                                                    .field_count = i < 28 ? 2 : 1};
    levels[29][0] = (struct hr_config_field){.name = "x", .kind = HR_UINT, .size = 8};
    EXPECT_FAULT("more than 100000 fields", levels[0][0]);
}

Test(config_table_check, a_pattern_that_is_none_is_said_when_it_is_used) {
    static const struct hr_config_field field[] = {
        HR_FIELD(struct outer, text, HR_STRING, .pattern = "("),
    };
    static const struct hr_config_schema schema = {HR_FIELDS(field), .size = sizeof(struct outer)};
    struct fixture fixture = {.texts = {"text: a\n"}, .options.schema = &schema};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, -EINVAL);
    cr_assert(strstr(fixture.error.message, "schema: field text: its pattern is no POSIX"), "%s",
              fixture.error.message);
    fixture_free(&fixture);
}
