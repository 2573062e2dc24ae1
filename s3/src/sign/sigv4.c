/* AWS Signature Version 4: derived keys, signed requests, presigned queries. */
#include <headrace/sigv4.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include <base/lanes.h>
#include <headrace/clock.h>
#include <headrace/encode.h>

#include "digest.h"
#include "sigv4_canonical.h"
#include "sigv4_scope.h"

#define ALGORITHM     "AWS4-HMAC-SHA256"
#define EXPIRES_MAX_S 604800

struct hr_sigv4_signer_s {
    struct hr__hmac hmac;    /* holds the signing key */
    struct hr__sha256 begun; /* `hmac` behind what all strings to sign of this second begin with */
    bool keyed;
    /* The key was made for these: the scope has day, region and service. */
    uint64_t time_s;
    struct hr__scope scope;
    size_t secret_size;
    char secret[HR_SIGV4_SECRET_MAX];
    struct hr__canonical canonical;
    char text[HR_SIGV4_CANONICAL_MAX];
};

int hr_sigv4_signer_new(hr_sigv4_signer **signer) {
    hr_sigv4_signer *new = malloc(sizeof *new);
    if (!new) return -ENOMEM;
    /* The two large members at the end are written before they are read. */
    memset(new, 0, offsetof(struct hr_sigv4_signer_s, canonical));
    *signer = new;
    return 0;
}

void hr_sigv4_signer_free(hr_sigv4_signer *signer) {
    if (!signer) return;
    OPENSSL_cleanse(signer, sizeof *signer); /* the key; the texts hold session tokens */
    free(signer);
}

static struct hr_slice service_of(const struct hr_sigv4_options *options) {
    return options->service.size > 0 ? options->service : hr_slice_bytes("s3", 2);
}

int hr__scope_make(const struct hr_sigv4_options *options, struct hr__scope *scope) {
    struct hr_slice service = service_of(options);
    if (!hr__sigv4_understood(options) || options->region.size == 0 ||
        options->region.size > HR__REGION_MAX || service.size > HR__REGION_MAX)
        return -EINVAL;
    for (size_t i = 0; i < options->region.size; i++)
        if ((unsigned char)options->region.data[i] <= ' ' || options->region.data[i] == '/')
            return -EINVAL;
    hr_date_basic(options->time_s, scope->date);
    struct hr__writer out = hr__writer(scope->text, sizeof scope->text);
    hr__put(&out, scope->date, 8);
    hr__put_byte(&out, '/');
    hr__put_slice(&out, options->region);
    hr__put_byte(&out, '/');
    hr__put_slice(&out, service);
    hr__put_text(&out, "/aws4_request");
    scope->size = (size_t)(out.at - out.begin);
    return 0;
}

/* The next key of the chain, in the place of the one before. */
static void derive(struct hr_slice key, struct hr_slice text, uint8_t out[HR__SHA256_SIZE]) {
    struct hr__hmac hmac;
    hr__hmac_set_key(&hmac, key);
    hr__hmac_sign(&hmac, text, out);
    hr__hmac_deinit(&hmac);
}

int hr_sigv4_key(struct hr_slice secret_key, const struct hr_sigv4_scope *scope, uint8_t key[32]) {
    if (secret_key.size == 0 || secret_key.size > HR_SIGV4_SECRET_MAX) return -EINVAL;
    char seed[4 + HR_SIGV4_SECRET_MAX];
    memcpy(seed, "AWS4", 4);
    memcpy(seed + 4, secret_key.data, secret_key.size);
    const struct hr_slice made = hr_slice_bytes((const char *)key, HR__SHA256_SIZE);
    derive(hr_slice_bytes(seed, 4 + secret_key.size), scope->date, key);
    derive(made, scope->region, key);
    derive(made, scope->service, key);
    derive(made, hr_slice_of("aws4_request"), key);
    OPENSSL_cleanse(seed, sizeof seed);
    return 0;
}

/* Whether `scope`, made for the same second, is of this region and service. */
static bool scope_is(const struct hr__scope *scope, struct hr_slice region,
                     struct hr_slice service) {
    size_t size = 8 + 1 + region.size + 1 + service.size + sizeof "/aws4_request" - 1;
    return scope->size == size && memcmp(scope->text + 9, region.data, region.size) == 0 &&
           scope->text[9 + region.size] == '/' &&
           memcmp(scope->text + 10 + region.size, service.data, service.size) == 0;
}

