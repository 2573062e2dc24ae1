/* The words of each operation, and the check of a request against them. Source: the S3 API
 * Reference, "Actions", and of each action what this server honours. */
#include "vocabulary.h"

#include <headrace/clock.h>

#include "presigned.h"
#include "settings.h"

/* Words are separated by blanks; of fields the prefix x-amz- is left out, and a star stands for any
 * further characters. */
struct words {
    const char *parameters, *fields, *conditions;
};

#define OWNER     "expected-bucket-owner "
#define REQUESTER OWNER "request-payer "
#define CHECKSUMS                                                                                  \
    "checksum-crc32 checksum-crc32c checksum-crc64nvme checksum-md5 checksum-sha1 "                \
    "checksum-sha256 "                                                                             \
    "checksum-sha512 checksum-xxhash128 checksum-xxhash3 checksum-xxhash64 "
#define BODY CHECKSUMS "sdk-checksum-algorithm decoded-content-length trailer "
/* Fields that describe an object that is made. */
#define KEY                                                                                        \
    "server-side-encryption-customer-algorithm server-side-encryption-customer-key "               \
    "server-side-encryption-customer-key-md5 "
#define OBJECT                                                                                     \
    REQUESTER KEY "acl meta-* storage-class tagging server-side-encryption "                       \
                  "server-side-encryption-aws-kms-key-id "                                         \
                  "server-side-encryption-bucket-key-enabled object-lock-mode "                    \
                  "object-lock-retain-until-date object-lock-legal-hold "
#define SOURCE                                                                                     \
    "copy-source copy-source-if-match copy-source-if-none-match copy-source-if-modified-since "    \
    "copy-source-if-unmodified-since source-expected-bucket-owner "                                \
    "copy-source-server-side-encryption-customer-algorithm "                                       \
    "copy-source-server-side-encryption-customer-key "                                             \
    "copy-source-server-side-encryption-customer-key-md5 "
#define RESPONSE                                                                                   \
    "response-cache-control response-content-disposition response-content-encoding "               \
    "response-content-language response-content-type response-expires "

static const struct words vocabulary[S3_OPERATIONS] = {
    [S3_LIST_BUCKETS] = {.parameters = "bucket-region continuation-token max-buckets prefix"},
    [S3_CREATE_BUCKET] = {.fields = BODY "acl bucket-namespace bucket-object-lock-enabled "
                                         "object-ownership"},
    [S3_HEAD_BUCKET] = {.fields = OWNER},
    [S3_DELETE_BUCKET] = {.fields = OWNER},
    [S3_GET_BUCKET_LOCATION] = {"location", OWNER, NULL},
    /* The setting's name, too. minio-go asks for the time of a lifecycle that way, if it has one.
     */
    [S3_GET_BUCKET_SETTING] = {"withUpdatedAt", OWNER, NULL},
    [S3_LIST_OBJECTS] = {"delimiter encoding-type marker max-keys prefix",
                         REQUESTER "optional-object-attributes", NULL},
    [S3_LIST_OBJECTS_V2] = {"list-type continuation-token delimiter encoding-type fetch-owner "
                            "max-keys prefix start-after",
                            REQUESTER "optional-object-attributes", NULL},
    [S3_LIST_MULTIPART_UPLOADS] = {"uploads delimiter encoding-type key-marker max-uploads prefix "
                                   "upload-id-marker",
                                   REQUESTER, NULL},
    [S3_DELETE_OBJECTS] = {"delete", REQUESTER BODY "bypass-governance-retention", NULL},
    [S3_PUT_OBJECT] = {NULL, OBJECT BODY, "if-match if-none-match"},
    /* With te the AWS SDK for Java says that it would take the body's MD5 behind it. */
    [S3_GET_OBJECT] = {RESPONSE "partNumber versionId", REQUESTER KEY CHECKSUMS "checksum-mode te",
                       NULL},
    [S3_HEAD_OBJECT] = {RESPONSE "partNumber versionId", REQUESTER KEY "checksum-mode", NULL},
    [S3_DELETE_OBJECT] = {"versionId", REQUESTER "bypass-governance-retention", "if-match"},
    [S3_COPY_OBJECT] = {NULL,
                        OBJECT SOURCE "checksum-algorithm metadata-directive "
                                      "object-annotation-directive tagging-directive",
                        "if-match if-none-match"},
    [S3_CREATE_MULTIPART_UPLOAD] = {"uploads", OBJECT "checksum-algorithm checksum-type", NULL},
    [S3_UPLOAD_PART] = {"partNumber uploadId", REQUESTER KEY BODY, NULL},
    [S3_UPLOAD_PART_COPY] = {"partNumber uploadId", REQUESTER KEY SOURCE "copy-source-range", NULL},
    [S3_COMPLETE_MULTIPART_UPLOAD] = {"uploadId",
                                      REQUESTER KEY CHECKSUMS "checksum-type mp-object-size",
                                      "if-match if-none-match"},
    [S3_ABORT_MULTIPART_UPLOAD] = {"uploadId", REQUESTER, NULL},
    [S3_LIST_PARTS] = {"uploadId encoding-type max-parts part-number-marker", REQUESTER KEY, NULL},
    [S3_GET_BUCKET_VERSIONING] = {"versioning", OWNER, NULL},
    [S3_PUT_BUCKET_VERSIONING] = {"versioning", OWNER BODY, NULL},
    [S3_LIST_OBJECT_VERSIONS] = {"versions delimiter encoding-type key-marker max-keys prefix "
                                 "version-id-marker",
                                 REQUESTER "optional-object-attributes", NULL},
    [S3_PUT_OBJECT_TAGGING] = {"tagging versionId", REQUESTER BODY, NULL},
    [S3_DELETE_OBJECT_TAGGING] = {"tagging versionId", OWNER, NULL},
    [S3_GET_BUCKET_TAGGING] = {"tagging", OWNER, NULL},
    [S3_PUT_BUCKET_TAGGING] = {"tagging", OWNER BODY, NULL},
    [S3_DELETE_BUCKET_TAGGING] = {"tagging", OWNER, NULL},
    [S3_GET_OBJECT_ACL] = {"acl versionId", REQUESTER, NULL},
    [S3_PUT_OBJECT_ACL] = {"acl versionId", REQUESTER BODY "acl ", NULL},
    [S3_GET_BUCKET_ACL] = {"acl", OWNER, NULL},
    [S3_PUT_BUCKET_ACL] = {"acl", OWNER BODY "acl ", NULL},
    [S3_GET_BUCKET_OWNERSHIP] = {"ownershipControls", OWNER, NULL},
    [S3_GET_LEGAL_HOLD] = {"legal-hold versionId", REQUESTER, NULL},
    [S3_PUT_LEGAL_HOLD] = {"legal-hold versionId", REQUESTER BODY, NULL},
    [S3_GET_RETENTION] = {"retention versionId", REQUESTER, NULL},
    [S3_PUT_RETENTION] = {"retention versionId", REQUESTER BODY "bypass-governance-retention ",
                          NULL},
    [S3_GET_LOCK_RULE] = {"object-lock", OWNER, NULL},
    [S3_PUT_LOCK_RULE] = {"object-lock", REQUESTER BODY, NULL},
    [S3_GET_OBJECT_ATTRIBUTES] = {"attributes versionId",
                                  REQUESTER KEY "object-attributes max-parts part-number-marker",
                                  NULL},
    [S3_GET_BUCKET_CORS] = {"cors", OWNER, NULL},
    [S3_PUT_BUCKET_CORS] = {"cors", OWNER BODY, NULL},
    [S3_DELETE_BUCKET_CORS] = {"cors", OWNER, NULL},
    [S3_GET_OBJECT_TAGGING] = {"tagging versionId", REQUESTER, NULL},
};

