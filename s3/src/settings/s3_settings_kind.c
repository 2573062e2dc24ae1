/* The kind of endpoint that options, variables and a profile ask for. */
#include <errno.h>

#include "s3_settings.h"

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

struct choice {
    enum hr_s3_switch option;
    enum hr__s3_setting setting;
    bool read; /* the setting counts */
};

/* The option, else the setting where it counts, else no. */
static int choose(const struct hr__s3_settings *settings, const struct choice *choice,
                  struct hr_error *error, bool *chosen) {
    *chosen = choice->option == HR_S3_ON;
    if (choice->option != HR_S3_DEFAULT || !choice->read) return 0;
    return hr__s3_setting_flag(settings, choice->setting, error, chosen);
}

static int choose_hosts(const struct hr__s3_settings *settings,
                        const struct hr_s3_client_options *options, struct hr_error *error,
                        struct hr__endpoint_settings *kind) {
    bool aws = !options->endpoint;
    struct choice fips = {options->fips, HR__S3_USE_FIPS, aws};
    struct choice dual_stack = {options->dual_stack, HR__S3_USE_DUALSTACK, aws};
    struct choice accelerate = {options->accelerate, HR__S3_USE_ACCELERATE, aws};
    unsigned regional = HR__S3_REGIONAL;
    int err = choose(settings, &fips, error, &kind->fips);
    if (!err) err = choose(settings, &dual_stack, error, &kind->dual_stack);
    if (!err) err = choose(settings, &accelerate, error, &kind->accelerate);
    if (!err && aws) err = hr__s3_setting_word(settings, HR__S3_US_EAST_1, error, &regional);
    kind->global = regional == HR__S3_GLOBAL;
    return err;
}

int hr__s3_settings_kind(const struct hr__s3_settings *settings,
                         const struct hr_s3_client_options *options, struct hr_error *error,
                         struct hr__endpoint_settings *kind) {
    struct choice arn_region = {options->use_arn_region, HR__S3_USE_ARN_REGION, true};
    bool used = true;
    int err = check(options, error);
    if (!err) err = choose_hosts(settings, options, error, kind);
    if (!err) err = choose(settings, &arn_region, error, &used);
    if (!err)
        err =
            hr__s3_setting_flag(settings, HR__S3_DISABLE_EXPRESS_SESSION, error, &kind->no_session);
    kind->no_arn_region = !used;
    return err;
}
