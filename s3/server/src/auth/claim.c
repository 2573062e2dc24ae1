/* The claim of a signature, and whether it could be right: everything but the signature itself. */
#include "claim.h"

#include <errno.h>

#include <headrace/clock.h>
#include <headrace/text.h>

#define ALGORITHM "AWS4-HMAC-SHA256"

enum s3_error s3_server__claim_malformed(const struct s3_claim *claim, struct s3_identity *identity,
                                         const char *what) {
    if (claim->in_query)
        return s3_server__identity_refuse(identity, S3_AuthorizationQueryParametersError, "%s",
                                          what);
    return s3_server__identity_refuse(identity, S3_AuthorizationHeaderMalformed,
                                      "The authorization header is malformed; %s", what);
}

/* The value of "Name=value" in a comma-separated list; data NULL: there is none. */
static struct hr_slice list_member(struct hr_slice list, const char *name) {
    struct hr_slice value, found;
    while (hr_slice_cut(&list, ',', &value)) {
        value = hr_slice_trim(value);
        if (value.size == 0 || !memchr(value.data, '=', value.size)) continue;
        hr_slice_cut(&value, '=', &found);
        if (hr_slice_equal(found, hr_slice_of(name))) return value;
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
enum s3_error s3_server__claim_credential(struct s3_claim *claim, struct s3_identity *identity) {
    struct hr_slice rest = claim->credential;
    struct hr_slice terminal = cut_last(&rest);
    claim->service = cut_last(&rest);
    claim->region = cut_last(&rest);
    claim->date = cut_last(&rest);
    claim->access_key = rest;
    if (!claim->date.data || rest.size == 0)
        return s3_server__claim_malformed(claim, identity,
                                          "the Credential is mal-formed; expecting "
                                          "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
    if (!hr_slice_equal(terminal, hr_slice_of("aws4_request")))
        return s3_server__claim_malformed(claim, identity,
                                          "the Credential must end in \"aws4_request\".");
    if (!hr_slice_equal(claim->service, hr_slice_of("s3")))
        return s3_server__claim_malformed(claim, identity,
                                          "incorrect service. This endpoint belongs to \"s3\".");
    return S3_OK;
}

enum s3_error s3_server__claim_of_header(const struct s3_request *request, struct s3_claim *claim,
                                         struct s3_identity *identity) {
    struct hr_slice header = s3_server__field_of(request, "authorization");
    if (!s3_server__has_prefix_nocase(header, ALGORITHM " ")) {
        if (s3_server__has_prefix_nocase(header, "AWS"))
            return s3_server__identity_refuse(
                identity, S3_InvalidRequest,
                "The authorization mechanism you have provided is not supported. Please use "
                "AWS4-HMAC-SHA256.");
        return s3_server__identity_refuse(identity, S3_InvalidArgument,
                                          "Unsupported Authorization Type");
    }
    size_t skip = sizeof ALGORITHM;
    struct hr_slice list = hr_slice_bytes(header.data + skip, header.size - skip);
    claim->credential = list_member(list, "Credential");
    claim->signed_names = list_member(list, "SignedHeaders");
    claim->signature = list_member(list, "Signature");
    if (!claim->credential.data || !claim->signed_names.data || !claim->signature.data)
        return s3_server__claim_malformed(
            claim, identity, "Credential, SignedHeaders and Signature are all needed.");
    struct hr_slice date = s3_server__field_of(request, "x-amz-date");
    if (!date.data) date = s3_server__field_of(request, "date");
    if (!date.data || hr_date_parse(date, &claim->time_s) < 0)
        return s3_server__identity_refuse(
            identity, S3_AccessDenied,
            "AWS authentication requires a valid Date or x-amz-date header");
    claim->payload_hash = s3_server__field_of(request, "x-amz-content-sha256");
    if (!claim->payload_hash.data)
        return s3_server__identity_refuse(
            identity, S3_InvalidRequest,
            "Missing required header for this request: x-amz-content-sha256");
    return s3_server__claim_credential(claim, identity);
}

enum s3_error s3_server__claim_of_query(const struct s3_request *request, struct s3_claim *claim,
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
        return s3_server__claim_malformed(
            claim, identity,
            "Query-string authentication version 4 requires the X-Amz-Algorithm, "
            "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
            "X-Amz-Expires parameters.");
    if (!hr_slice_equal(algorithm, hr_slice_of(ALGORITHM)))
        return s3_server__claim_malformed(claim, identity,
                                          "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
    if (hr_date_parse(date, &claim->time_s) < 0 || date.size != 16)
        return s3_server__claim_malformed(
            claim, identity,
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
    int err = hr_text_u64(expires, S3_EXPIRES_MAX_S, &claim->expires_s);
    if (err == -EINVAL)
        return s3_server__claim_malformed(claim, identity, "X-Amz-Expires should be a number");
    if (err || claim->expires_s == 0)
        return s3_server__claim_malformed(
            claim, identity, "X-Amz-Expires must be between 1 and a week (in seconds): 604800");
    struct hr_slice field = s3_server__field_of(request, "x-amz-content-sha256");
    claim->payload_hash = s3_server__parameter(request, "X-Amz-Content-Sha256");
    if (claim->payload_hash.data && field.data && !hr_slice_equal(field, claim->payload_hash))
        return s3_server__claim_malformed(
            claim, identity, "X-Amz-Content-Sha256 in the query and x-amz-content-sha256 differ.");
    if (!claim->payload_hash.data) claim->payload_hash = field;
    if (!claim->payload_hash.data) claim->payload_hash = hr_slice_of("UNSIGNED-PAYLOAD");
    return s3_server__claim_credential(claim, identity);
}

enum s3_error s3_server__claim_key(const struct s3_auth_rules *rules, struct hr_slice access_key,
                                   struct s3_identity *identity) {
    identity->key = s3_server__key_find(rules->keys, rules->key_count, access_key);
    if (!identity->key && !rules->any) return S3_InvalidAccessKeyId;
    identity->access_key = access_key;
    return S3_OK;
}

enum s3_error s3_server__claim_check(const struct s3_auth_rules *rules,
                                     const struct s3_claim *claim, uint64_t now_s,
                                     struct s3_identity *identity) {
    enum s3_error error = s3_server__claim_key(rules, claim->access_key, identity);
    if (error) return error;
    char date[17];
    hr_date_basic(claim->time_s, date);
    if (!hr_slice_equal(claim->date, hr_slice_bytes(date, 8)))
        return s3_server__claim_malformed(claim, identity,
                                          "the date of the Credential is not that of the request.");
    if (rules->region.size > 0 && !hr_slice_equal(claim->region, rules->region))
        return s3_server__identity_refuse(
            identity,
            claim->in_query ? S3_AuthorizationQueryParametersError
                            : S3_AuthorizationHeaderMalformed,
            "The authorization is malformed; the region '%.*s' is wrong; expecting '%.*s'",
            claim->region.size < 64 ? (int)claim->region.size : 64, claim->region.data,
            (int)rules->region.size, rules->region.data);
    if (claim->in_query) {
        if (claim->time_s > now_s + S3_SKEW_S)
            return s3_server__identity_refuse(identity, S3_AccessDenied,
                                              "Request is not valid yet");
        if (claim->time_s + claim->expires_s < now_s)
            return s3_server__identity_refuse(identity, S3_AccessDenied, "Request has expired");
        return S3_OK;
    }
    uint64_t skew = claim->time_s > now_s ? claim->time_s - now_s : now_s - claim->time_s;
    return skew > S3_SKEW_S ? S3_RequestTimeTooSkewed : S3_OK;
}
