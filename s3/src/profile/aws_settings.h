/* The settings of a client: an environment variable, else a key of the profile, else the default;
 * options are the caller's business and come first. docs/s3-settings.md has all. */
#ifndef HR_S3_AWS_SETTINGS_H
#define HR_S3_AWS_SETTINGS_H

#include "profile.h"

enum hr__s3_setting {
    HR__S3_REGION = 0,
    HR__S3_CA_BUNDLE,
    HR__S3_MAX_ATTEMPTS,
    HR__S3_RETRY_MODE,       /* enum hr__s3_retry_mode */
    HR__S3_ADDRESSING_STYLE, /* enum hr_s3_addressing */
    HR__S3_PAYLOAD_SIGNING,
    HR__S3_TCP_KEEPALIVE,
    HR__S3_USE_DUALSTACK,
    HR__S3_USE_FIPS,
    HR__S3_USE_ACCELERATE,
    HR__S3_USE_ARN_REGION,
    HR__S3_US_EAST_1, /* enum hr__s3_regional */
    HR__S3_DISABLE_MULTI_REGION,
    HR__S3_DISABLE_EXPRESS_SESSION,
    HR__S3_REQUEST_CHECKSUM,  /* enum hr__s3_when */
    HR__S3_RESPONSE_CHECKSUM, /* enum hr__s3_when */
    HR__S3_IGNORE_ENDPOINT_URLS,
    HR__S3_APPLICATION_ID,
    HR__S3_STS_ENDPOINTS, /* enum hr__s3_regional */
    HR__S3_METADATA_DISABLED,
    HR__S3_METADATA_V1_DISABLED,
    HR__S3_METADATA_ENDPOINT,
    HR__S3_METADATA_ENDPOINT_MODE, /* enum hr__s3_address_family */
    HR__S3_METADATA_TIMEOUT,       /* seconds */
    HR__S3_METADATA_ATTEMPTS,
    HR__S3_SETTING_COUNT
};

enum hr__s3_retry_mode { HR__S3_RETRY_STANDARD = 0, HR__S3_RETRY_ADAPTIVE, HR__S3_RETRY_LEGACY };
enum hr__s3_regional { HR__S3_REGIONAL = 0, HR__S3_GLOBAL /* legacy */ };
enum hr__s3_when { HR__S3_WHEN_SUPPORTED = 0, HR__S3_WHEN_REQUIRED };
enum hr__s3_address_family { HR__S3_IPV4 = 0, HR__S3_IPV6 };

/* Services that a configured endpoint may be for. */
enum hr__s3_service { HR__S3_SERVICE_S3 = 0, HR__S3_SERVICE_STS, HR__S3_SERVICE_SSO };

/* A setting's text and where it stands, borrowed from the environment or the settings. */
struct hr__s3_value {
    const char *text; /* NULL: nowhere; never empty, but for a bundle of authorities */
    const char *name; /* of the variable or the key */
    const char *path; /* of the file; NULL: not in a file */
    unsigned line;
};

/* Made and freed within one call of hr_s3_client_new, while the environment stays as it is. */
struct hr__s3_settings {
    struct hr__profiles *profiles; /* NULL: no file is read */
    struct hr__profile profile;
    const char *profile_source; /* "the option profile", the variable, or NULL: "default" */
    bool profile_missing;       /* a variable names one that is in neither file */
};

/* The profile is the option, AWS_DEFAULT_PROFILE, AWS_PROFILE, "default", in botocore's order; an
 * empty option: no profile, and no file is read. HR_ERR_S3_PROFILE: the option names a profile that
 * is in neither file, or a file cannot be used. -ENOMEM. */
int hr__s3_settings_init(const char *profile, struct hr_error *error,
                         struct hr__s3_settings *settings);
void hr__s3_settings_deinit(struct hr__s3_settings *settings);
/* HR_ERR_S3_PROFILE, with names, for whoever needs a profile that is missing. */
int hr__s3_settings_refuse(const struct hr__s3_settings *settings, struct hr_error *error);

/* The first variable that is set, and not to nothing, else the first such key of the profile. */
struct hr__s3_value hr__s3_setting(const struct hr__s3_settings *settings,
                                   enum hr__s3_setting setting);
/* The same as what its kind is; the default where it stands nowhere. HR_ERR_S3_PROFILE: it means
 * nothing; the error names variable, or file and line. */
int hr__s3_setting_flag(const struct hr__s3_settings *settings, enum hr__s3_setting setting,
                        struct hr_error *error, bool *flag);
int hr__s3_setting_count(const struct hr__s3_settings *settings, enum hr__s3_setting setting,
                         struct hr_error *error, unsigned *count);
int hr__s3_setting_word(const struct hr__s3_settings *settings, enum hr__s3_setting setting,
                        struct hr_error *error, unsigned *word);

/* The endpoint that is configured: S3_ENDPOINT_URL (of S3 alone), AWS_ENDPOINT_URL_<SERVICE>,
 * AWS_ENDPOINT_URL, <service>.endpoint_url of the profile's services, its endpoint_url; but for the
 * first none of them where ignore_configured_endpoint_urls is true. HR_ERR_S3_PROFILE. */
int hr__s3_settings_endpoint(const struct hr__s3_settings *settings, enum hr__s3_service service,
                             struct hr_error *error, struct hr__s3_value *value);

#define HR__S3_SOURCE_MAX 160
/* "AWS_REGION", or "region of FILE:LINE", for messages; `into` has HR__S3_SOURCE_MAX bytes.
 * Returns it. */
const char *hr__s3_value_source(const struct hr__s3_value *value, char *into);

#endif
