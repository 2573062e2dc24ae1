#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/s3.h>
#include <headrace/version.h>

#include "needs_kernel.h"
#include "profile/profile_fixture.h"
#include "s3_call.h"

static hr_engine *engine;

static void make_engine(void) {
    profile_files_make();
    struct hr_engine_options options = {.reactors = 1};
    struct hr_error error;
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
}

static void close_engine(void) {
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    profile_files_remove();
}

TestSuite(s3_settings, .init = make_engine, .fini = close_engine);

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

Test(s3_settings, keys_are_wanted_unless_the_client_is_anonymous) {
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    expect((struct hr_s3_client_options){.endpoint = "http://h"}, "AWS_ACCESS_KEY_ID");
    expect((struct hr_s3_client_options){.endpoint = "http://h", .anonymous = true}, NULL);
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, NULL);
    unsetenv("AWS_EC2_METADATA_DISABLED");
    expect((struct hr_s3_client_options){.endpoint = "http://h"}, NULL); /* asked when needed */
}

Test(s3_settings, a_profile_that_is_missing_is_refused_where_something_would_come_from_it) {
    static const char *const names[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"};
    for (size_t i = 0; i < 2; i++) {
        setenv(names[i], "prod", 1);
        expect((struct hr_s3_client_options){.endpoint = "http://h"}, names[i]);
        expect((struct hr_s3_client_options){KEYS}, names[i]);
        expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, NULL);
        expect((struct hr_s3_client_options){.region = "eu-west-1", KEYS}, NULL);
        expect((struct hr_s3_client_options){.endpoint = "http://h", .anonymous = true}, NULL);
        profile_variables_clear();
    }
    expect((struct hr_s3_client_options){.endpoint = "http://h", .profile = "prod", KEYS},
           "the option profile \"prod\"");
}

Test(s3_settings, files_are_read_unless_the_profile_is_empty) {
    profile_config_write("[default]\nregion");
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, "config:2:");
    expect((struct hr_s3_client_options){.endpoint = "http://h", .profile = "", KEYS}, NULL);
    setenv("AWS_CONFIG_FILE", "/dev/null", 1);
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, NULL);
}

static hr_s3_client *make_client(struct hr_s3_client_options options) {
    hr_s3_client *client = NULL;
    struct hr_error error = {0};
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), 0, "%s", error.message);
    return client;
}

Test(s3_settings, a_profile_gives_what_the_options_leave_open) {
    profile_config_write("[profile p]\nregion = eu-west-3\nendpoint_url = http://store:9000\n"
                         "max_attempts = 7\nretry_mode = adaptive\ntcp_keepalive = false\n"
                         "s3 =\n addressing_style = virtual\n payload_signing_enabled = true\n");
    hr_s3_client *client = make_client((struct hr_s3_client_options){.profile = "p", KEYS});
    cr_expect_str_eq(client->endpoint.region, "eu-west-3");
    cr_expect_str_eq(client->endpoint.host, "store");
    cr_expect_eq(client->endpoint.addressing, HR_S3_ADDRESSING_VIRTUAL);
    cr_expect_eq(client->payload, HR_S3_PAYLOAD_SIGNED);
    cr_expect_eq(client->http_settings.attempts_max, 7);
    cr_expect_eq(client->http_settings.keepalive_s, HR_NO_TIMEOUT);
    cr_expect(client->http_settings.adaptive);
    cr_expect_eq(client->pace.mode, HR_S3_PACE_CLIENT);
    hr_s3_client_close(client, NULL, NULL);
}

Test(s3_settings, the_name_of_the_application_stands_in_the_user_agent) {
    setenv("AWS_SDK_UA_APP_ID", "shop-1", 1);
    hr_s3_client *client = make_client((struct hr_s3_client_options){.endpoint = "http://h", KEYS});
    cr_expect_str_eq(client->http_settings.user_agent, "headrace/" HR_VERSION_STRING " app/shop-1");
    hr_s3_client_close(client, NULL, NULL);
    struct hr_s3_client_options named = {.endpoint = "http://h", .http.user_agent = "x", KEYS};
    client = make_client(named);
    cr_expect_str_empty(client->http_settings.user_agent);
    hr_s3_client_close(client, NULL, NULL);
    static const char *const bad[] = {"a b", "a/b", "a\nb", "\xc3\xa4",
                                      "a23456789012345678901234567890123456789012345678901"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        setenv("AWS_SDK_UA_APP_ID", bad[i], 1);
        expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, "AWS_SDK_UA_APP_ID");
        expect(named, NULL);
    }
}

