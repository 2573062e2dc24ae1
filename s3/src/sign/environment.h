/* AWS's environment variables for a client, with AWS's precedence. */
#ifndef HR_S3_ENVIRONMENT_H
#define HR_S3_ENVIRONMENT_H

#include <headrace/s3_client.h>

/* The variable's value; NULL where it is not set, or set to nothing. */
const char *hr__environment(const char *name);

/* Where a value comes from: an option or a variable. */
struct hr__found {
    const char *value; /* NULL: nowhere */
    const char *source;
};

/* The endpoint: the option, S3_ENDPOINT_URL, and, unless AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is
 * true, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL. HR_ERR_S3_ENDPOINT_INVALID: that variable is needed
 * and is neither true nor false; the error names it. */
int hr__environment_endpoint(const char *option, struct hr_error *error, struct hr__found *found);

/* The region: the option, AWS_REGION, AWS_DEFAULT_REGION. */
struct hr__found hr__environment_region(const char *option);

/* Settings that neither options nor variables give, so that a file would have to. */
struct hr__needs {
    bool credentials; /* unless the client is anonymous */
    bool endpoint;
    bool region;
};
/* Refuses variables that would give a needed setting in a way that this version does not have:
 * profiles and other sources of credentials (HR_ERR_S3_CREDENTIALS), endpoints of another kind
 * (HR_ERR_S3_ENDPOINT_INVALID). The error names the variable. */
int hr__environment_check(const struct hr__needs *needs, struct hr_error *error);

/* Trusts the file or folder of AWS_CA_BUNDLE where the options name no trust. Sets `used` to
 * whether it did. HR_ERR_TLS_OPTIONS: it cannot be read. */
int hr__environment_trust(struct hr_tls_options *tls, struct hr_error *error, bool *used);

#endif
