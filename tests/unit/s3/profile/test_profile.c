#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "profile.h"

static struct hr__profiles *parse(const char *config, const char *credentials) {
    struct hr__profile_texts texts = {{hr_slice_of(config), hr_slice_of(credentials)}};
    struct hr__profiles *profiles = NULL;
    struct hr_error error = {0};
    cr_assert_eq(hr__profiles_parse(&texts, &error, &profiles), 0, "%s", error.message);
    return profiles;
}

static struct hr__profile named(const struct hr__profiles *profiles, const char *name) {
    return (struct hr__profile){profiles, HR__PROFILE_PROFILE, hr_slice_of(name)};
}

/* The value; "-" where there is none. */
static const char *get(const struct hr__profiles *profiles, const char *name, const char *key) {
    struct hr__profile profile = named(profiles, name);
    struct hr__profile_value value;
    return hr__profile_get(&profile, key, &value) ? value.text.data : "-";
}

#define IS(profile, key, wanted) cr_expect_str_eq(get(profiles, profile, key), wanted)

Test(profile, lines_end_in_either_way_and_a_mark_of_utf8_is_skipped) {
    struct hr__profiles *profiles =
        parse("\xef\xbb\xbf[default]\r\nregion = a b \r\n\r\n[profile p]\r\nregion=c\r", NULL);
    IS("default", "region", "a b");
    IS("p", "region", "c");
    hr__profiles_free(profiles);
}

Test(profile, sub_properties_are_found_by_a_dot) {
    struct hr__profiles *profiles = parse("[profile p]\n"
                                          "s3 =\n"
                                          "  addressing_style = path   # why\n"
                                          "  # a comment\n"
                                          "\n"
                                          "  Use_Dualstack_Endpoint=true\n"
                                          "  addressing_style=virtual\n"
                                          "region = r\n"
                                          "s4 = v\n",
                                          NULL);
    IS("p", "s3.addressing_style", "virtual");
    IS("p", "s3.use_dualstack_endpoint", "true");
    IS("p", "s3.nothing", "-");
    IS("p", "s4.nothing", "-");
    IS("p", "nothing.x", "-");
    IS("p", "addressing_style", "-");
    IS("p", "region", "r");
    hr__profiles_free(profiles);
}

Test(profile, a_property_that_is_set_again_loses_its_sub_properties) {
    struct hr__profiles *profiles =
        parse("[default]\ns3 =\n a = 1\n b = 2\n[default]\nS3 =\n b = 3\n", NULL);
    IS("default", "s3.a", "-");
    IS("default", "s3.b", "3");
    hr__profiles_free(profiles);
    profiles = parse("[default]\ns3 =\n a = 1\nx = 1\n", "[default]\ns3 =\n b = 2\n");
    IS("default", "s3.a", "-");
    IS("default", "s3.b", "2");
    IS("default", "x", "1");
    hr__profiles_free(profiles);
}

Test(profile, kinds_of_sections_are_told_apart) {
    struct hr__profiles *profiles =
        parse("[profile a]\nx = 1\n[sso-session a]\nx = 2\n[services a]\ns3 =\n endpoint_url = 3\n"
              "[preview]\nx = 4\n[other a]\nx = 5\n[profile ]\nx = 6\n[]\nx = 7\n",
              "[services]\nx = 8\n");
    struct hr__profile profile = {profiles, HR__PROFILE_SSO_SESSION, hr_slice_of("a")};
    struct hr__profile_value value;
    IS("a", "x", "1");
    IS("services", "x", "8");
    cr_expect(hr__profile_get(&profile, "x", &value) && strcmp(value.text.data, "2") == 0);
    profile.kind = HR__PROFILE_SERVICES;
    cr_expect(hr__profile_get(&profile, "s3.endpoint_url", &value));
    cr_expect_str_eq(value.text.data, "3");
    cr_expect_not(hr__profile_get(&profile, "x", &value));
    profile = named(profiles, "profile");
    cr_expect_not(hr__profile_exists(&profile));
    hr__profiles_free(profiles);
}

