/* Which source counts: each is looked at in botocore's order, and the first that is configured is
 * it. */
#include "credentials_plan.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "credentials_sources.h"

/* ---- Orders. */

static const struct hr__credentials_source_row chain_rows[] = {
    {"environment", hr__look_environment},
    {"profile role", hr__look_role},
    {"web identity", hr__look_web_identity},
    {"SSO", hr__look_sso},
    {"credentials file", hr__look_credentials_file},
    {"login", hr__look_login},
    {"process", hr__look_process},
    {"config file", hr__look_config_file},
    {"container", hr__look_container},
    {"IMDS", hr__look_imds},
    {NULL, NULL},
};

static const struct hr__credentials_source_row profile_with_role_rows[] = {
    {"profile role", hr__look_role},
    {"web identity", hr__look_web_identity},
    {"SSO", hr__look_sso},
    {"credentials file", hr__look_credentials_file},
    {"login", hr__look_login},
    {"process", hr__look_process},
    {"config file", hr__look_config_file},
    {NULL, NULL},
};

static const struct hr__credentials_source_row single_rows[][2] = {
    [HR_S3_CREDENTIALS_STATIC] = {{"static", hr__look_options}},
    [HR_S3_CREDENTIALS_ENVIRONMENT] = {{"environment", hr__look_environment}},
    [HR_S3_CREDENTIALS_PROCESS] = {{"process", hr__look_command}},
    [HR_S3_CREDENTIALS_WEB_IDENTITY] = {{"web identity", hr__look_web_identity}},
    [HR_S3_CREDENTIALS_CONTAINER] = {{"container", hr__look_container}},
    [HR_S3_CREDENTIALS_IMDS] = {{"IMDS", hr__look_imds}},
};

static const struct hr__credentials_source_row *rows_of(enum hr_s3_credentials_kind kind) {
    if (kind == HR_S3_CREDENTIALS_CHAIN) return chain_rows;
    if (kind == HR_S3_CREDENTIALS_PROFILE) return profile_with_role_rows;
    return single_rows[kind];
}

/* ---- Looking. */

static void describe(const struct hr__credentials_plan *plan,
                     struct hr_s3_credentials_report *report) {
    if (!report) return;
    report->source = plan->source;
    const struct hr__credentials_settings *settings = plan->settings;
    bool asked;
    const char *profile = hr__credentials_profile_name(settings, &asked);
    if (plan->profiles && plan->role_count > 0)
        snprintf(report->detail, sizeof report->detail, "profile \"%.64s\", %u role%s", profile,
                 plan->role_count, plan->role_count == 1 ? "" : "s");
    else if (plan->profiles &&
             (plan->base == HR__CREDENTIALS_KEYS || plan->base == HR__CREDENTIALS_SSO ||
              plan->base == HR__CREDENTIALS_PROCESS))
        snprintf(report->detail, sizeof report->detail, "profile \"%.64s\"", profile);
}

static int refuse_all(const struct hr__credentials_settings *settings, const char *last,
                      struct hr_error *error) {
    if (settings->kind == HR_S3_CREDENTIALS_CHAIN)
        return hr_error_set(error, HR_ERR_S3_CREDENTIALS,
                            "no credentials: set access_key and secret_key, or AWS_ACCESS_KEY_ID "
                            "and AWS_SECRET_ACCESS_KEY, or a profile, or anonymous");
    return hr_error_set(error, HR_ERR_S3_CREDENTIALS, "no credentials: %s", last);
}

static bool asked_by_option(const struct hr__credentials_settings *settings) {
    return settings->profile && *settings->profile;
}

int hr__credentials_plan_make(const struct hr__credentials_settings *settings,
                              struct hr_error *error, struct hr_s3_credentials_report *report,
                              struct hr__credentials_plan *plan) {
    bool asked;
    *plan = (struct hr__credentials_plan){.settings = settings};
    plan->profile = hr_slice_of(hr__credentials_profile_name(settings, &asked));
    struct hr__credentials_look look = {
        .plan = plan, .variables = !asked_by_option(settings), .error = error};
    if (settings->kind == HR_S3_CREDENTIALS_ENVIRONMENT ||
        settings->kind == HR_S3_CREDENTIALS_WEB_IDENTITY)
        look.variables = true;
    const struct hr__credentials_source_row *rows = rows_of(settings->kind);
    if (rows == chain_rows && asked_by_option(settings)) {
        hr__look_note(report, rows->name, "not looked at: a profile is given by option");
        rows++;
    }
    int found = hr__credentials_look_through(&look, rows, report);
    if (found == 0) found = refuse_all(settings, look.reason, error);
    if (found < 0) {
        if (report) report->source = NULL;
        if (plan->source) hr__look_note(report, plan->source, error ? error->message : "");
        hr__credentials_plan_deinit(plan);
        return found;
    }
    describe(plan, report);
    return 0;
}

void hr__credentials_plan_deinit(struct hr__credentials_plan *plan) {
    hr__profiles_free(plan->profiles);
    *plan = (struct hr__credentials_plan){.settings = NULL};
}
