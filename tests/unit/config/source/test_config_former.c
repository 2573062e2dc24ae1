/* Old names and second paths of more than one word, as variables and settings spell them. */
#include <criterion/criterion.h>
#include <string.h>

#include <headrace/config_schema.h>

#include "config_fixture.h"

#define ENVIRONMENT(...) ((const char *const[]){__VA_ARGS__, NULL})

struct pool {
    uint32_t size;
    const char *mode;
};
struct entry {
    const char *key, *url, *password;
};
struct service {
    const char *name, *log_path;
    struct pool pool;
    struct hr_config_items hosts, services;
    const struct hr_config_node *training;
};

static const struct hr_config_field pool_fields[] = {
    HR_FIELD(struct pool, size, HR_UINT, .was = "pool_limits.size_max"),
    HR_FIELD(struct pool, mode, HR_STRING, .was = "pool_mode"),
};
static const struct hr_config_field entry_fields[] = {
    HR_FIELD(struct entry, key, HR_KEY),
    HR_FIELD(struct entry, url, HR_STRING),
    HR_FIELD(struct entry, password, HR_SECRET),
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct service, name, HR_STRING, .was = "old_name"),
    HR_FIELD(struct service, log_path, HR_STRING, .was = "log_file"),
    HR_FIELD(struct service, pool, HR_STRUCT, HR_FIELDS(pool_fields), .was = "connection_pool"),
    HR_FIELD(struct service, hosts, HR_LIST, HR_ITEMS(const char *, HR_STRING), .was = "host_list"),
    HR_FIELD(struct service, services, HR_MAP, HR_FIELDS(entry_fields),
             .item_size = sizeof(struct entry), .alias = "training.all_services"),
    HR_FIELD(struct service, training, HR_OPEN),
};
static const struct hr_config_schema schema = HR_SCHEMA(struct service, fields);

static const struct service *load(struct fixture *fixture, const char *text,
                                  const char *const *environment) {
    *fixture = (struct fixture){.texts = {text},
                                .options = {.schema = &schema, .environment = environment}};
    fixture_load(fixture);
    cr_assert_eq(fixture->result, 0, "%s", fixture->error.message);
    return hr_config_values(fixture->config);
}

Test(config_former, an_old_name_of_two_words_is_one_key) {
    struct fixture fixture;
    const struct service *service = load(&fixture, "{}\n", ENVIRONMENT("ESPER_OLD_NAME=yes"));
    cr_assert_str_eq(service->name, "yes", "as the field's type is, and not true");
    cr_assert(fixture_blames(&fixture, "ESPER_OLD_NAME", "old name: name is the one"));
    cr_assert_eq(hr_config_problems_count(fixture.problems), 1);
    fixture_free(&fixture);
}

Test(config_former, old_names_below_others) {
    struct fixture fixture;
    const struct service *service = load(
        &fixture, "{}\n",
        ENVIRONMENT("ESPER_POOL_LIMITS_SIZE_MAX=7", "ESPER_pool_mode=on", "ESPER_HOST_LIST=a,b"));
    cr_assert_eq(service->pool.size, 7);
    cr_assert_str_eq(service->pool.mode, "on");
    cr_assert_eq(service->hosts.count, 2);
    fixture_free(&fixture);
}

Test(config_former, what_is_in_a_struct_of_an_old_name) {
    struct fixture fixture;
    const struct service *service =
        load(&fixture, "{}\n", ENVIRONMENT("ESPER_CONNECTION_POOL_SIZE=9"));
    cr_assert_eq(service->pool.size, 9);
    fixture_free(&fixture);
}

Test(config_former, an_old_name_that_ends_with_file_is_no_path_of_a_secret) {
    struct fixture fixture;
    const struct service *service =
        load(&fixture, "{}\n", ENVIRONMENT("ESPER_LOG_FILE=/nowhere/at.all"));
    cr_assert_str_eq(service->log_path, "/nowhere/at.all");
    fixture_free(&fixture);
}

Test(config_former, a_second_path_of_two_words) {
    struct fixture fixture;
    const struct service *service =
        load(&fixture, "{}\n", ENVIRONMENT("ESPER_TRAINING_ALL_SERVICES_URZA_URL=no"));
    cr_assert_eq(service->services.count, 1);
    cr_assert_str_eq(((const struct entry *)service->services.items)->key, "urza");
    cr_assert_str_eq(((const struct entry *)service->services.items)->url, "no");
    fixture_free(&fixture);
}

Test(config_former, a_value_of_the_file_at_the_old_name_is_replaced) {
    struct fixture fixture;
    const struct service *service =
        load(&fixture, "old_name: 17\nhost_list: [x]\n",
             ENVIRONMENT("ESPER_OLD_NAME=text", "ESPER_HOST_LIST=a,b,c"));
    cr_assert_str_eq(service->name, "text");
    cr_assert_eq(service->hosts.count, 3);
    fixture_free(&fixture);
}

Test(config_former, a_setting_has_the_type_of_the_field) {
    struct fixture fixture = {.options = {.schema = &schema,
                                          .sets = (const char *const[]){"old_name=yes"},
                                          .set_count = 1}};
    fixture_load(&fixture);
    const struct service *service = hr_config_values(fixture.config);
    cr_assert_str_eq(service->name, "yes");
    fixture_free(&fixture);
}

/* The values at the second path stay in the tree. */
Test(config_former, a_secret_at_a_second_path_is_one) {
    struct fixture fixture;
    load(&fixture, "training: {all_services: {urza: {url: x, password: hunter2}}}\n", NULL);
    cr_assert(
        hr_config_is_secret(hr_config_find(fixture.config, "training.all_services.urza.password")));
    cr_assert_not(
        hr_config_is_secret(hr_config_find(fixture.config, "training.all_services.urza.url")));
    cr_assert(hr_config_is_secret(hr_config_find(fixture.config, "services.urza.password")));
    fixture_free(&fixture);
}
