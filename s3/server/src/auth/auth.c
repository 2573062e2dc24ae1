/* The check of who sent a request. */
#include "auth.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include <headrace/clock.h>
#include <headrace/encode.h>
#include <headrace/text.h>

#include "auth_v2.h"
#include "presigned.h"

#define ALGORITHM         "AWS4-HMAC-SHA256"
#define SIGNED_NAMES_MAX  4096
#define AUTHORIZATION_MAX (SIGNED_NAMES_MAX + 512)

struct s3_auth_signer {
    struct s3_auth_signer *next;
    hr_sigv4_signer *signer;
};

/* The claims of a request, from the header or from the query. */
struct claim {
    bool in_query;
    struct hr_slice credential, signed_names, signature;
    struct hr_slice access_key, date, region, service; /* of the credential */
    uint64_t time_s;
    uint64_t expires_s; /* in_query */
    struct hr_slice payload_hash;
};

int s3_server__auth_init(struct s3_auth *auth) {
    auth->idle = NULL;
    return pthread_mutex_init(&auth->lock, NULL) == 0 ? 0 : -ENOMEM;
}

void s3_server__auth_deinit(struct s3_auth *auth) {
    while (auth->idle) {
        struct s3_auth_signer *signer = auth->idle;
        auth->idle = signer->next;
        hr_sigv4_signer_free(signer->signer);
        free(signer);
    }
    pthread_mutex_destroy(&auth->lock);
}

static struct s3_auth_signer *borrow_signer(struct s3_auth *auth) {
    pthread_mutex_lock(&auth->lock);
    struct s3_auth_signer *signer = auth->idle;
    if (signer) auth->idle = signer->next;
    pthread_mutex_unlock(&auth->lock);
    if (signer) return signer;
    signer = calloc(1, sizeof *signer);
    if (signer && hr_sigv4_signer_new(&signer->signer) == 0) return signer;
    free(signer);
    return NULL;
}

static void return_signer(struct s3_auth *auth, struct s3_auth_signer *signer) {
    pthread_mutex_lock(&auth->lock);
    signer->next = auth->idle;
    auth->idle = signer;
    pthread_mutex_unlock(&auth->lock);
}

__attribute__((format(printf, 3, 4))) static enum s3_error
say(struct s3_identity *identity, enum s3_error error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(identity->message, sizeof identity->message, format, arguments);
    va_end(arguments);
    return error;
}

/* S3 names the two forms' mistakes differently. */
static enum s3_error malformed(const struct claim *claim, struct s3_identity *identity,
                               const char *what) {
    if (claim->in_query) return say(identity, S3_AuthorizationQueryParametersError, "%s", what);
    return say(identity, S3_AuthorizationHeaderMalformed,
               "The authorization header is malformed; %s", what);
}

/* "Name=value" out of a comma-separated list. */
static struct hr_slice list_member(struct hr_slice list, const char *name) {
    size_t name_size = strlen(name);
    while (list.size > 0) {
        const char *comma = memchr(list.data, ',', list.size);
        size_t size = comma ? (size_t)(comma - list.data) : list.size;
        struct hr_slice one = hr_slice_bytes(list.data, size);
        while (one.size > 0 && *one.data == ' ') one = hr_slice_bytes(one.data + 1, one.size - 1);
        while (one.size > 0 && one.data[one.size - 1] == ' ') one.size--;
        if (one.size > name_size && memcmp(one.data, name, name_size) == 0 &&
            one.data[name_size] == '=')
            return hr_slice_bytes(one.data + name_size + 1, one.size - name_size - 1);
        if (!comma) break;
        list = hr_slice_bytes(comma + 1, list.size - size - 1);
    }
    return hr_slice_bytes(NULL, 0);
}

/* The last member of "a/b/c", cut off. */
static struct hr_slice cut_last(struct hr_slice *text) {
    const char *slash = memrchr(text->data, '/', text->size);
    if (!slash) return hr_slice_bytes(NULL, 0);
    size_t size = text->size - (size_t)(slash - text->data) - 1;
    text->size = (size_t)(slash - text->data);
    return hr_slice_bytes(slash + 1, size);
}

