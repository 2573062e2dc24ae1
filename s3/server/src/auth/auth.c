/* The check of who sent a request: what was signed is signed again, and compared. */
#include "auth.h"

#include <assert.h>
#include <errno.h>

#include <openssl/crypto.h>

#include "auth_v2.h"
#include "presigned.h"
#include "signed.h"

#define SIGNED_NAMES_MAX  4096
#define AUTHORIZATION_MAX (SIGNED_NAMES_MAX + 512)

/* Signs again what was signed, with a signer of this thread's. */
static int sign_again(struct s3_auth *auth, const struct s3_key *key, const struct s3_claim *claim,
                      const struct hr_sigv4_request *signing, struct hr_sigv4_result *result) {
    struct hr_sigv4_credentials credentials = {.access_key = key->access_key,
                                               .secret_key = key->secret_key};
    struct hr_sigv4_options options = {
        .region = claim->region, .time_s = claim->time_s, .as_given = true};
    struct s3_signer *signer = s3_server__signers_acquire(&auth->signers);
    if (!signer) return -ENOMEM;
    char authorization[AUTHORIZATION_MAX];
    int err = hr_sigv4_sign(signer->signer, &credentials, &options, signing, authorization,
                            sizeof authorization, result);
    s3_server__signers_release(&auth->signers, signer);
    return err;
}

/* Nothing of it is secret: it is made of what the client sent. */
static enum s3_error mismatch(const struct s3_request *request, const struct s3_claim *claim,
                              const struct hr_sigv4_request *signing, struct s3_arena *arena,
                              struct s3_identity *identity) {
    struct hr_sigv4_options options = {
        .region = claim->region, .time_s = claim->time_s, .as_given = true};
    size_t capacity = 1024 + request->canonical_path.size + 3 * signing->query.size +
                      2 * claim->signed_names.size + claim->payload_hash.size;
    for (size_t i = 0; i < signing->field_count; i++)
        capacity += signing->fields[i].name.size + signing->fields[i].value.size + 2;
    char *text = s3_server__arena_allocate(arena, capacity), *string;
    size_t size;
    identity->claimed_access_key = claim->access_key;
    identity->claimed_signature = claim->signature;
    if (!text || hr_sigv4_canonical_request(NULL, &options, signing, text, capacity, &size) < 0)
        return S3_SignatureDoesNotMatch;
    identity->canonical_request = hr_slice_bytes(text, size);
    string = s3_server__arena_allocate(arena, 512);
    if (string &&
        hr_sigv4_string_to_sign(&options, identity->canonical_request, string, 512, &size) == 0)
        identity->string_to_sign = hr_slice_bytes(string, size);
    return S3_SignatureDoesNotMatch;
}

static enum s3_error compare(struct s3_auth *auth, const struct s3_request *request,
                             const struct s3_claim *claim, struct s3_arena *arena,
                             struct s3_identity *identity) {
    struct hr_http_field *fields =
        s3_server__arena_allocate(arena, (request->field_count + 1) * sizeof *fields);
    if (!fields) return S3_InternalError;
    if (claim->signed_names.size > SIGNED_NAMES_MAX)
        return s3_server__claim_malformed(claim, identity, "SignedHeaders is too long.");
    struct hr_sigv4_request signing = {.method = request->method,
                                       .path = request->canonical_path,
                                       .fields = fields,
                                       .payload_hash = claim->payload_hash};
    enum s3_error error = s3_server__signed_query(request, claim, arena, &signing.query);
    if (!error)
        error = s3_server__signed_fields(request, claim, fields, &signing.field_count, identity);
    if (error) return error;
    if (auth->rules.any) return S3_OK;
    if (!s3_server__signed_all_sent(request, claim->signed_names))
        return mismatch(request, claim, &signing, arena, identity);

    struct hr_sigv4_result result;
    int err = sign_again(auth, identity->key, claim, &signing, &result);
    if (err == -ENOMEM) return S3_InternalError;
    if (err < 0)
        return s3_server__claim_malformed(claim, identity,
                                          "the request cannot be put in canonical form.");
    if (claim->signature.size != HR_SIGV4_HEX_SIZE ||
        CRYPTO_memcmp(result.signature, claim->signature.data, HR_SIGV4_HEX_SIZE) != 0)
        return mismatch(request, claim, &signing, arena, identity);
    assert(identity->signature[0] == 0);
    memcpy(identity->signature, result.signature, sizeof identity->signature);
    return S3_OK;
}

