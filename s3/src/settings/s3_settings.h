/* The settings of AWS's variables and profiles as options of a client. */
#ifndef HR_S3_CLIENT_SETTINGS_H
#define HR_S3_CLIENT_SETTINGS_H

#include <headrace/s3_client.h>

#include "aws_settings.h"
#include "endpoint.h"

#define HR__S3_APPLICATION_MAX 50 /* bytes of an application's name, as in the SDKs */

/* Settings that stand in for options of HTTP that are 0; kept for hr_s3_client_adjust. */
struct hr__s3_http_settings {
    uint32_t attempts_max; /* 0: nobody says */
    uint32_t keepalive_s;  /* HR_NO_TIMEOUT, or 0 */
    bool adaptive;
    char user_agent[HR__S3_APPLICATION_MAX + 64]; /* with the application's name, or empty */
};

/* Each reads what the options leave open, and names variable, or file and line, of what it cannot
 * use: HR_ERR_S3_PROFILE, HR_ERR_S3_ENDPOINT_INVALID, HR_ERR_S3_REGION_INVALID,
 * HR_ERR_S3_CREDENTIALS (something would be read that this version does not). */
int hr__s3_settings_place(const struct hr__s3_settings *settings,
                          const struct hr_s3_client_options *options, struct hr_error *error,
                          struct hr__endpoint *endpoint);
/* The kind of endpoint: the options, else the settings; those that choose among AWS's own endpoints
 * are not read where the option `endpoint` is set. -EINVAL: an option has no such value. */
int hr__s3_settings_kind(const struct hr__s3_settings *settings,
                         const struct hr_s3_client_options *options, struct hr_error *error,
                         struct hr__endpoint_settings *kind);
int hr__s3_settings_payload(const struct hr__s3_settings *settings,
                            const struct hr_s3_client_options *options, struct hr_error *error,
                            enum hr_s3_payload *payload);
/* Whether bodies are compared with the checksums that the store names, and are sent with one.
 * -EINVAL. */
int hr__s3_settings_checksums(const struct hr__s3_settings *settings,
                              const struct hr_s3_client_options *options, struct hr_error *error,
                              bool *validates, bool *sums);
int hr__s3_settings_http(const struct hr__s3_settings *settings,
                         const struct hr_http_client_options *http, struct hr_error *error,
                         struct hr__s3_http_settings *made);

#endif
