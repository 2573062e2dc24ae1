/* The kind of endpoint that options and AWS's variables ask for. */
#include <errno.h>
#include <string.h>

#include "environment.h"

static int check_switch(const char *name, enum hr_s3_switch value, struct hr_error *error) {
    if ((unsigned)value <= HR_S3_OFF) return 0;
    return hr_error_set(error, -EINVAL, "%s %d is none of default, on and off", name, (int)value);
}

static int check(const struct hr_s3_client_options *options, struct hr_error *error) {
    int err = check_switch("fips", options->fips, error);
    if (!err) err = check_switch("dual_stack", options->dual_stack, error);
    if (!err) err = check_switch("accelerate", options->accelerate, error);
    return err ? err : check_switch("use_arn_region", options->use_arn_region, error);
}

/* An option, else a variable that is true or false. `read`: the variable counts. */
static int choose(enum hr_s3_switch option, const char *variable, bool read, struct hr_error *error,
                  bool *chosen) {
    *chosen = option == HR_S3_ON;
    if (option != HR_S3_DEFAULT || !read) return 0;
    return hr__environment_flag(variable, error, chosen);
}

static int choose_global(struct hr_error *error, bool *global) {
    static const char name[] = "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT";
    const char *value = hr__environment(name);
    *global = value && strcasecmp(value, "legacy") == 0;
    if (!value || *global || strcasecmp(value, "regional") == 0) return 0;
    return hr_error_set(error, HR_ERR_S3_ENDPOINT_INVALID,
                        "%s is \"%.80s\", which is neither legacy nor regional", name, value);
}

/* True where nothing says otherwise. */
static int choose_arn_region(enum hr_s3_switch option, struct hr_error *error, bool *not_used) {
    static const char name[] = "AWS_S3_USE_ARN_REGION";
    bool used = true;
    int err = 0;
    if (option != HR_S3_DEFAULT)
        used = option == HR_S3_ON;
    else if (hr__environment(name))
        err = hr__environment_flag(name, error, &used);
    *not_used = !used;
    return err;
}

int hr__environment_kind(const struct hr_s3_client_options *options, struct hr_error *error,
                         struct hr__endpoint_kind *kind) {
    struct hr__endpoint_kind made = {.accelerate = options->accelerate == HR_S3_ON};
    bool aws = !options->endpoint;
    int err = check(options, error);
    if (!err) err = choose(options->fips, "AWS_USE_FIPS_ENDPOINT", aws, error, &made.fips);
    if (!err)
        err =
            choose(options->dual_stack, "AWS_USE_DUALSTACK_ENDPOINT", aws, error, &made.dual_stack);
    if (!err && aws) err = choose_global(error, &made.global);
    if (!err) err = choose_arn_region(options->use_arn_region, error, &made.no_arn_region);
    if (!err)
        err = hr__environment_flag("AWS_S3_DISABLE_EXPRESS_SESSION_AUTH", error, &made.no_session);
    if (!err) *kind = made;
    return err;
}
