#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws_settings.h"
#include "profile/profile_fixture.h"

TestSuite(settings, .init = profile_files_make, .fini = profile_files_remove);

static struct hr__s3_settings settings;

static void open_settings(const char *profile) {
    struct hr_error error = {0};
    cr_assert_eq(hr__s3_settings_init(profile, &error, &settings), 0, "%s", error.message);
}

/* ---- The profile. */

static void expect_region(const char *profile, const char *region) {
    open_settings(profile);
    struct hr__s3_value value = hr__s3_setting(&settings, HR__S3_REGION);
    cr_expect_str_eq(value.text ? value.text : "-", region);
    hr__s3_settings_deinit(&settings);
}

Test(settings, the_profile_is_the_option_then_the_variables_then_default) {
    profile_config_write("[default]\nregion = d\n[profile a]\nregion = a\n[profile b]\nregion = b\n"
                         "[profile c]\nregion = c\n");
    expect_region(NULL, "d");
    setenv("AWS_PROFILE", "a", 1);
    expect_region(NULL, "a");
    setenv("AWS_DEFAULT_PROFILE", "b", 1);
    expect_region(NULL, "b");
    expect_region("c", "c");
    setenv("AWS_DEFAULT_PROFILE", "", 1);
    expect_region(NULL, "a");
    expect_region("", "-");
}

Test(settings, an_option_that_names_no_profile_is_refused_with_both_paths) {
    struct hr_error error = {0};
    cr_expect_eq(hr__s3_settings_init("prod", &error, &settings), HR_ERR_S3_PROFILE);
    cr_expect(strstr(error.message, "the option profile \"prod\""), "%s", error.message);
    cr_expect(strstr(error.message, profile_folder()), "%s", error.message);
    setenv("AWS_PROFILE", "prod", 1);
    open_settings(NULL);
    cr_expect(settings.profile_missing);
    cr_expect_eq(hr__s3_settings_refuse(&settings, &error), HR_ERR_S3_PROFILE);
    cr_expect(strstr(error.message, "AWS_PROFILE \"prod\""), "%s", error.message);
    hr__s3_settings_deinit(&settings);
    unsetenv("AWS_PROFILE");
    open_settings(NULL); /* "default" need not be there */
    cr_expect_not(settings.profile_missing);
    hr__s3_settings_deinit(&settings);
}

Test(settings, a_broken_file_is_refused_unless_no_file_is_read) {
    struct hr_error error = {0};
    profile_config_write("[default]\nregion\n");
    cr_expect_eq(hr__s3_settings_init(NULL, &error, &settings), HR_ERR_S3_PROFILE);
    cr_expect(strstr(error.message, "config:2:"), "%s", error.message);
    open_settings("");
    hr__s3_settings_deinit(&settings);
}

/* ---- Kinds. */

/* The value of a setting as a number; -1 where it is refused, by an error that names this. */
static int number(enum hr__s3_setting setting, const char *names) {
    struct hr_error error = {0};
    unsigned value = 0;
    bool flag = false;
    int err = 0;
    switch (setting) {
    case HR__S3_MAX_ATTEMPTS:
        err = hr__s3_setting_count(&settings, setting, &error, &value);
        break;
    case HR__S3_USE_FIPS:
    case HR__S3_TCP_KEEPALIVE:
        err = hr__s3_setting_flag(&settings, setting, &error, &flag);
        value = flag;
        break;
    default:
        err = hr__s3_setting_word(&settings, setting, &error, &value);
    }
    if (!err) return (int)value;
    cr_expect_eq(err, HR_ERR_S3_PROFILE);
    cr_expect(strstr(error.message, names), "%s", error.message);
    return -1;
}

