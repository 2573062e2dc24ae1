#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/s3.h>

#include "environment.h"
#include "needs_kernel.h"

extern char **environ;

/* Whatever of AWS's the machine has set. */
static void clear(void) {
    for (;;) {
        char name[128] = "";
        for (char **at = environ; *at && !name[0]; at++)
            if ((strncmp(*at, "AWS_", 4) == 0 && strncmp(*at, "AWS_EC2_", 8) != 0) ||
                strncmp(*at, "S3_", 3) == 0)
                snprintf(name, sizeof name, "%.*s", (int)strcspn(*at, "="), *at);
        if (!name[0]) break;
        unsetenv(name);
    }
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    setenv("HOME", "/nothing/there", 1);
}

TestSuite(environment, .init = clear);

static const char *endpoint(const char *option) {
    struct hr__found found = {NULL, NULL};
    struct hr_error error;
    cr_assert_eq(hr__environment_endpoint(option, &error, &found), 0, "%s", error.message);
    return found.value ? found.value : "";
}

Test(environment, the_endpoint_in_awss_order) {
    cr_assert_str_eq(endpoint(NULL), "");
    setenv("AWS_ENDPOINT_URL", "http://global", 1);
    cr_assert_str_eq(endpoint(NULL), "http://global");
    setenv("AWS_ENDPOINT_URL_S3", "http://service", 1);
    cr_assert_str_eq(endpoint(NULL), "http://service");
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE", 1);
    cr_assert_str_eq(endpoint(NULL), "");
    cr_assert_str_eq(endpoint("http://option"), "http://option");
    setenv("S3_ENDPOINT_URL", "http://ours", 1);
    cr_assert_str_eq(endpoint(NULL), "http://ours");
    unsetenv("S3_ENDPOINT_URL");
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false", 1);
    cr_assert_str_eq(endpoint(NULL), "http://service");
    setenv("AWS_ENDPOINT_URL_S3", "", 1);
    cr_assert_str_eq(endpoint(NULL), "http://global");
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "maybe", 1);
    cr_assert_str_eq(endpoint("http://option"), "http://option"); /* it does not concern that */
    struct hr__found found;
    struct hr_error error;
    cr_assert_eq(hr__environment_endpoint(NULL, &error, &found), HR_ERR_S3_ENDPOINT_INVALID);
    cr_assert(strstr(error.message, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "%s", error.message);
}

Test(environment, the_region_in_awss_order) {
    cr_assert_null(hr__environment_region(NULL).value);
    setenv("AWS_DEFAULT_REGION", "eu-west-1", 1);
    cr_assert_str_eq(hr__environment_region(NULL).value, "eu-west-1");
    setenv("AWS_REGION", "eu-west-2", 1);
    cr_assert_str_eq(hr__environment_region(NULL).value, "eu-west-2");
    cr_assert_str_eq(hr__environment_region("x").value, "x");
}

/* ---- Through the client. */

static hr_engine *engine;

static void make_engine(void) {
    clear();
    struct hr_engine_options options = {.reactors = 1};
    struct hr_error error;
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
}

static void close_engine(void) {
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

TestSuite(environment_client, .init = make_engine, .fini = close_engine);

/* NULL: a client is made. */
static void expect(struct hr_s3_client_options options, const char *names) {
    hr_s3_client *client = NULL;
    struct hr_error error = {0};
    int err = hr_s3_client_new(engine, &options, &error, &client);
    if (names) {
        cr_assert_lt(err, 0);
        cr_assert(strstr(error.message, names), "%s", error.message);
        cr_assert_eq(error.code, err);
    } else {
        cr_assert_eq(err, 0, "%s", error.message);
    }
    hr_s3_client_close(client, NULL, NULL);
}

#define KEYS .access_key = "a", .secret_key = "b"

Test(environment_client, a_profile_is_refused_where_a_place_is_needed) {
    static const char *const names[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        setenv(names[i], "/etc/passwd", 1); /* a file that says something, or a profile's name */
        expect((struct hr_s3_client_options){KEYS}, names[i]);
        expect((struct hr_s3_client_options){.region = "eu-west-1", KEYS}, NULL);
        expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, NULL);
        expect((struct hr_s3_client_options){.endpoint = "http://h", .anonymous = true}, NULL);
        clear();
    }
    expect((struct hr_s3_client_options){.endpoint = "http://h"}, "AWS_ACCESS_KEY_ID");
}

