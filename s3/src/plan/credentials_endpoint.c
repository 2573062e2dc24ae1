/* URLs of the services that give credentials. */
#include "credentials_endpoint.h"

#include <stdio.h>

#include <headrace/url.h>

#include "host_label.h"
#include "partition.h"

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

static void put_aws(const struct hr__credentials_plan *plan, enum hr__credentials_service service,
                    struct hr_slice region, struct hr__writer *out) {
    bool fips = hr__credentials_is_true(
        hr__credentials_plan_setting(plan, HR__VARIABLE_FIPS, "use_fips_endpoint"));
    bool dual = hr__credentials_is_true(
        hr__credentials_plan_setting(plan, HR__VARIABLE_DUALSTACK, "use_dualstack_endpoint"));
    const struct hr__partition *partition = hr__partition_of(region);
    hr__put_text(out, "https://");
    hr__put_text(out, services[service].host);
    hr__put_text(out, fips ? "-fips." : ".");
    hr__put_slice(out, region);
    hr__put_byte(out, '.');
    hr__put_text(out, dual ? partition->dual_stack_suffix : partition->suffix);
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
    if (!hr__host_label(region))
        return hr_error_set(error, HR_ERR_S3_REGION_INVALID,
                            "the region of %s is no DNS label (letters, digits, hyphens)",
                            services[service].id);
    put_aws(plan, service, region, out);
    return 0;
}
