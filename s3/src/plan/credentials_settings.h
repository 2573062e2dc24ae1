/* The options and variables that say where credentials come from, read once. */
#ifndef HR_S3_CREDENTIALS_SETTINGS_H
#define HR_S3_CREDENTIALS_SETTINGS_H

#include <headrace/s3_credentials.h>

#include "profile.h"

/* X(name, variable) */
#define HR__CREDENTIALS_VARIABLES(X)                                                               \
    X(ACCESS_KEY, "AWS_ACCESS_KEY_ID")                                                             \
    X(SECRET_KEY, "AWS_SECRET_ACCESS_KEY")                                                         \
    X(SESSION_TOKEN, "AWS_SESSION_TOKEN")                                                          \
    X(SECURITY_TOKEN, "AWS_SECURITY_TOKEN")                                                        \
    X(ACCOUNT, "AWS_ACCOUNT_ID")                                                                   \
    X(DEFAULT_PROFILE, "AWS_DEFAULT_PROFILE")                                                      \
    X(PROFILE, "AWS_PROFILE")                                                                      \
    X(REGION, "AWS_REGION")                                                                        \
    X(DEFAULT_REGION, "AWS_DEFAULT_REGION")                                                        \
    X(ROLE_ARN, "AWS_ROLE_ARN")                                                                    \
    X(ROLE_SESSION, "AWS_ROLE_SESSION_NAME")                                                       \
    X(TOKEN_FILE, "AWS_WEB_IDENTITY_TOKEN_FILE")                                                   \
    X(CONTAINER_RELATIVE, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")                                \
    X(CONTAINER_FULL, "AWS_CONTAINER_CREDENTIALS_FULL_URI")                                        \
    X(CONTAINER_TOKEN, "AWS_CONTAINER_AUTHORIZATION_TOKEN")                                        \
    X(CONTAINER_TOKEN_FILE, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")                              \
    X(IMDS_DISABLED, "AWS_EC2_METADATA_DISABLED")                                                  \
    X(IMDS_V1_DISABLED, "AWS_EC2_METADATA_V1_DISABLED")                                            \
    X(IMDS_ENDPOINT, "AWS_EC2_METADATA_SERVICE_ENDPOINT")                                          \
    X(IMDS_MODE, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")                                         \
    X(IMDS_TIMEOUT, "AWS_METADATA_SERVICE_TIMEOUT")                                                \
    X(IMDS_ATTEMPTS, "AWS_METADATA_SERVICE_NUM_ATTEMPTS")                                          \
    X(STS_URL, "AWS_ENDPOINT_URL_STS")                                                             \
    X(SSO_URL, "AWS_ENDPOINT_URL_SSO")                                                             \
    X(URL, "AWS_ENDPOINT_URL")                                                                     \
    X(URLS_IGNORED, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")                                         \
    X(FIPS, "AWS_USE_FIPS_ENDPOINT")                                                               \
    X(DUALSTACK, "AWS_USE_DUALSTACK_ENDPOINT")                                                     \
    X(STS_ENDPOINTS, "AWS_STS_REGIONAL_ENDPOINTS")                                                 \
    X(HOME, "HOME")

enum hr__credentials_variable {
#define HR__CREDENTIALS_ENUM(name, variable) HR__VARIABLE_##name,
    HR__CREDENTIALS_VARIABLES(HR__CREDENTIALS_ENUM)
#undef HR__CREDENTIALS_ENUM
        HR__VARIABLES
};

/* Owned copies. Immutable once made; any thread. */
struct hr__credentials_settings {
    enum hr_s3_credentials_kind kind;
    char *profile; /* the option; NULL: not given */
    char *region;  /* the option */
    char *command;
    char *keys[4];                  /* access key, secret key, session token, account */
    char *variables[HR__VARIABLES]; /* NULL: not set, or nothing but white space */
    struct hr__profile_paths paths;
};

/* -EINVAL (names the option), -ENOMEM, HR_ERR_S3_PROFILE. */
int hr__credentials_settings_new(const struct hr_s3_credentials_options *options,
                                 struct hr_error *error,
                                 struct hr__credentials_settings **settings);
/* Wipes. NULL: nothing. */
void hr__credentials_settings_free(struct hr__credentials_settings *settings);

const char *hr__credentials_variable_name(enum hr__credentials_variable variable);
/* The profile that counts: the option, AWS_DEFAULT_PROFILE, AWS_PROFILE, else "default". `asked`:
 * somebody has named it, so that it has to be there. */
const char *hr__credentials_profile_name(const struct hr__credentials_settings *settings,
                                         bool *asked);
#endif
