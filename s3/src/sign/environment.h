/* AWS's environment variables for a client, with AWS's precedence. */
#ifndef HR_S3_ENVIRONMENT_H
#define HR_S3_ENVIRONMENT_H

#include <headrace/s3_client.h>

/* The variable's value; NULL where it is not set, or set to nothing. */
const char *hr__environment(const char *name);

/* "true" or "false", in any case, as AWS's programs read it; not set is false.
 * HR_ERR_S3_ENDPOINT_INVALID: another value; the error names the variable. */
int hr__environment_flag(const char *name, struct hr_error *error, bool *flag);

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
 * profiles and other sources of credentials (HR_ERR_S3_CREDENTIALS), a profile that may name region
 * and endpoint (HR_ERR_S3_ENDPOINT_INVALID). The error names the variable. */
int hr__environment_check(const struct hr__needs *needs, struct hr_error *error);

/* The kind of AWS's endpoint that is wanted. */
struct hr__endpoint_kind {
    bool fips, dual_stack, accelerate;
    bool global;        /* AWS_S3_US_EAST_1_REGIONAL_ENDPOINT is legacy */
    bool no_arn_region; /* AWS_S3_USE_ARN_REGION is false */
    bool no_session;    /* AWS_S3_DISABLE_EXPRESS_SESSION_AUTH is true */
};
/* The options, and where they leave it open the variables; those that choose among AWS's own
 * endpoints are not read where the option `endpoint` is set. HR_ERR_S3_ENDPOINT_INVALID: a variable
 * has a value that it cannot have; -EINVAL: an option has. The error names it. */
int hr__environment_kind(const struct hr_s3_client_options *options, struct hr_error *error,
                         struct hr__endpoint_kind *kind);

/* Trusts the file or folder of AWS_CA_BUNDLE where the options name no trust. Sets `used` to
 * whether it did. HR_ERR_TLS_OPTIONS: it cannot be read. */
int hr__environment_trust(struct hr_tls_options *tls, struct hr_error *error, bool *used);

#endif
