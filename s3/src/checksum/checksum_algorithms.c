/* The table of algorithms: their names, sizes and types. */
#include <headrace/s3_checksum.h>

#define COMPOSITE           HR_S3_CHECKSUM_COMPOSITE
#define FULL_OBJECT         HR_S3_CHECKSUM_FULL_OBJECT
#define NAMES(upper, lower) #upper, "x-amz-checksum-" #lower, "Checksum" #upper

/* Only CRCs of parts combine to that of the whole; of CRC64NVME S3 knows nothing else. */
static const struct hr_s3_checksum_traits algorithms[HR_S3_CHECKSUM_ALGORITHMS] = {
    [HR_S3_CHECKSUM_NONE] = {"", "", "", 0, false, false, HR_S3_CHECKSUM_TYPE_NONE},
    [HR_S3_CHECKSUM_CRC32] = {NAMES(CRC32, crc32), 4, true, true, COMPOSITE},
    [HR_S3_CHECKSUM_CRC32C] = {NAMES(CRC32C, crc32c), 4, true, true, COMPOSITE},
    [HR_S3_CHECKSUM_CRC64NVME] = {NAMES(CRC64NVME, crc64nvme), 8, false, true, FULL_OBJECT},
    [HR_S3_CHECKSUM_SHA1] = {NAMES(SHA1, sha1), 20, true, false, COMPOSITE},
    [HR_S3_CHECKSUM_SHA256] = {NAMES(SHA256, sha256), 32, true, false, COMPOSITE},
    [HR_S3_CHECKSUM_SHA512] = {NAMES(SHA512, sha512), 64, true, false, COMPOSITE},
    [HR_S3_CHECKSUM_MD5] = {NAMES(MD5, md5), 16, true, false, COMPOSITE},
    [HR_S3_CHECKSUM_XXHASH64] = {NAMES(XXHASH64, xxhash64), 8, true, false, COMPOSITE},
    [HR_S3_CHECKSUM_XXHASH3] = {NAMES(XXHASH3, xxhash3), 8, true, false, COMPOSITE},
    [HR_S3_CHECKSUM_XXHASH128] = {NAMES(XXHASH128, xxhash128), 16, true, false, COMPOSITE},
};

static const char *const types[] = {
    [HR_S3_CHECKSUM_TYPE_NONE] = "",
    [HR_S3_CHECKSUM_COMPOSITE] = "COMPOSITE",
    [HR_S3_CHECKSUM_FULL_OBJECT] = "FULL_OBJECT",
};
#define TYPES (sizeof types / sizeof types[0])

const struct hr_s3_checksum_traits *
hr_s3_checksum_traits_of(enum hr_s3_checksum_algorithm algorithm) {
    return &algorithms[(unsigned)algorithm < HR_S3_CHECKSUM_ALGORITHMS ? algorithm : 0];
}

/* By the text at `offset` of each row. */
static enum hr_s3_checksum_algorithm find(struct hr_slice name, size_t offset) {
    for (unsigned i = 1; i < HR_S3_CHECKSUM_ALGORITHMS; i++) {
        const char *const *text =
            (const char *const *)(const void *)((const char *)&algorithms[i] + offset);
        if (hr_slice_equal_nocase(name, hr_slice_of(*text)))
            return (enum hr_s3_checksum_algorithm)i;
    }
    return HR_S3_CHECKSUM_NONE;
}

enum hr_s3_checksum_algorithm hr_s3_checksum_by_name(struct hr_slice name) {
    return find(name, offsetof(struct hr_s3_checksum_traits, name));
}

enum hr_s3_checksum_algorithm hr_s3_checksum_by_header(struct hr_slice name) {
    return find(name, offsetof(struct hr_s3_checksum_traits, header));
}

enum hr_s3_checksum_algorithm hr_s3_checksum_by_element(struct hr_slice name) {
    return find(name, offsetof(struct hr_s3_checksum_traits, element));
}

const char *hr_s3_checksum_type_name(enum hr_s3_checksum_type type) {
    return types[(unsigned)type < TYPES ? type : 0];
}

enum hr_s3_checksum_type hr_s3_checksum_type_by_name(struct hr_slice name) {
    for (unsigned i = 1; i < TYPES; i++)
        if (hr_slice_equal(name, hr_slice_of(types[i]))) return (enum hr_s3_checksum_type)i;
    return HR_S3_CHECKSUM_TYPE_NONE;
}

bool hr_s3_checksum_allows(enum hr_s3_checksum_algorithm algorithm, enum hr_s3_checksum_type type) {
    const struct hr_s3_checksum_traits *traits = hr_s3_checksum_traits_of(algorithm);
    if (type == COMPOSITE) return traits->composite;
    return type == FULL_OBJECT && traits->full_object;
}