/* Fields of the sender and of the transfer. Those of the signature have been verified. */
static const char common_fields[] = "content-sha256 date security-token user-agent";
/* The AWS SDK for C++ adds it to each request. There is one version of the API. */
#define API_VERSION_FIELD "api-version"
/* In a request that changes an object these fields make the change depend on the object's state, or
 * mean a part of it: they must not be ignored. In a request that only reads they may be. */
static const char all_conditions[] =
    "if-match if-none-match if-modified-since if-unmodified-since content-range";

/* Fields of which some values ask for what this server does in any case. */
static const struct value_rule {
    const char *field;
    const char *accepted;
    const char *refused; /* S3 has them, this server does not; a star: all others */
} value_rules[] = {
    {API_VERSION_FIELD, "2006-03-01", ""},
    {"acl",
     "private public-read public-read-write authenticated-read bucket-owner-full-control "
     "bucket-owner-read",
     "aws-exec-read log-delivery-write"},
    {"bucket-namespace", "global", "account-regional"},
    {"bucket-object-lock-enabled", "false true", ""},
    {"bypass-governance-retention", "false true", ""},
    {"checksum-mode", "ENABLED", ""},
    {"metadata-directive", "COPY REPLACE", ""},
    {"object-annotation-directive", "COPY EXCLUDE", ""},
    {"object-ownership", "BucketOwnerEnforced BucketOwnerPreferred ObjectWriter", ""},
    {"optional-object-attributes", "RestoreStatus", ""},
    {"request-payer", "requester", ""},
    {"server-side-encryption", "AES256 aws:kms aws:kms:dsse", "aws:fsx"},
    {"server-side-encryption-bucket-key-enabled", "false true", ""},
    {"tagging-directive", "COPY REPLACE", ""},
    {"te", "append-md5", ""},
};

typedef bool equal_fn(struct hr_slice left, struct hr_slice right);

static bool matches(struct hr_slice word, struct hr_slice text, equal_fn *equal) {
    if (word.size == 0 || word.data[word.size - 1] != '*') return equal(word, text);
    size_t size = word.size - 1;
    return text.size > size &&
           equal(hr_slice_bytes(word.data, size), hr_slice_bytes(text.data, size));
}

