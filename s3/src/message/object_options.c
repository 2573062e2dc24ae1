/* Options of operations on objects, written as header fields and parameters. */
#include "object_options.h"

#include <errno.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <headrace/clock.h>
#include <headrace/encode.h>

#include "writer.h"

#define MD5_SIZE 16

/* ---- Conditions. */

const struct hr__condition_names hr__conditions_read = {"If-Match", "If-None-Match",
                                                        "If-Modified-Since", "If-Unmodified-Since"};
const struct hr__condition_names hr__conditions_write = {"If-Match", "If-None-Match", NULL, NULL};
const struct hr__condition_names hr__conditions_source = {
    "x-amz-copy-source-if-match", "x-amz-copy-source-if-none-match",
    "x-amz-copy-source-if-modified-since", "x-amz-copy-source-if-unmodified-since"};

/* ETags are kept without quotes, and sent with them. */
void hr__add_etag(struct hr__s3_adder *add, const char *name, const char *etag) {
    if (!etag) return;
    size_t size = strlen(etag);
    if (*etag == '"' || strncmp(etag, "W/", 2) == 0 || strcmp(etag, "*") == 0) {
        hr__add_field(add, name, hr_slice_bytes(etag, size));
        return;
    }
    char *memory = hr__add_memory(add, size + 2);
    if (!memory) return;
    memory[0] = memory[size + 1] = '"';
    memcpy(memory + 1, etag, size);
    hr__add_field(add, name, hr_slice_bytes(memory, size + 2));
}

void hr__add_date(struct hr__s3_adder *add, const char *name, uint64_t unix_s) {
    char *memory = unix_s ? hr__add_memory(add, HR_DATE_HTTP_SIZE) : NULL;
    if (!memory) return;
    hr_date_http(unix_s, memory);
    hr__add_field(add, name, hr_slice_of(memory));
}

void hr__add_conditions(struct hr__s3_adder *add, const struct hr__condition_names *names,
                        const struct hr_s3_conditions *conditions) {
    bool dated = conditions->if_modified_since_s || conditions->if_unmodified_since_s;
    if (dated && !names->modified) {
        hr__add_refuse(add, -EINVAL,
                       "a write has no conditions of time: if_modified_since_s and "
                       "if_unmodified_since_s are of reads");
        return;
    }
    hr__add_etag(add, names->match, conditions->if_match);
    hr__add_etag(add, names->none_match, conditions->if_none_match);
    hr__add_date(add, names->modified, conditions->if_modified_since_s);
    hr__add_date(add, names->unmodified, conditions->if_unmodified_since_s);
}

/* ---- Encryption. */

static void add_base64(struct hr__s3_adder *add, const char *name, struct hr_slice bytes) {
    size_t size = hr_base64_size(bytes.size);
    char *memory = hr__add_memory(add, size);
    if (!memory) return;
    hr_base64_encode(bytes.data, bytes.size, memory);
    hr__add_field(add, name, hr_slice_bytes(memory, size));
}

void hr__add_checksum_algorithm(struct hr__s3_adder *add, enum hr_s3_checksum_algorithm algorithm) {
    if (algorithm)
        hr__add_field_text(add, "x-amz-checksum-algorithm",
                           hr_s3_checksum_traits_of(algorithm)->name);
}

void hr__add_content_md5(struct hr__s3_adder *add, struct hr_slice body) {
    uint8_t digest[MD5_SIZE];
    if (!EVP_Q_digest(NULL, "MD5", NULL, body.data, body.size, digest, NULL)) {
        hr__add_refuse(add, -ENOTSUP, "S3 wants Content-MD5 here, and OpenSSL lacks MD5");
        return;
    }
    add_base64(add, "Content-MD5", hr_slice_bytes((const char *)digest, sizeof digest));
}

void hr__add_mfa(struct hr__s3_adder *add, const char *mfa) {
    if (mfa && !add->tls)
        hr__add_refuse(add, HR_ERR_S3_TLS_NEEDED,
                       "mfa is sent over TLS alone, and the endpoint is http://");
    hr__add_field_text(add, "x-amz-mfa", mfa);
}

