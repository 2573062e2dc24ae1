/* The endpoint that variables and the profile configure, for each service. */
#include "aws_settings.h"

#include "environment.h"

static const struct {
    const char *own;      /* this library's variable */
    const char *variable; /* AWS's for this service */
    const char *key;      /* in a section of services */
} services[] = {
    [HR__S3_SERVICE_S3] = {"S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "s3.endpoint_url"},
    [HR__S3_SERVICE_STS] = {NULL, "AWS_ENDPOINT_URL_STS", "sts.endpoint_url"},
    [HR__S3_SERVICE_SSO] = {NULL, "AWS_ENDPOINT_URL_SSO", "sso.endpoint_url"},
};

static bool of_variable(const char *name, struct hr__s3_value *value) {
    const char *text = name ? hr__environment(name) : NULL;
    if (text) *value = (struct hr__s3_value){text, name, NULL, 0};
    return text != NULL;
}

/* `key` stays: it is static. */
static bool of_key(const struct hr__profile *profile, const char *key, struct hr__s3_value *value) {
    struct hr__profile_value found;
    if (!hr__profile_get(profile, key, &found) || found.text.size == 0) return false;
    *value = (struct hr__s3_value){found.text.data, key, found.path, found.line};
    return true;
}

/* The section that the profile's `services` names must be there, as botocore has it. */
static int of_services(const struct hr__s3_settings *settings, enum hr__s3_service service,
                       struct hr_error *error, struct hr__s3_value *value) {
    struct hr__s3_value named;
    if (!of_key(&settings->profile, "services", &named)) return 0;
    struct hr__profile section = {settings->profiles, HR__PROFILE_SERVICES,
                                  hr_slice_of(named.text)};
    char source[HR__S3_SOURCE_MAX];
    if (!hr__profile_exists(&section))
        return hr_error_set(error, HR_ERR_S3_PROFILE, "%s: there is no section [services %.60s]",
                            hr__s3_value_source(&named, source), named.text);
    of_key(&section, services[service].key, value);
    return 0;
}

static int find(const struct hr__s3_settings *settings, enum hr__s3_service service,
                struct hr_error *error, struct hr__s3_value *value) {
    if (of_variable(services[service].variable, value)) return 0;
    if (of_variable("AWS_ENDPOINT_URL", value) || !settings->profiles) return 0;
    int err = of_services(settings, service, error, value);
    if (!err && !value->text) of_key(&settings->profile, "endpoint_url", value);
    return err;
}

int hr__s3_settings_endpoint(const struct hr__s3_settings *settings, enum hr__s3_service service,
                             struct hr_error *error, struct hr__s3_value *value) {
    struct hr__s3_value found = {NULL, NULL, NULL, 0};
    if (!of_variable(services[service].own, &found)) {
        bool ignored = false;
        int err = find(settings, service, error, &found), bad = 0;
        if (err || found.text)
            bad = hr__s3_setting_flag(settings, HR__S3_IGNORE_ENDPOINT_URLS, error, &ignored);
        if (bad) return bad;
        if (err && !ignored) return err;
        if (ignored) found.text = NULL;
    }
    *value = found;
    return 0;
}