Test(settings, a_flag_is_true_or_false_in_any_case) {
    open_settings(NULL);
    cr_expect_eq(number(HR__S3_USE_FIPS, ""), 0);
    cr_expect_eq(number(HR__S3_TCP_KEEPALIVE, ""), 1);
    setenv("AWS_USE_FIPS_ENDPOINT", "TRUE", 1);
    cr_expect_eq(number(HR__S3_USE_FIPS, ""), 1);
    setenv("AWS_USE_FIPS_ENDPOINT", "False", 1);
    cr_expect_eq(number(HR__S3_USE_FIPS, ""), 0);
    setenv("AWS_USE_FIPS_ENDPOINT", "yes", 1);
    cr_expect_eq(number(HR__S3_USE_FIPS, "AWS_USE_FIPS_ENDPOINT \"yes\" is none of: true"), -1);
    hr__s3_settings_deinit(&settings);
}

Test(settings, a_count_has_bounds) {
    static const char *const bad[] = {"0", "1001", "x", "1x", "-1", " 3", "99999999999999999999"};
    open_settings(NULL);
    cr_expect_eq(number(HR__S3_MAX_ATTEMPTS, ""), 0);
    setenv("AWS_MAX_ATTEMPTS", "1000", 1);
    cr_expect_eq(number(HR__S3_MAX_ATTEMPTS, ""), 1000);
    setenv("AWS_MAX_ATTEMPTS", "07", 1);
    cr_expect_eq(number(HR__S3_MAX_ATTEMPTS, ""), 7);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        setenv("AWS_MAX_ATTEMPTS", bad[i], 1);
        cr_expect_eq(number(HR__S3_MAX_ATTEMPTS, "AWS_MAX_ATTEMPTS \""), -1, "%s", bad[i]);
    }
    hr__s3_settings_deinit(&settings);
}

Test(settings, a_word_of_a_profile_is_named_with_file_and_line) {
    profile_config_write("[default]\nregion = x\nretry_mode = Adaptive\ns3 =\n\n  addressing_style "
                         "= host\nrequest_checksum_calculation = when_required\n");
    open_settings(NULL);
    cr_expect_eq(number(HR__S3_RETRY_MODE, ""), HR__S3_RETRY_ADAPTIVE);
    cr_expect_eq(number(HR__S3_REQUEST_CHECKSUM, ""), HR__S3_WHEN_REQUIRED);
    cr_expect_eq(number(HR__S3_RESPONSE_CHECKSUM, ""), HR__S3_WHEN_SUPPORTED);
    cr_expect_eq(number(HR__S3_ADDRESSING_STYLE, "config:6 \"host\" is none of: auto path virtual"),
                 -1);
    setenv("AWS_RETRY_MODE", "standard", 1);
    cr_expect_eq(number(HR__S3_RETRY_MODE, ""), HR__S3_RETRY_STANDARD);
    hr__s3_settings_deinit(&settings);
}

/* ---- Places: a variable before a key, the credentials file before the config file. */

Test(settings, a_variable_wins_over_a_key_and_an_empty_one_is_none) {
    profile_config_write("[default]\nregion = config\nca_bundle =\n");
    open_settings(NULL);
    struct hr__s3_value value = hr__s3_setting(&settings, HR__S3_REGION);
    cr_expect_str_eq(value.text, "config");
    cr_expect_eq(value.line, 2);
    cr_expect_str_empty(hr__s3_setting(&settings, HR__S3_CA_BUNDLE).text); /* for an error */
    setenv("AWS_DEFAULT_REGION", "second", 1);
    cr_expect_str_eq(hr__s3_setting(&settings, HR__S3_REGION).text, "second");
    setenv("AWS_REGION", "first", 1);
    value = hr__s3_setting(&settings, HR__S3_REGION);
    cr_expect_str_eq(value.text, "first");
    cr_expect_str_eq(value.name, "AWS_REGION");
    cr_expect_null(value.path);
    setenv("AWS_REGION", "", 1);
    cr_expect_str_eq(hr__s3_setting(&settings, HR__S3_REGION).text, "second");
    hr__s3_settings_deinit(&settings);
    profile_config_write("[default]\nregion =\n");
    unsetenv("AWS_DEFAULT_REGION");
    expect_region(NULL, "-");
    profile_credentials_write("[default]\nregion = credentials\n");
    expect_region(NULL, "credentials");
}