/* Its names, algorithm, key and digest. */
static void add_key(struct hr__s3_adder *add, const char *const names[3], const void *key) {
    if (!key) return;
    if (!add->tls) {
        hr__add_refuse(
            add, HR_ERR_S3_TLS_NEEDED,
            "a customer key (SSE-C) is sent over TLS alone, and the endpoint is http://");
        return;
    }
    uint8_t digest[MD5_SIZE];
    if (!EVP_Q_digest(NULL, "MD5", NULL, key, HR_S3_CUSTOMER_KEY_SIZE, digest, NULL)) {
        hr__add_refuse(add, -ENOTSUP, "a customer key (SSE-C) needs MD5, which OpenSSL lacks here");
        return;
    }
    hr__add_field_text(add, names[0], "AES256");
    if (*add->details) (*add->details)->secret = true;
    add_base64(add, names[1], hr_slice_bytes(key, HR_S3_CUSTOMER_KEY_SIZE));
    add_base64(add, names[2], hr_slice_bytes((const char *)digest, sizeof digest));
    OPENSSL_cleanse(digest, sizeof digest);
}

void hr__add_customer_key(struct hr__s3_adder *add, const void *key) {
    static const char *const names[] = {"x-amz-server-side-encryption-customer-algorithm",
                                        "x-amz-server-side-encryption-customer-key",
                                        "x-amz-server-side-encryption-customer-key-MD5"};
    add_key(add, names, key);
}

void hr__add_source_key(struct hr__s3_adder *add, const void *key) {
    static const char *const names[] = {
        "x-amz-copy-source-server-side-encryption-customer-algorithm",
        "x-amz-copy-source-server-side-encryption-customer-key",
        "x-amz-copy-source-server-side-encryption-customer-key-MD5"};
    add_key(add, names, key);
}

static void add_encryption(struct hr__s3_adder *add, const struct hr_s3_encryption *encryption) {
    static const char *const kinds[] = {NULL, "AES256", "aws:kms", "aws:kms:dsse"};
    bool kms =
        encryption->kind == HR_S3_ENCRYPTION_KMS || encryption->kind == HR_S3_ENCRYPTION_KMS_DUAL;
    if ((unsigned)encryption->kind > HR_S3_ENCRYPTION_KMS_DUAL)
        hr__add_refuse(add, -EINVAL, "encryption.kind is %d, which the enum has not",
                       (int)encryption->kind);
    else if (encryption->kind && encryption->customer_key)
        hr__add_refuse(add, -EINVAL, "encryption has a kind and a customer_key: one of them");
    else if (!kms && (encryption->kms_key_id || encryption->kms_context || encryption->bucket_key))
        hr__add_refuse(add, -EINVAL, "kms_key_id, kms_context and bucket_key are of KMS alone");
    if (add->err) return;
    hr__add_field_text(add, "x-amz-server-side-encryption", kinds[encryption->kind]);
    hr__add_field_text(add, "x-amz-server-side-encryption-aws-kms-key-id", encryption->kms_key_id);
    if (encryption->kms_context)
        add_base64(add, "x-amz-server-side-encryption-context",
                   hr_slice_of(encryption->kms_context));
    if (encryption->bucket_key)
        hr__add_field_text(add, "x-amz-server-side-encryption-bucket-key-enabled", "true");
    hr__add_customer_key(add, encryption->customer_key);
}

/* ---- Tags, lock, payer. */

static size_t tags_size(const struct hr_s3_object_options *options) {
    size_t size = 0;
    for (size_t i = 0; i < options->tag_count; i++)
        size += 3 * (strlen(options->tags[i].key) + strlen(options->tags[i].value)) + 2;
    return size;
}

static bool tags_valid(struct hr__s3_adder *add, const struct hr_s3_object_options *options) {
    if (options->tag_count > HR_S3_TAGS_MAX)
        hr__add_refuse(add, -EINVAL, "%zu tags are more than the limit of %d", options->tag_count,
                       HR_S3_TAGS_MAX);
    else if (!options->tags)
        hr__add_refuse(add, -EINVAL, "tags is NULL, and tag_count is not 0");
    for (size_t i = 0; !add->err && i < options->tag_count; i++)
        if (!options->tags[i].key || !*options->tags[i].key || !options->tags[i].value)
            hr__add_refuse(add, -EINVAL, "tags[%zu] has no key or no value", i);
    return !add->err;
}

