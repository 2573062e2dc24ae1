/* Other services: their URLs, and that what was resolved is kept. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <headrace/clock.h>
#include <headrace/config_esper.h>

#include "config_fixture.h"

static struct fixture load(const char *text) {
    struct fixture fixture = {.texts = {text}, .options = {.schema = &hr_esper_schema}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    return fixture;
}

static const char *url_of(const struct fixture *fixture, const char *name) {
    static char url[HR_ESPER_URL_MAX];
    cr_assert_eq(hr_config_service_url(fixture->config, name, url, sizeof url), 0);
    return url;
}

Test(esper_service, a_url_is_given_or_made_of_its_parts) {
    struct fixture fixture =
        load("name: x\nservices:\n  tolaria: {url: 'https://t.example:8443/api/'}\n  tamiyo: "
             "{host: 10.0.0.1, port: 81}\n  urza: {scheme: https}\n  oona: {host: '::1'}\n");
    cr_assert_str_eq(url_of(&fixture, "tolaria"), "https://t.example:8443/api");
    cr_assert_str_eq(url_of(&fixture, "tamiyo"), "http://10.0.0.1:81");
    cr_assert_str_eq(url_of(&fixture, "urza"), "https://urza:8000");
    cr_assert_str_eq(url_of(&fixture, "oona"), "http://[::1]:8000");
    cr_assert_str_eq(url_of(&fixture, "tezzeret"), "http://tezzeret:8000");
    fixture_free(&fixture);
}

Test(esper_service, what_it_does_not_say_is_that_of_http) {
    struct fixture fixture =
        load("name: x\nhttp: {timeout: 3s, retry: {attempts_max: 2}}\nservices: "
             "{urza: {timeout: 1s, workers: 4}}\n");
    struct hr_esper_service service;
    cr_assert_eq(hr_esper_service_get(fixture.config, "urza", true, NULL, &service), 0);
    cr_assert(service.known);
    cr_assert_eq(service.timeout_ms, 1000);
    cr_assert_eq(service.attempts_max, 2);
    int64_t workers;
    cr_assert_eq(
        hr_config_i64(hr_config_child(fixture.config, service.node, hr_slice_of("workers")),
                      &workers),
        0);
    cr_assert_eq(workers, 4);
    fixture_free(&fixture);
}

Test(esper_service, an_unknown_one_is_the_defaults_and_strictly_an_error) {
    struct fixture fixture = load("name: x\nservices: {tamiyo: {port: 1}}\n");
    struct hr_esper_service service;
    struct hr_error error;
    cr_assert_eq(hr_esper_service_get(fixture.config, "tamyo", false, NULL, &service), 0);
    cr_assert_not(service.known);
    cr_assert_null(service.node);
    cr_assert_eq(hr_esper_service_get(fixture.config, "tamyo", true, &error, &service), -ENOENT);
    cr_assert_str_eq(error.message, "services has no \"tamyo\": is \"tamiyo\" meant?");
    fixture_free(&fixture);
}

Test(esper_service, names_that_are_none_are_refused) {
    struct fixture fixture = load("name: x\n");
    char url[HR_ESPER_URL_MAX];
    cr_assert_eq(hr_config_service_url(fixture.config, "", url, sizeof url), -EINVAL);
    cr_assert_eq(hr_config_service_url(fixture.config, NULL, url, sizeof url), -EINVAL);
    cr_assert_eq(hr_config_service_url(fixture.config, "a/b", url, sizeof url), -EINVAL);
    cr_assert_eq(hr_config_service_url(fixture.config, "x@y", url, sizeof url), -EINVAL);
    cr_assert_eq(hr_config_service_url(NULL, "urza", url, sizeof url), -EINVAL);
    cr_assert_eq(hr_config_service_url(fixture.config, "urza", url, 16), -ENAMETOOLONG);
    fixture_free(&fixture);
}

Test(esper_service, more_than_are_kept_are_all_right) {
    struct fixture fixture = load("name: x\nservices: {s7: {port: 7}}\n");
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < 300; i++) {
            char name[16], expected[64];
            snprintf(name, sizeof name, "s%u", i);
            snprintf(expected, sizeof expected, "http://s%u:%u", i, i == 7 ? 7 : 8000);
            cr_assert_str_eq(url_of(&fixture, name), expected);
        }
    fixture_free(&fixture);
}

static void *ask_all(void *user) {
    const struct fixture *fixture = user;
    char url[HR_ESPER_URL_MAX], name[16];
    for (unsigned i = 0; i < 2000; i++) {
        snprintf(name, sizeof name, "s%u", i % 200);
        if (hr_config_service_url(fixture->config, name, url, sizeof url) != 0 ||
            strncmp(url + 7, name, strlen(name)) != 0)
            return "wrong";
    }
    return NULL;
}

Test(esper_service, threads_share_what_is_kept) {
    struct fixture fixture = load("name: x\n");
    pthread_t threads[4];
    void *wrong = NULL;
    for (unsigned i = 0; i < 4; i++) pthread_create(&threads[i], NULL, ask_all, &fixture);
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], &wrong);
        cr_assert_null(wrong);
    }
    fixture_free(&fixture);
}

/* The seeds' test of that name: the second access is the same, and not the slower one. */
Test(esper_service, test_service_config_caching) {
    struct fixture fixture =
        load("name: cache_test\ntraining:\n  services:\n    tolaria: {workers: "
             "4}\n    tamiyo: {batch_size: 32}\n");
    struct hr_esper_service first, second;
    cr_assert_eq(hr_esper_service_get(fixture.config, "tolaria", true, NULL, &first), 0);
    cr_assert_eq(hr_esper_service_get(fixture.config, "tolaria", true, NULL, &second), 0);
    cr_assert_eq(memcmp(&first, &second, sizeof first), 0, "the kept configuration differs");
    fixture_free(&fixture);
}
