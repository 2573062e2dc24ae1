/* Variables of the metadata service: what is not understood is refused, not passed over. */
#include <criterion/criterion.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/s3.h>

static bool answered;

static void on_done(struct hr_s3_credentials_fetch *fetch, int result,
                    const struct hr_s3_credentials *credentials) {
    (void)fetch;
    cr_assert_null(credentials);
    cr_assert_eq(result, HR_ERR_S3_CREDENTIALS);
    __atomic_store_n(&answered, true, __ATOMIC_RELEASE);
}

/* The error where a variable has this value, and nobody listens. */
static struct hr_error error_of(const char *variable, const char *value) {
    const struct hr_engine_options engine_options = {.reactors = 1};
    const struct hr_s3_credentials_options options = {.kind = HR_S3_CREDENTIALS_IMDS,
                                                      .profile = ""};
    struct hr_s3_credentials_fetch fetch = {.on_done = on_done};
    struct hr_s3_credentials_provider provider;
    struct hr_error error = {0};
    hr_engine *engine;
    setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9", 1);
    setenv(variable, value, 1);
    cr_assert_eq(hr_engine_new(&engine_options, &error, &engine), 0, "%s", error.message);
    cr_assert_eq(hr_s3_credentials_new(engine, &options, &error, &provider), 0, "%s",
                 error.message);
    answered = false;
    cr_assert_eq(provider.fetch(provider.user, &fetch), 0);
    while (!__atomic_load_n(&answered, __ATOMIC_ACQUIRE)) sched_yield();
    provider.free(provider.user);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    unsetenv(variable);
    return fetch.error;
}

static void expect_refused(const char *variable, const char *value) {
    struct hr_error error = error_of(variable, value);
    cr_assert(strstr(error.message, variable), "%s %s: %s", variable, value, error.message);
}

static void expect_asked(const char *variable, const char *value) {
    struct hr_error error = error_of(variable, value);
    cr_assert_null(strstr(error.message, variable), "%s %s: %s", variable, value, error.message);
}

Test(imds_patience, what_is_not_understood_is_named) {
    expect_refused("AWS_METADATA_SERVICE_TIMEOUT", "soon");
    expect_refused("AWS_METADATA_SERVICE_TIMEOUT", "61");
    expect_refused("AWS_METADATA_SERVICE_TIMEOUT", "0");
    expect_refused("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "-1");
    expect_refused("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "101");
}

/* The limits are those of the documentation. */
Test(imds_patience, the_largest_values_are_taken) {
    expect_asked("AWS_METADATA_SERVICE_TIMEOUT", "60");
    expect_asked("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "1");
}
