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
 * true, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL. HR_ERR_S3_ENDPOINT_INVALID (the error names a
 * variable that is needed and says neither true nor false). */
int hr__environment_endpoint(const char *option, struct hr_error *error, struct hr__found *found);

/* The region: the option, AWS_REGION, AWS_DEFAULT_REGION. */
struct hr__found hr__environment_region(const char *option);

/* Settings that a client has from elsewhere, and so needs from no file. */
struct hr__needs {
    bool credentials; /* they are wanted, and neither option nor variable gives them */
    bool endpoint;    /* neither option nor variable gives it */
    bool region;
};
/* Variables that ask for what this version does not do, where it is needed: profiles and the other
 * sources of credentials (HR_ERR_S3_CREDENTIALS), endpoints of another kind
 * (HR_ERR_S3_ENDPOINT_INVALID). The error names the variable. */
int hr__environment_check(const struct hr__needs *needs, struct hr_error *error);

/* AWS_CA_BUNDLE, a file or a folder, where the options leave open whom to trust. `used` is told
 * whether it is. HR_ERR_TLS_OPTIONS where it cannot be read. */
int hr__environment_trust(struct hr_tls_options *tls, struct hr_error *error, bool *used);

#endif
