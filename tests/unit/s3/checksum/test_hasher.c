/* The hasher's life: begun, begun again, misused. */
#include <criterion/criterion.h>

#include <errno.h>

#include <headrace/encode.h>
#include <headrace/s3_checksum.h>

static const struct {
    enum hr_s3_checksum_algorithm algorithm;
    const char *hex; /* of "abc" */
} known[] = {
    {HR_S3_CHECKSUM_CRC32, "352441c2"},
    {HR_S3_CHECKSUM_CRC32C, "364b3fb7"},
    {HR_S3_CHECKSUM_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"}, /* FIPS 180-4 */
    {HR_S3_CHECKSUM_MD5, "900150983cd24fb0d6963f7d28e17f72"},          /* RFC 1321 */
    {HR_S3_CHECKSUM_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {HR_S3_CHECKSUM_XXHASH64, "44bc2cf5ad770999"}, /* Cyan4973/xxHash */
    {HR_S3_CHECKSUM_XXHASH3, "78af5f94892f3950"},
    {HR_S3_CHECKSUM_XXHASH128, "06b05ab6733a618578af5f94892f3950"},
};
#define KNOWN (sizeof known / sizeof known[0])

static void assert_abc(struct hr_s3_hasher *hasher, size_t i) {
    char hex[2 * HR_S3_CHECKSUM_BYTES_MAX + 1] = "";
    struct hr_s3_checksum value;
    cr_assert_eq(hr_s3_hasher_begin(hasher, known[i].algorithm), 0);
    cr_assert_eq(hr_s3_hasher_update(hasher, "ab", 2), 0);
    cr_assert_eq(hr_s3_hasher_update(hasher, NULL, 0), 0);
    cr_assert_eq(hr_s3_hasher_update(hasher, "c", 1), 0);
    cr_assert_eq(hr_s3_hasher_end(hasher, &value), 0);
    cr_assert_eq(value.algorithm, known[i].algorithm);
    cr_assert_eq(value.parts, 0);
    hr_hex_encode(value.bytes, hr_s3_checksum_traits_of(value.algorithm)->size, hex);
    cr_assert_str_eq(hex, known[i].hex);
}

Test(hasher, one_hasher_takes_all_algorithms_in_turn) {
    struct hr_s3_hasher hasher = {0};
    for (size_t i = 0; i < KNOWN; i++)
        for (size_t k = 0; k < KNOWN; k++) {
            assert_abc(&hasher, i);
            assert_abc(&hasher, k);
        }
    hr_s3_hasher_deinit(&hasher);
    assert_abc(&hasher, 2); /* it may begin again */
    hr_s3_hasher_deinit(&hasher);
    hr_s3_hasher_deinit(&hasher);
    hr_s3_hasher_deinit(NULL);
}

Test(hasher, context_is_used_again) {
    struct hr_s3_hasher hasher = {0};
    assert_abc(&hasher, 4);
    const void *context = hasher.context_;
    assert_abc(&hasher, 4);
    cr_assert_eq(hasher.context_, context);
    hr_s3_hasher_deinit(&hasher);
}

Test(hasher, beginning_anew_forgets_what_came) {
    struct hr_s3_hasher hasher = {0};
    for (size_t i = 0; i < KNOWN; i++) {
        cr_assert_eq(hr_s3_hasher_begin(&hasher, known[i].algorithm), 0);
        cr_assert_eq(hr_s3_hasher_update(&hasher, "xyz", 3), 0);
        assert_abc(&hasher, i);
    }
    hr_s3_hasher_deinit(&hasher);
}

Test(hasher, without_a_beginning_it_refuses) {
    struct hr_s3_hasher hasher = {0};
    struct hr_s3_checksum value = {.parts = 77};
    cr_assert_eq(hr_s3_hasher_update(&hasher, "a", 1), -EINVAL);
    cr_assert_eq(hr_s3_hasher_end(&hasher, &value), -EINVAL);
    cr_assert_eq(hr_s3_hasher_begin(&hasher, HR_S3_CHECKSUM_NONE), -EINVAL);
    cr_assert_eq(hr_s3_hasher_begin(&hasher, (enum hr_s3_checksum_algorithm)99), -EINVAL);
    cr_assert_eq(hr_s3_hasher_begin(&hasher, HR_S3_CHECKSUM_CRC32), 0);
    cr_assert_eq(hr_s3_hasher_end(&hasher, &value), 0);
    cr_assert_eq(value.parts, 0);
    cr_assert_eq(hr_s3_hasher_update(&hasher, "a", 1), -EINVAL); /* it has ended */
    cr_assert_eq(hr_s3_checksum_compute(HR_S3_CHECKSUM_NONE, "a", 1, &value), -EINVAL);
}
