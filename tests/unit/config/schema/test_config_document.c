/* The documents of a schema: the JSON Schema as Jansson reads it, the sample as the loader does. */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/config_document.h>

#include "config_fixture.h"

struct pool {
    uint8_t size;
    uint32_t idle_ms;
};
struct origin {
    const char *name, *address;
};
struct service {
    const char *name, *password, *zone;
    struct pool pool, spare;
    struct hr_config_items hosts, origins, services;
    const struct hr_config_node *open;
};

static const struct hr_config_field pool_fields[] = {
    HR_FIELD(struct pool, size, HR_UINT, .default_value = "10", .min = 1, .max = 1000,
             .was = "pool_size", .doc = "Connections | sockets."),
    HR_FIELD(struct pool, idle_ms, HR_DURATION, .default_value = "30s", .restart = true),
};
static const struct hr_config_field spare_fields[] = {
    HR_FIELD(struct pool, size, HR_UINT, .required = true)};
static const struct hr_config_field origin_fields[] = {
    HR_FIELD(struct origin, name, HR_KEY),
    HR_FIELD(struct origin, address, HR_ENDPOINT, .required = true),
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct service, name, HR_STRING, .required = true, .length_min = 12,
             .doc = "Of the service."),
    HR_FIELD(struct service, password, HR_SECRET, .default_value = "never-shown"),
    HR_FIELD(struct service, zone, HR_STRING, .pattern = "[a-z]+-[0-9]", .default_value = "eu-1"),
    HR_FIELD(struct service, pool, HR_STRUCT, HR_FIELDS(pool_fields)),
    HR_FIELD(struct service, spare, HR_STRUCT, HR_FIELDS(spare_fields), .optional = true),
    HR_FIELD(struct service, hosts, HR_LIST, HR_ITEMS(const char *, HR_STRING), .length_max = 3,
             .default_value = "a, null"),
    HR_FIELD(struct service, origins, HR_LIST, HR_ITEMS(struct origin, HR_STRUCT),
             HR_FIELDS(origin_fields)),
    HR_FIELD(struct service, services, HR_MAP, .item_size = sizeof(struct origin),
             HR_FIELDS(origin_fields)),
    HR_FIELD(struct service, open, HR_OPEN),
};
static const struct hr_config_schema schema = {HR_FIELDS(fields), .size = sizeof(struct service),
                                               .title = "A service"};

/* Freed by the caller. */
static char *written(const struct hr_config_schema *of, struct hr_config_document_options options) {
    char *text = NULL;
    size_t size = 0;
    struct hr_error error = {.code = 0};
    int err = hr_config_document_write(of, &options, &error, &text, &size);
    cr_assert_eq(err, 0, "%s", error.message);
    cr_assert_eq(strlen(text), size);
    return text;
}

static json_t *json_schema(const struct hr_config_schema *of) {
    char *text = written(of, (struct hr_config_document_options){.kind = HR_CONFIG_JSON_SCHEMA});
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    cr_assert(json, "%s", error.text);
    free(text);
    return json;
}

/* The member at a path of keys that are parted by "/". */
static json_t *at(json_t *json, const char *path) {
    struct hr_slice rest = hr_slice_of(path), step;
    while (json && hr_slice_cut(&rest, '/', &step)) {
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)step.size, step.data);
        json = json_object_get(json, key);
    }
    return json;
}

static bool has_item(json_t *array, const char *text) {
    size_t i;
    json_t *item;
    json_array_foreach(array, i, item) if (strcmp(json_string_value(item), text) == 0) return true;
    return false;
}

Test(config_document, a_json_schema_says_its_draft_and_title) {
    json_t *json = json_schema(&schema);
    cr_assert_str_eq(json_string_value(at(json, "$schema")),
                     "https://json-schema.org/draft/2020-12/schema");
    cr_assert_str_eq(json_string_value(at(json, "title")), "A service");
    cr_assert_str_eq(json_string_value(at(json, "type")), "object", "a name is required");
    cr_assert(json_is_false(at(json, "additionalProperties")));
    json_decref(json);
}

