/* Server-side encryption: nothing is encrypted, but what a client says of it is checked, kept and
 * sent back, and an object that was written with a client's key is read with that key alone. The
 * key itself is not kept. Source: the S3 User Guide, "Using server-side encryption". */
#include "store_call.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <headrace/encode.h>

#define CUSTOMER         S3_ENCRYPTION_FIELD "-customer-"
#define CUSTOMER_KEY_MD5 CUSTOMER "key-md5"
#define KMS_KEY          S3_ENCRYPTION_FIELD "-aws-kms-key-id"

static bool md5_of(const uint8_t *data, size_t size, char base64[24]) {
    uint8_t md5[16];
    if (EVP_Digest(data, size, md5, NULL, EVP_md5(), NULL) != 1) return false;
    hr_base64_encode(md5, sizeof md5, base64);
    return true;
}

static struct hr_slice prefixed(const struct s3_call *call, const char *prefix, const char *name) {
    char full[96];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    return s3_server__header(call, full);
}

/* The three fields of a client's key; *md5 with data NULL: none of them is there. */
static enum s3_error read_customer_key(struct s3_call *call, const char *prefix,
                                       struct hr_slice *md5) {
    struct hr_slice algorithm = prefixed(call, prefix, "algorithm");
    struct hr_slice key = prefixed(call, prefix, "key");
    *md5 = prefixed(call, prefix, "key-md5");
    if (!algorithm.data && !key.data && !md5->data) return S3_OK;
    if (call->server->secure_keys_only && !call->server->secure)
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "Requests specifying Server Side Encryption with Customer "
                                 "provided keys must be made over a secure connection.");
    if (!algorithm.data || !key.data || !md5->data)
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "Requests specifying Server Side Encryption with Customer "
                                 "provided keys must provide the algorithm, the key and its MD5.");
    if (!hr_slice_equal(algorithm, hr_slice_of("AES256")))
        return S3_InvalidEncryptionAlgorithmError;
    uint8_t bytes[32];
    char made[24];
    size_t size = 0;
    bool is_key = hr_base64_decode(key, bytes, sizeof bytes, &size) == 0 && size == sizeof bytes;
    bool is_same = is_key && md5_of(bytes, sizeof bytes, made) &&
                   hr_slice_equal(*md5, hr_slice_bytes(made, sizeof made));
    OPENSSL_cleanse(bytes, sizeof bytes);
    if (!is_key)
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "The secret key was invalid for the specified algorithm.");
    if (!is_same)
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "The calculated MD5 hash of the key did not match the hash that "
                                 "was provided.");
    return S3_OK;
}

static bool is_kms(struct hr_slice algorithm) {
    return hr_slice_equal(algorithm, hr_slice_of("aws:kms")) ||
           hr_slice_equal(algorithm, hr_slice_of("aws:kms:dsse"));
}

enum s3_error s3_server__check_encryption(struct s3_call *call) {
    struct hr_slice algorithm = s3_server__header(call, S3_ENCRYPTION_FIELD), md5;
    enum s3_error error = read_customer_key(call, CUSTOMER, &md5);
    if (error) return error;
    if (md5.data && algorithm.data)
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "Server Side Encryption with Customer provided key is "
                                 "incompatible with the encryption method specified");
    if (s3_server__header(call, KMS_KEY).data && !is_kms(algorithm))
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "Server Side Encryption with AWS KMS managed key requires HTTP "
                                 "header x-amz-server-side-encryption : aws:kms");
    return S3_OK;
}

bool s3_server__is_encryption_field(struct hr_slice name) {
    return s3_server__has_prefix_nocase(name, S3_ENCRYPTION_FIELD) &&
           !hr_slice_equal_nocase(name, hr_slice_of(CUSTOMER "key"));
}

bool s3_server__is_customer_field(struct hr_slice name) {
    return s3_server__has_prefix_nocase(name, CUSTOMER);
}

static struct hr_slice kept_md5(const struct s3_object *object) {
    for (size_t i = 0; i < object->field_count; i++)
        if (hr_slice_equal(object->fields[i].name, hr_slice_of(CUSTOMER_KEY_MD5)))
            return object->fields[i].value;
    return hr_slice_bytes(NULL, 0);
}

static enum s3_error check_key(struct s3_call *call, const char *prefix,
                               const struct s3_object *object) {
    struct hr_slice given, kept = kept_md5(object);
    enum s3_error error = read_customer_key(call, prefix, &given);
    if (error) return error;
    if (kept.data && !given.data)
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "The object was stored using a form of Server Side Encryption. "
                                 "The correct parameters must be provided to retrieve the object.");
    if (!kept.data && given.data)
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "The encryption parameters are not applicable to this object.");
    return hr_slice_equal(kept, given) ? S3_OK : S3_AccessDenied;
}

enum s3_error s3_server__check_object_key(struct s3_call *call, const struct s3_object *object) {
    return check_key(call, CUSTOMER, object);
}

enum s3_error s3_server__check_given_key(struct s3_call *call, const struct s3_object *object) {
    bool is_given = false;
    for (size_t i = 0; i < call->request.field_count && !is_given; i++)
        is_given = s3_server__is_customer_field(call->request.fields[i].name);
    return is_given ? s3_server__check_object_key(call, object) : S3_OK;
}

enum s3_error s3_server__check_source_key(struct s3_call *call, const struct s3_object *object) {
    return check_key(call, "x-amz-copy-source-server-side-encryption-customer-", object);
}

void s3_server__add_encryption(struct s3_call *call, const struct hr_http_field *fields,
                               size_t count) {
    for (size_t i = 0; i < count; i++)
        if (s3_server__is_encryption_field(fields[i].name))
            s3_server__add_field(call, fields[i].name, fields[i].value);
}