Test(s3_settings, options_win_over_variables_and_those_over_the_profile) {
    profile_config_write("[default]\nregion = eu-west-3\nmax_attempts = 7\n"
                         "s3 =\n addressing_style = virtual\n payload_signing_enabled = true\n");
    setenv("AWS_MAX_ATTEMPTS", "1", 1);
    setenv("AWS_REGION", "eu-west-1", 1);
    hr_s3_client *client = make_client((struct hr_s3_client_options){
        .endpoint = "http://h",
        .addressing = HR_S3_ADDRESSING_PATH,
        .payload = HR_S3_PAYLOAD_UNSIGNED,
        KEYS,
    });
    cr_expect_str_eq(client->endpoint.region, "eu-west-1");
    cr_expect_eq(client->endpoint.addressing, HR_S3_ADDRESSING_PATH);
    cr_expect_eq(client->payload, HR_S3_PAYLOAD_UNSIGNED);
    cr_expect_eq(client->http_settings.attempts_max, HR_NO_RETRY);
    hr_s3_client_close(client, NULL, NULL);
    setenv("AWS_MAX_ATTEMPTS", "none", 1);
    client = make_client((struct hr_s3_client_options){
        .endpoint = "http://h", .region = "eu-west-2", .http.retry.attempts_max = 2, KEYS});
    cr_expect_str_eq(client->endpoint.region, "eu-west-2");
    hr_s3_client_close(client, NULL, NULL);
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, "AWS_MAX_ATTEMPTS");
}

Test(s3_settings, what_is_needed_and_malformed_is_named) {
    setenv("AWS_REGION", "eu west", 1);
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, "AWS_REGION \"eu west\"");
    expect((struct hr_s3_client_options){.endpoint = "http://h", .region = "r", KEYS}, NULL);
    unsetenv("AWS_REGION");
    setenv("AWS_DEFAULT_REGION", "eu_west", 1);
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, "AWS_DEFAULT_REGION");
    profile_variables_clear();
    setenv("AWS_ENDPOINT_URL", "ftp://h", 1);
    expect((struct hr_s3_client_options){KEYS}, "AWS_ENDPOINT_URL \"ftp://h\"");
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, NULL);
    setenv("AWS_ENDPOINT_URL_S3", "h:80", 1);
    expect((struct hr_s3_client_options){KEYS}, "AWS_ENDPOINT_URL_S3 \"h:80\"");
    setenv("S3_ENDPOINT_URL", "nonsense", 1);
    expect((struct hr_s3_client_options){KEYS}, "S3_ENDPOINT_URL \"nonsense\"");
    profile_variables_clear();
    profile_config_write("[default]\nregion = eu west\n\ns3=\n use_dualstack_endpoint = true\n");
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, "config:2 \"eu west\"");
    expect((struct hr_s3_client_options){.endpoint = "http://h", .region = "r", KEYS}, NULL);
}

Test(s3_settings, the_bundle_of_authorities) {
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
    char fifo[256];
    snprintf(fifo, sizeof fifo, "%s/fifo", profile_folder());
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    setenv("AWS_CA_BUNDLE", fifo, 1); /* to open it would wait for a writer */
    expect((struct hr_s3_client_options){.endpoint = "https://h", KEYS}, "is no file (a FIFO");
    unlink(fifo);
    setenv("AWS_CA_BUNDLE", "", 1);
    expect((struct hr_s3_client_options){.endpoint = "https://h", KEYS}, "AWS_CA_BUNDLE \"\"");
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, NULL);
    unsetenv("AWS_CA_BUNDLE");
    profile_config_write("[default]\nca_bundle = /nowhere/ca.pem\n");
    expect((struct hr_s3_client_options){.endpoint = "https://h", KEYS}, "config:2 \"/nowhere");
    if (access("/etc/ssl/certs/ca-certificates.crt", R_OK) != 0) return;
    setenv("AWS_CA_BUNDLE", "/etc/ssl/certs", 1);
    expect((struct hr_s3_client_options){.endpoint = "https://h", KEYS}, NULL);
    setenv("AWS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt", 1);
    expect((struct hr_s3_client_options){.endpoint = "https://h", KEYS}, NULL);
}