Test(config_document, bounds_are_those_of_the_field_and_of_its_member) {
    json_t *json = json_schema(&schema), *size = at(json, "properties/pool/properties/size");
    cr_assert_eq(json_integer_value(at(size, "minimum")), 1);
    cr_assert_eq(json_integer_value(at(size, "maximum")), 255, "a byte has no more room");
    cr_assert_eq(json_integer_value(at(size, "default")), 10);
    cr_assert_str_eq(json_string_value(at(size, "description")), "Connections | sockets.");
    json_decref(json);
}

Test(config_document, null_is_allowed_where_nothing_is_required) {
    json_t *json = json_schema(&schema);
    cr_assert(has_item(at(json, "properties/zone/type"), "null"));
    cr_assert(has_item(at(json, "properties/pool/type"), "null"));
    cr_assert(has_item(at(json, "properties/spare/type"), "null"), "it is optional");
    cr_assert_not(has_item(at(json, "properties/name/type"), "null"));
    cr_assert_str_eq(json_string_value(at(json, "properties/spare/properties/size/type")),
                     "integer");
    cr_assert(has_item(at(json, "required"), "name"));
    cr_assert_eq(json_array_size(at(json, "required")), 1);
    json_decref(json);
}

Test(config_document, an_old_name_is_a_deprecated_property_at_its_place) {
    json_t *json = json_schema(&schema), *old = at(json, "properties/pool_size");
    cr_assert(json_is_true(at(old, "deprecated")));
    cr_assert_str_eq(json_string_value(at(old, "description")), "The old name of pool.size.");
    cr_assert_eq(json_array_size(at(json, "allOf")), 1, "not both of them");
    json_decref(json);
}

Test(config_document, unknown_keys_are_allowed_where_they_are_warnings) {
    struct hr_config_schema lenient = schema;
    lenient.unknown_warn = true;
    json_t *json = json_schema(&lenient);
    cr_assert(json_is_true(at(json, "additionalProperties")));
    cr_assert(json_is_true(at(json, "properties/pool/additionalProperties")));
    json_decref(json);
}

Test(config_document, a_secret_is_write_only_and_items_that_are_open_have_no_type) {
    static const struct hr_config_field table[] = {
        {.name = "keys", .kind = HR_LIST, .size = 16, .item = HR_SECRET, .item_size = 8},
        {.name = "rest",
         .kind = HR_LIST,
         .size = 16,
         .offset = 16,
         .item = HR_OPEN,
         .item_size = 8},
    };
    const struct hr_config_schema lists = {HR_FIELDS(table), .size = 32};
    json_t *json = json_schema(&schema);
    cr_assert(json_is_true(at(json, "properties/password/writeOnly")));
    cr_assert_null(at(json, "properties/name/writeOnly"));
    json_decref(json);
    json = json_schema(&lists);
    cr_assert(json_is_true(at(json, "properties/keys/items/writeOnly")));
    cr_assert_eq(json_object_size(at(json, "properties/rest/items")), 0);
    json_decref(json);
}

Test(config_document, the_example_of_a_number_with_one_bound_is_that_bound) {
    static const struct hr_config_field table[] = {
        {.name = "low", .kind = HR_INT, .size = 8, .required = true, .min = -HUGE_VAL, .max = -7},
        {.name = "real",
         .kind = HR_DOUBLE,
         .size = 8,
         .offset = 8,
         .required = true,
         .min = 2.5,
         .max = HUGE_VAL}};
    const struct hr_config_schema numbers = {HR_FIELDS(table), .size = 16};
    char *text = written(&numbers, (struct hr_config_document_options){.kind = HR_CONFIG_SAMPLE});
    cr_assert(strstr(text, "low: -7\n") && strstr(text, "real: 10\n"), "%s", text);
    free(text);
}

Test(config_document, the_default_of_a_secret_is_in_no_document) {
    for (int kind = HR_CONFIG_JSON_SCHEMA; kind <= HR_CONFIG_VARIABLES; kind++) {
        struct hr_config_document_options options = {.kind = (enum hr_config_document_kind)kind};
        char *text = written(&schema, options);
        cr_assert(strstr(text, "password") && !strstr(text, "never-shown"), "%s", text);
        free(text);
    }
}

