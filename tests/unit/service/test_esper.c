/* The configuration of an Esper service: its table, its warnings, and the options out of it. */
#include <criterion/criterion.h>
#include <string.h>

#include <headrace/config_esper.h>

#include "config_fixture.h"

#define ENVIRONMENT(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct fixture load(const char *text, const char *const *environment) {
    struct fixture fixture = {.texts = {text},
                              .options = {.schema = &hr_esper_schema, .environment = environment}};
    fixture_load(&fixture);
    return fixture;
}

static const struct hr_esper *values(const struct fixture *fixture) {
    cr_assert_eq(fixture->result, 0, "%s", fixture->error.message);
    return hr_config_values(fixture->config);
}

Test(esper, a_name_is_all_that_a_service_has_to_have) {
    struct fixture fixture = load("name: tamiyo\n", NULL);
    const struct hr_esper *esper = values(&fixture);
    cr_assert_str_eq(esper->name, "tamiyo");
    cr_assert_eq(esper->environment, HR_ESPER_DEVELOPMENT);
    cr_assert_str_eq(esper->database.host, "localhost");
    cr_assert_eq(esper->database.port, 5432);
    cr_assert_eq(esper->redis.port, 6379);
    cr_assert_eq(esper->performance.load_time_max_ms, 100);
    cr_assert_null(fixture.problems);
    fixture_free(&fixture);
}

Test(esper, without_a_name_it_is_refused) {
    struct fixture fixture = load("debug: true\n", NULL);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_says(&fixture, 0, 0, "name is required"));
    fixture_free(&fixture);
}

Test(esper, variables_alone_are_a_configuration) {
    struct fixture fixture = {
        .options = {.schema = &hr_esper_schema,
                    .environment =
                        ENVIRONMENT("ESPER_NAME=urza", "ESPER_DATABASE_POOL_SIZE=20",
                                    "ESPER_STORAGE_ENDPOINT=http://s3:9000",
                                    "ESPER_SERVICES_TOLARIA_URL=http://t:1",
                                    "ESPER_FEATURES_FAST=true", "ESPER_TRAINING_EPOCHS=3")}};
    fixture_load(&fixture);
    const struct hr_esper *esper = values(&fixture);
    cr_assert_eq(esper->database.pool_size, 20);
    cr_assert_str_eq(esper->storage.s3.endpoint, "http://s3:9000");
    cr_assert_eq(esper->services.count, 1);
    cr_assert_str_eq(fixture_text(&fixture, "features.fast", HR_CONFIG_BOOL), "true");
    cr_assert_str_eq(fixture_text(&fixture, "training.epochs", HR_CONFIG_INT), "3");
    fixture_free(&fixture);
}

/* ---- Warnings. */

static unsigned count_of(const struct fixture *fixture, const char *words) {
    const struct hr_config_problem *problem;
    unsigned count = 0;
    for (size_t i = 0; (problem = hr_config_problems_at(fixture->problems, i)); i++)
        count += strstr(problem->message, words) != NULL;
    return count;
}

Test(esper, secrets_that_everybody_knows_are_warned_of_and_not_shown) {
    struct fixture fixture = load("name: x\ndatabase:\n  password: PostGres\nstorage: {access_key: "
                                  "minioadmin, secret_key: minioadmin}\n",
                                  NULL);
    values(&fixture);
    cr_assert(fixture_says(&fixture, 3, 13, "a secret that everybody knows"));
    cr_assert_eq(count_of(&fixture, "everybody knows"), 2);
    cr_assert_eq(count_of(&fixture, "PostGres"), 0);
    fixture_free(&fixture);
}

Test(esper, debugging_in_production_is_warned_of) {
    struct fixture fixture = load(
        "name: x\nenvironment: production\ndebug: true\nlogging: {level: 'debug,s3=info'}\n", NULL);
    values(&fixture);
    cr_assert_eq(count_of(&fixture, "in production"), 2);
    fixture_free(&fixture);
    fixture = load("name: x\nenvironment: staging\ndebug: true\nlogging: {level: debug}\n", NULL);
    cr_assert_eq(count_of(&fixture, "in production"), 0);
    fixture_free(&fixture);
}

