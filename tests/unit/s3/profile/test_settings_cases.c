#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws_settings.h"
#include "cases.h"
#include "profile/profile_fixture.h"

TestSuite(settings_cases, .init = profile_files_make, .fini = profile_files_remove);

static void set_variables(json_t *variables) {
    const char *name;
    json_t *value;
    profile_variables_clear();
    json_object_foreach(variables, name, value) setenv(name, json_string_value(value), 1);
}

/* The endpoint of a client: its own option goes first. Empty: none is configured, so AWS's. */
static bool resolves_as_given(const json_t *one) {
    struct hr__s3_settings settings;
    struct hr_error error = {0};
    set_variables(json_object_get(one, "env"));
    profile_config_write(cases_text(one, "config"));
    int err = hr__s3_settings_init(cases_text(one, "profile"), &error, &settings);
    cr_assert_eq(err, 0, "%s", error.message);
    struct hr__s3_value value = {cases_text(json_object_get(one, "client"), "endpoint_url"),
                                 "endpoint", NULL, 0};
    if (!value.text) err = hr__s3_settings_endpoint(&settings, HR__S3_SERVICE_S3, &error, &value);
    const char *wanted = cases_text(json_object_get(one, "expect"), "endpointUrl");
    bool good = !err && strcmp(value.text ? value.text : "", wanted ? wanted : "") == 0;
    if (!err && !value.text && wanted) good = strstr(wanted, ".amazonaws.com") != NULL;
    hr__s3_settings_deinit(&settings);
    return good;
}

Test(settings_cases, endpoints_as_given) {
    json_t *cases = cases_load("aws-config/cases.given.jsonl"), *one;
    size_t i, passed = 0, count = 0;
    if (!cases) cr_skip_test("no cases: set HR_CASES");
    json_array_foreach(cases, i, one) {
        if (strcmp(cases_text(one, "kind"), "endpoint-url") != 0) continue;
        bool good = resolves_as_given(one);
        cr_expect(good, "%s", cases_text(one, "name"));
        passed += good;
        count++;
    }
    fprintf(stderr, "endpoint cases: %zu of %zu\n", passed, count);
    cr_expect_gt(count, 15);
    json_decref(cases);
}