Test(config_document, the_table_has_a_row_for_each_option) {
    char *text = written(
        &schema, (struct hr_config_document_options){.kind = HR_CONFIG_MARKDOWN, .prefix = "APP_"});
    cr_assert(strstr(text, "# A service\n"));
    cr_assert(strstr(text, "| `name` | `APP_NAME` | a text of at least 12 bytes |  | yes |  | "
                           "Of the service. |\n"));
    cr_assert(strstr(text, "| `password` | `APP_PASSWORD` | a secret | \\*\\*\\* |"));
    cr_assert(strstr(text, "Connections \\| sockets.; once `pool_size` |\n"), "%s", text);
    cr_assert(strstr(text, "| `30s` |  | yes |  |\n"), "%s", text);
    cr_assert(strstr(text, "| `hosts` | `APP_HOSTS` | a list of 0 to 3, each a text | `a, null`"));
    cr_assert(strstr(text, "| `services.NAME.address` | `APP_SERVICES__NAME__ADDRESS` |"));
    free(text);
}

/* Whether the variable of that name gives the value at `path`. */
static bool sets(const char *name, const char *value, const char *path) {
    char variable[256];
    struct hr_config_origin origin = {.name = ""};
    snprintf(variable, sizeof variable, "%s=%s", name, value);
    struct fixture fixture = {
        .texts = {"name: twelve-bytes\n"},
        .options = {.schema = &schema, .environment = (const char *const[]){variable, NULL}}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s: %s", variable, fixture.error.message);
    const struct hr_config_node *node = hr_config_find(fixture.config, path);
    if (node) hr_config_origin_of(fixture.config, node, &origin);
    bool found = origin.kind == HR_CONFIG_FROM_VARIABLE && strcmp(origin.name, name) == 0;
    fixture_free(&fixture);
    return found;
}

Test(config_document, each_variable_sets_the_option_of_its_line) {
    /* Path in the document, in the tree, and a value. */
    static const char *const rows[][3] = {
        {"name", "name", "another-name"},
        {"password", "password", "x"},
        {"zone", "zone", "eu-2"},
        {"pool.size", "pool.size", "7"},
        {"pool.idle_ms", "pool.idle_ms", "7s"},
        {"spare.size", "spare.size", "7"},
        {"hosts", "hosts", "a,b"},
        {"services.NAME.address", "services.name.address", "h:1"},
        {"open", "open", "7"},
    };
    char *text = written(&schema, (struct hr_config_document_options){.kind = HR_CONFIG_VARIABLES});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[64], name[64];
        snprintf(path, sizeof path, "\t%s\t", rows[i][0]);
        const char *end = strstr(text, path), *start = end;
        cr_assert(end, "%s", rows[i][0]);
        while (start > text && start[-1] != '\n') start--;
        snprintf(name, sizeof name, "%.*s", (int)(end - start), start);
        cr_assert(sets(name, rows[i][2], rows[i][1]), "%s", name);
    }
    free(text);
}

static void check_loads(const char *text) {
    struct fixture fixture = {.texts = {text}, .options.schema = &schema};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s\n%s", fixture.error.message, text);
    const struct service *service = hr_config_values(fixture.config);
    cr_assert(service->pool.size == 10 && service->pool.idle_ms == 30000 &&
              service->hosts.count == 2);
    cr_assert_str_eq(service->zone, "eu-1");
    cr_assert(strlen(service->name) >= 12);
    fixture_free(&fixture);
}

/* Takes the "#" of each option away. */
static void uncomment(char *text) {
    char *to = text;
    bool blank = true;
    for (const char *from = text; *from; from++) {
        bool mark = *from == '#' && blank && from[1] != ' ';
        blank = *from == '\n' || (blank && *from == ' ');
        if (!mark) *to++ = *from;
    }
    *to = '\0';
}

