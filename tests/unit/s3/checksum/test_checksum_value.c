/* Values as text, and of several parts. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>

#include <headrace/s3_checksum.h>

static void assert_round(enum hr_s3_checksum_algorithm algorithm, const char *text,
                         unsigned parts) {
    struct hr_s3_checksum value;
    char again[HR_S3_CHECKSUM_TEXT_MAX];
    cr_assert_eq(hr_s3_checksum_parse(algorithm, hr_slice_of(text), &value), 0, "%s", text);
    cr_assert_eq(value.algorithm, algorithm);
    cr_assert_eq(value.parts, parts);
    cr_assert_eq(hr_s3_checksum_format(&value, again), strlen(text));
    cr_assert_str_eq(again, text);
}

Test(checksum_value, text_and_back) {
    assert_round(HR_S3_CHECKSUM_CRC32C, "sOO8/Q==", 0);
    assert_round(HR_S3_CHECKSUM_CRC32C, "sOO8/Q==-1", 1);
    assert_round(HR_S3_CHECKSUM_CRC32C, "sOO8/Q==-10000", 10000);
    assert_round(HR_S3_CHECKSUM_SHA512,
                 "m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9"
                 "zvN7AQw==-10000",
                 10000);
}

Test(checksum_value, malformed_texts) {
    static const char *const texts[] = {
        "",          "sOO8/Q",     "sOO8/Q=",     "sOO8/R==", /* stray bits */
        " sOO8/Q==", "sOO8/Q== ",  "sOO8",        "b0c3bcfd", /* hex */
        "sOO8/Q==-", "sOO8/Q==-0", "sOO8/Q==-01", "sOO8/Q==-10001", "sOO8/Q==-1x", "sOO8/Q==-1-1",
        "-1",        "sOO8/QAA"};
    struct hr_s3_checksum value = {.parts = 5};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_assert_eq(hr_s3_checksum_parse(HR_S3_CHECKSUM_CRC32C, hr_slice_of(texts[i]), &value),
                     -EINVAL, "%s", texts[i]);
    cr_assert_eq(hr_s3_checksum_parse(HR_S3_CHECKSUM_SHA1, hr_slice_of("sOO8/Q=="), &value),
                 -EINVAL);
    cr_assert_eq(hr_s3_checksum_parse(HR_S3_CHECKSUM_NONE, hr_slice_of(""), &value), -EINVAL);
    cr_assert_eq(value.parts, 5); /* untouched on error */
}

Test(checksum_value, no_value_is_no_text) {
    struct hr_s3_checksum none = {0};
    char text[HR_S3_CHECKSUM_TEXT_MAX] = "x";
    cr_assert_eq(hr_s3_checksum_format(&none, text), 0);
    cr_assert_str_empty(text);
    cr_assert(hr_s3_checksum_equal(&none, &none));
}

static struct hr_s3_checksum_part part_of(enum hr_s3_checksum_algorithm algorithm,
                                          const char *text) {
    struct hr_s3_checksum_part part = {.size = strlen(text)};
    cr_assert_eq(hr_s3_checksum_compute(algorithm, text, strlen(text), &part.value), 0);
    return part;
}

Test(checksum_value, parts_that_do_not_join) {
    struct hr_s3_checksum value;
    struct hr_s3_checksum_part parts[2] = {part_of(HR_S3_CHECKSUM_CRC32, "a"),
                                           part_of(HR_S3_CHECKSUM_CRC32C, "b")};
    cr_assert_eq(hr_s3_checksum_composite(parts, 2, &value), -EINVAL);
    cr_assert_eq(hr_s3_checksum_full_object(parts, 2, &value), -EINVAL);
    cr_assert_eq(hr_s3_checksum_composite(parts, 0, &value), -EINVAL);
    parts[0] = part_of(HR_S3_CHECKSUM_CRC64NVME, "a");
    cr_assert_eq(hr_s3_checksum_composite(parts, 1, &value), -EINVAL);
    cr_assert_eq(hr_s3_checksum_full_object(parts, 1, &value), 0);
    parts[0] = part_of(HR_S3_CHECKSUM_SHA256, "a");
    cr_assert_eq(hr_s3_checksum_full_object(parts, 1, &value), -EINVAL);
    cr_assert_eq(hr_s3_checksum_composite(parts, 1, &value), 0);
    cr_assert_eq(value.parts, 1);
    parts[0].value = value; /* a composite one of a composite one */
    cr_assert_eq(hr_s3_checksum_composite(parts, 1, &value), -EINVAL);
}

Test(checksum_value, ten_thousand_parts_and_no_more) {
    struct hr_s3_checksum_part *parts = calloc(10001, sizeof *parts);
    struct hr_s3_checksum value;
    char text[HR_S3_CHECKSUM_TEXT_MAX];
    for (size_t i = 0; i < 10001; i++) parts[i] = part_of(HR_S3_CHECKSUM_MD5, "a");
    cr_assert_eq(hr_s3_checksum_composite(parts, 10000, &value), 0);
    hr_s3_checksum_format(&value, text);
    cr_assert_str_eq(strchr(text, '-'), "-10000");
    cr_assert_eq(hr_s3_checksum_composite(parts, 10001, &value), -EINVAL);
    free(parts);
}