/* As a form is: key=value&key=value, percent-encoded. */
static void add_tags(struct hr__s3_adder *add, const struct hr_s3_object_options *options) {
    if (options->tag_count == 0 || !tags_valid(add, options)) return;
    size_t size = tags_size(options);
    char *memory = hr__add_memory(add, size);
    if (!memory) return;
    struct hr__writer out = hr__writer(memory, size);
    for (size_t i = 0; i < options->tag_count; i++) {
        if (i > 0) hr__put_byte(&out, '&');
        hr__put_percent(&out, hr_slice_of(options->tags[i].key), HR_PERCENT_STRICT);
        hr__put_byte(&out, '=');
        hr__put_percent(&out, hr_slice_of(options->tags[i].value), HR_PERCENT_STRICT);
    }
    hr__add_field(add, "x-amz-tagging", hr__written(&out));
}

static void add_lock(struct hr__s3_adder *add, const struct hr_s3_lock *lock) {
    if (!lock->mode != !lock->retain_until_s)
        hr__add_refuse(add, -EINVAL, "lock.mode and lock.retain_until_s go together");
    hr__add_field_text(add, "x-amz-object-lock-mode", lock->mode);
    hr__add_field_text(add, "x-amz-object-lock-legal-hold", lock->legal_hold);
    char *memory = lock->retain_until_s ? hr__add_memory(add, HR_DATE_ISO_SIZE) : NULL;
    if (!memory) return;
    hr_date_iso(lock->retain_until_s * 1000, memory);
    hr__add_field(add, "x-amz-object-lock-retain-until-date", hr_slice_of(memory));
}

void hr__add_payer(struct hr__s3_adder *add, bool request_payer, const char *expected_owner) {
    if (request_payer) hr__add_field_text(add, "x-amz-request-payer", "requester");
    hr__add_field_text(add, "x-amz-expected-bucket-owner", expected_owner);
}

/* ---- All of an operation. */

void hr__add_object_options(struct hr__s3_adder *add, const struct hr_s3_object_options *options) {
    hr__add_field_text(add, "Content-Encoding", options->content_encoding);
    hr__add_field_text(add, "Content-Language", options->content_language);
    hr__add_field_text(add, "Content-Disposition", options->content_disposition);
    hr__add_field_text(add, "Cache-Control", options->cache_control);
    hr__add_date(add, "Expires", options->expires_s);
    add_tags(add, options);
    hr__add_field_text(add, "x-amz-storage-class", options->storage_class);
    hr__add_field_text(add, "x-amz-acl", options->acl);
    hr__add_field_text(add, "x-amz-website-redirect-location", options->website_redirect);
    add_encryption(add, &options->encryption);
    add_lock(add, &options->lock);
    hr__add_payer(add, options->request_payer, options->expected_owner);
}

static void add_override_date(struct hr__s3_adder *add, uint64_t unix_s) {
    char *memory = unix_s ? hr__add_memory(add, HR_DATE_HTTP_SIZE) : NULL;
    if (!memory) return;
    hr_date_http(unix_s, memory);
    hr__add_query_text(add, "response-expires", memory);
}

static void add_overrides(struct hr__s3_adder *add, const struct hr_s3_overrides *overrides) {
    hr__add_query_text(add, "response-cache-control", overrides->cache_control);
    hr__add_query_text(add, "response-content-disposition", overrides->content_disposition);
    hr__add_query_text(add, "response-content-encoding", overrides->content_encoding);
    hr__add_query_text(add, "response-content-language", overrides->content_language);
    hr__add_query_text(add, "response-content-type", overrides->content_type);
    add_override_date(add, overrides->expires_s);
}

void hr__add_read_options(struct hr__s3_adder *add, const struct hr_s3_read_options *options) {
    hr__add_query_u64(add, "partNumber", options->part_number);
    add_overrides(add, &options->overrides);
    hr__add_query_text(add, "versionId", options->version_id);
    hr__add_conditions(add, &hr__conditions_read, &options->conditions);
    hr__add_customer_key(add, options->customer_key);
    hr__add_payer(add, options->request_payer, options->expected_owner);
}