Test(s3_settings, kinds_of_endpoint_that_contradict_are_refused_by_name) {
    setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
    expect((struct hr_s3_client_options){KEYS}, NULL);
    expect((struct hr_s3_client_options){.accelerate = HR_S3_ON, KEYS}, "FIPS");
    /* The program's own URL comes before the variable, and two variables contradict. */
    expect((struct hr_s3_client_options){.endpoint = "http://h", KEYS}, NULL);
    setenv("AWS_ENDPOINT_URL", "http://h", 1);
    expect((struct hr_s3_client_options){KEYS}, "AWS_ENDPOINT_URL \"http://h\" and FIPS");
    expect((struct hr_s3_client_options){.fips = HR_S3_OFF, KEYS}, NULL);
    profile_variables_clear();
    setenv("AWS_USE_FIPS_ENDPOINT", "yes", 1);
    expect((struct hr_s3_client_options){KEYS}, "AWS_USE_FIPS_ENDPOINT");
    expect((struct hr_s3_client_options){.fips = HR_S3_ON, KEYS}, NULL);
    expect((struct hr_s3_client_options){.endpoint = "http://h", .dual_stack = HR_S3_ON, KEYS},
           "dual stack");
    expect((struct hr_s3_client_options){.fips = (enum hr_s3_switch)3, KEYS}, "fips 3");
}

static struct hr__endpoint endpoint_of(struct hr_s3_client_options options) {
    options.access_key = "a";
    options.secret_key = "b";
    hr_s3_client *client = make_client(options);
    struct hr__endpoint endpoint = client->endpoint;
    hr_s3_client_close(client, NULL, NULL);
    return endpoint;
}

Test(s3_settings, the_kind_of_endpoint_is_the_option_else_the_variable_else_the_profile) {
    struct hr__endpoint kind = endpoint_of((struct hr_s3_client_options){.endpoint = NULL});
    cr_assert(!kind.fips && !kind.dual_stack && !kind.accelerate && !kind.global);
    cr_assert(!kind.no_arn_region && !kind.no_session);
    setenv("AWS_USE_FIPS_ENDPOINT", "TRUE", 1);
    setenv("AWS_USE_DUALSTACK_ENDPOINT", "true", 1);
    setenv("AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "Legacy", 1);
    setenv("AWS_S3_USE_ARN_REGION", "false", 1);
    setenv("AWS_S3_DISABLE_EXPRESS_SESSION_AUTH", "true", 1);
    kind = endpoint_of((struct hr_s3_client_options){.endpoint = NULL});
    cr_assert(kind.fips && kind.dual_stack && kind.global && kind.no_arn_region && kind.no_session);
    kind = endpoint_of((struct hr_s3_client_options){.fips = HR_S3_OFF,
                                                     .dual_stack = HR_S3_OFF,
                                                     .accelerate = HR_S3_ON,
                                                     .use_arn_region = HR_S3_ON});
    cr_assert(!kind.fips && !kind.dual_stack && kind.accelerate && !kind.no_arn_region);
    kind = endpoint_of((struct hr_s3_client_options){.endpoint = "http://h"});
    cr_assert(!kind.fips && !kind.dual_stack && !kind.global && kind.no_arn_region);
    profile_variables_clear();
    profile_config_write(
        "[default]\nuse_fips_endpoint = true\ns3=\n use_dualstack_endpoint = true\n");
    kind = endpoint_of((struct hr_s3_client_options){.region = "eu-west-1"});
    cr_assert(kind.fips && kind.dual_stack);
}

Test(s3_settings, a_kind_that_a_variable_cannot_mean_is_named) {
    static const char *const names[] = {
        "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT",
        "AWS_S3_USE_ARN_REGION", "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        setenv(names[i], "perhaps", 1);
        expect((struct hr_s3_client_options){KEYS}, names[i]);
        unsetenv(names[i]);
    }
}
