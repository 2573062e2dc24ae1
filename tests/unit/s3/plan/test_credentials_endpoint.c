/* Where STS and single sign-on are asked, against the rule sets of botocore. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credentials_endpoint.h"

static const char *const variables[] = {"AWS_USE_FIPS_ENDPOINT",
                                        "AWS_USE_DUALSTACK_ENDPOINT",
                                        "AWS_STS_REGIONAL_ENDPOINTS",
                                        "AWS_ENDPOINT_URL",
                                        "AWS_ENDPOINT_URL_STS",
                                        "AWS_ENDPOINT_URL_SSO",
                                        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"};

static void forget(void) {
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) unsetenv(variables[i]);
}

TestSuite(credentials_endpoint, .init = forget);

static char url[256], signed_for[64];
static struct hr_error error;

static int place(enum hr__credentials_service service, const char *in) {
    const struct hr_s3_credentials_options options = {.profile = ""};
    struct hr__credentials_settings *settings = NULL;
    error = (struct hr_error){0};
    cr_assert_eq(hr__credentials_settings_new(&options, &error, &settings), 0);
    const struct hr__credentials_plan plan = {.settings = settings};
    struct hr_slice region = hr_slice_of(in);
    struct hr__writer out = hr__writer(url, sizeof url - 1);
    int err = hr__credentials_service_url(&plan, service, &region, &out, &error);
    *out.at = 0;
    if (!err) snprintf(signed_for, sizeof signed_for, "%.*s", (int)region.size, region.data);
    hr__credentials_settings_free(settings);
    return err;
}

/* The URLs are those that botocore 1.44.8 resolves. */
static const struct {
    enum hr__credentials_service service;
    const char *region, *fips, *dual_stack, *url;
} rows[] = {
    {HR__SERVICE_STS, "us-east-1", NULL, NULL, "https://sts.us-east-1.amazonaws.com"},
    {HR__SERVICE_STS, "us-east-1", "true", NULL, "https://sts-fips.us-east-1.amazonaws.com"},
    {HR__SERVICE_STS, "us-east-1", NULL, "true", "https://sts.us-east-1.api.aws"},
    {HR__SERVICE_STS, "eu-west-3", "true", "true", "https://sts-fips.eu-west-3.api.aws"},
    {HR__SERVICE_STS, "us-gov-west-1", "true", NULL, "https://sts.us-gov-west-1.amazonaws.com"},
    {HR__SERVICE_STS, "us-gov-east-1", "true", NULL, "https://sts.us-gov-east-1.amazonaws.com"},
    {HR__SERVICE_STS, "us-gov-east-1", "true", "true", "https://sts-fips.us-gov-east-1.api.aws"},
    {HR__SERVICE_STS, "cn-north-1", NULL, NULL, "https://sts.cn-north-1.amazonaws.com.cn"},
    {HR__SERVICE_STS, "us-iso-east-1", NULL, NULL, "https://sts.us-iso-east-1.c2s.ic.gov"},
    {HR__SERVICE_SSO, "eu-central-1", NULL, NULL, "https://portal.sso.eu-central-1.amazonaws.com"},
    {HR__SERVICE_SSO, "eu-central-1", "true", NULL,
     "https://portal.sso-fips.eu-central-1.amazonaws.com"},
    {HR__SERVICE_SSO, "us-gov-west-1", "true", NULL,
     "https://portal.sso.us-gov-west-1.amazonaws.com"},
    {HR__SERVICE_SSO, "aws-global", NULL, NULL, "https://portal.sso.aws-global.amazonaws.com"},
};

static void set(const char *variable, const char *value) {
    if (value)
        setenv(variable, value, 1);
    else
        unsetenv(variable);
}

Test(credentials_endpoint, as_botocore_resolves_them) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set("AWS_USE_FIPS_ENDPOINT", rows[i].fips);
        set("AWS_USE_DUALSTACK_ENDPOINT", rows[i].dual_stack);
        cr_expect_eq(place(rows[i].service, rows[i].region), 0, "%s", error.message);
        cr_expect_str_eq(url, rows[i].url);
        cr_expect_str_eq(signed_for, rows[i].region);
    }
}

static void check_global(const char *region, const char *wanted) {
    cr_expect_eq(place(HR__SERVICE_STS, region), 0, "%s", error.message);
    cr_expect_str_eq(url, wanted, "%s", region);
    cr_expect_str_eq(signed_for, "us-east-1", "%s", region);
}

Test(credentials_endpoint, nowhere_in_particular_is_signed_for_us_east_1) {
    check_global("", "https://sts.amazonaws.com");
    check_global("aws-global", "https://sts.amazonaws.com");
    setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
    check_global("", "https://sts-fips.us-east-1.amazonaws.com");
    check_global("aws-global", "https://sts-fips.us-east-1.amazonaws.com");
}

Test(credentials_endpoint, the_legacy_endpoint_is_that_of_old_regions) {
    setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy", 1);
    check_global("eu-west-1", "https://sts.amazonaws.com");
    check_global("us-west-2", "https://sts.amazonaws.com");
    cr_expect_eq(place(HR__SERVICE_STS, "eu-south-2"), 0);
    cr_expect_str_eq(url, "https://sts.eu-south-2.amazonaws.com", "it is younger");
    cr_expect_str_eq(signed_for, "eu-south-2");
    setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
    cr_expect_eq(place(HR__SERVICE_STS, "us-west-2"), 0);
    cr_expect_str_eq(url, "https://sts-fips.us-west-2.amazonaws.com");
    setenv("AWS_STS_REGIONAL_ENDPOINTS", "old", 1);
    cr_expect_eq(place(HR__SERVICE_STS, "us-west-2"), HR_ERR_S3_CREDENTIALS);
    cr_expect(strstr(error.message, "AWS_STS_REGIONAL_ENDPOINTS") && strstr(error.message, "old"));
    cr_expect_eq(place(HR__SERVICE_SSO, "us-west-2"), 0, "it is none of single sign-on");
}

Test(credentials_endpoint, flags_that_mean_nothing_are_named_where_they_matter) {
    setenv("AWS_USE_FIPS_ENDPOINT", "yes", 1);
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "1", 1);
    cr_expect_eq(place(HR__SERVICE_STS, "us-west-2"), HR_ERR_S3_CREDENTIALS);
    cr_expect(strstr(error.message, "AWS_USE_FIPS_ENDPOINT"), "%s", error.message);
    setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9", 1);
    cr_expect_eq(place(HR__SERVICE_STS, "us-west-2"), HR_ERR_S3_CREDENTIALS);
    cr_expect(strstr(error.message, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "%s", error.message);
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "False", 1);
    cr_expect_eq(place(HR__SERVICE_STS, "us-west-2"), 0, "that URL is of no kind");
    cr_expect_str_eq(url, "http://127.0.0.1:9");
}
