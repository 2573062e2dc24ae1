#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "credentials.h"

static void expect(const struct hr_s3_client_options *options, const char *names) {
    struct hr_s3_credentials credentials;
    struct hr_error error = {0};
    cr_assert_eq(hr__credentials_of_options(options, &error, &credentials), HR_ERR_S3_CREDENTIALS);
    cr_assert(strstr(error.message, names), "%s", error.message);
}

Test(credentials_options, both_keys_or_none) {
    struct hr_s3_credentials credentials;
    struct hr_s3_client_options options = {.access_key = "k", .secret_key = "s"};
    setenv("AWS_SESSION_TOKEN", "et", 1);
    cr_assert_eq(hr__credentials_of_options(&options, NULL, &credentials), 1);
    cr_assert(hr_slice_equal(credentials.access_key, hr_slice_of("k")));
    cr_assert(hr_slice_equal(credentials.secret_key, hr_slice_of("s")));
    cr_assert_eq(credentials.session_token.size, 0, "mixed with a variable");

    options = (struct hr_s3_client_options){0};
    cr_assert_eq(hr__credentials_of_options(&options, NULL, &credentials), 0);
    options = (struct hr_s3_client_options){.access_key = "k"};
    expect(&options, "secret_key is not");
    options = (struct hr_s3_client_options){.secret_key = "s"};
    expect(&options, "access_key is not");
    options = (struct hr_s3_client_options){.session_token = "t"};
    expect(&options, "session_token");
}

Test(credentials_options, a_malformed_one_is_named) {
    static char large[20000];
    memset(large, 't', sizeof large - 1);
    struct hr_s3_client_options options = {.access_key = "k\r\nX: y", .secret_key = "s"};
    expect(&options, "access key");
    options = (struct hr_s3_client_options){.access_key = "k", .secret_key = ""};
    expect(&options, "secret key");
    options.secret_key = "s\n"; /* as a file ends */
    expect(&options, "secret key");
    options =
        (struct hr_s3_client_options){.access_key = "k", .secret_key = "s", .session_token = "t t"};
    expect(&options, "session token");
    options.session_token = large;
    expect(&options, "session token");
}

Test(credentials_options, a_copy_is_whole_and_counted) {
    struct hr__credentials *copy;
    const struct hr_s3_credentials from = {.access_key = hr_slice_of("key"),
                                           .secret_key = hr_slice_of("secret"),
                                           .session_token = hr_slice_of("token"),
                                           .account_id = hr_slice_of("123"),
                                           .expires_s = 7,
                                           .used_expired = true};
    cr_assert_eq(hr__credentials_copy(&from, &copy), 0);
    struct hr_s3_credentials view = hr__credentials_view(copy);
    cr_assert(hr_slice_equal(view.session_token, from.session_token));
    cr_assert(hr_slice_equal(view.account_id, from.account_id));
    cr_assert_eq(view.expires_s, 7);
    cr_assert(view.used_expired);
    copy->uses++;
    hr__credentials_release(copy);
    cr_assert(hr_slice_equal(copy->keys.secret_key, from.secret_key), "wiped while it is used");
    hr__credentials_release(copy);
    hr__credentials_release(NULL);
}