static bool has_word(const char *words, struct hr_slice text, equal_fn *equal) {
    struct hr_slice rest = hr_slice_of(words ? words : ""), word;
    while (hr_slice_cut(&rest, ' ', &word))
        if (word.size > 0 && matches(word, text, equal)) return true;
    return false;
}

/* Conditions whose value must be a date: ignored for a wrong value, they would hold. */
static bool is_wrong_date(struct hr_slice name, struct hr_slice value) {
    uint64_t time_s;
    return has_word("copy-source-if-modified-since copy-source-if-unmodified-since", name,
                    hr_slice_equal_nocase) &&
           hr_date_parse(value, &time_s) < 0;
}

static enum s3_error check_value(struct hr_slice name, struct hr_slice value) {
    if (is_wrong_date(name, value)) return S3_InvalidArgument;
    for (size_t i = 0; i < sizeof value_rules / sizeof value_rules[0]; i++) {
        const struct value_rule *rule = &value_rules[i];
        if (!hr_slice_equal_nocase(name, hr_slice_of(rule->field))) continue;
        if (value.size == 0) return S3_InvalidArgument;
        if (has_word(rule->accepted, value, hr_slice_equal_nocase)) return S3_OK;
        return has_word(rule->refused, value, hr_slice_equal_nocase) ? S3_NotImplemented
                                                                     : S3_InvalidArgument;
    }
    return S3_OK;
}

/* Where something is written, S3 has If-None-Match with a star only. */
static enum s3_error check_condition(const struct words *words, const struct hr_http_field *field) {
    if (!has_word(all_conditions, field->name, hr_slice_equal_nocase)) return S3_OK;
    if (!has_word(words->conditions, field->name, hr_slice_equal_nocase)) return S3_NotImplemented;
    bool is_none_match = hr_slice_equal_nocase(field->name, hr_slice_of("if-none-match"));
    return is_none_match && !hr_slice_equal(field->value, hr_slice_of("*")) ? S3_NotImplemented
                                                                            : S3_OK;
}

static enum s3_error check_field(const struct words *words, const struct hr_http_field *field,
                                 bool only_reads) {
    static const char prefix[] = "x-amz-";
    if (!s3_server__has_prefix_nocase(field->name, prefix))
        return only_reads ? S3_OK : check_condition(words, field);
    struct hr_slice name = hr_slice_bytes(field->name.data + sizeof prefix - 1,
                                          field->name.size - (sizeof prefix - 1));
    if (has_word(common_fields, name, hr_slice_equal_nocase)) return S3_OK;
    if (!has_word(words->fields, name, hr_slice_equal_nocase) &&
        !hr_slice_equal_nocase(name, hr_slice_of(API_VERSION_FIELD)))
        return S3_NotImplemented;
    return check_value(name, field->value);
}

static enum s3_error check_parameter(const struct words *words, const struct s3_request *request,
                                     size_t at) {
    struct hr_slice name = request->parameters[at].name;
    for (size_t i = 0; i < at; i++)
        if (hr_slice_equal(request->parameters[i].name, name)) return S3_InvalidArgument;
    /* SDKs name the operation there, for logs. */
    if (hr_slice_equal(name, hr_slice_of("x-id"))) return S3_OK;
    if (s3_server__is_auth_parameter(request, name) || s3_server__is_hoisted(request, name))
        return S3_OK;
    if (has_word(words->parameters, name, hr_slice_equal)) return S3_OK;
    bool is_setting = words == &vocabulary[S3_GET_BUCKET_SETTING];
    if (is_setting && hr_slice_equal(name, hr_slice_of(s3_server__setting(request)->name)))
        return S3_OK;
    /* S3 refuses these two by a message of its own, at every operation. */
    bool is_misplaced = hr_slice_equal(name, hr_slice_of("versionId")) ||
                        hr_slice_equal(name, hr_slice_of("partNumber"));
    return is_misplaced ? S3_InvalidArgument : S3_NotImplemented;
}

enum s3_error s3_server__vocabulary_check(const struct s3_request *request,
                                          enum s3_operation operation, struct s3_refusal *refusal) {
    const struct words *words = &vocabulary[operation];
    bool only_reads = hr_slice_equal(request->method, hr_slice_of("GET")) ||
                      hr_slice_equal(request->method, hr_slice_of("HEAD"));
    for (size_t i = 0; i < request->parameter_count; i++) {
        enum s3_error error = check_parameter(words, request, i);
        if (!error) continue;
        *refusal =
            (struct s3_refusal){true, request->parameters[i].name, request->parameters[i].value};
        return error;
    }
    for (size_t i = 0; i < request->field_count; i++) {
        enum s3_error error = check_field(words, &request->fields[i], only_reads);
        if (!error) continue;
        *refusal = (struct s3_refusal){false, request->fields[i].name, request->fields[i].value};
        return error;
    }
    return S3_OK;
}
