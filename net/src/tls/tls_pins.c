/* Pinned keys: the SHA-256 of a certificate's SubjectPublicKeyInfo, in base64 (RFC 7469 2.4, curl's
 * --pinnedpubkey). */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <headrace/encode.h>

#include "tls_private.h"

#define PREFIX       "sha256//"
#define DIGEST_BYTES 32

static bool parse_one(const char *text, size_t size, unsigned char digest[DIGEST_BYTES]) {
    const size_t prefix = sizeof PREFIX - 1;
    if (size <= prefix || memcmp(text, PREFIX, prefix) != 0) return false;
    unsigned char decoded[DIGEST_BYTES];
    struct hr_slice base64 = hr_slice_bytes(text + prefix, size - prefix);
    size_t count;
    if (hr_base64_decode(base64, decoded, sizeof decoded, &count) || count != DIGEST_BYTES)
        return false;
    memcpy(digest, decoded, sizeof decoded);
    return true;
}

int hr__tls_pins_parse(const char *text, struct hr_error *error, struct hr_tls_pins *pins) {
    pins->count = 0;
    if (!text) return 0;
    for (;;) {
        size_t size = strcspn(text, ";");
        if (pins->count == HR_TLS_PINS_MAX)
            return hr_error_set(error, HR_ERR_TLS_OPTIONS, "tls: pinned_keys: more than %d keys",
                                HR_TLS_PINS_MAX);
        if (!parse_one(text, size, pins->digests[pins->count]))
            return hr_error_set(error, HR_ERR_TLS_OPTIONS,
                                "tls: pinned_keys: \"%.*s\" is not sha256// and the base64 of 32 "
                                "bytes",
                                (int)(size < 80 ? size : 80), text);
        pins->count++;
        if (text[size] == '\0') return 0;
        text += size + 1;
    }
}

bool hr__tls_pins_match(const struct hr_tls_pins *pins, X509 *certificate) {
    unsigned char *encoded = NULL, digest[DIGEST_BYTES];
    int size = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded) : -1;
    if (size <= 0) return false;
    int ok = EVP_Digest(encoded, (size_t)size, digest, NULL, EVP_sha256(), NULL);
    OPENSSL_free(encoded);
    if (!ok) return false;
    bool matches = false;
    for (unsigned i = 0; i < pins->count; i++)
        matches |= CRYPTO_memcmp(pins->digests[i], digest, sizeof digest) == 0;
    return matches;
}
