/* URLs of the services that give credentials. */
#include "credentials_endpoint.h"

#include <stdio.h>
#include <string.h>

#include <headrace/url.h>

#include "host_label.h"
#include "partition.h"

#define GLOBAL_REGION "us-east-1" /* that the global endpoint of STS is signed for */

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

static int configured(const struct hr__credentials_plan *plan, enum hr__credentials_service service,
                      struct hr_error *error, struct hr_slice *found) {
    char *const *variables = plan->settings->variables;
    struct hr_slice url = hr_slice_of(variables[services[service].url]);
    bool ignored = false;
    if (url.size == 0) url = hr_slice_of(variables[HR__VARIABLE_URL]);
    if (url.size == 0) url = of_services(plan, service);
    if (url.size == 0) hr__credentials_plan_property(plan, "endpoint_url", &url);
    int err = url.size > 0
                  ? hr__credentials_plan_flag(plan, HR__VARIABLE_URLS_IGNORED,
                                              "ignore_configured_endpoint_urls", error, &ignored)
                  : 0;
    *found = ignored ? hr_slice_bytes(NULL, 0) : url;
    return err;
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

/* Properties of the endpoint that is asked for. */
struct wanted {
    struct hr_slice region;
    bool fips, dual_stack, global;
};

static bool is_nowhere(struct hr_slice region) {
    return region.size == 0 || hr_slice_equal(region, hr_slice_of("aws-global"));
}

/* Regions that had the one endpoint before each had its own; "legacy" is for them (botocore). */
static bool had_global(struct hr_slice region) {
    static const char *const regions[] = {
        "ap-northeast-1", "ap-south-1",   "ap-southeast-1", "ap-southeast-2",
        "aws-global",     "ca-central-1", "eu-central-1",   "eu-north-1",
        "eu-west-1",      "eu-west-2",    "eu-west-3",      "sa-east-1",
        "us-east-1",      "us-east-2",    "us-west-1",      "us-west-2"};
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++)
        if (hr_slice_equal(region, hr_slice_of(regions[i]))) return true;
    return false;
}

static int read_legacy(const struct hr__credentials_plan *plan, struct hr_error *error,
                       bool *legacy) {
    struct hr_slice text = hr_slice_trim(
        hr__credentials_plan_setting(plan, HR__VARIABLE_STS_ENDPOINTS, "sts_regional_endpoints"));
    *legacy = hr_slice_equal_nocase(text, hr_slice_of("legacy"));
    if (text.size == 0 || *legacy || hr_slice_equal_nocase(text, hr_slice_of("regional"))) return 0;
    return hr_error_set(error, HR_ERR_S3_CREDENTIALS,
                        "AWS_STS_REGIONAL_ENDPOINTS or the profile's sts_regional_endpoints is "
                        "\"%.*s\", which is neither regional nor legacy",
                        (int)(text.size < 40 ? text.size : 40), text.data);
}

/* Nowhere in particular: the one endpoint of STS, unless it has to be of a kind that it is not. */
static void choose_global(bool legacy, struct wanted *wanted) {
    struct hr_slice region = wanted->region;
    bool plain = !wanted->fips && !wanted->dual_stack;
    wanted->global = plain && (is_nowhere(region) || (legacy && had_global(region)));
    if (is_nowhere(region) || wanted->global) wanted->region = hr_slice_of(GLOBAL_REGION);
}

static int read_wanted(const struct hr__credentials_plan *plan,
                       enum hr__credentials_service service, struct hr_error *error,
                       struct wanted *wanted) {
    bool legacy = false;
    int err = hr__credentials_plan_flag(plan, HR__VARIABLE_FIPS, "use_fips_endpoint", error,
                                        &wanted->fips);
    if (!err)
        err = hr__credentials_plan_flag(plan, HR__VARIABLE_DUALSTACK, "use_dualstack_endpoint",
                                        error, &wanted->dual_stack);
    if (err || service != HR__SERVICE_STS) return err;
    err = read_legacy(plan, error, &legacy);
    if (!err) choose_global(legacy, wanted);
    return err;
}

/* The endpoints of GovCloud are FIPS ones under their usual names, but for dual stack. */
static void put_aws(const struct wanted *wanted, enum hr__credentials_service service,
                    struct hr__writer *out) {
    const struct hr__partition *partition = hr__partition_of(wanted->region);
    bool gov = strcmp(partition->name, "aws-us-gov") == 0;
    hr__put_text(out, "https://");
    hr__put_text(out, services[service].host);
    if (wanted->fips && (!gov || wanted->dual_stack)) hr__put_text(out, "-fips");
    hr__put_byte(out, '.');
    if (!wanted->global) {
        hr__put_slice(out, wanted->region);
        hr__put_byte(out, '.');
    }
    hr__put_text(out, wanted->dual_stack ? partition->dual_stack_suffix : partition->suffix);
}

int hr__credentials_service_url(const struct hr__credentials_plan *plan,
                                enum hr__credentials_service service, struct hr_slice *region,
                                struct hr__writer *out, struct hr_error *error) {
    struct hr_slice url;
    struct wanted wanted = {.region = *region};
    int err = configured(plan, service, error, &url);
    if (err) return err;
    if (url.size > 0) {
        if (is_nowhere(*region)) *region = hr_slice_of(GLOBAL_REGION);
        return put_configured(url, services[service].id, out, error);
    }
    err = read_wanted(plan, service, error, &wanted);
    if (err) return err;
    if (!hr__host_label(wanted.region))
        return hr_error_set(error, HR_ERR_S3_REGION_INVALID,
                            "the region of %s is no DNS label (letters, digits, hyphens)",
                            services[service].id);
    put_aws(&wanted, service, out);
    *region = wanted.region;
    return 0;
}
