/* The keys that a client's options name. */
#include "credentials.h"

int hr__credentials_of_options(const struct hr_s3_client_options *options, struct hr_error *error,
                               struct hr_s3_credentials *credentials) {
    const char *access = options->access_key, *secret = options->secret_key;
    if (!access && !secret && options->session_token)
        return hr_error_set(error, HR_ERR_S3_CREDENTIALS,
                            "session_token is set, access_key and secret_key are not");
    if (!access && !secret) return 0;
    if (!access || !secret)
        return hr_error_set(error, HR_ERR_S3_CREDENTIALS, "%s is set and %s is not",
                            access ? "access_key" : "secret_key",
                            access ? "secret_key" : "access_key");
    struct hr_s3_credentials found = {.access_key = hr_slice_of(access),
                                      .secret_key = hr_slice_of(secret),
                                      .session_token = hr_slice_of(options->session_token)};
    int err = hr__credentials_check(&found, "options", error);
    if (err) return err;
    *credentials = found;
    return 1;
}