Test(esper, pools_smaller_than_the_concurrency_are_warned_of) {
    struct fixture fixture = load("name: x\nperformance: {concurrency: 60}\nhttp: {pool: "
                                  "{connections_max: 10}}\ndatabase: {pool_size: 60}\nredis: "
                                  "{pool_size: 61}\n",
                                  NULL);
    values(&fixture);
    cr_assert_eq(count_of(&fixture, "less than performance.concurrency"), 2);
    cr_assert_eq(count_of(&fixture, "http.pool.connections_max is 10"), 1);
    cr_assert_eq(count_of(&fixture, "storage.pool.connections_max is 50"), 1);
    fixture_free(&fixture);
}

Test(esper, halves_of_a_pair_and_bad_levels_are_errors) {
    struct fixture fixture =
        load("name: x\nstorage:\n  access_key: a\nlogging:\n  level: info,s3=loud\n", NULL);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert_eq(count_of(&fixture, "without storage.secret_key"), 1);
    cr_assert_eq(count_of(&fixture, "loud is no level"), 1);
    fixture_free(&fixture);
}

/* ---- training. */

Test(esper, services_and_logging_of_training_are_those_of_the_service) {
    struct fixture fixture =
        load("name: cache_test\ntraining:\n  services:\n    tolaria: {workers: 4}\n    tamiyo: "
             "{batch_size: 32}\n  logging: {level: WARNING, service_name: test_service}\n",
             NULL);
    const struct hr_esper *esper = values(&fixture);
    cr_assert_eq(esper->services.count, 2);
    cr_assert_str_eq(esper->logging.service.name, "test_service");
    cr_assert_str_eq(esper->logging.service.level, "WARNING");
    cr_assert_str_eq(fixture_text(&fixture, "services.tolaria.workers", HR_CONFIG_INT), "4");
    cr_assert_str_eq(fixture_text(&fixture, "training.services.tolaria.workers", HR_CONFIG_INT),
                     "4");
    fixture_free(&fixture);
}

/* ---- Options. */

Test(esper, each_part_has_its_options_by_one_call) {
    struct fixture fixture =
        load("name: oona\ndebug: true\nengine: {reactors: 1}\nhttp: {timeout: 3s, tls: {insecure: "
             "true}}\nstorage: {region: eu-north-1}\nlogging: {format: json, ring_size: 64KiB}\n",
             NULL);
    struct hr_engine_options engine;
    struct hr_http_client_options http;
    struct hr_tls_options tls;
    struct hr_s3_client_options s3;
    struct hr_log_service_options service;
    struct hr_log_options log;
    values(&fixture);
    hr_esper_engine_options(fixture.config, &engine);
    hr_esper_http_options(fixture.config, &http);
    hr_esper_tls_options(fixture.config, &tls);
    hr_esper_s3_options(fixture.config, &s3);
    hr_esper_log_options(fixture.config, &service, &log);
    cr_assert_eq(engine.reactors, 1);
    cr_assert_eq(http.timeout_ms, 3000);
    cr_assert(tls.insecure);
    cr_assert_str_eq(s3.region, "eu-north-1");
    cr_assert_str_eq(service.name, "oona");
    cr_assert_str_eq(service.level, "DEBUG");
    cr_assert_str_eq(service.format, "json");
    cr_assert_eq(service.log, &log);
    cr_assert_eq(log.ring_bytes, 65536);
    fixture_free(&fixture);
}

Test(esper, no_configuration_is_zeroed_options) {
    static const struct hr_engine_options zero;
    struct hr_engine_options engine = {.reactors = 3};
    hr_esper_engine_options(NULL, &engine);
    cr_assert_eq(memcmp(&engine, &zero, sizeof zero), 0);
}

/* ---- A program's own keys. */

struct program {
    struct hr_esper esper;
    uint32_t workers;
};
static const struct hr_config_field program_fields[] = {
    HR_ESPER_FIELDS(struct program, esper),
    HR_FIELD(struct program, workers, HR_UINT, .default_value = "4"),
};
static const struct hr_config_schema program_schema = {
    HR_FIELDS(program_fields), .size = sizeof(struct program), .check = hr_esper_check};

Test(esper, a_program_has_keys_of_its_own_beside_those_of_the_service) {
    struct fixture fixture = {.texts = {"name: x\nworkers: 8\nperformance: {concurrency: 99}\n"},
                              .options = {.schema = &program_schema}};
    fixture_load(&fixture);
    const struct program *program = hr_config_values(fixture.config);
    cr_assert_str_eq(program->esper.name, "x");
    cr_assert_eq(program->workers, 8);
    cr_assert_eq(count_of(&fixture, "less than performance.concurrency"), 3);
    fixture_free(&fixture);
}
