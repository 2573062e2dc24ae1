/* Options and variables of credentials, copied. */
#include "credentials_settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/reserved.h>
#include <openssl/crypto.h>

static const char *const names[HR__VARIABLES] = {
#define NAME(name, variable) variable,
    HR__CREDENTIALS_VARIABLES(NAME)
#undef NAME
};

const char *hr__credentials_variable_name(enum hr__credentials_variable variable) {
    return names[variable];
}

static bool is_blank(const char *text) {
    return text[strspn(text, " \t\r\n")] == 0;
}

/* Takes a copy where there is something to copy; false: no memory. */
static bool copy(const char *text, char **to) {
    if (!text) return true;
    *to = strdup(text);
    return *to != NULL;
}

static bool copy_all(const struct hr_s3_credentials_options *options,
                     struct hr__credentials_settings *settings) {
    bool all = copy(options->profile, &settings->profile) &&
               copy(options->region, &settings->region) &&
               copy(options->command, &settings->command) &&
               copy(options->access_key, &settings->keys[0]) &&
               copy(options->secret_key, &settings->keys[1]) &&
               copy(options->session_token, &settings->keys[2]) &&
               copy(options->account_id, &settings->keys[3]);
    for (size_t i = 0; all && i < HR__VARIABLES; i++) {
        const char *value = getenv(names[i]);
        if (value && !is_blank(value)) all = copy(value, &settings->variables[i]);
    }
    return all;
}

static int check(const struct hr_s3_credentials_options *options, struct hr_error *error) {
    const struct hr_reserved reserved = {"hr_s3_credentials_options", options->reserved,
                                         sizeof options->reserved};
    int err = hr__reserved_check(&reserved, 1, error);
    if (err) return err;
    if ((unsigned)options->kind > HR_S3_CREDENTIALS_IMDS)
        return hr_error_set(error, -EINVAL, "kind is %d, which enum hr_s3_credentials_kind has not",
                            (int)options->kind);
    if (options->profile && strlen(options->profile) > HR__PROFILE_NAME_MAX)
        return hr_error_set(error, -EINVAL, "profile is longer than %zu bytes",
                            HR__PROFILE_NAME_MAX);
    if (options->kind == HR_S3_CREDENTIALS_PROCESS && !options->command)
        return hr_error_set(error, -EINVAL, "command is NULL: the process to be asked");
    return 0;
}

int hr__credentials_settings_new(const struct hr_s3_credentials_options *options,
                                 struct hr_error *error,
                                 struct hr__credentials_settings **settings) {
    int err = check(options, error);
    if (err) return err;
    struct hr__credentials_settings *made = calloc(1, sizeof *made);
    if (!made) return hr_error_set(error, -ENOMEM, "no memory for credentials");
    made->kind = options->kind;
    if (!copy_all(options, made)) err = hr_error_set(error, -ENOMEM, "no memory for credentials");
    if (!err) err = hr__profile_paths(error, &made->paths);
    if (err) {
        hr__credentials_settings_free(made);
        return err;
    }
    *settings = made;
    return 0;
}

static void wipe(char *text) {
    if (text) OPENSSL_cleanse(text, strlen(text));
    free(text);
}

void hr__credentials_settings_free(struct hr__credentials_settings *settings) {
    if (!settings) return;
    wipe(settings->profile);
    wipe(settings->region);
    wipe(settings->command);
    for (size_t i = 0; i < 4; i++) wipe(settings->keys[i]);
    for (size_t i = 0; i < HR__VARIABLES; i++) wipe(settings->variables[i]);
    free(settings);
}

const char *hr__credentials_profile_name(const struct hr__credentials_settings *settings,
                                         bool *asked) {
    const char *name = settings->profile;
    *asked = false;
    if (name && !*name) return "default";
    if (!name) name = settings->variables[HR__VARIABLE_DEFAULT_PROFILE];
    if (!name) name = settings->variables[HR__VARIABLE_PROFILE];
    *asked = name != NULL;
    return name ? name : "default";
}
