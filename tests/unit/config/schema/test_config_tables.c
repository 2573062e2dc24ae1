/* Tables that name other schemas, structs with further keys, second paths, and "none". */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/config_document.h>
#include <headrace/config_schema.h>

#include "config_fixture.h"

#define ENVIRONMENT(...) ((const char *const[]){__VA_ARGS__, NULL})

struct pair {
    struct hr_slice name;
    const char *value;
};
struct part {
    uint32_t size, timeout_ms;
    uint64_t bytes;
    const struct pair *pairs;
    size_t pair_count;
};
struct entry {
    const char *key, *url;
};
struct whole {
    struct part part;
    struct hr_config_items services;
    const struct hr_config_node *training;
    const char *level;
};

static const struct hr_config_field pair_fields[] = {
    HR_FIELD(struct pair, name, HR_STRING, .required = true),
    HR_FIELD(struct pair, value, HR_STRING),
};
static const struct hr_config_schema pair_schema = HR_SCHEMA(struct pair, pair_fields);
static const struct hr_config_field part_fields[] = {
    HR_FIELD(struct part, size, HR_UINT, .min = 1, .max = 9, .none = UINT32_MAX),
    HR_NAMED("timeout", struct part, timeout_ms, HR_DURATION, .min = 1, .max = 60000,
             .none = UINT32_MAX),
    HR_NAMED("room", struct part, bytes, HR_SIZE, .none = UINT64_MAX),
    HR_COUNTED("pairs", struct part, pairs, pair_count, struct pair, HR_STRUCT,
               .schema = &pair_schema),
};
static const struct hr_config_schema part_schema = HR_SCHEMA(struct part, part_fields);
static const struct hr_config_field entry_fields[] = {
    HR_FIELD(struct entry, key, HR_KEY),
    HR_FIELD(struct entry, url, HR_URL),
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct whole, part, HR_STRUCT, .schema = &part_schema),
    HR_FIELD(struct whole, services, HR_MAP, HR_FIELDS(entry_fields),
             .item_size = sizeof(struct entry), .open = true, .alias = "training.services"),
    HR_FIELD(struct whole, training, HR_OPEN),
    HR_FIELD(struct whole, level, HR_STRING, .alias = "training.logging.level"),
};
static const struct hr_config_schema schema = HR_SCHEMA(struct whole, fields);

static struct fixture load(const char *text, const char *const *environment) {
    struct fixture fixture = {.texts = {text},
                              .options = {.schema = &schema, .environment = environment}};
    fixture_load(&fixture);
    return fixture;
}

static const struct whole *values(const struct fixture *fixture) {
    cr_assert_eq(fixture->result, 0, "%s", fixture->error.message);
    return hr_config_values(fixture->config);
}

static const char *url_of(const struct whole *whole, const char *key) {
    const struct entry *entries = whole->services.items;
    for (size_t i = 0; i < whole->services.count; i++)
        if (strcmp(entries[i].key, key) == 0) return entries[i].url;
    return NULL;
}

Test(config_tables, a_struct_is_described_by_a_schema_of_its_own) {
    struct fixture fixture =
        load("part: {size: 3, timeout: 2s, pairs: [{name: A, value: b}, {name: C}]}\n", NULL);
    const struct part *part = &values(&fixture)->part;
    cr_assert_eq(part->size, 3);
    cr_assert_eq(part->timeout_ms, 2000);
    cr_assert_eq(part->pair_count, 2);
    cr_assert(hr_slice_equal(part->pairs[0].name, hr_slice_of("A")));
    cr_assert_str_eq(part->pairs[0].value, "b");
    cr_assert(hr_slice_equal(part->pairs[1].name, hr_slice_of("C")));
    cr_assert_null(part->pairs[1].value);
    fixture_free(&fixture);
}

Test(config_tables, a_key_that_the_other_schema_has_not_is_refused_with_the_near_one) {
    struct fixture fixture = load("part:\n  sise: 3\n", NULL);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_says(&fixture, 2, 3, "is \"size\" meant?"));
    fixture_free(&fixture);
}

Test(config_tables, variables_find_the_fields_of_the_other_schema) {
    struct fixture fixture = load("{}\n", ENVIRONMENT("ESPER_PART_TIMEOUT=5s"));
    cr_assert_eq(values(&fixture)->part.timeout_ms, 5000);
    fixture_free(&fixture);
}

Test(config_tables, none_is_a_value_whatever_the_bounds) {
    struct fixture fixture = load("part: {size: none, timeout: none, room: none}\n", NULL);
    const struct part *part = &values(&fixture)->part;
    cr_assert_eq(part->size, UINT32_MAX);
    cr_assert_eq(part->timeout_ms, UINT32_MAX);
    cr_assert_eq(part->bytes, UINT64_MAX);
    fixture_free(&fixture);
}