/* The string to sign but for its end, the digest of the canonical request. */
static void put_preamble(struct hr__writer *out, const struct hr__scope *scope) {
    hr__put_text(out, ALGORITHM "\n");
    hr__put(out, scope->date, 16);
    hr__put_byte(out, '\n');
    hr__put(out, scope->text, scope->size);
    hr__put_byte(out, '\n');
}

/* The signer's key is that of the scope; its second may be a new one. */
static void use_scope(hr_sigv4_signer *signer, const struct hr__scope *scope, uint64_t time_s) {
    char memory[sizeof ALGORITHM + sizeof scope->date + sizeof scope->text + 1];
    struct hr__writer out = hr__writer(memory, sizeof memory);
    put_preamble(&out, scope);
    assert(!out.full);
    signer->time_s = time_s;
    signer->scope = *scope;
    signer->begun = signer->hmac.inner;
    hr__sha256_update(&signer->begun, memory, (size_t)(out.at - out.begin));
}

/* In a time that says nothing of where they differ. */
static bool same_secret(const char *a, const char *b, size_t size) {
    uint64_t differences = 0, x, y;
    size_t i = 0;
    for (; size - i >= sizeof x; i += sizeof x) {
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        differences |= x ^ y;
    }
    for (; i < size; i++) differences |= (unsigned char)(a[i] ^ b[i]);
    return differences == 0;
}

/* The key of the scope, kept in the signer while scope and secret stay the same. */
static int use_key(hr_sigv4_signer *signer, struct hr_slice secret,
                   const struct hr_sigv4_options *options) {
    if (secret.size == 0 || secret.size > HR_SIGV4_SECRET_MAX || options->region.size == 0)
        return -EINVAL;
    struct hr_slice service = service_of(options);
    bool same = signer->keyed && signer->secret_size == secret.size &&
                same_secret(signer->secret, secret.data, secret.size);
    if (same && signer->time_s == options->time_s &&
        scope_is(&signer->scope, options->region, service))
        return 0;
    struct hr__scope scope;
    int err = hr__scope_make(options, &scope);
    if (err) return err;
    if (same && hr_slice_equal(hr_slice_bytes(scope.text, scope.size),
                               hr_slice_bytes(signer->scope.text, signer->scope.size))) {
        use_scope(signer, &scope, options->time_s); /* another second of the same day */
        return 0;
    }
    signer->keyed = false;
    uint8_t key[HR__SHA256_SIZE];
    struct hr_sigv4_scope of = {hr_slice_bytes(scope.date, 8), options->region, service};
    err = hr_sigv4_key(secret, &of, key);
    if (err) return err;
    hr__hmac_set_key(&signer->hmac, hr_slice_bytes((const char *)key, sizeof key));
    OPENSSL_cleanse(key, sizeof key);
    assert(!signer->keyed && secret.size <= sizeof signer->secret);
    OPENSSL_cleanse(signer->secret, sizeof signer->secret);
    memcpy(signer->secret, secret.data, secret.size);
    signer->secret_size = secret.size;
    use_scope(signer, &scope, options->time_s);
    signer->keyed = true;
    return 0;
}

/* The signature of signer->canonical with the signer's key. */
static int make_signature(hr_sigv4_signer *signer, struct hr_sigv4_result *result) {
    struct hr__writer text = hr__writer(signer->text, sizeof signer->text);
    hr__canonical_write(&signer->canonical, &text);
    if (text.full) return -EMSGSIZE;
    uint8_t digest[HR__SHA256_SIZE];
    char hex[HR__HEX_SIZE];
    hr__sha256_of(hr__written(&text), digest);
    hr_hex_encode(digest, sizeof digest, hex);
    assert(signer->keyed);
    hr__hmac_go_on(&signer->hmac, &signer->begun, hr_slice_bytes(hex, sizeof hex), digest);
    hr_hex_encode(digest, sizeof digest, result->signature);
    result->signature[HR_SIGV4_HEX_SIZE] = 0;
    return 0;
}

/* The fields that a signed head carries beside the request's own, in the order of their names, so
 * that each has its place at once. */
static int add_signer_fields(struct hr__canonical *canonical, struct hr_slice token,
                             const struct hr_sigv4_options *options,
                             const struct hr_sigv4_request *request, const char *date) {
    int err = 0;
    if (options->as_given) return 0;
    if (options->add_content_sha256)
        err = hr__canonical_add_field(
            canonical, "x-amz-content-sha256",
            request->payload_hash.size > 0 ? request->payload_hash : hr_slice_of(HR__SHA256_EMPTY));
    if (!err) err = hr__canonical_add_field(canonical, "x-amz-date", hr_slice_bytes(date, 16));
    if (!err && token.size > 0 && !options->omit_session_token)
        err = hr__canonical_add_field(canonical, "x-amz-security-token", token);
    return err;
}

