/* URLs of the services that give credentials. */
#include "credentials_endpoint.h"

#include <stdio.h>

#include <headrace/url.h>

/* DNS suffixes of partitions, by the beginning of a region's name; the second of dual-stack
 * endpoints. */
static const struct {
    const char *prefix, *suffix, *dual;
} partitions[] = {
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"", "amazonaws.com", "api.aws"},
};

static const struct {
    const char *id, *host; /* in the services section; the first labels */
    enum hr__credentials_variable url;
} services[] = {
    [HR__SERVICE_STS] = {"sts", "sts", HR__VARIABLE_STS_URL},
    [HR__SERVICE_SSO] = {"sso", "portal.sso", HR__VARIABLE_SSO_URL},
};

struct hr_slice hr__credentials_region(const struct hr__credentials_plan *plan) {
    const struct hr__credentials_settings *settings = plan->settings;
    struct hr_slice region = hr_slice_of(settings->region);
    if (region.size == 0) region = hr_slice_of(settings->variables[HR__VARIABLE_REGION]);
    if (region.size == 0) region = hr_slice_of(settings->variables[HR__VARIABLE_DEFAULT_REGION]);
    if (region.size == 0) hr__credentials_plan_property(plan, "region", &region);
    return region;
}

/* ---- Configured ones. */

static struct hr_slice of_services(const struct hr__credentials_plan *plan,
                                   enum hr__credentials_service service) {
    struct hr_slice name;
    char key[32];
    struct hr__profile_value value = {.text = {NULL, 0}};
    if (!hr__credentials_plan_property(plan, "services", &name) || name.size > HR__PROFILE_NAME_MAX)
        return value.text;
    const struct hr__profile section = {plan->profiles, HR__PROFILE_SERVICES, name};
    snprintf(key, sizeof key, "%s.endpoint_url", services[service].id);
    hr__profile_get(&section, key, &value);
    return value.text;
}

static struct hr_slice configured(const struct hr__credentials_plan *plan,
                                  enum hr__credentials_service service) {
    char *const *variables = plan->settings->variables;
    struct hr_slice ignored = hr__credentials_plan_setting(plan, HR__VARIABLE_URLS_IGNORED,
                                                           "ignore_configured_endpoint_urls");
    struct hr_slice url = {NULL, 0};
    if (hr__credentials_is_true(ignored)) return url;
    url = hr_slice_of(variables[services[service].url]);
    if (url.size == 0) url = hr_slice_of(variables[HR__VARIABLE_URL]);
    if (url.size == 0) url = of_services(plan, service);
    if (url.size == 0) hr__credentials_plan_property(plan, "endpoint_url", &url);
    return url;
}

static int put_configured(struct hr_slice text, const char *id, struct hr__writer *out,
                          struct hr_error *error) {
    struct hr_url url;
    struct hr_error why = {.code = 0};
    int err = hr_url_parse(text, &why, &url);
    if (err || url.userinfo.size > 0 || url.query.data || url.fragment.data)
        return hr_error_set(error, HR_ERR_S3_ENDPOINT_INVALID, "the endpoint of %s: %s", id,
                            err ? why.message : "it has more than host, port and path");
    while (text.size > 0 && text.data[text.size - 1] == '/') text.size--;
    hr__put_slice(out, text);
    return 0;
}

/* ---- AWS's own. */

static bool is_label(struct hr_slice text) {
    if (text.size == 0 || text.size > 63) return false;
    for (size_t i = 0; i < text.size; i++) {
        char lower = (char)(text.data[i] | 0x20);
        bool alnum = (lower >= 'a' && lower <= 'z') || (text.data[i] >= '0' && text.data[i] <= '9');
        if (!alnum && (text.data[i] != '-' || i == 0 || i == text.size - 1)) return false;
    }
    return true;
}

static void put_aws(const struct hr__credentials_plan *plan, enum hr__credentials_service service,
                    struct hr_slice region, struct hr__writer *out) {
    bool fips = hr__credentials_is_true(
        hr__credentials_plan_setting(plan, HR__VARIABLE_FIPS, "use_fips_endpoint"));
    bool dual = hr__credentials_is_true(
        hr__credentials_plan_setting(plan, HR__VARIABLE_DUALSTACK, "use_dualstack_endpoint"));
    size_t i = 0;
    while (strncmp(region.data, partitions[i].prefix, strlen(partitions[i].prefix)) != 0) i++;
    hr__put_text(out, "https://");
    hr__put_text(out, services[service].host);
    hr__put_text(out, fips ? "-fips." : ".");
    hr__put_slice(out, region);
    hr__put_byte(out, '.');
    hr__put_text(out, dual ? partitions[i].dual : partitions[i].suffix);
}

int hr__credentials_service_url(const struct hr__credentials_plan *plan,
                                enum hr__credentials_service service, struct hr_slice region,
                                struct hr__writer *out, struct hr_error *error) {
    struct hr_slice url = configured(plan, service);
    if (url.size > 0) return put_configured(url, services[service].id, out, error);
    if (region.size == 0 || hr_slice_equal(region, hr_slice_of("aws-global"))) {
        hr__put_text(out, "https://sts.amazonaws.com");
        return 0;
    }
    if (!is_label(region))
        return hr_error_set(error, HR_ERR_S3_REGION_INVALID,
                            "the region of %s is no DNS label (letters, digits, hyphens)",
                            services[service].id);
    put_aws(plan, service, region, out);
    return 0;
}
