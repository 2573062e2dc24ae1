#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "credentials.h"

static void clear(void) {
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    unsetenv("AWS_SESSION_TOKEN");
}

TestSuite(credentials, .init = clear);

static void expect(const struct hr_s3_client_options *options, const char *names) {
    struct hr__credentials credentials;
    struct hr_error error = {0};
    cr_assert_eq(hr__credentials_make(options, &error, &credentials), HR_ERR_S3_CREDENTIALS);
    cr_assert(strstr(error.message, names), "%s", error.message);
}

Test(credentials, options_first_then_environment_never_mixed) {
    struct hr__credentials credentials;
    struct hr_s3_client_options options = {.access_key = "k", .secret_key = "s"};
    setenv("AWS_ACCESS_KEY_ID", "ek", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "es", 1);
    setenv("AWS_SESSION_TOKEN", "et", 1);
    cr_assert_eq(hr__credentials_make(&options, NULL, &credentials), 0);
    cr_assert(hr_slice_equal(credentials.keys.access_key, hr_slice_of("k")));
    cr_assert(hr_slice_equal(credentials.keys.secret_key, hr_slice_of("s")));
    cr_assert_eq(credentials.keys.session_token.size, 0);
    hr__credentials_deinit(&credentials);

    options = (struct hr_s3_client_options){0};
    cr_assert_eq(hr__credentials_make(&options, NULL, &credentials), 0);
    cr_assert(hr_slice_equal(credentials.keys.access_key, hr_slice_of("ek")));
    cr_assert(hr_slice_equal(credentials.keys.session_token, hr_slice_of("et")));
    hr__credentials_deinit(&credentials);
    hr__credentials_deinit(&credentials);

    options = (struct hr_s3_client_options){.access_key = "k"};
    expect(&options, "secret_key is not");
    options = (struct hr_s3_client_options){.secret_key = "s"};
    expect(&options, "access_key is not");
    options = (struct hr_s3_client_options){.session_token = "t"};
    expect(&options, "session_token");
}

Test(credentials, what_is_missing_or_malformed_is_named) {
    struct hr_s3_client_options options = {0};
    expect(&options, "AWS_ACCESS_KEY_ID");
    setenv("AWS_ACCESS_KEY_ID", "k", 1);
    expect(&options, "AWS_SECRET_ACCESS_KEY is not");
    setenv("AWS_SECRET_ACCESS_KEY", "", 1); /* set to nothing: not set */
    expect(&options, "AWS_SECRET_ACCESS_KEY is not");
    setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
    setenv("AWS_ACCESS_KEY_ID", "k\r\nX: y", 1);
    expect(&options, "AWS_ACCESS_KEY_ID is");
    setenv("AWS_ACCESS_KEY_ID", "k", 1);
    setenv("AWS_SESSION_TOKEN", "t t", 1);
    expect(&options, "AWS_SESSION_TOKEN is");
    options.access_key = "";
    options.secret_key = "s";
    expect(&options, "access_key is");
    options.anonymous = true;
    struct hr__credentials credentials;
    cr_assert_eq(hr__credentials_make(&options, NULL, &credentials), 0);
    cr_assert_eq(credentials.keys.access_key.size, 0);
}
