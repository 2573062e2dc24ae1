/* Settings of credentials that a variable or the profile that counts says. */
#include <headrace/text.h>

#include "credentials_plan.h"

bool hr__credentials_plan_property(const struct hr__credentials_plan *plan, const char *name,
                                   struct hr_slice *value) {
    if (!plan->profiles) return false;
    const struct hr__profile profile = {plan->profiles, HR__PROFILE_PROFILE, plan->profile};
    struct hr__profile_value found;
    if (!hr__profile_get(&profile, name, &found) || found.text.size == 0) return false;
    *value = found.text;
    return true;
}

struct hr_slice hr__credentials_plan_setting(const struct hr__credentials_plan *plan,
                                             enum hr__credentials_variable variable,
                                             const char *property) {
    struct hr_slice value = hr_slice_of(plan->settings->variables[variable]);
    if (value.size == 0 && property) hr__credentials_plan_property(plan, property, &value);
    return value;
}

int hr__credentials_plan_flag(const struct hr__credentials_plan *plan,
                              enum hr__credentials_variable variable, const char *property,
                              struct hr_error *error, bool *flag) {
    struct hr_slice text = hr_slice_trim(hr__credentials_plan_setting(plan, variable, property));
    bool yes = hr_slice_equal_nocase(text, hr_slice_of("true"));
    if (text.size > 0 && !yes && !hr_slice_equal_nocase(text, hr_slice_of("false")))
        return hr_error_set(
            error, HR_ERR_S3_CREDENTIALS, "%s%s%s is \"%.*s\", which is neither true nor false",
            hr__credentials_variable_name(variable), property ? " or the profile's " : "",
            property ? property : "", (int)(text.size < 40 ? text.size : 40), text.data);
    *flag = yes;
    return 0;
}
