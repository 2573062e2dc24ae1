/* Values of Authorization and Proxy-Authorization. */
#include "credentials_basic.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>

#include <headrace/encode.h>

/* Larger ones fit no server's head; and the sizes below cannot overflow. */
#define CREDENTIALS_BYTES_MAX 65536

static bool has_control(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f) return true;
    return false;
}

static int refuse(struct hr_error *error, const char *why) {
    return hr_error_set(error, -EINVAL, "%s", why);
}

int hr__credentials_basic(const struct hr_basic_credentials *credentials, struct hr_error *error,
                          char **value) {
    static const char scheme[] = "Basic ";
    struct hr_slice user = credentials->user, password = credentials->password;
    if (user.size > CREDENTIALS_BYTES_MAX || password.size > CREDENTIALS_BYTES_MAX)
        return refuse(error, "Basic credentials: longer than 64 KiB");
    if (user.size > 0 && memchr(user.data, ':', user.size))
        return refuse(error, "Basic credentials: the user name has a ':', which would end it");
    if (has_control(user) || has_control(password))
        return refuse(error, "Basic credentials: a control character in user name or password");
    size_t size = user.size + 1 + password.size, offset = sizeof scheme - 1;
    char *pair = malloc(size);
    char *out = malloc(offset + hr_base64_size(size) + 1);
    if (!pair || !out) {
        free(pair);
        free(out);
        return hr_error_set(error, -ENOMEM, "no memory for credentials");
    }
    if (user.size > 0) memcpy(pair, user.data, user.size);
    pair[user.size] = ':';
    if (password.size > 0) memcpy(pair + user.size + 1, password.data, password.size);
    memcpy(out, scheme, offset);
    hr_base64_encode(pair, size, out + offset);
    out[offset + hr_base64_size(size)] = 0;
    OPENSSL_cleanse(pair, size);
    free(pair);
    *value = out;
    return 0;
}

/* b64token of RFC 6750 2.1. */
static bool is_token68(struct hr_slice token) {
    size_t i = 0;
    for (; i < token.size; i++) {
        char byte = token.data[i];
        bool good = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                    (byte >= '0' && byte <= '9') || (byte != 0 && strchr("-._~+/", byte));
        if (!good) break;
    }
    if (i == 0) return false;
    while (i < token.size && token.data[i] == '=') i++;
    return i == token.size;
}

int hr__credentials_bearer(struct hr_slice token, struct hr_error *error, char **value) {
    static const char scheme[] = "Bearer ";
    if (token.size > CREDENTIALS_BYTES_MAX)
        return refuse(error, "the Bearer token is longer than 64 KiB");
    if (!is_token68(token))
        return refuse(error, "the Bearer token is empty or has a byte that is none of a token's "
                             "(letters, digits, -._~+/, '=' at the end)");
    size_t offset = sizeof scheme - 1;
    char *out = malloc(offset + token.size + 1);
    if (!out) return hr_error_set(error, -ENOMEM, "no memory for credentials");
    memcpy(out, scheme, offset);
    memcpy(out + offset, token.data, token.size);
    out[offset + token.size] = 0;
    *value = out;
    return 0;
}

void hr__credentials_free(char *value) {
    if (!value) return;
    OPENSSL_cleanse(value, strlen(value));
    free(value);
}
