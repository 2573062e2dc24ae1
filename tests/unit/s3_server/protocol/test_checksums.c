/* Several digests of one body at once. */
#include <criterion/criterion.h>

#include <headrace/encode.h>

#include "checksums.h"

static const struct {
    enum hr_s3_checksum_algorithm algorithm;
    const char *hex; /* of "abc": RFC 1321, FIPS 180, the CRCs' catalogue, Cyan4973/xxHash */
} known[] = {
    {HR_S3_CHECKSUM_MD5, "900150983cd24fb0d6963f7d28e17f72"},
    {HR_S3_CHECKSUM_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {HR_S3_CHECKSUM_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {HR_S3_CHECKSUM_CRC32, "352441c2"},
    {HR_S3_CHECKSUM_CRC32C, "364b3fb7"},
    {HR_S3_CHECKSUM_XXHASH3, "78af5f94892f3950"},
};

static void assert_hex(const uint8_t *bytes, size_t size, const char *wanted) {
    char hex[2 * HR_S3_CHECKSUM_BYTES_MAX + 1] = "";
    hr_hex_encode(bytes, size, hex);
    cr_assert_str_eq(hex, wanted);
}

Test(checksums, all_digests_at_once) {
    struct s3_digests digests;
    cr_assert_eq(s3_server__digests_init(&digests, UINT32_MAX), 0);
    cr_assert_eq(s3_server__digests_update(&digests, "ab", 2), 0);
    cr_assert_eq(s3_server__digests_update(&digests, "c", 1), 0);
    cr_assert_eq(s3_server__digests_finish(&digests), 0);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct hr_s3_checksum value;
        s3_server__digests_value(&digests, known[i].algorithm, &value);
        cr_assert_eq(value.algorithm, known[i].algorithm);
        assert_hex(value.bytes, hr_s3_checksum_traits_of(value.algorithm)->size, known[i].hex);
    }
    assert_hex(s3_server__digests_md5(&digests), 16, known[0].hex);
    s3_server__digests_deinit(&digests);
}

Test(checksums, none_of_none_wanted) {
    struct s3_digests digests = {0};
    struct hr_s3_checksum value;
    s3_server__digests_deinit(&digests);
    cr_assert_eq(s3_server__digests_init(&digests, 1u << HR_S3_CHECKSUM_NONE), 0);
    cr_assert_eq(digests.wanted, 0);
    cr_assert_eq(s3_server__digests_finish(&digests), 0);
    s3_server__digests_value(&digests, HR_S3_CHECKSUM_NONE, &value);
    cr_assert_eq(value.algorithm, HR_S3_CHECKSUM_NONE);
    s3_server__digests_deinit(&digests);
}

Test(checksums, a_value_of_parts_is_none_of_a_body) {
    struct hr_s3_checksum value;
    cr_assert(s3_server__checksum_parse(HR_S3_CHECKSUM_CRC32C, hr_slice_of("sOO8/Q=="), &value));
    cr_assert_not(
        s3_server__checksum_parse(HR_S3_CHECKSUM_CRC32C, hr_slice_of("sOO8/Q==-2"), &value));
    cr_assert_not(s3_server__checksum_parse(HR_S3_CHECKSUM_CRC32C, hr_slice_of("sOO8"), &value));
}

Test(checksums, words_of_messages) {
    cr_assert_str_eq(s3_server__checksum_word(HR_S3_CHECKSUM_SHA256), "sha256");
    cr_assert_str_eq(s3_server__checksum_word(HR_S3_CHECKSUM_CRC64NVME), "crc64nvme");
    cr_assert_str_empty(s3_server__checksum_word(HR_S3_CHECKSUM_NONE));
}
