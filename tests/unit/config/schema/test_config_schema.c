/* A schema: the program's struct is filled, and everything that does not fit is said at once. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/config_schema.h>

#include "config_fixture.h"

#define ENVIRONMENT(...) ((const char *const[]){__VA_ARGS__, NULL})

enum level { LEVEL_DEBUG = 10, LEVEL_INFO = 20 };

struct pool {
    uint32_t size;
    uint64_t idle_ms;
    uint64_t bytes;
};
struct endpoint {
    const char *name, *address;
    double weight;
};
struct service {
    const char *name, *url, *password, *zone;
    uint16_t port;
    int8_t offset;
    bool debug;
    double rate;
    enum level level;
    struct pool pool;
    struct pool spare;
    struct hr_config_items hosts, backends, services;
    const struct hr_config_node *training;
};

static const struct hr_config_choice levels[] = {
    {"debug", LEVEL_DEBUG}, {"info", LEVEL_INFO}, {NULL, 0}};
static const struct hr_config_field pool_fields[] = {
    HR_FIELD(struct pool, size, HR_UINT, .default_value = "10", .min = 1, .max = 100,
             .was = "pool_size"),
    HR_FIELD(struct pool, idle_ms, HR_DURATION, .default_value = "1m30s"),
    HR_FIELD(struct pool, bytes, HR_SIZE, .default_value = "8MiB"),
};
static const struct hr_config_field endpoint_fields[] = {
    HR_FIELD(struct endpoint, name, HR_KEY),
    HR_FIELD(struct endpoint, address, HR_ENDPOINT, .required = true),
    HR_FIELD(struct endpoint, weight, HR_DOUBLE, .default_value = "1"),
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct service, name, HR_STRING, .required = true, .length_min = 2, .length_max = 16),
    HR_FIELD(struct service, url, HR_URL),
    HR_FIELD(struct service, password, HR_SECRET, .length_min = 8),
    HR_FIELD(struct service, zone, HR_STRING, .pattern = "[a-z]+-[0-9]"),
    HR_FIELD(struct service, port, HR_UINT),
    HR_FIELD(struct service, offset, HR_INT),
    HR_FIELD(struct service, debug, HR_BOOL),
    HR_FIELD(struct service, rate, HR_DOUBLE, .min = 0, .max = 1),
    HR_FIELD(struct service, level, HR_CHOICE, .choices = levels, .default_value = "info"),
    HR_FIELD(struct service, pool, HR_STRUCT, HR_FIELDS(pool_fields)),
    HR_FIELD(struct service, spare, HR_STRUCT, HR_FIELDS(pool_fields), .optional = true),
    HR_FIELD(struct service, hosts, HR_LIST, HR_ITEMS(const char *, HR_STRING), .length_max = 3),
    HR_FIELD(struct service, backends, HR_LIST, HR_ITEMS(struct endpoint, HR_STRUCT),
             HR_FIELDS(endpoint_fields)),
    HR_FIELD(struct service, services, HR_MAP, .item_size = sizeof(struct endpoint),
             HR_FIELDS(endpoint_fields)),
    HR_FIELD(struct service, training, HR_OPEN),
};
static const struct hr_config_schema schema = HR_SCHEMA(struct service, fields);

static const struct service *values(const struct fixture *fixture) {
    cr_assert_eq(fixture->result, 0, "%s", fixture->error.message);
    return hr_config_values(fixture->config);
}

Test(config_schema, everything_is_filled) {
    struct fixture fixture = {
        .options.schema = &schema,
        .texts = {
            "name: esper\nurl: https://a.test/b\npassword: 12345678\nzone: eu-1\nport: 0xffff\n"
            "offset: -128\ndebug: true\nrate: 1\nlevel: debug\n"
            "pool: {size: 20, idle_ms: 250ms, bytes: 64KiB}\n"
            "hosts: [a, 2]\nbackends: [{address: 'h:1'}, {address: '[::1]:65535', weight: 0.5}]\n"
            "services: {urza: {address: 'u:8080'}}\ntraining: {any: [1, {deep: x}]}\n"}};
    fixture_load(&fixture);
    const struct service *service = values(&fixture);
    cr_assert_str_eq(service->name, "esper");
    cr_assert_str_eq(service->url, "https://a.test/b");
    cr_assert_str_eq(service->password, "12345678", "the schema speaks, so digits are a text");
    cr_assert_str_eq(service->zone, "eu-1");
    cr_assert_eq(service->port, 65535);
    cr_assert_eq(service->offset, -128);
    cr_assert(service->debug && service->rate == 1 && service->level == LEVEL_DEBUG);
    cr_assert(service->pool.size == 20 && service->pool.idle_ms == 250 &&
              service->pool.bytes == 65536);
    cr_assert_eq(service->hosts.count, 2);
    cr_assert_str_eq(((const char **)service->hosts.items)[1], "2");
    const struct endpoint *backends = service->backends.items, *services = service->services.items;
    cr_assert(service->backends.count == 2 && backends[0].weight == 1 && backends[1].weight == 0.5);
    cr_assert_str_eq(backends[1].address, "[::1]:65535");
    cr_assert_eq(service->services.count, 1);
    cr_assert_str_eq(services->name, "urza");
    cr_assert_eq(hr_config_count(hr_config_first(service->training)), 2);
    fixture_free(&fixture);
}

Test(config_schema, defaults_stand_where_nothing_is_given) {
    struct fixture fixture = {.options.schema = &schema, .texts = {"name: esper\nurl:\n"}};
    fixture_load(&fixture);
    const struct service *service = values(&fixture);
    cr_assert(service->pool.size == 10 && service->pool.idle_ms == 90000 &&
              service->pool.bytes == 8u << 20);
    cr_assert(service->level == LEVEL_INFO && !service->url && service->port == 0);
    cr_assert_eq(service->spare.size, 0, "an optional struct that is not given is zero");
    cr_assert_str_eq(fixture_text(&fixture, "pool.size", HR_CONFIG_INT), "10",
                     "defaults are in the tree too");
    fixture_free(&fixture);
}

Test(config_schema, ten_faults_are_named_at_once_with_line_and_column) {
    struct fixture fixture = {
        .options.schema = &schema,
        .texts = {"name: e\nurl: nowhere\npassword: short\nzone: EU\nport: 65536\noffset: -129\n"
                  "debug: yes\nrate: 1.5\nlevel: loud\npool: {size: 0, idle_ms: 5, bytes: 1XB}\n"
                  "hosts: [a, b, c, d]\nbackends: [{wieght: 1}]\nservices: [1]\nnmae: x\n"}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_says(&fixture, 1, 7, "\"e\" is there; allowed is a text of 2 to 16 bytes"));
    cr_assert(fixture_says(&fixture, 2, 6, "allowed is a URL"));
    cr_assert(fixture_says(&fixture, 3, 11,
                           "a string is there; allowed is a secret of at least 8 bytes"));
    cr_assert(fixture_says(&fixture, 4, 7, "matches [a-z]+-[0-9]"));
    cr_assert(
        fixture_says(&fixture, 5, 7, "65536 is there; allowed is an integer from 0 to 65535"));
    cr_assert(fixture_says(&fixture, 6, 9, "an integer from -128 to 127"));
    cr_assert(fixture_says(&fixture, 7, 8, "allowed is true or false"));
    cr_assert(fixture_says(&fixture, 8, 7, "a number from 0 to 1"));
    cr_assert(fixture_says(&fixture, 9, 8, "one of debug, info"));
    cr_assert(fixture_says(&fixture, 10, 14, "from 1 to 100"));
    cr_assert(fixture_says(&fixture, 10, 26, "a duration such as 250ms"));
    cr_assert(fixture_says(&fixture, 10, 36, "a size such as 512"));
    cr_assert(fixture_says(&fixture, 11, 1, "there are 4; allowed are 0 to 3"));
    cr_assert(fixture_says(&fixture, 12, 13, "is \"weight\" meant?"));
    cr_assert(fixture_says(&fixture, 12, 12, "address is required"));
    cr_assert(fixture_says(&fixture, 13, 1, "a list is there; allowed is a map"));
    cr_assert(fixture_says(&fixture, 14, 1, "is \"name\" meant?"));
    for (size_t i = 0; i < hr_config_problems_count(fixture.problems); i++) {
        const struct hr_config_problem *problem = hr_config_problems_at(fixture.problems, i);
        cr_assert(!strstr(problem->message, "short") &&
                      !(problem->line && strstr(problem->line, "short")),
                  "a secret");
    }
    fixture_free(&fixture);
}

Test(config_schema, the_same_faults_by_variable) {
    struct fixture fixture = {
        .options = {.schema = &schema,
                    .environment = ENVIRONMENT("ESPER_NAME=e", "ESPER_PORT=65536",
                                               "ESPER_DEBUG=maybe", "ESPER_LEVEL=loud",
                                               "ESPER_POOL_SIZE=0", "ESPER_POOL__IDLE_MS=5",
                                               "ESPER_PASSWORD=short", "ESPER_NMAE=x")}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_blames(&fixture, "ESPER_NAME", "a text of 2 to 16 bytes"));
    cr_assert(fixture_blames(&fixture, "ESPER_PORT", "from 0 to 65535"));
    cr_assert(fixture_blames(&fixture, "ESPER_DEBUG", "not a boolean"));
    cr_assert(fixture_blames(&fixture, "ESPER_LEVEL", "one of debug, info"));
    cr_assert(fixture_blames(&fixture, "ESPER_POOL_SIZE", "from 1 to 100"));
    cr_assert(fixture_blames(&fixture, "ESPER_POOL__IDLE_MS", "a duration"));
    cr_assert(fixture_blames(&fixture, "ESPER_PASSWORD", "at least 8"));
    cr_assert(fixture_blames(&fixture, "ESPER_NMAE", "is \"name\" meant?"));
    fixture_free(&fixture);
}

Test(config_schema, variables_find_fields_that_no_file_has) {
    struct fixture fixture = {
        .options = {.schema = &schema,
                    .environment =
                        ENVIRONMENT("ESPER_NAME=42", "ESPER_POOL_IDLE_MS=2s", "ESPER_DEBUG=on",
                                    "ESPER_HOSTS=a, b", "ESPER_SERVICES_URZA_ADDRESS=u:1",
                                    "ESPER_TRAINING_EPOCHS=3", "ESPER_SPARE_SIZE=7")}};
    fixture_load(&fixture);
    const struct service *service = values(&fixture);
    cr_assert_str_eq(service->name, "42");
    cr_assert(service->pool.idle_ms == 2000 && service->debug && service->spare.size == 7 &&
              service->spare.idle_ms == 90000);
    cr_assert_eq(service->hosts.count, 2);
    cr_assert_str_eq(((const char **)service->hosts.items)[1], "b");
    cr_assert_str_eq(((struct endpoint *)service->services.items)->address, "u:1");
    cr_assert_str_eq(fixture_text(&fixture, "training.epochs", HR_CONFIG_INT), "3");
    fixture_free(&fixture);
}

Test(config_schema, an_unknown_variable_is_a_warning_and_an_unknown_key_an_error) {
    struct fixture variable = {
        .texts = {"name: esper\n"},
        .options = {.schema = &schema, .environment = ENVIRONMENT("ESPER_UNHEARD_OF=1")}};
    struct fixture key = {.texts = {"name: esper\nunheard: 1\n"}, .options.schema = &schema};
    struct hr_config_schema lenient = schema;
    lenient.unknown_warn = true;
    struct fixture warned = {.texts = {"name: esper\nunheard: 1\n"}, .options.schema = &lenient};
    fixture_load(&variable);
    fixture_load(&key);
    fixture_load(&warned);
    cr_assert_eq(variable.result, 0, "%s", variable.error.message);
    cr_assert_eq(hr_config_problems_of(variable.problems, HR_CONFIG_WARNING), 1);
    cr_assert_eq(key.result, HR_ERR_CONFIG);
    cr_assert_eq(warned.result, 0);
    cr_assert_eq(hr_config_problems_of(warned.problems, HR_CONFIG_WARNING), 1);
    fixture_free(&variable);
    fixture_free(&key);
    fixture_free(&warned);
}

Test(config_schema, the_lengths_of_a_list_are_not_those_of_its_items) {
    struct fixture fixture = {.texts = {"name: esper\nhosts: [longer.than.three, b, c]\n"},
                              .options.schema = &schema};
    fixture_load(&fixture);
    cr_assert_eq(values(&fixture)->hosts.count, 3);
    fixture_free(&fixture);
}

Test(config_schema, a_required_value_that_is_missing) {
    struct fixture fixture = {.texts = {"port: 1\n"}, .options.schema = &schema};
    fixture_load(&fixture);
    cr_assert(fixture_says(&fixture, 0, 0, "name is required"));
    fixture_free(&fixture);
}

Test(config_schema, an_old_name_works_and_warns) {
    struct fixture fixture = {.texts = {"name: esper\npool_size: 33\n"}, .options.schema = &schema};
    struct fixture both = {.texts = {"name: esper\npool_size: 33\npool: {size: 34}\n"},
                           .options.schema = &schema};
    fixture_load(&fixture);
    fixture_load(&both);
    cr_assert_eq(values(&fixture)->pool.size, 33);
    cr_assert(fixture_says(&fixture, 2, 1, "old name"));
    cr_assert(fixture_says(&both, 2, 1, "given too"));
    fixture_free(&fixture);
    fixture_free(&both);
}

static void check_together(const void *given, struct hr_config_check *check) {
    const struct service *service = given;
    if (service->debug && service->port == 443)
        hr_config_check_report(check, HR_CONFIG_ERROR, "debug",
                               "debug on the port of production, %u", service->port);
}

Test(config_schema, fields_are_checked_together_once_each_is_good) {
    struct hr_config_schema checked = schema;
    checked.check = check_together;
    struct fixture bad = {.texts = {"name: esper\nport: 443\ndebug: true\n"},
                          .options.schema = &checked};
    struct fixture worse = {.texts = {"name: e\nport: 443\ndebug: true\n"},
                            .options.schema = &checked};
    fixture_load(&bad);
    fixture_load(&worse);
    cr_assert(fixture_says(&bad, 3, 8, "port of production, 443"));
    cr_assert_not(fixture_says(&worse, 0, 0, "port of production"));
    fixture_free(&bad);
    fixture_free(&worse);
}

Test(config_schema, without_one_there_are_no_values) {
    struct fixture fixture = {.texts = {"a: 1\n"}};
    fixture_load(&fixture);
    cr_assert_null(hr_config_values(fixture.config));
    fixture_free(&fixture);
}