Test(settings, a_place_in_a_long_path_is_told_by_its_end) {
    char path[300], source[HR__S3_SOURCE_MAX];
    memset(path, 'a', sizeof path);
    snprintf(path + 280, sizeof path - 280, "/config");
    struct hr__s3_value value = {"x", "region", path, 4294967295u};
    const char *shown = hr__s3_value_source(&value, source);
    cr_expect(strstr(shown, "region of …a"), "%s", shown);
    cr_expect(strstr(shown, "a/config:4294967295"), "%s", shown);
    value.path = "/c";
    cr_expect_str_eq(hr__s3_value_source(&value, source), "region of /c:4294967295");
}

/* ---- Endpoints. */

static const char *endpoint(enum hr__s3_service service) {
    static struct hr__s3_value value;
    struct hr_error error = {0};
    open_settings(NULL);
    int err = hr__s3_settings_endpoint(&settings, service, &error, &value);
    cr_expect_eq(err, 0, "%s", error.message);
    static char text[128];
    snprintf(text, sizeof text, "%s", value.text ? value.text : "");
    hr__s3_settings_deinit(&settings);
    return text;
}

Test(settings, the_endpoint_in_awss_order) {
    profile_config_write("[default]\nendpoint_url = http://profile\n");
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_S3), "http://profile");
    profile_config_write("[default]\nendpoint_url = http://profile\nservices = s\n[services s]\n"
                         "s3 =\n endpoint_url = http://services\n");
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_S3), "http://services");
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_STS), "http://profile");
    setenv("AWS_ENDPOINT_URL", "http://global", 1);
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_S3), "http://global");
    setenv("AWS_ENDPOINT_URL_S3", "http://service", 1);
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_S3), "http://service");
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_STS), "http://global");
    setenv("AWS_ENDPOINT_URL_STS", "http://sts", 1);
    setenv("AWS_ENDPOINT_URL_SSO", "http://sso", 1);
    setenv("S3_ENDPOINT_URL", "http://ours", 1);
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_S3), "http://ours");
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_STS), "http://sts");
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_SSO), "http://sso");
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE", 1);
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_STS), "");
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_S3), "http://ours");
}

Test(settings, configured_endpoints_are_ignored_where_variable_or_key_says_so) {
    profile_config_write("[default]\nendpoint_url = http://profile\n"
                         "ignore_configured_endpoint_urls = true\nservices = missing\n");
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_S3), "");
    setenv("AWS_ENDPOINT_URL", "http://global", 1);
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_S3), "");
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false", 1);
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_S3), "http://global");
}

static void expect_bad_endpoint(const char *names) {
    struct hr__s3_value value;
    struct hr_error error = {0};
    open_settings(NULL);
    cr_expect_eq(hr__s3_settings_endpoint(&settings, HR__S3_SERVICE_S3, &error, &value),
                 HR_ERR_S3_PROFILE);
    cr_expect(strstr(error.message, names), "%s", error.message);
    hr__s3_settings_deinit(&settings);
}

Test(settings, an_endpoint_that_cannot_be_told_is_refused) {
    profile_config_write("[default]\nservices = missing\n");
    expect_bad_endpoint("config:2: there is no section [services missing]");
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "maybe", 1);
    expect_bad_endpoint("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS \"maybe\"");
    setenv("S3_ENDPOINT_URL", "http://ours", 1);
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_S3), "http://ours");
    unsetenv("S3_ENDPOINT_URL");
    profile_config_write(NULL);
    cr_expect_str_eq(endpoint(HR__S3_SERVICE_S3), "");
}