Test(config_tables, none_of_a_variable_is_that_value) {
    struct fixture fixture =
        load("part: {size: 3}\n", ENVIRONMENT("ESPER_PART_SIZE=none", "ESPER_PART_TIMEOUT=none"));
    cr_assert_eq(values(&fixture)->part.size, UINT32_MAX);
    cr_assert_eq(values(&fixture)->part.timeout_ms, UINT32_MAX);
    fixture_free(&fixture);
}

Test(config_tables, a_bad_value_is_told_that_none_is_allowed) {
    struct fixture fixture = load("part:\n  size: 10\n  timeout: never\n", NULL);
    cr_assert(fixture_says(&fixture, 2, 9, "allowed is an integer from 1 to 9, or none"));
    cr_assert(fixture_says(&fixture, 3, 12, "from 1 to 60000 ms, or none"));
    fixture_free(&fixture);
}

Test(config_tables, an_open_struct_takes_further_keys_and_its_fields_are_judged) {
    struct fixture fixture = load("services: {urza: {url: 'http://u', workers: 4}}\n", NULL);
    cr_assert_str_eq(url_of(values(&fixture), "urza"), "http://u");
    cr_assert_str_eq(fixture_text(&fixture, "services.urza.workers", HR_CONFIG_INT), "4");
    fixture_free(&fixture);
    fixture = load("services: {urza: {url: 5, workers: 4}}\n", NULL);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    fixture_free(&fixture);
}

Test(config_tables, a_second_path_counts_where_the_first_is_not_given) {
    struct fixture fixture =
        load("training: {services: {urza: {url: 'http://u'}}, logging: {level: INFO}, epochs: 3}\n",
             NULL);
    cr_assert_str_eq(url_of(values(&fixture), "urza"), "http://u");
    cr_assert_str_eq(values(&fixture)->level, "INFO");
    cr_assert_str_eq(fixture_text(&fixture, "training.services.urza.url", HR_CONFIG_STRING),
                     "http://u");
    cr_assert_str_eq(fixture_text(&fixture, "training.epochs", HR_CONFIG_INT), "3");
    cr_assert_null(fixture.problems);
    fixture_free(&fixture);
}

Test(config_tables, maps_of_two_paths_are_one_map) {
    struct fixture fixture =
        load("services: {oona: {url: 'http://o'}, urza: {url: 'http://u', a: [1, {b: 2}]}}\n"
             "training: {services: {urza: {url: 'http://u', a: [1, {b: 2}], more: 1}, tamiyo: "
             "{url: 'http://t'}}}\n",
             NULL);
    const struct whole *whole = values(&fixture);
    cr_assert_eq(whole->services.count, 3);
    cr_assert_str_eq(url_of(whole, "oona"), "http://o");
    cr_assert_str_eq(url_of(whole, "tamiyo"), "http://t");
    cr_assert_str_eq(fixture_text(&fixture, "services.urza.more", HR_CONFIG_INT), "1");
    fixture_free(&fixture);
}

Test(config_tables, two_paths_with_different_values_are_an_error_at_the_second) {
    struct fixture fixture =
        load("services:\n  urza: {url: 'http://u', a: [1, 2]}\nlevel: INFO\n"
             "training:\n  logging:\n    level: DEBUG\n  services:\n    urza:\n"
             "      url: http://v\n      a: [1, 3]\n",
             NULL);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_says(&fixture, 6, 5, "level is given too, with another value"));
    cr_assert(fixture_says(&fixture, 9, 7, "services.urza.url is given too"));
    cr_assert(fixture_says(&fixture, 10, 7, "services.urza.a is given too"));
    cr_assert_eq(hr_config_problems_count(fixture.problems), 3);
    fixture_free(&fixture);
}

Test(config_tables, a_variable_of_the_second_path_counts) {
    struct fixture fixture =
        load("{}\n", ENVIRONMENT("ESPER_TRAINING__SERVICES__URZA__URL=http://u"));
    cr_assert_str_eq(url_of(values(&fixture), "urza"), "http://u");
    fixture_free(&fixture);
}

Test(config_tables, null_at_either_path_is_nothing) {
    struct fixture fixture =
        load("services: {urza: null, oona: {url: 'http://o'}}\nlevel:\n"
             "training: {services: {urza: {url: 'http://u'}, oona: null}, logging: {level: X}}\n",
             NULL);
    cr_assert_str_eq(url_of(values(&fixture), "urza"), "http://u");
    cr_assert_str_eq(url_of(values(&fixture), "oona"), "http://o");
    cr_assert_str_eq(values(&fixture)->level, "X");
    fixture_free(&fixture);
}

Test(config_tables, the_json_schema_takes_none_and_further_keys) {
    char *text;
    size_t size;
    cr_assert_eq(hr_config_document_write(&schema, NULL, NULL, &text, &size), 0);
    cr_assert_not_null(strstr(text, "\"pattern\": \"^none$\""));
    cr_assert_not_null(strstr(text, "none|"));
    cr_assert_not_null(strstr(text, "\"additionalProperties\": true"));
    free(text);
}