Test(environment_client, a_file_that_is_empty_or_not_there_says_nothing) {
    static const char *const names[] = {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"};
    static const char *const paths[] = {"/dev/null", "/nothing/there"};
    for (size_t i = 0; i < 4; i++) {
        setenv(names[i / 2], paths[i % 2], 1);
        expect((struct hr_s3_client_options){KEYS}, NULL);
        expect((struct hr_s3_client_options){.endpoint = "http://h"}, "AWS_ACCESS_KEY_ID");
        clear();
    }
}

Test(environment_client, what_is_needed_and_malformed_is_named) {
    setenv("AWS_REGION", "eu west", 1);
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, "AWS_REGION \"eu west\"");
    expect((struct hr_s3_client_options){.endpoint = "http://h", .region = "r", KEYS}, NULL);
    unsetenv("AWS_REGION");
    setenv("AWS_DEFAULT_REGION", "eu_west", 1);
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, "AWS_DEFAULT_REGION");
    clear();
    setenv("AWS_ENDPOINT_URL", "ftp://h", 1);
    expect((struct hr_s3_client_options){KEYS}, "AWS_ENDPOINT_URL \"ftp://h\"");
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, NULL);
    setenv("AWS_ENDPOINT_URL_S3", "h:80", 1);
    expect((struct hr_s3_client_options){KEYS}, "AWS_ENDPOINT_URL_S3 \"h:80\"");
    setenv("S3_ENDPOINT_URL", "nonsense", 1);
    expect((struct hr_s3_client_options){KEYS}, "S3_ENDPOINT_URL \"nonsense\"");
    clear();
    setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
    expect((struct hr_s3_client_options){KEYS}, "AWS_USE_FIPS_ENDPOINT");
    expect(
        (struct hr_s3_client_options){.endpoint = "https://s3-fips.us-east-1.amazonaws.com", KEYS},
        NULL);
    setenv("AWS_USE_FIPS_ENDPOINT", "yes", 1);
    expect((struct hr_s3_client_options){KEYS}, "AWS_USE_FIPS_ENDPOINT");
}

Test(environment_client, the_bundle_of_authorities) {
    setenv("AWS_CA_BUNDLE", "/nowhere/ca.pem", 1);
    expect((struct hr_s3_client_options){.endpoint = "https://h", KEYS},
           "AWS_CA_BUNDLE \"/nowhere/ca.pem\"");
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, NULL);
    expect((struct hr_s3_client_options){.endpoint = "https://h", .http.tls.insecure = true, KEYS},
           NULL);
    struct hr_s3_client_options system = {
        .endpoint = "https://h", .http.tls.ca_system = true, KEYS};
    expect(system, NULL);
    setenv("AWS_CA_BUNDLE", "/proc/self/comm", 1); /* a file without a certificate */
    expect((struct hr_s3_client_options){.endpoint = "https://h", KEYS}, "AWS_CA_BUNDLE /proc");
    setenv("AWS_CA_BUNDLE", "/proc/self/fd", 1); /* a folder without one */
    expect((struct hr_s3_client_options){.endpoint = "https://h", KEYS}, "AWS_CA_BUNDLE /proc");
    if (access("/etc/ssl/certs/ca-certificates.crt", R_OK) != 0) return;
    setenv("AWS_CA_BUNDLE", "/etc/ssl/certs", 1);
    expect((struct hr_s3_client_options){.endpoint = "https://h", KEYS}, NULL);
    setenv("AWS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt", 1);
    expect((struct hr_s3_client_options){.endpoint = "https://h", KEYS}, NULL);
}