Test(config_document, the_sample_loads_with_its_options_as_comments_and_in_force) {
    char *text = written(&schema, (struct hr_config_document_options){
                                      .kind = HR_CONFIG_SAMPLE, .schema_file = "service.json"});
    const char *first = "# yaml-language-server: $schema=service.json\n# A service\n";
    cr_assert_eq(strncmp(text, first, strlen(first)), 0);
    cr_assert(
        strstr(text, "\n# Of the service.\n# a text of at least 12 bytes\n# required\nname: "));
    cr_assert(strstr(text, "\n#pool:\n  # Connections | sockets.\n"), "%s", text);
    cr_assert(strstr(text, "\n  #size: 10\n"));
    cr_assert(strstr(text, "\n#hosts: [a, \"null\"]\n"));
    check_loads(text);
    uncomment(text);
    cr_assert(strstr(text, "\nspare:\n") && strstr(text, "\n  NAME:\n"), "%s", text);
    check_loads(text);
    free(text);
}

/* ---- Refusals. */

struct endless {
    struct hr_config_items below;
};
static const struct hr_config_field endless_fields[] = {
    HR_FIELD(struct endless, below, HR_LIST, HR_ITEMS(struct endless, HR_STRUCT),
             .fields = endless_fields, .field_count = 1)};
static const struct hr_config_schema endless = HR_SCHEMA(struct endless, endless_fields);

Test(config_document, a_table_that_has_no_end_is_refused) {
    for (int kind = HR_CONFIG_JSON_SCHEMA; kind <= HR_CONFIG_VARIABLES; kind++) {
        struct hr_config_document_options options = {.kind = (enum hr_config_document_kind)kind};
        struct hr_error error;
        char *text = NULL;
        size_t size = 7;
        cr_assert_eq(hr_config_document_write(&endless, &options, &error, &text, &size), -EINVAL);
        cr_assert(strstr(error.message, "too many structs in one another"), "%s", error.message);
        cr_assert(!text && size == 7, "untouched on error");
    }
}

Test(config_document, options_that_are_wrong_are_named) {
    struct hr_config_document_options kind = {.kind = (enum hr_config_document_kind)99},
                                      line = {.kind = HR_CONFIG_SAMPLE, .schema_file = "a\nb: c"},
                                      reserved = {.reserved = {1}};
    struct hr_error error;
    char *text;
    size_t size;
    cr_assert_eq(hr_config_document_write(&schema, &kind, &error, &text, &size), -EINVAL);
    cr_assert(strstr(error.message, "kind is 99"));
    cr_assert_eq(hr_config_document_write(&schema, &line, &error, &text, &size), -EINVAL);
    cr_assert(strstr(error.message, "schema_file"));
    cr_assert_eq(hr_config_document_write(&schema, &reserved, &error, &text, &size), -EINVAL);
    cr_assert(strstr(error.message, "reserved"));
}

Test(config_document, a_pattern_that_is_none_is_named) {
    static const struct hr_config_field broken[] = {
        HR_FIELD(struct service, zone, HR_STRING, .pattern = "(a")};
    static const struct hr_config_schema of = HR_SCHEMA(struct service, broken);
    struct hr_error error;
    char *text;
    size_t size;
    cr_assert_eq(hr_config_document_write(&of, NULL, &error, &text, &size), -EINVAL);
    cr_assert(strstr(error.message, "the pattern of zone"), "%s", error.message);
}

/* The example is tried in a member of that size. */
Test(config_document, the_sample_of_a_text_in_a_slice) {
    struct named {
        struct hr_slice name;
    };
    static const struct hr_config_field slices[] = {
        HR_FIELD(struct named, name, HR_STRING, .required = true, .pattern = "[a-z]-[0-9]"),
    };
    static const struct hr_config_schema of = HR_SCHEMA(struct named, slices);
    const struct hr_config_document_options sample = {.kind = HR_CONFIG_SAMPLE};
    char *text;
    size_t size;
    cr_assert_eq(hr_config_document_write(&of, &sample, NULL, &text, &size), 0);
    cr_assert(strstr(text, "name: a-1"), "%s", text);
    free(text);
}