static hr_lanes_mask may_not_stand_in_a_key(hr_lanes lanes) {
    return (lanes <= ' ') | (lanes == 0x7f) | (lanes == ',');
}

static bool access_key_valid(struct hr_slice key) {
    return key.size > 0 && key.size <= HR__ACCESS_KEY_MAX &&
           hr__lanes_none(key, may_not_stand_in_a_key);
}

int hr__sigv4_sign_checked(hr_sigv4_signer *signer, const struct hr_sigv4_credentials *credentials,
                           const struct hr_sigv4_options *options,
                           const struct hr_sigv4_request *request, char *authorization,
                           size_t capacity, struct hr_sigv4_result *result) {
    if (!access_key_valid(credentials->access_key) || options->expires_s > 0) return -EINVAL;
    int err = use_key(signer, credentials->secret_key, options);
    if (!err) err = hr__canonical_begin(&signer->canonical, options, request);
    if (!err)
        err = add_signer_fields(&signer->canonical, credentials->session_token, options, request,
                                signer->scope.date);
    if (err) return err;
    hr__canonical_sort_parameters(&signer->canonical);
    struct hr_sigv4_result made = {.size = 0};
    err = make_signature(signer, &made);
    if (err) return err;
    struct hr__writer out = hr__writer(authorization, capacity);
    hr__put_text(&out, ALGORITHM " Credential=");
    hr__put_slice(&out, credentials->access_key);
    hr__put_byte(&out, '/');
    hr__put(&out, signer->scope.text, signer->scope.size);
    hr__put_text(&out, ", SignedHeaders=");
    hr__put_slice(&out, signer->canonical.names);
    hr__put_text(&out, ", Signature=");
    hr__put(&out, made.signature, HR_SIGV4_HEX_SIZE);
    if (out.full) return -ENOBUFS;
    made.size = (size_t)(out.at - out.begin);
    memcpy(made.date, signer->scope.date, sizeof made.date);
    *result = made;
    return 0;
}

int hr_sigv4_sign(hr_sigv4_signer *signer, const struct hr_sigv4_credentials *credentials,
                  const struct hr_sigv4_options *options, const struct hr_sigv4_request *request,
                  char *authorization, size_t capacity, struct hr_sigv4_result *result) {
    if (!hr__canonical_valid(options, request)) return -EINVAL;
    return hr__sigv4_sign_checked(signer, credentials, options, request, authorization, capacity,
                                  result);
}

/* Values of a presigned query's parameters. */
struct presigned {
    char credential[HR__ACCESS_KEY_MAX + sizeof((struct hr__scope *)0)->text];
    char expires[20];
    char names[HR__NAMES_MAX];
};

/* The request with the parameters that presigning adds, in order; `texts` lives as long. */
static int begin_presigned(struct hr__canonical *canonical,
                           const struct hr_sigv4_credentials *credentials,
                           const struct hr_sigv4_options *options,
                           const struct hr_sigv4_request *request, const struct hr__scope *scope,
                           struct presigned *texts) {
    if (!hr__canonical_valid(options, request)) return -EINVAL;
    int err = hr__canonical_begin(canonical, options, request);
    if (err) return err;
    if (request->payload_hash.size == 0 && hr_slice_equal(service_of(options), hr_slice_of("s3")))
        canonical->payload_hash = hr_slice_of("UNSIGNED-PAYLOAD");

    struct hr__writer credential = hr__writer(texts->credential, sizeof texts->credential);
    hr__put_slice(&credential, credentials->access_key);
    hr__put_byte(&credential, '/');
    hr__put(&credential, scope->text, scope->size);
    struct hr__writer expires = hr__writer(texts->expires, sizeof texts->expires);
    hr__put_u64(&expires, options->expires_s);
    struct hr__writer names = hr__writer(texts->names, sizeof texts->names);
    hr__canonical_names(canonical, &names);
    if (names.full) return -EMSGSIZE;
    hr__canonical_add_parameter(canonical, "X-Amz-Algorithm", hr_slice_of(ALGORITHM));
    hr__canonical_add_parameter(canonical, "X-Amz-Credential", hr__written(&credential));
    hr__canonical_add_parameter(canonical, "X-Amz-Date", hr_slice_bytes(scope->date, 16));
    hr__canonical_add_parameter(canonical, "X-Amz-Expires", hr__written(&expires));
    hr__canonical_add_parameter(canonical, "X-Amz-SignedHeaders", hr__written(&names));
    if (credentials->session_token.size > 0 && !options->omit_session_token)
        hr__canonical_add_parameter(canonical, "X-Amz-Security-Token", credentials->session_token);
    hr__canonical_sort_parameters(canonical);
    return 0;
}

