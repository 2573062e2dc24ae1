/* SHA-1, SHA-2 and MD5 by OpenSSL, with the algorithms fetched once for the process: looking them
 * up by name costs more than hashing a short text. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>

#include <openssl/evp.h>

#include "hash_family.h"

/* Never freed: OpenSSL's own shutdown frees them. */
static EVP_MD *methods[HR_S3_CHECKSUM_ALGORITHMS];
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void) {
    methods[HR_S3_CHECKSUM_SHA1] = EVP_MD_fetch(NULL, "SHA1", NULL);
    methods[HR_S3_CHECKSUM_SHA256] = EVP_MD_fetch(NULL, "SHA256", NULL);
    methods[HR_S3_CHECKSUM_SHA512] = EVP_MD_fetch(NULL, "SHA512", NULL);
    methods[HR_S3_CHECKSUM_MD5] = EVP_MD_fetch(NULL, "MD5", NULL);
}

static int begin(struct hr_s3_hasher *hasher) {
    pthread_once(&fetched, fetch);
    const EVP_MD *method = methods[hasher->algorithm];
    if (!method) return -ENOTSUP;
    if (!hasher->context_) hasher->context_ = EVP_MD_CTX_new();
    if (!hasher->context_) return -ENOMEM;
    return EVP_DigestInit_ex2(hasher->context_, method, NULL) == 1 ? 0 : -ENOMEM;
}

static int update(struct hr_s3_hasher *hasher, const void *data, size_t size) {
    return EVP_DigestUpdate(hasher->context_, data, size) == 1 ? 0 : -ENOMEM;
}

static int end(struct hr_s3_hasher *hasher, uint8_t *bytes) {
    unsigned size = 0;
    if (EVP_DigestFinal_ex(hasher->context_, bytes, &size) != 1) return -ENOMEM;
    assert(size == hr_s3_checksum_traits_of(hasher->algorithm)->size);
    return 0;
}

static void free_context(void *context) {
    EVP_MD_CTX_free(context);
}

const struct hr__hash_family hr__hash_openssl = {begin, update, end, free_context};
