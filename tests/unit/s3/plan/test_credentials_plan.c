/* The source of credentials that the environment's variables choose. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credentials_plan.h"

static const char *const variables[] = {"AWS_EC2_METADATA_DISABLED",
                                        "AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY",
                                        "AWS_SESSION_TOKEN",
                                        "AWS_SECURITY_TOKEN",
                                        "AWS_PROFILE",
                                        "AWS_DEFAULT_PROFILE",
                                        "AWS_WEB_IDENTITY_TOKEN_FILE",
                                        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                        "AWS_CONTAINER_CREDENTIALS_FULL_URI"};

static struct hr_error error;

static void forget(void) {
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) unsetenv(variables[i]);
}

TestSuite(credentials_plan, .init = forget);

static int plan_of(enum hr_s3_credentials_kind kind) {
    const struct hr_s3_credentials_options options = {.profile = "", .kind = kind};
    struct hr__credentials_settings *settings = NULL;
    struct hr__credentials_plan plan;
    error = (struct hr_error){0};
    cr_assert_eq(hr__credentials_settings_new(&options, &error, &settings), 0);
    int err = hr__credentials_plan_make(settings, &error, NULL, &plan);
    if (!err) hr__credentials_plan_deinit(&plan);
    hr__credentials_settings_free(settings);
    return err;
}

Test(credentials_plan, a_metadata_switch_that_means_nothing_is_named) {
    setenv("AWS_EC2_METADATA_DISABLED", "1", 1);
    cr_expect_eq(plan_of(HR_S3_CREDENTIALS_CHAIN), HR_ERR_S3_CREDENTIALS);
    cr_expect(strstr(error.message, "AWS_EC2_METADATA_DISABLED is \"1\""), "%s", error.message);
    setenv("AWS_ACCESS_KEY_ID", "AK", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "sesame", 1);
    cr_expect_eq(plan_of(HR_S3_CREDENTIALS_ENVIRONMENT), 0, "nobody asks it");
}

/* The session token that the environment's keys have; NULL: none. */
static const char *token(void) {
    static char text[64];
    const struct hr_s3_credentials_options options = {.profile = "",
                                                      .kind = HR_S3_CREDENTIALS_ENVIRONMENT};
    struct hr__credentials_settings *settings = NULL;
    struct hr__credentials_plan plan;
    cr_assert_eq(hr__credentials_settings_new(&options, &error, &settings), 0);
    cr_assert_eq(hr__credentials_plan_make(settings, &error, NULL, &plan), 0, "%s", error.message);
    struct hr_slice found = plan.keys.session_token;
    snprintf(text, sizeof text, "%.*s", (int)found.size, found.size ? found.data : "");
    hr__credentials_plan_deinit(&plan);
    hr__credentials_settings_free(settings);
    return text[0] ? text : NULL;
}

Test(credentials_plan, a_token_has_an_older_name_too) {
    setenv("AWS_ACCESS_KEY_ID", "AK", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "sesame", 1);
    cr_expect_null(token());
    setenv("AWS_SECURITY_TOKEN", "old", 1);
    cr_expect_str_eq(token(), "old");
    setenv("AWS_SESSION_TOKEN", "new", 1);
    cr_expect_str_eq(token(), "new");
}
