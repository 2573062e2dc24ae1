/* Names, texts and values of checksums; digests of a body. */
#include "checksums.h"

#include <assert.h>
#include <errno.h>

#include <headrace/encode.h>

static const struct {
    const char *name, *header, *element;
    size_t size;
} kinds[S3_CHECKSUMS] = {
    [S3_CHECKSUM_NONE] = {"", "", "", 0},
    [S3_CHECKSUM_CRC32] = {"CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4},
    [S3_CHECKSUM_CRC32C] = {"CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4},
    [S3_CHECKSUM_CRC64NVME] = {"CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", 8},
    [S3_CHECKSUM_SHA1] = {"SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", 20},
    [S3_CHECKSUM_SHA256] = {"SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", 32},
};

const char *s3_server__checksum_name(enum s3_checksum kind) {
    return kinds[kind].name;
}
const char *s3_server__checksum_header(enum s3_checksum kind) {
    return kinds[kind].header;
}
const char *s3_server__checksum_element(enum s3_checksum kind) {
    return kinds[kind].element;
}
size_t s3_server__checksum_size(enum s3_checksum kind) {
    return kinds[kind].size;
}

enum s3_checksum s3_server__checksum_of_name(struct hr_slice name) {
    for (enum s3_checksum kind = S3_CHECKSUM_CRC32; kind < S3_CHECKSUMS; kind++)
        if (hr_slice_equal_nocase(name, hr_slice_of(kinds[kind].name))) return kind;
    return S3_CHECKSUM_NONE;
}

enum s3_checksum s3_server__checksum_of_header(struct hr_slice name) {
    for (enum s3_checksum kind = S3_CHECKSUM_CRC32; kind < S3_CHECKSUMS; kind++)
        if (hr_slice_equal_nocase(name, hr_slice_of(kinds[kind].header))) return kind;
    return S3_CHECKSUM_NONE;
}

bool s3_server__checksum_parse(enum s3_checksum kind, struct hr_slice text,
                               struct s3_checksum_value *value) {
    uint8_t bytes[S3_CHECKSUM_BYTES_MAX];
    size_t size;
    if (hr_base64_decode(text, bytes, sizeof bytes, &size) || size != kinds[kind].size)
        return false;
    value->kind = kind;
    memcpy(value->bytes, bytes, size);
    return true;
}

void s3_server__checksum_print(const struct s3_checksum_value *value,
                               char text[S3_CHECKSUM_TEXT_MAX]) {
    size_t size = kinds[value->kind].size;
    hr_base64_encode(value->bytes, size, text);
    text[hr_base64_size(size)] = '\0';
}

int s3_server__digest_methods_init(struct s3_digest_methods *methods) {
    methods->md5 = EVP_MD_fetch(NULL, "MD5", NULL);
    methods->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    methods->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (methods->md5 && methods->sha1 && methods->sha256) return 0;
    s3_server__digest_methods_deinit(methods);
    return -ENOMEM;
}

void s3_server__digest_methods_deinit(struct s3_digest_methods *methods) {
    EVP_MD_free(methods->md5);
    EVP_MD_free(methods->sha1);
    EVP_MD_free(methods->sha256);
    memset(methods, 0, sizeof *methods);
}

static bool start(EVP_MD_CTX **context, const EVP_MD *method) {
    *context = EVP_MD_CTX_new();
    return *context && EVP_DigestInit_ex2(*context, method, NULL) == 1;
}

int s3_server__digests_init(struct s3_digests *digests, const struct s3_digest_methods *methods,
                            unsigned wanted) {
    memset(digests, 0, sizeof *digests);
    digests->wanted = wanted;
    bool ok = true;
    if (wanted & S3_DIGEST_MD5) ok = start(&digests->md5, methods->md5);
    if (ok && wanted & 1u << S3_CHECKSUM_SHA1) ok = start(&digests->sha1, methods->sha1);
    if (ok && wanted & S3_DIGEST_SHA256) ok = start(&digests->sha256, methods->sha256);
    if (ok) return 0;
    s3_server__digests_deinit(digests);
    return -ENOMEM;
}

int s3_server__digests_update(struct s3_digests *digests, const void *data, size_t size) {
    for (enum s3_crc crc = S3_CRC32; crc < S3_CRCS; crc++)
        if (digests->wanted & 1u << (S3_CHECKSUM_CRC32 + crc))
            digests->crc[crc] = s3_server__crc_update(crc, digests->crc[crc], data, size);
    EVP_MD_CTX *contexts[] = {digests->md5, digests->sha1, digests->sha256};
    for (size_t i = 0; i < sizeof contexts / sizeof contexts[0]; i++)
        if (contexts[i] && EVP_DigestUpdate(contexts[i], data, size) != 1) return -ENOMEM;
    return 0;
}

int s3_server__digests_finish(struct s3_digests *digests) {
    if (digests->md5 && EVP_DigestFinal_ex(digests->md5, digests->md5_bytes, NULL) != 1)
        return -ENOMEM;
    if (digests->sha1 && EVP_DigestFinal_ex(digests->sha1, digests->sha1_bytes, NULL) != 1)
        return -ENOMEM;
    if (digests->sha256 && EVP_DigestFinal_ex(digests->sha256, digests->sha256_bytes, NULL) != 1)
        return -ENOMEM;
    return 0;
}

void s3_server__digests_deinit(struct s3_digests *digests) {
    EVP_MD_CTX_free(digests->md5);
    EVP_MD_CTX_free(digests->sha1);
    EVP_MD_CTX_free(digests->sha256);
    memset(digests, 0, sizeof *digests);
}

static uint64_t load_network(const uint8_t *bytes, size_t size) {
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++) word = word << 8 | bytes[i];
    return word;
}

static void store_network(uint64_t word, uint8_t *bytes, size_t size) {
    for (size_t i = size; i-- > 0; word >>= 8) bytes[i] = (uint8_t)word;
}

void s3_server__digests_value(const struct s3_digests *digests, enum s3_checksum kind,
                              struct s3_checksum_value *value) {
    assert(kind == S3_CHECKSUM_NONE || digests->wanted & 1u << kind);
    value->kind = kind;
    if (kind == S3_CHECKSUM_SHA1)
        memcpy(value->bytes, digests->sha1_bytes, 20);
    else if (kind == S3_CHECKSUM_SHA256)
        memcpy(value->bytes, digests->sha256_bytes, 32);
    else if (kind != S3_CHECKSUM_NONE)
        store_network(digests->crc[kind - S3_CHECKSUM_CRC32], value->bytes, kinds[kind].size);
}

int s3_server__checksum_composite(const struct s3_digest_methods *methods, enum s3_checksum kind,
                                  const struct s3_checksum_part *parts, size_t count,
                                  struct s3_checksum_value *value) {
    struct s3_digests digests;
    int err = s3_server__digests_init(&digests, methods, 1u << kind);
    if (err) return err;
    for (size_t i = 0; i < count && !err; i++)
        err = s3_server__digests_update(&digests, parts[i].value.bytes, kinds[kind].size);
    if (!err) err = s3_server__digests_finish(&digests);
    if (!err) s3_server__digests_value(&digests, kind, value);
    s3_server__digests_deinit(&digests);
    return err;
}

void s3_server__checksum_full(enum s3_checksum kind, const struct s3_checksum_part *parts,
                              size_t count, struct s3_checksum_value *value) {
    enum s3_crc crc_kind = (enum s3_crc)(kind - S3_CHECKSUM_CRC32);
    size_t size = kinds[kind].size;
    uint64_t crc = 0;
    assert(kind >= S3_CHECKSUM_CRC32 && crc_kind < S3_CRCS);
    for (size_t i = 0; i < count; i++)
        crc = s3_server__crc_combine(crc_kind, crc, load_network(parts[i].value.bytes, size),
                                     parts[i].size);
    value->kind = kind;
    store_network(crc, value->bytes, size);
}