Test(profile, a_quoted_name_may_have_blanks_in_the_config_file) {
    struct hr__profiles *profiles =
        parse("[profile \"a b\"]\nx = 1\n[profile 'c']\nx = 2\n[profile 'd' e']\nx = 3\n",
              "['f']\nx = 4\n");
    IS("a b", "x", "1");
    IS("c", "x", "2");
    IS("d' e", "x", "-");
    IS("f", "x", "-");
    hr__profiles_free(profiles);
}

Test(profile, a_value_tells_its_place) {
    struct hr__profiles *profiles = parse("# one\n[default]\nregion = r\naws_session_token = t\n",
                                          "[default]\n\naws_access_key_id = k\nregion = s\n");
    struct hr__profile profile = named(profiles, "default");
    struct hr__profile_value value;
    cr_assert(hr__profile_get(&profile, "region", &value));
    cr_expect_eq(value.origin, HR__PROFILE_CREDENTIALS);
    cr_expect_eq(value.line, 4);
    cr_expect_str_eq(value.text.data, "s");
    cr_assert(hr__profile_get_from(&profile, HR__PROFILE_CONFIG, "region", &value));
    cr_expect_eq(value.line, 3);
    cr_expect_eq(value.origin, HR__PROFILE_CONFIG);
    cr_expect_not(
        hr__profile_get_from(&profile, HR__PROFILE_CREDENTIALS, "aws_session_token", &value));
    hr__profiles_free(profiles);
}

/* ---- Refused. */

static void expect_bad(struct hr_slice config, const char *names) {
    struct hr__profile_texts texts = {{config, {NULL, 0}}};
    struct hr__profiles *profiles = NULL;
    struct hr_error error = {0};
    cr_expect_eq(hr__profiles_parse(&texts, &error, &profiles), HR_ERR_S3_PROFILE);
    cr_expect_null(profiles);
    cr_expect(strstr(error.message, names), "%s", error.message);
    cr_expect_null(strstr(error.message, "SECRET"), "%s", error.message);
}

Test(profile, an_error_names_the_line_and_no_value) {
    expect_bad(hr_slice_of("\n[default\nx = SECRET"), "(config):2: the heading");
    expect_bad(hr_slice_of("[default]\nSECRET\n"), "(config):2: neither a section");
    expect_bad(hr_slice_of("[default]\n= SECRET\n"), "(config):2: neither a section");
    expect_bad(hr_slice_of("SECRET = x\n"), "(config):1: a property stands before");
    expect_bad(hr_slice_of(" SECRET\n"), "(config):1: an indented line stands before");
    expect_bad(hr_slice_of("[default]\n SECRET\n"), "(config):2: an indented line continues no");
    expect_bad(hr_slice_of("[default]\ns3 =\n SECRET\n"), "(config):3: an indented line below");
    expect_bad(hr_slice_bytes("[default]\nx = a\0SECRET\n", 22), "(config) has a NUL byte");
}

static char *repeat(const char *head, const char *piece, size_t count) {
    size_t size = strlen(piece), at = strlen(head);
    char *text = malloc(at + size * count + 1);
    memcpy(text, head, at);
    for (size_t i = 0; i < count; i++) memcpy(text + at + i * size, piece, size);
    text[at + size * count] = 0;
    return text;
}

Test(profile, limits_are_refused_by_name) {
    char *text = repeat("[a]\n", "#", HR__PROFILE_FILE_MAX - 3);
    expect_bad(hr_slice_of(text), "larger than 1 MiB");
    free(text);
    text = repeat("[default]\nx = ", "y", HR__PROFILE_VALUE_MAX);
    expect_bad(hr_slice_of(text), "(config):2: the line is longer than 65536 bytes");
    free(text);
    text = repeat("[default]\nx =\n", " a = bcdefghijklmnopqrstuvwxyz\n", 2300);
    expect_bad(hr_slice_of(text), "the value is longer than 65536 bytes");
    free(text);
    text = repeat("", "\n", HR__PROFILE_LINES_MAX);
    expect_bad(hr_slice_of(text), "more than 65536 lines");
    free(text);
    text = repeat("[default]\nx = 1", "\n", HR__PROFILE_LINES_MAX - 2);
    hr__profiles_free(parse(text, NULL));
    free(text);
}

Test(profile, freeing_nothing_is_nothing) {
    hr__profiles_free(NULL);
}
