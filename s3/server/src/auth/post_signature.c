/* The signature of a browser's form. Source: the S3 API Reference, "Authenticating Requests:
 * Browser-Based Uploads Using POST". */
#include "post_signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <headrace/clock.h>
#include <headrace/encode.h>

static enum s3_error read_claim(const struct s3_post_signature *post, struct s3_claim *claim,
                                struct s3_identity *identity) {
    *claim = (struct s3_claim){.in_query = true,
                               .credential = post->credential,
                               .signature = post->signature,
                               .expires_s = S3_EXPIRES_MAX_S};
    if (!post->algorithm.data || !post->credential.data || !post->date.data ||
        !post->signature.data)
        return s3_server__identity_refuse(
            identity, S3_AccessDenied,
            "A form with a policy needs x-amz-algorithm, x-amz-credential, x-amz-date and "
            "x-amz-signature.");
    if (!hr_slice_equal(post->algorithm, hr_slice_of("AWS4-HMAC-SHA256")))
        return s3_server__identity_refuse(identity, S3_InvalidArgument,
                                          "x-amz-algorithm only supports AWS4-HMAC-SHA256.");
    if (hr_date_parse(post->date, &claim->time_s) < 0)
        return s3_server__identity_refuse(identity, S3_InvalidArgument,
                                          "x-amz-date is no date of ISO 8601.");
    return s3_server__claim_credential(claim, identity);
}

static bool sign(struct hr_slice secret_key, const struct s3_claim *claim, struct hr_slice text,
                 char hex[HR_SIGV4_HEX_SIZE]) {
    struct hr_sigv4_scope scope = {
        .date = claim->date, .region = claim->region, .service = claim->service};
    uint8_t key[32], made[32];
    unsigned size = 0;
    bool ok = hr_sigv4_key(secret_key, &scope, key) == 0 &&
              HMAC(EVP_sha256(), key, sizeof key, (const uint8_t *)text.data, text.size, made,
                   &size) != NULL;
    OPENSSL_cleanse(key, sizeof key);
    if (ok) hr_hex_encode(made, sizeof made, hex);
    return ok;
}

enum s3_error s3_server__post_verify(const struct s3_auth *auth,
                                     const struct s3_post_signature *post, uint64_t now_s,
                                     struct s3_identity *identity) {
    struct s3_claim claim;
    char hex[HR_SIGV4_HEX_SIZE];
    enum s3_error error = read_claim(post, &claim, identity);
    if (!error) error = s3_server__claim_check(&auth->rules, &claim, now_s, identity);
    if (!error) error = s3_server__token_check(auth, post->token);
    if (error || auth->rules.any) return error;
    if (!sign(identity->key->secret_key, &claim, post->policy, hex)) return S3_InternalError;
    bool same = claim.signature.size == sizeof hex &&
                CRYPTO_memcmp(claim.signature.data, hex, sizeof hex) == 0;
    if (same) return S3_OK;
    identity->claimed_access_key = claim.access_key;
    identity->claimed_signature = claim.signature;
    identity->string_to_sign = post->policy;
    return S3_SignatureDoesNotMatch;
}