static bool can_presign(const struct hr_sigv4_credentials *credentials,
                        const struct hr_sigv4_options *options) {
    return access_key_valid(credentials->access_key) && !options->as_given &&
           options->expires_s >= 1 && options->expires_s <= EXPIRES_MAX_S;
}

int hr_sigv4_presign(hr_sigv4_signer *signer, const struct hr_sigv4_credentials *credentials,
                     const struct hr_sigv4_options *options, const struct hr_sigv4_request *request,
                     char *query, size_t capacity, struct hr_sigv4_result *result) {
    if (!can_presign(credentials, options)) return -EINVAL;
    struct presigned texts;
    struct hr__canonical *canonical = &signer->canonical;
    int err = use_key(signer, credentials->secret_key, options);
    if (!err)
        err = begin_presigned(canonical, credentials, options, request, &signer->scope, &texts);
    if (err) return err;

    struct hr_sigv4_result made = {.size = 0};
    err = make_signature(signer, &made);
    if (err) return err;
    if (credentials->session_token.size > 0 && options->omit_session_token)
        hr__canonical_add_parameter(canonical, "X-Amz-Security-Token", credentials->session_token);
    struct hr__writer out = hr__writer(query, capacity);
    hr__canonical_query(canonical, &out);
    hr__put_text(&out, "&X-Amz-Signature=");
    hr__put(&out, made.signature, HR_SIGV4_HEX_SIZE);
    if (out.full) return -ENOBUFS;
    made.size = (size_t)(out.at - out.begin);
    memcpy(made.date, signer->scope.date, sizeof made.date);
    *result = made;
    return 0;
}

static int begin_head(struct hr__canonical *canonical,
                      const struct hr_sigv4_credentials *credentials,
                      const struct hr_sigv4_options *options,
                      const struct hr_sigv4_request *request, const char *date) {
    struct hr_slice token = credentials ? credentials->session_token : hr_slice_bytes(NULL, 0);
    if (!hr__canonical_valid(options, request)) return -EINVAL;
    int err = hr__canonical_begin(canonical, options, request);
    if (!err) err = add_signer_fields(canonical, token, options, request, date);
    if (!err) hr__canonical_sort_parameters(canonical);
    return err;
}

int hr_sigv4_canonical_request(const struct hr_sigv4_credentials *credentials,
                               const struct hr_sigv4_options *options,
                               const struct hr_sigv4_request *request, char *text, size_t capacity,
                               size_t *size) {
    struct hr__canonical canonical;
    struct presigned texts;
    struct hr__scope scope;
    char date[17];
    int err;
    if (options->expires_s == 0) {
        hr_date_basic(options->time_s, date);
        err = begin_head(&canonical, credentials, options, request, date);
    } else {
        err = credentials && can_presign(credentials, options) ? hr__scope_make(options, &scope)
                                                               : -EINVAL;
        if (!err) err = begin_presigned(&canonical, credentials, options, request, &scope, &texts);
    }
    if (err) return err;
    struct hr__writer out = hr__writer(text, capacity);
    hr__canonical_write(&canonical, &out);
    if (out.full) return -ENOBUFS;
    *size = (size_t)(out.at - out.begin);
    return 0;
}

int hr_sigv4_string_to_sign(const struct hr_sigv4_options *options,
                            struct hr_slice canonical_request, char *text, size_t capacity,
                            size_t *size) {
    struct hr__scope scope;
    int err = hr__scope_make(options, &scope);
    if (err) return err;
    uint8_t digest[HR__SHA256_SIZE];
    char hex[HR__HEX_SIZE];
    hr__sha256_of(canonical_request, digest);
    hr_hex_encode(digest, sizeof digest, hex);
    struct hr__writer out = hr__writer(text, capacity);
    put_preamble(&out, &scope);
    hr__put(&out, hex, sizeof hex);
    if (out.full) return -ENOBUFS;
    *size = (size_t)(out.at - out.begin);
    return 0;
}

int hr_sigv4_payload_hash(const void *data, size_t size, char hex[HR_SIGV4_HEX_SIZE + 1]) {
    uint8_t digest[HR__SHA256_SIZE];
    hr__sha256_of(hr_slice_bytes(data, size), digest);
    hr_hex_encode(digest, sizeof digest, hex);
    hex[HR_SIGV4_HEX_SIZE] = 0;
    return 0;
}
