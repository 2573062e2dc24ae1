/* How each source of credentials is recognised in variables and in a profile. */
#include "credentials_sources.h"

#include <stdarg.h>
#include <stdio.h>

#include <headrace/text.h>

#include "credentials.h"

const struct hr__credentials_source_row hr__credentials_profile_rows[] = {
    {"web identity", hr__look_web_identity},
    {"SSO", hr__look_sso},
    {"credentials file", hr__look_credentials_file},
    {"login", hr__look_login},
    {"process", hr__look_process},
    {"config file", hr__look_config_file},
    {NULL, NULL},
};

int hr__look_none(struct hr__credentials_look *look, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(look->reason, sizeof look->reason, format, arguments);
    va_end(arguments);
    return 0;
}

int hr__look_refuse(struct hr__credentials_look *look, const char *format, ...) {
    char why[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    return hr_error_set(look->error, HR_ERR_S3_CREDENTIALS, "%s", why);
}

bool hr__look_property(const struct hr__credentials_look *look, const char *name,
                       struct hr_slice *value) {
    struct hr__profile_value found;
    if (!hr__profile_get(&look->profile, name, &found) || found.text.size == 0) return false;
    *value = found.text;
    return true;
}

static int profile_size(const struct hr__credentials_look *look) {
    size_t size = look->profile.name.size;
    return size < 80 ? (int)size : 80;
}

/* ---- Keys. */

static int check_keys(struct hr__credentials_look *look, const char *whose) {
    look->plan->base = HR__CREDENTIALS_KEYS;
    struct hr_s3_credentials *keys = &look->plan->keys;
    return hr__credentials_check(keys, whose, look->error) ? HR_ERR_S3_CREDENTIALS : 1;
}

static int one_of_two(struct hr__credentials_look *look, bool first, const char *const names[2]) {
    return hr__look_refuse(look, "%s is set and %s is not", names[!first], names[first]);
}

int hr__look_options(struct hr__credentials_look *look) {
    static const char *const names[] = {"access_key", "secret_key"};
    char *const *keys = look->plan->settings->keys;
    if (!keys[0] && !keys[1]) return hr__look_none(look, "access_key is NULL");
    if (!keys[0] || !keys[1]) return one_of_two(look, keys[0] != NULL, names);
    look->plan->keys = (struct hr_s3_credentials){.access_key = hr_slice_of(keys[0]),
                                                  .secret_key = hr_slice_of(keys[1]),
                                                  .session_token = hr_slice_of(keys[2]),
                                                  .account_id = hr_slice_of(keys[3])};
    return check_keys(look, "options");
}

/* AWS_SECURITY_TOKEN is its older name, which botocore reads too. */
static struct hr_slice token_of(char *const *variables) {
    const char *token = variables[HR__VARIABLE_SESSION_TOKEN];
    return hr_slice_of(token ? token : variables[HR__VARIABLE_SECURITY_TOKEN]);
}

int hr__look_environment(struct hr__credentials_look *look) {
    static const char *const names[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"};
    char *const *variables = look->plan->settings->variables;
    const char *access = variables[HR__VARIABLE_ACCESS_KEY];
    const char *secret = variables[HR__VARIABLE_SECRET_KEY];
    if (!access && !secret) return hr__look_none(look, "AWS_ACCESS_KEY_ID is not set");
    if (!access || !secret) return one_of_two(look, access != NULL, names);
    look->plan->keys =
        (struct hr_s3_credentials){.access_key = hr_slice_of(access),
                                   .secret_key = hr_slice_of(secret),
                                   .session_token = token_of(variables),
                                   .account_id = hr_slice_of(variables[HR__VARIABLE_ACCOUNT])};
    return check_keys(look, "variables AWS_ACCESS_KEY_ID and the like");
}

static bool get_from(const struct hr__credentials_look *look, enum hr__profile_origin origin,
                     const char *name, struct hr_slice *value) {
    struct hr__profile_value found;
    if (!hr__profile_get_from(&look->profile, origin, name, &found)) return false;
    *value = found.text;
    return found.text.size > 0;
}

/* Keys and token of one file, never mixed. */
static int look_file(struct hr__credentials_look *look, enum hr__profile_origin origin) {
    struct hr_s3_credentials *keys = &look->plan->keys;
    *keys = (struct hr_s3_credentials){.expires_s = 0};
    if (!get_from(look, origin, "aws_access_key_id", &keys->access_key))
        return hr__look_none(look, "profile \"%.*s\" has no aws_access_key_id there",
                             profile_size(look), look->profile.name.data);
    if (!get_from(look, origin, "aws_secret_access_key", &keys->secret_key))
        return hr__look_refuse(look,
                               "profile \"%.*s\" has aws_access_key_id and no "
                               "aws_secret_access_key in %s",
                               profile_size(look), look->profile.name.data,
                               hr__profiles_path(look->profile.profiles, origin));
    get_from(look, origin, "aws_session_token", &keys->session_token);
    if (keys->session_token.size == 0)
        get_from(look, origin, "aws_security_token", &keys->session_token);
    hr__look_property(look, "aws_account_id", &keys->account_id);
    return check_keys(look, hr__profiles_path(look->profile.profiles, origin));
}

int hr__look_credentials_file(struct hr__credentials_look *look) {
    return look_file(look, HR__PROFILE_CREDENTIALS);
}

int hr__look_config_file(struct hr__credentials_look *look) {
    return look_file(look, HR__PROFILE_CONFIG);
}

/* ---- Web identity. */

static int web_identity_of_profile(struct hr__credentials_look *look) {
    struct hr__credentials_plan *plan = look->plan;
    struct hr__sts_request *request = &plan->web_identity;
    if (!hr__look_property(look, "role_arn", &request->role_arn))
        return hr__look_refuse(look, "profile \"%.*s\" has web_identity_token_file and no role_arn",
                               profile_size(look), look->profile.name.data);
    hr__look_property(look, "role_session_name", &request->session_name);
    return 1;
}

static int web_identity_of_variables(struct hr__credentials_look *look) {
    struct hr__credentials_plan *plan = look->plan;
    char *const *variables = plan->settings->variables;
    plan->token_file = hr_slice_of(variables[HR__VARIABLE_TOKEN_FILE]);
    if (!variables[HR__VARIABLE_ROLE_ARN])
        return hr__look_refuse(look, "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not");
    plan->web_identity.role_arn = hr_slice_of(variables[HR__VARIABLE_ROLE_ARN]);
    plan->web_identity.session_name = hr_slice_of(variables[HR__VARIABLE_ROLE_SESSION]);
    return 1;
}

int hr__look_web_identity(struct hr__credentials_look *look) {
    struct hr__credentials_plan *plan = look->plan;
    plan->base = HR__CREDENTIALS_WEB_IDENTITY;
    if (hr__look_property(look, "web_identity_token_file", &plan->token_file))
        return web_identity_of_profile(look);
    if (look->variables && plan->settings->variables[HR__VARIABLE_TOKEN_FILE])
        return web_identity_of_variables(look);
    return hr__look_none(look, "neither web_identity_token_file nor AWS_WEB_IDENTITY_TOKEN_FILE");
}

/* ---- Single sign-on. */

/* A value of the session; the profile may say it too, and then the same. */
static int sso_session_value(struct hr__credentials_look *look, const struct hr__profile *session,
                             const char *name, struct hr_slice *value) {
    struct hr__profile_value found;
    struct hr_slice own;
    if (!hr__profile_get(session, name, &found) || found.text.size == 0)
        return hr__look_refuse(look, "sso-session \"%.*s\" has no %s", (int)session->name.size,
                               session->name.data, name);
    *value = found.text;
    if (hr__look_property(look, name, &own) && !hr_slice_equal(own, *value))
        return hr__look_refuse(look, "%s of profile and sso-session \"%.*s\" differ", name,
                               (int)session->name.size, session->name.data);
    return 0;
}

static int sso_of_session(struct hr__credentials_look *look, struct hr_slice name) {
    struct hr__credentials_sso *sso = &look->plan->sso;
    struct hr__profile session = {look->profile.profiles, HR__PROFILE_SSO_SESSION, name};
    struct hr_slice start_url;
    if (name.size > HR__PROFILE_NAME_MAX || !hr__profile_exists(&session))
        return hr__look_refuse(look, "sso-session \"%.80s\" is not in the config file", name.data);
    sso->cache_name = name;
    int err = sso_session_value(look, &session, "sso_start_url", &start_url);
    return err ? err : sso_session_value(look, &session, "sso_region", &sso->region);
}

static int sso_of_profile(struct hr__credentials_look *look) {
    struct hr__credentials_sso *sso = &look->plan->sso;
    if (!hr__look_property(look, "sso_start_url", &sso->cache_name))
        return hr__look_refuse(look, "profile \"%.*s\" has no sso_start_url and no sso_session",
                               profile_size(look), look->profile.name.data);
    if (!hr__look_property(look, "sso_region", &sso->region))
        return hr__look_refuse(look, "profile \"%.*s\" has no sso_region", profile_size(look),
                               look->profile.name.data);
    return 0;
}

int hr__look_sso(struct hr__credentials_look *look) {
    struct hr__credentials_sso *sso = &look->plan->sso;
    struct hr_slice session;
    bool account = hr__look_property(look, "sso_account_id", &sso->account_id);
    bool role = hr__look_property(look, "sso_role_name", &sso->role_name);
    if (!account && !role)
        return hr__look_none(look, "profile \"%.*s\" has no sso_account_id and sso_role_name",
                             profile_size(look), look->profile.name.data);
    if (!account || !role)
        return hr__look_refuse(look, "profile \"%.*s\" has no %s", profile_size(look),
                               look->profile.name.data,
                               account ? "sso_role_name" : "sso_account_id");
    look->plan->base = HR__CREDENTIALS_SSO;
    int err = hr__look_property(look, "sso_session", &session) ? sso_of_session(look, session)
                                                               : sso_of_profile(look);
    return err ? err : 1;
}

/* ---- Others. */

int hr__look_login(struct hr__credentials_look *look) {
    struct hr_slice session;
    if (!hr__look_property(look, "login_session", &session))
        return hr__look_none(look, "profile \"%.*s\" has no login_session", profile_size(look),
                             look->profile.name.data);
    return hr__look_refuse(
        look, "login_session, that of 'aws login', is not read: set "
              "credential_process = aws configure export-credentials --format process");
}

int hr__look_process(struct hr__credentials_look *look) {
    struct hr__credentials_plan *plan = look->plan;
    if (!hr__look_property(look, "credential_process", &plan->command))
        return hr__look_none(look, "profile \"%.*s\" has no credential_process", profile_size(look),
                             look->profile.name.data);
    plan->base = HR__CREDENTIALS_PROCESS;
    plan->keys = (struct hr_s3_credentials){.expires_s = 0};
    hr__look_property(look, "aws_account_id", &plan->keys.account_id);
    return 1;
}

int hr__look_command(struct hr__credentials_look *look) {
    look->plan->base = HR__CREDENTIALS_PROCESS;
    look->plan->command = hr_slice_of(look->plan->settings->command);
    return 1;
}

int hr__look_container(struct hr__credentials_look *look) {
    char *const *variables = look->plan->settings->variables;
    look->plan->base = HR__CREDENTIALS_CONTAINER;
    if (variables[HR__VARIABLE_CONTAINER_RELATIVE] || variables[HR__VARIABLE_CONTAINER_FULL])
        return 1;
    return hr__look_none(look, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and …_FULL_URI are not set");
}

int hr__look_imds(struct hr__credentials_look *look) {
    bool disabled;
    int err = hr__credentials_plan_flag(look->plan, HR__VARIABLE_IMDS_DISABLED, NULL, look->error,
                                        &disabled);
    look->plan->base = HR__CREDENTIALS_IMDS;
    if (err) return err;
    if (!disabled) return 1;
    return hr__look_none(look, "AWS_EC2_METADATA_DISABLED is true");
}

/* ---- One after the other. */

void hr__look_note(struct hr_s3_credentials_report *report, const char *name, const char *reason) {
    if (!report || report->before_count == HR_S3_CREDENTIALS_SOURCES_MAX) return;
    struct hr_s3_credentials_source *source = &report->before[report->before_count++];
    source->name = name;
    hr_text_shorten(source->reason, sizeof source->reason, hr_slice_of(reason));
}

/* With "" as the profile no file is read. */
static int read_files(struct hr__credentials_plan *plan, struct hr_error *error) {
    static const struct hr__profile_texts nothing;
    const struct hr__credentials_settings *settings = plan->settings;
    if (settings->profile && !*settings->profile)
        return hr__profiles_parse(&nothing, error, &plan->profiles);
    return hr__profiles_load(&settings->paths, error, &plan->profiles);
}

/* Files are read when the first source is looked at that may stand in them, so that keys of the
 * environment work beside files that cannot be read. A profile that somebody has asked for is never
 * replaced by another. */
static int load(struct hr__credentials_look *look) {
    struct hr__credentials_plan *plan = look->plan;
    bool asked;
    const char *name = hr__credentials_profile_name(plan->settings, &asked);
    int err = read_files(plan, look->error);
    if (err) return err;
    look->profile = (struct hr__profile){plan->profiles, HR__PROFILE_PROFILE, plan->profile};
    if (!asked || hr__profile_exists(&look->profile)) return 0;
    return hr_error_set(look->error, HR_ERR_S3_CREDENTIALS,
                        "profile \"%.100s\" is neither in the config nor in the credentials file",
                        name);
}

static bool needs_files(hr__credentials_look_fn *fn) {
    return fn != hr__look_environment && fn != hr__look_options && fn != hr__look_command;
}

int hr__credentials_look_through(struct hr__credentials_look *look,
                                 const struct hr__credentials_source_row *rows,
                                 struct hr_s3_credentials_report *report) {
    for (; rows->name; rows++) {
        look->reason[0] = 0;
        int found = 0;
        if (!look->plan->profiles && needs_files(rows->look)) found = load(look);
        if (found == 0) found = rows->look(look);
        if (found != 0) {
            look->plan->source = rows->name;
            return found;
        }
        hr__look_note(report, rows->name, look->reason);
    }
    return 0;
}