/* ACCESS-KEY/DATE/REGION/SERVICE/aws4_request, where an access key may hold slashes. */
static enum s3_error parse_credential(struct claim *claim, struct s3_identity *identity) {
    struct hr_slice rest = claim->credential;
    struct hr_slice terminal = cut_last(&rest);
    claim->service = cut_last(&rest);
    claim->region = cut_last(&rest);
    claim->date = cut_last(&rest);
    claim->access_key = rest;
    if (!claim->date.data || rest.size == 0)
        return malformed(claim, identity,
                         "the Credential is mal-formed; expecting "
                         "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
    if (!hr_slice_equal(terminal, hr_slice_of("aws4_request")))
        return malformed(claim, identity, "the Credential must end in \"aws4_request\".");
    if (!hr_slice_equal(claim->service, hr_slice_of("s3")))
        return malformed(claim, identity, "incorrect service. This endpoint belongs to \"s3\".");
    return S3_OK;
}

static enum s3_error claim_of_header(const struct s3_request *request, struct claim *claim,
                                     struct s3_identity *identity) {
    struct hr_slice header = s3_server__field_of(request, "authorization");
    if (!s3_server__has_prefix_nocase(header, ALGORITHM " ")) {
        if (s3_server__has_prefix_nocase(header, "AWS"))
            return say(identity, S3_InvalidRequest,
                       "The authorization mechanism you have provided is not supported. Please use "
                       "AWS4-HMAC-SHA256.");
        return say(identity, S3_InvalidArgument, "Unsupported Authorization Type");
    }
    size_t skip = sizeof ALGORITHM;
    struct hr_slice list = hr_slice_bytes(header.data + skip, header.size - skip);
    claim->credential = list_member(list, "Credential");
    claim->signed_names = list_member(list, "SignedHeaders");
    claim->signature = list_member(list, "Signature");
    if (!claim->credential.data || !claim->signed_names.data || !claim->signature.data)
        return malformed(claim, identity,
                         "Credential, SignedHeaders and Signature are all needed.");
    struct hr_slice date = s3_server__field_of(request, "x-amz-date");
    if (!date.data) date = s3_server__field_of(request, "date");
    if (!date.data || hr_date_parse(date, &claim->time_s) < 0)
        return say(identity, S3_AccessDenied,
                   "AWS authentication requires a valid Date or x-amz-date header");
    claim->payload_hash = s3_server__field_of(request, "x-amz-content-sha256");
    if (!claim->payload_hash.data)
        return say(identity, S3_InvalidRequest,
                   "Missing required header for this request: x-amz-content-sha256");
    return parse_credential(claim, identity);
}

static enum s3_error claim_of_query(const struct s3_request *request, struct claim *claim,
                                    struct s3_identity *identity) {
    claim->in_query = true;
    struct hr_slice algorithm = s3_server__parameter(request, "X-Amz-Algorithm");
    struct hr_slice date = s3_server__parameter(request, "X-Amz-Date");
    struct hr_slice expires = s3_server__parameter(request, "X-Amz-Expires");
    claim->credential = s3_server__parameter(request, "X-Amz-Credential");
    claim->signed_names = s3_server__parameter(request, "X-Amz-SignedHeaders");
    claim->signature = s3_server__parameter(request, "X-Amz-Signature");
    if (!date.data || !expires.data || !claim->credential.data || !claim->signed_names.data ||
        !claim->signature.data || !algorithm.data)
        return malformed(claim, identity,
                         "Query-string authentication version 4 requires the X-Amz-Algorithm, "
                         "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
                         "X-Amz-Expires parameters.");
    if (!hr_slice_equal(algorithm, hr_slice_of(ALGORITHM)))
        return malformed(claim, identity, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
    if (hr_date_parse(date, &claim->time_s) < 0 || date.size != 16)
        return malformed(claim, identity,
                         "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
    int err = hr_text_u64(expires, S3_EXPIRES_MAX_S, &claim->expires_s);
    if (err == -EINVAL) return malformed(claim, identity, "X-Amz-Expires should be a number");
    if (err || claim->expires_s == 0)
        return malformed(claim, identity,
                         "X-Amz-Expires must be between 1 and a week (in seconds): 604800");
    struct hr_slice field = s3_server__field_of(request, "x-amz-content-sha256");
    claim->payload_hash = s3_server__parameter(request, "X-Amz-Content-Sha256");
    if (claim->payload_hash.data && field.data && !hr_slice_equal(field, claim->payload_hash))
        return malformed(claim, identity,
                         "X-Amz-Content-Sha256 in the query and x-amz-content-sha256 differ.");
    if (!claim->payload_hash.data) claim->payload_hash = field;
    if (!claim->payload_hash.data) claim->payload_hash = hr_slice_of("UNSIGNED-PAYLOAD");
    return parse_credential(claim, identity);
}

static enum s3_error check_scope(const struct s3_auth *auth, const struct claim *claim,
                                 uint64_t now_s, struct s3_identity *identity) {
    if (!auth->any && !hr_slice_equal(claim->access_key, auth->access_key))
        return S3_InvalidAccessKeyId;
    char date[17];
    hr_date_basic(claim->time_s, date);
    if (!hr_slice_equal(claim->date, hr_slice_bytes(date, 8)))
        return malformed(claim, identity, "the date of the Credential is not that of the request.");
    if (auth->region.size > 0 && !hr_slice_equal(claim->region, auth->region))
        return say(identity,
                   claim->in_query ? S3_AuthorizationQueryParametersError
                                   : S3_AuthorizationHeaderMalformed,
                   "The authorization is malformed; the region '%.*s' is wrong; expecting '%.*s'",
                   claim->region.size < 64 ? (int)claim->region.size : 64, claim->region.data,
                   (int)auth->region.size, auth->region.data);
    if (claim->in_query) {
        if (claim->time_s > now_s + S3_SKEW_S)
            return say(identity, S3_AccessDenied, "Request is not valid yet");
        if (claim->time_s + claim->expires_s < now_s)
            return say(identity, S3_AccessDenied, "Request has expired");
        return S3_OK;
    }
    uint64_t skew = claim->time_s > now_s ? claim->time_s - now_s : now_s - claim->time_s;
    return skew > S3_SKEW_S ? S3_RequestTimeTooSkewed : S3_OK;
}

enum s3_error s3_server__payload_parse(struct hr_slice text, struct s3_identity *identity) {
    static const struct {
        const char *text;
        enum s3_payload payload;
    } kinds[] = {
        {"UNSIGNED-PAYLOAD", S3_PAYLOAD_UNSIGNED},
        {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", S3_PAYLOAD_CHUNKS},
        {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", S3_PAYLOAD_CHUNKS_TRAILER},
        {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", S3_PAYLOAD_UNSIGNED_TRAILER},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!hr_slice_equal(text, hr_slice_of(kinds[i].text))) continue;
        identity->payload = kinds[i].payload;
        return S3_OK;
    }
    identity->payload = S3_PAYLOAD_SIGNED;
    size_t size;
    if (text.size == HR_SIGV4_HEX_SIZE &&
        hr_hex_decode(text, identity->sha256, sizeof identity->sha256, &size) == 0)
        return S3_OK;
    return say(identity, S3_InvalidArgument,
               "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
               "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-UNSIGNED-PAYLOAD-TRAILER, or "
               "a valid sha256 value.");
}

/* The next of "a;b;c", taken off; data NULL at the end. */
static struct hr_slice next_name(struct hr_slice *names) {
    if (names->size == 0) return hr_slice_bytes(NULL, 0);
    const char *semicolon = memchr(names->data, ';', names->size);
    size_t size = semicolon ? (size_t)(semicolon - names->data) : names->size;
    struct hr_slice name = hr_slice_bytes(names->data, size);
    size_t skip = semicolon ? size + 1 : size;
    *names = hr_slice_bytes(names->data + skip, names->size - skip);
    return name;
}

static bool is_signed(struct hr_slice names, struct hr_slice name) {
    for (struct hr_slice one = next_name(&names); one.data; one = next_name(&names))
        if (hr_slice_equal_nocase(one, name)) return true;
    return false;
}

/* A field that is named and was not sent would be left out of the canonical request unnoticed. */
static bool all_sent(const struct s3_request *request, struct hr_slice names) {
    for (struct hr_slice one = next_name(&names); one.data; one = next_name(&names)) {
        bool found = false;
        for (size_t i = 0; i < request->field_count && !found; i++)
            found = hr_slice_equal_nocase(request->fields[i].name, one);
        if (!found) return false;
    }
    return true;
}

/* Two fields are signed as one with a comma between: somebody on the way could split one whose
 * value has a comma, and what reads the first of them would read another value. Metadata is kept
 * whole. */
static bool is_split(const struct s3_request *request, size_t at) {
    struct hr_slice name = request->fields[at].name;
    if (!s3_server__has_prefix_nocase(name, "x-amz-") ||
        s3_server__has_prefix_nocase(name, "x-amz-meta-"))
        return false;
    for (size_t i = 0; i < at; i++)
        if (hr_slice_equal_nocase(request->fields[i].name, name)) return true;
    return false;
}

/* The fields that were signed. Every x-amz-… field must be, else somebody on the way could add one;
 * so must Host. */
static enum s3_error collect_fields(const struct s3_request *request, const struct claim *claim,
                                    struct hr_http_field *fields, size_t *count,
                                    struct s3_identity *identity) {
    *count = 0;
    for (size_t i = 0; i < request->field_count; i++) {
        struct hr_slice name = request->fields[i].name;
        if (is_split(request, i))
            return say(identity, S3_InvalidRequest, "A header was given more than once: %.*s",
                       name.size < 64 ? (int)name.size : 64, name.data);
        if (is_signed(claim->signed_names, name)) {
            fields[(*count)++] = request->fields[i];
        } else if (hr_slice_equal_nocase(name, hr_slice_of("host")) ||
                   (s3_server__has_prefix_nocase(name, "x-amz-") &&
                    !(claim->in_query &&
                      hr_slice_equal_nocase(name, hr_slice_of("x-amz-content-sha256"))))) {
            return say(identity, S3_AccessDenied,
                       "There were headers present in the request which were not signed: %.*s",
                       name.size < 64 ? (int)name.size : 64, name.data);
        }
    }
    return S3_OK;
}

/* A plus is read as a blank, so it counts as one here, too: else somebody on the way could turn a
 * plus that was signed into a blank. */
static size_t put_parameter(struct hr_slice raw, char *out) {
    size_t size = 0;
    for (size_t i = 0; i < raw.size; i++) {
        if (raw.data[i] == '+') {
            memcpy(out + size, "%20", 3);
            size += 3;
        } else {
            out[size++] = raw.data[i];
        }
    }
    return size;
}

/* The query without X-Amz-Signature, as it was signed. */
static enum s3_error signed_query(const struct s3_request *request, const struct claim *claim,
                                  struct s3_arena *arena, struct hr_slice *query) {
    *query = hr_slice_bytes(NULL, 0);
    size_t capacity = 0;
    for (size_t i = 0; i < request->parameter_count; i++)
        capacity += 3 * request->parameters[i].raw.size + 1;
    char *text = s3_server__arena_allocate(arena, capacity);
    if (!text) return S3_InternalError;
    size_t size = 0;
    for (size_t i = 0; i < request->parameter_count; i++) {
        const struct s3_parameter *parameter = &request->parameters[i];
        if (claim->in_query && hr_slice_equal(parameter->name, hr_slice_of("X-Amz-Signature")))
            continue;
        if (size > 0) text[size++] = '&';
        size += put_parameter(parameter->raw, text + size);
    }
    *query = hr_slice_bytes(text, size);
    return S3_OK;
}

/* Signs again what was signed, with a signer of this thread's. */
static int sign_again(struct s3_auth *auth, const struct claim *claim,
                      const struct hr_sigv4_request *signing, struct hr_sigv4_result *result) {
    struct hr_sigv4_credentials credentials = {.access_key = auth->access_key,
                                               .secret_key = auth->secret_key};
    struct hr_sigv4_options options = {
        .region = claim->region, .time_s = claim->time_s, .as_given = true};
    struct s3_auth_signer *signer = borrow_signer(auth);
    if (!signer) return -ENOMEM;
    char authorization[AUTHORIZATION_MAX];
    int err = hr_sigv4_sign(signer->signer, &credentials, &options, signing, authorization,
                            sizeof authorization, result);
    return_signer(auth, signer);
    return err;
}

/* Nothing of it is secret: it is made of what the client sent. */
static enum s3_error mismatch(const struct s3_request *request, const struct claim *claim,
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
                             const struct claim *claim, struct s3_arena *arena,
                             struct s3_identity *identity) {
    struct hr_http_field *fields =
        s3_server__arena_allocate(arena, (request->field_count + 1) * sizeof *fields);
    if (!fields) return S3_InternalError;
    if (claim->signed_names.size > SIGNED_NAMES_MAX)
        return malformed(claim, identity, "SignedHeaders is too long.");
    struct hr_sigv4_request signing = {.method = request->method,
                                       .path = request->canonical_path,
                                       .fields = fields,
                                       .payload_hash = claim->payload_hash};
    enum s3_error error = signed_query(request, claim, arena, &signing.query);
    if (!error) error = collect_fields(request, claim, fields, &signing.field_count, identity);
    if (error) return error;
    if (auth->any) return S3_OK;
    if (!all_sent(request, claim->signed_names))
        return mismatch(request, claim, &signing, arena, identity);

    struct hr_sigv4_result result;
    int err = sign_again(auth, claim, &signing, &result);
    if (err == -ENOMEM) return S3_InternalError;
    if (err < 0) return malformed(claim, identity, "the request cannot be put in canonical form.");
    if (claim->signature.size != HR_SIGV4_HEX_SIZE ||
        CRYPTO_memcmp(result.signature, claim->signature.data, HR_SIGV4_HEX_SIZE) != 0)
        return mismatch(request, claim, &signing, arena, identity);
    memcpy(identity->signature, result.signature, sizeof identity->signature);
    return S3_OK;
}

enum s3_error s3_server__auth_verify(struct s3_auth *auth, const struct s3_request *request,
                                     uint64_t now_s, struct s3_arena *arena,
                                     struct s3_identity *identity) {
    memset(identity, 0, sizeof *identity);
    struct claim claim = {.in_query = false};
    bool in_header = s3_server__field_of(request, "authorization").data != NULL;
    bool in_query = s3_server__parameter(request, "X-Amz-Algorithm").data != NULL ||
                    s3_server__parameter(request, "X-Amz-Signature").data != NULL;
    if (in_header && in_query)
        return say(identity, S3_InvalidArgument,
                   "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or "
                   "the Authorization header should be specified");
    if (auth->v2 && s3_server__is_presigned_v2(request))
        return s3_server__auth_verify_v2(auth, request, now_s, arena, identity);
    if (!in_header && s3_server__parameter(request, "Signature").data)
        return say(identity, S3_InvalidRequest,
                   "The authorization mechanism you have provided is not supported. Please use "
                   "AWS4-HMAC-SHA256.");
    if (!in_header && !in_query) return S3_AccessDenied;
    enum s3_error error = in_header ? claim_of_header(request, &claim, identity)
                                    : claim_of_query(request, &claim, identity);
    if (!error) error = check_scope(auth, &claim, now_s, identity);
    if (!error) error = s3_server__payload_parse(claim.payload_hash, identity);
    if (!error) error = compare(auth, request, &claim, arena, identity);
    if (error) return error;
    identity->time_s = claim.time_s;
    identity->region = claim.region;
    return S3_OK;
}

int s3_server__auth_stream(const struct s3_auth *auth, const struct s3_identity *identity,
                           hr_sigv4_stream **stream) {
    *stream = NULL;
    if (auth->any) return 0; /* whoever signs, signs chunks by a secret that is not known here */
    struct hr_sigv4_options options = {.region = identity->region, .time_s = identity->time_s};
    return hr_sigv4_stream_new(auth->secret_key, &options,
                               hr_slice_bytes(identity->signature, HR_SIGV4_HEX_SIZE), stream);
}
