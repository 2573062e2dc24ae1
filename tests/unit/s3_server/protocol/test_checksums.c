#include <criterion/criterion.h>

#include <stdlib.h>

#include <headrace/encode.h>

#include "checksums.h"

static const char check[] = "123456789"; /* the check input of the CRC catalogues */

Test(checksums, published_check_values) {
    static const struct {
        enum s3_crc kind;
        uint64_t value;
    } crcs[] = {
        {S3_CRC32, 0xcbf43926}, {S3_CRC32C, 0xe3069283}, {S3_CRC64NVME, 0xae8b14860a799888}};
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(s3_server__crc_update(crcs[i].kind, 0, check, 9), crcs[i].value);
        cr_assert_eq(s3_server__crc_update(crcs[i].kind, 0, check, 0), 0);
    }
    /* RFC 3720, B.4. */
    unsigned char data[32] = {0};
    cr_assert_eq(s3_server__crc_update(S3_CRC32C, 0, data, 32), 0x8a9136aa);
    memset(data, 0xff, 32);
    cr_assert_eq(s3_server__crc_update(S3_CRC32C, 0, data, 32), 0x62a8ab43);
    for (unsigned i = 0; i < 32; i++) data[i] = (unsigned char)i;
    cr_assert_eq(s3_server__crc_update(S3_CRC32C, 0, data, 32), 0x46dd794e);
}

/* Bit by bit, from the definition. */
static uint64_t slow_crc(uint64_t polynomial, uint64_t mask, const unsigned char *data,
                         size_t size) {
    uint64_t crc = mask;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
    }
    return crc ^ mask;
}

Test(checksums, every_length_split_and_combination) {
    static const struct {
        uint64_t polynomial, mask;
    } kinds[S3_CRCS] = {
        {0xedb88320, 0xffffffff}, {0x82f63b78, 0xffffffff}, {0x9a6c9329ac4bc9b5, UINT64_MAX}};
    unsigned char data[200];
    for (unsigned i = 0; i < sizeof data; i++) data[i] = (unsigned char)(i * 37 + 11);
    for (enum s3_crc kind = S3_CRC32; kind < S3_CRCS; kind++) {
        for (size_t size = 0; size < sizeof data; size += 7) {
            uint64_t wanted = slow_crc(kinds[kind].polynomial, kinds[kind].mask, data, size);
            for (size_t split = 0; split <= size; split += 5) {
                uint64_t first = s3_server__crc_update(kind, 0, data, split);
                uint64_t second = s3_server__crc_update(kind, 0, data + split, size - split);
                cr_assert_eq(s3_server__crc_update(kind, first, data + split, size - split),
                             wanted);
                cr_assert_eq(s3_server__crc_combine(kind, first, second, size - split), wanted);
            }
        }
    }
}

static void assert_value(const struct s3_digests *digests, enum hr_s3_checksum_algorithm kind, const char *hex) {
    struct hr_s3_checksum value;
    char text[65] = "";
    s3_server__digests_value(digests, kind, &value);
    hr_hex_encode(value.bytes, hr_s3_checksum_traits_of(kind)->size, text);
    cr_assert_str_eq(text, hex);
}

Test(checksums, all_digests_at_once) {
    struct s3_digest_methods methods;
    struct s3_digests digests;
    cr_assert_eq(s3_server__digest_methods_init(&methods), 0);
    unsigned all = S3_DIGEST_MD5;
    for (enum hr_s3_checksum_algorithm kind = HR_S3_CHECKSUM_CRC32; kind < HR_S3_CHECKSUM_ALGORITHMS; kind++) all |= 1u << kind;
    cr_assert_eq(s3_server__digests_init(&digests, all), 0);
    cr_assert_eq(s3_server__digests_update(&digests, "ab", 2), 0);
    cr_assert_eq(s3_server__digests_update(&digests, "c", 1), 0);
    cr_assert_eq(s3_server__digests_finish(&digests), 0);
    /* RFC 1321, FIPS 180 and the CRCs of "abc". */
    char md5[33] = "";
    hr_hex_encode(digests.md5_bytes, 16, md5);
    cr_assert_str_eq(md5, "900150983cd24fb0d6963f7d28e17f72");
    assert_value(&digests, HR_S3_CHECKSUM_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_value(&digests, HR_S3_CHECKSUM_SHA256,
                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_value(&digests, HR_S3_CHECKSUM_CRC32, "352441c2");
    assert_value(&digests, HR_S3_CHECKSUM_CRC32C, "364b3fb7");
    s3_server__digests_deinit(&digests);
    s3_server__digest_methods_deinit(&methods);
}

Test(checksums, text_forms) {
    struct hr_s3_checksum value;
    char text[HR_S3_CHECKSUM_TEXT_MAX];
    cr_assert(hr_s3_checksum_parse(HR_S3_CHECKSUM_CRC32C, hr_slice_of("sOO8/Q=="), &value) == 0);
    hr_s3_checksum_format(&value, text);
    cr_assert_str_eq(text, "sOO8/Q==");
    cr_assert_not(hr_s3_checksum_parse(HR_S3_CHECKSUM_CRC32C, hr_slice_of("sOO8/Q"), &value) == 0);
    cr_assert_not(hr_s3_checksum_parse(HR_S3_CHECKSUM_SHA1, hr_slice_of("sOO8/Q=="), &value) == 0);
    cr_assert_not(hr_s3_checksum_parse(HR_S3_CHECKSUM_CRC32, hr_slice_of(""), &value) == 0);
    cr_assert_eq(hr_s3_checksum_by_name(hr_slice_of("crc64nvme")), HR_S3_CHECKSUM_CRC64NVME);
    cr_assert_eq(hr_s3_checksum_by_name(hr_slice_of("MD5")), HR_S3_CHECKSUM_NONE);
    cr_assert_eq(hr_s3_checksum_by_header(hr_slice_of("X-Amz-Checksum-SHA256")),
                 HR_S3_CHECKSUM_SHA256);
    cr_assert_eq(hr_s3_checksum_by_header(hr_slice_of("x-amz-checksum-mode")),
                 HR_S3_CHECKSUM_NONE);
}
