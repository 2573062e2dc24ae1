/* Credentials out of options or environment variables. */
#include "credentials.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <base/slice_copy.h>
#include <openssl/crypto.h>

#include "environment.h"
#include "sigv4_scope.h"

#define TOKEN_MAX 16384

/* Keys and tokens stand in header fields and in the credential scope. */
static bool is_sendable(const char *text, size_t size_max) {
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7f || text[i] == ',')
            return false;
    return size > 0 && size <= size_max;
}

struct found {
    const char *access_key, *secret_key, *session_token;
    const char *access_name, *secret_name, *token_name; /* of the option or variable */
};

static int check(const struct found *found, struct hr_error *error) {
    if (!found->access_key || !found->secret_key)
        return hr_error_set(error, HR_ERR_S3_CREDENTIALS, "%s is set and %s is not",
                            found->access_key ? found->access_name : found->secret_name,
                            found->access_key ? found->secret_name : found->access_name);
    const char *bad = NULL;
    size_t secret_size = strlen(found->secret_key);
    if (!is_sendable(found->access_key, HR__ACCESS_KEY_MAX))
        bad = found->access_name;
    else if (secret_size == 0 || secret_size > HR_SIGV4_SECRET_MAX)
        bad = found->secret_name;
    else if (found->session_token && !is_sendable(found->session_token, TOKEN_MAX))
        bad = found->token_name;
    if (!bad) return 0;
    return hr_error_set(error, HR_ERR_S3_CREDENTIALS,
                        "%s is empty, too long, or has a blank, a comma or a control byte", bad);
}

int hr__credentials_make(const struct hr_s3_client_options *options, struct hr_error *error,
                         struct hr__credentials *credentials) {
    *credentials = (struct hr__credentials){.size = 0};
    if (options->anonymous) return 0;
    struct found found = {options->access_key, options->secret_key, options->session_token,
                          "access_key",        "secret_key",        "session_token"};
    if (!found.access_key && !found.secret_key) {
        if (found.session_token)
            return hr_error_set(error, HR_ERR_S3_CREDENTIALS,
                                "session_token is set, access_key and secret_key are not");
        found = (struct found){hr__environment("AWS_ACCESS_KEY_ID"),
                               hr__environment("AWS_SECRET_ACCESS_KEY"),
                               hr__environment("AWS_SESSION_TOKEN"),
                               "AWS_ACCESS_KEY_ID",
                               "AWS_SECRET_ACCESS_KEY",
                               "AWS_SESSION_TOKEN"};
        if (!found.access_key && !found.secret_key)
            return hr_error_set(error, HR_ERR_S3_CREDENTIALS,
                                "no credentials: set access_key and secret_key, or "
                                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or anonymous");
    }
    int err = check(&found, error);
    if (err) return err;
    credentials->size = strlen(found.access_key) + strlen(found.secret_key) +
                        (found.session_token ? strlen(found.session_token) : 0);
    credentials->memory = malloc(credentials->size);
    if (!credentials->memory) return hr_error_set(error, -ENOMEM, "no memory for credentials");
    char *at = credentials->memory;
    credentials->keys.access_key = hr__slice_copy(&at, hr_slice_of(found.access_key));
    credentials->keys.secret_key = hr__slice_copy(&at, hr_slice_of(found.secret_key));
    credentials->keys.session_token = hr__slice_copy(&at, hr_slice_of(found.session_token));
    assert(at == credentials->memory + credentials->size);
    return 0;
}

void hr__credentials_deinit(struct hr__credentials *credentials) {
    if (credentials->memory) OPENSSL_cleanse(credentials->memory, credentials->size);
    free(credentials->memory);
    *credentials = (struct hr__credentials){.size = 0};
}
