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
            if (strncmp(*at, "AWS_", 4) == 0 || strncmp(*at, "S3_", 3) == 0)
                snprintf(name, sizeof name, "%.*s", (int)strcspn(*at, "="), *at);
        if (!name[0]) return;
        unsetenv(name);
    }
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

Test(environment_client, a_profile_is_refused_where_it_is_needed) {
    static const char *const names[] = {
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        setenv(names[i], "/etc/passwd", 1); /* a file that says something, or a profile's name */
        expect((struct hr_s3_client_options){.endpoint = "http://h"}, names[i]);
        expect((struct hr_s3_client_options){.endpoint = "http://h", .anonymous = true}, NULL);
        expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, NULL);
        /* Where it is sent to may stand in a profile. */
        expect((struct hr_s3_client_options){KEYS}, i < 3 ? names[i] : NULL);
        expect((struct hr_s3_client_options){.region = "eu-west-1", KEYS}, NULL);
        setenv("AWS_ACCESS_KEY_ID", "a", 1);
        setenv("AWS_SECRET_ACCESS_KEY", "b", 1);
        expect((struct hr_s3_client_options){.endpoint = "http://h"}, NULL);
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
}

Test(environment_client, kinds_of_endpoint_that_contradict_are_refused_by_name) {
    setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
    expect((struct hr_s3_client_options){KEYS}, NULL);
    expect((struct hr_s3_client_options){.accelerate = HR_S3_ON, KEYS}, "FIPS");
    /* The program's own URL comes before the variable, and two variables contradict. */
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, NULL);
    setenv("AWS_ENDPOINT_URL", "http://h", 1);
    expect((struct hr_s3_client_options){KEYS}, "AWS_ENDPOINT_URL \"http://h\" and FIPS");
    expect((struct hr_s3_client_options){.fips = HR_S3_OFF, KEYS}, NULL);
    clear();
    setenv("AWS_USE_FIPS_ENDPOINT", "yes", 1);
    expect((struct hr_s3_client_options){KEYS}, "AWS_USE_FIPS_ENDPOINT");
    expect((struct hr_s3_client_options){.fips = HR_S3_ON, KEYS}, NULL);
    expect((struct hr_s3_client_options){.endpoint = "http://h", .dual_stack = HR_S3_ON, KEYS},
           "dual stack");
    expect((struct hr_s3_client_options){.fips = (enum hr_s3_switch)3, KEYS}, "fips 3");
}

static struct hr__endpoint_kind kind_of(struct hr_s3_client_options options) {
    struct hr__endpoint_kind kind;
    struct hr_error error = {0};
    cr_assert_eq(hr__environment_kind(&options, &error, &kind), 0, "%s", error.message);
    return kind;
}

Test(environment, the_kind_of_endpoint_is_the_option_else_the_variable) {
    struct hr__endpoint_kind kind = kind_of((struct hr_s3_client_options){.endpoint = NULL});
    cr_assert(!kind.fips && !kind.dual_stack && !kind.accelerate && !kind.global);
    cr_assert(!kind.no_arn_region && !kind.no_session);
    setenv("AWS_USE_FIPS_ENDPOINT", "TRUE", 1);
    setenv("AWS_USE_DUALSTACK_ENDPOINT", "true", 1);
    setenv("AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "Legacy", 1);
    setenv("AWS_S3_USE_ARN_REGION", "false", 1);
    setenv("AWS_S3_DISABLE_EXPRESS_SESSION_AUTH", "true", 1);
    kind = kind_of((struct hr_s3_client_options){.endpoint = NULL});
    cr_assert(kind.fips && kind.dual_stack && kind.global && kind.no_arn_region && kind.no_session);
    kind = kind_of((struct hr_s3_client_options){.fips = HR_S3_OFF,
                                                 .dual_stack = HR_S3_OFF,
                                                 .accelerate = HR_S3_ON,
                                                 .use_arn_region = HR_S3_ON});
    cr_assert(!kind.fips && !kind.dual_stack && kind.accelerate && !kind.no_arn_region);
    kind = kind_of((struct hr_s3_client_options){.endpoint = "http://h"});
    cr_assert(!kind.fips && !kind.dual_stack && !kind.global && kind.no_arn_region);
}

Test(environment, a_kind_that_a_variable_cannot_mean_is_named) {
    static const char *const names[] = {
        "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT",
        "AWS_S3_USE_ARN_REGION", "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct hr_s3_client_options options = {.endpoint = NULL};
        struct hr__endpoint_kind kind;
        struct hr_error error = {0};
        setenv(names[i], "perhaps", 1);
        cr_assert_eq(hr__environment_kind(&options, &error, &kind), HR_ERR_S3_ENDPOINT_INVALID);
        cr_assert(strstr(error.message, names[i]), "%s", error.message);
        unsetenv(names[i]);
    }
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
