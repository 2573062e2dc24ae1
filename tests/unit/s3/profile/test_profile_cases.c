#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "cases.h"
#include "profile.h"

/* The names of all properties that some case expects, and more that one might wrongly find. */
static json_t *all_names(const json_t *cases) {
    json_t *names = json_pack("{s:n, s:n, s:n}", "x", "in valid", "name2"), *one, *section, *value;
    size_t i;
    const char *key;
    json_array_foreach(cases, i, one) {
        json_t *profiles =
            json_object_get(json_object_get(json_object_get(one, "expect"), "config"), "profiles");
        const char *name;
        json_object_foreach(profiles, name, section) json_object_foreach(section, key, value)
            json_object_set_new(names, key, json_null());
    }
    return names;
}

static bool has_no_more(const struct hr__profile *profile, const json_t *wanted, json_t *names) {
    const char *name;
    json_t *unused;
    struct hr__profile_value value;
    json_object_foreach(names, name, unused) {
        bool found = hr__profile_get(profile, name, &value);
        if (found != (json_object_get(wanted, name) != NULL)) return false;
        if (found && !hr_slice_equal(value.text, cases_slice(wanted, name))) return false;
    }
    return true;
}

struct named {
    const json_t *wanted;
    bool all_wanted;
};

static void look(void *user, struct hr_slice name) {
    struct named *named = user;
    if (!json_object_getn(named->wanted, name.data, name.size)) named->all_wanted = false;
}

static bool sections_as(const struct hr__profiles *profiles, enum hr__profile_kind kind,
                        json_t *wanted, json_t *names) {
    struct named named = {wanted, true};
    const char *name;
    json_t *section;
    hr__profiles_each(profiles, kind, look, &named);
    json_object_foreach(wanted, name, section) {
        struct hr__profile profile = {profiles, kind, hr_slice_of(name)};
        if (!hr__profile_exists(&profile) || !has_no_more(&profile, section, names)) return false;
    }
    return named.all_wanted;
}

static bool parses_as_given(const json_t *one, json_t *names) {
    struct hr__profile_texts texts = {
        {cases_slice(one, "config"), cases_slice(one, "credentials")}};
    struct hr__profiles *profiles = NULL;
    struct hr_error error = {0};
    int err = hr__profiles_parse(&texts, &error, &profiles);
    json_t *expect = json_object_get(one, "expect"), *config = json_object_get(expect, "config");
    if (!config) return err == HR_ERR_S3_PROFILE && error.message[0];
    bool good =
        !err &&
        sections_as(profiles, HR__PROFILE_PROFILE, json_object_get(config, "profiles"), names) &&
        sections_as(profiles, HR__PROFILE_SSO_SESSION, json_object_get(config, "sso_sessions"),
                    names);
    hr__profiles_free(profiles);
    return good;
}

static bool is_kind(const json_t *one, const char *kind) {
    return strcmp(cases_text(one, "kind"), kind) == 0;
}

Test(profile_cases, files_as_given) {
    json_t *cases = cases_load("aws-config/cases.given.jsonl"), *one;
    size_t i, passed = 0, count = 0;
    if (!cases) cr_skip_test("no cases: set HR_CASES");
    json_t *names = all_names(cases);
    json_array_foreach(cases, i, one) {
        if (!is_kind(one, "profile-parse")) continue;
        bool good = parses_as_given(one, names);
        cr_expect(good, "%s", cases_text(one, "name"));
        passed += good;
        count++;
    }
    fprintf(stderr, "profile cases: %zu of %zu\n", passed, count);
    cr_expect_gt(count, 30);
    json_decref(names);
    json_decref(cases);
}

static void set_environment(const json_t *environment) {
    static const char *const names[] = {"HOME", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"};
    for (size_t i = 0; i < 3; i++) {
        const char *value = cases_text(environment, names[i]);
        if (value)
            setenv(names[i], value, 1);
        else
            unsetenv(names[i]);
    }
}

Test(profile_cases, locations_as_given) {
    json_t *cases = cases_load("aws-config/cases.given.jsonl"), *one;
    size_t i, count = 0;
    if (!cases) cr_skip_test("no cases: set HR_CASES");
    json_array_foreach(cases, i, one) {
        if (!is_kind(one, "file-location")) continue;
        set_environment(json_object_get(one, "env"));
        const json_t *expect = json_object_get(one, "expect");
        struct hr__profile_paths paths;
        cr_assert_eq(hr__profile_paths(NULL, &paths), 0);
        cr_expect_str_eq(paths.path[HR__PROFILE_CONFIG], cases_text(expect, "config"));
        cr_expect_str_eq(paths.path[HR__PROFILE_CREDENTIALS], cases_text(expect, "credentials"));
        count++;
    }
    cr_expect_gt(count, 0);
    json_decref(cases);
}