enum s3_error s3_server__token_check(const struct s3_auth *auth, struct hr_slice token) {
    struct hr_slice wanted = auth->rules.session_token;
    if (wanted.size == 0 || auth->rules.any) return S3_OK;
    if (!token.data) return S3_InvalidAccessKeyId;
    bool same =
        token.size == wanted.size && CRYPTO_memcmp(token.data, wanted.data, wanted.size) == 0;
    return same ? S3_OK : S3_InvalidToken;
}

static struct hr_slice token_of(const struct s3_request *request, bool in_query) {
    return in_query ? s3_server__parameter(request, "X-Amz-Security-Token")
                    : s3_server__field_of(request, "x-amz-security-token");
}

/* The body may be described all the same, but for chunks that are signed. */
static enum s3_error read_anonymous(const struct s3_request *request,
                                    struct s3_identity *identity) {
    struct hr_slice payload = s3_server__field_of(request, "x-amz-content-sha256");
    if (!payload.data) payload = hr_slice_of("UNSIGNED-PAYLOAD");
    enum s3_error error = s3_server__identity_read_payload(payload, identity);
    if (error) return error;
    identity->is_anonymous =
        identity->payload != S3_PAYLOAD_CHUNKS && identity->payload != S3_PAYLOAD_CHUNKS_TRAILER;
    return S3_AccessDenied;
}

enum s3_error s3_server__auth_verify(struct s3_auth *auth, const struct s3_request *request,
                                     uint64_t now_s, struct s3_arena *arena,
                                     struct s3_identity *identity) {
    memset(identity, 0, sizeof *identity);
    struct s3_claim claim = {.in_query = false};
    bool in_header = s3_server__field_of(request, "authorization").data != NULL;
    bool in_query = s3_server__parameter(request, "X-Amz-Algorithm").data != NULL ||
                    s3_server__parameter(request, "X-Amz-Signature").data != NULL;
    if (in_header && in_query)
        return s3_server__identity_refuse(
            identity, S3_InvalidArgument,
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or "
            "the Authorization header should be specified");
    if (auth->rules.v2 && auth->rules.session_token.size == 0 &&
        s3_server__is_presigned_v2(request))
        return s3_server__auth_verify_v2(&auth->rules, request, now_s, arena, identity);
    if (!in_header && s3_server__parameter(request, "Signature").data)
        return s3_server__identity_refuse(
            identity, S3_InvalidRequest,
            "The authorization mechanism you have provided is not supported. Please use "
            "AWS4-HMAC-SHA256.");
    if (!in_header && !in_query) return read_anonymous(request, identity);
    enum s3_error error = in_header ? s3_server__claim_of_header(request, &claim, identity)
                                    : s3_server__claim_of_query(request, &claim, identity);
    if (!error) error = s3_server__claim_check(&auth->rules, &claim, now_s, identity);
    if (!error) error = s3_server__identity_read_payload(claim.payload_hash, identity);
    if (!error) error = s3_server__token_check(auth, token_of(request, in_query));
    if (!error) error = compare(auth, request, &claim, arena, identity);
    if (error) return error;
    identity->time_s = claim.time_s;
    identity->region = claim.region;
    return S3_OK;
}

int s3_server__auth_stream(const struct s3_auth *auth, const struct s3_identity *identity,
                           hr_sigv4_stream **stream) {
    *stream = NULL;
    if (auth->rules.any)
        return 0; /* whoever signs, signs chunks by a secret that is not known here */
    struct hr_sigv4_options options = {.region = identity->region, .time_s = identity->time_s};
    return hr_sigv4_stream_new(identity->key->secret_key, &options,
                               hr_slice_bytes(identity->signature, HR_SIGV4_HEX_SIZE), stream);
}
