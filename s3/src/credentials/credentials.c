/* Credentials copied into one block of memory, which is wiped. */
#include "credentials.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <base/slice_copy.h>
#include <openssl/crypto.h>

#include "sigv4_scope.h"

/* Keys and tokens stand in header fields and in the credential scope. */
static bool is_sendable(struct hr_slice text, size_t size_max) {
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] <= ' ' || (unsigned char)text.data[i] >= 0x7f ||
            text.data[i] == ',')
            return false;
    return text.size > 0 && text.size <= size_max;
}

/* A token stands in a field of its own: what a field's value may be. */
static bool is_field_value(struct hr_slice text, size_t size_max) {
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] <= ' ' || text.data[i] == 0x7f) return false;
    return text.size <= size_max;
}

/* A secret is never sent, and may have blanks; a line break comes with it from a file, and would
 * make each signature a wrong one. */
static bool is_secret(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f) return false;
    return text.size > 0 && text.size <= HR_SIGV4_SECRET_MAX;
}

int hr__credentials_check(const struct hr_s3_credentials *credentials, const char *whose,
                          struct hr_error *error) {
    const char *bad = NULL;
    if (!is_sendable(credentials->access_key, HR__ACCESS_KEY_MAX))
        bad = "access key";
    else if (!is_secret(credentials->secret_key))
        bad = "secret key";
    else if (!is_field_value(credentials->session_token, HR__CREDENTIALS_TOKEN_MAX))
        bad = "session token";
    else if (credentials->account_id.size > HR__CREDENTIALS_ACCOUNT_MAX)
        bad = "account id";
    if (!bad) return 0;
    return hr_error_set(error, HR_ERR_S3_CREDENTIALS,
                        "%s: the %s is empty, too long, or has a blank, a comma or a control byte",
                        whose, bad);
}

int hr__credentials_copy(const struct hr_s3_credentials *from, struct hr__credentials **copy) {
    size_t size = from->access_key.size + from->secret_key.size + from->session_token.size +
                  from->account_id.size;
    struct hr__credentials *made = malloc(sizeof *made + size);
    if (!made) return -ENOMEM;
    *made = (struct hr__credentials){
        .expires_s = from->expires_s, .used_expired = from->used_expired, .uses = 1, .size = size};
    char *at = made->memory;
    made->keys.access_key = hr__slice_copy(&at, from->access_key);
    made->keys.secret_key = hr__slice_copy(&at, from->secret_key);
    made->keys.session_token = hr__slice_copy(&at, from->session_token);
    made->account_id = hr__slice_copy(&at, from->account_id);
    assert(at == made->memory + size);
    *copy = made;
    return 0;
}

struct hr_s3_credentials hr__credentials_view(const struct hr__credentials *credentials) {
    return (struct hr_s3_credentials){.access_key = credentials->keys.access_key,
                                      .secret_key = credentials->keys.secret_key,
                                      .session_token = credentials->keys.session_token,
                                      .account_id = credentials->account_id,
                                      .expires_s = credentials->expires_s,
                                      .used_expired = credentials->used_expired};
}

void hr__credentials_release(struct hr__credentials *credentials) {
    if (!credentials) return;
    assert(credentials->uses > 0);
    if (--credentials->uses > 0) return;
    OPENSSL_cleanse(credentials->memory, credentials->size);
    free(credentials);
}
