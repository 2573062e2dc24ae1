/* The decision table of a validating GetObject. */
#include <criterion/criterion.h>

#include "response_checksum.h"

#define CRC32     "x-amz-checksum-crc32", "NhCmhg=="
#define COMPOSITE "x-amz-checksum-crc32", "NhCmhg==-2"
#define TYPE      "x-amz-checksum-type"

enum { PLAIN, RANGE, PART };
static const enum hr__checksum_verdict VERIFY = HR__CHECKSUM_VERIFY,
                                       NOT = HR__CHECKSUM_NOT_VERIFIED,
                                       MALFORMED = HR__CHECKSUM_MALFORMED;

static enum hr__checksum_verdict classify(int asked, int status, const char *const *texts,
                                          struct hr_s3_checksum *expected) {
    struct hr_http_field fields[4];
    struct hr__checksum_response response = {
        .status = status, .has_range = asked == RANGE, .has_part = asked == PART, .fields = fields};
    for (; texts[0]; texts += 2)
        fields[response.field_count++] =
            (struct hr_http_field){hr_slice_of(texts[0]), hr_slice_of(texts[1])};
    return hr__checksum_classify(&response, expected);
}

#define EXPECT(verdict, asked, status, ...)                                                        \
    do {                                                                                           \
        const char *const texts[] = {__VA_ARGS__, NULL};                                           \
        struct hr_s3_checksum value;                                                               \
        cr_assert_eq(classify(asked, status, texts, &value), verdict);                             \
    } while (0)

Test(response_checksum, whole_objects) {
    EXPECT(VERIFY, PLAIN, 200, CRC32);
    EXPECT(VERIFY, PLAIN, 200, "X-Amz-Checksum-CRC32", " NhCmhg== ");
    EXPECT(VERIFY, PLAIN, 200, CRC32, TYPE, "FULL_OBJECT");
    EXPECT(NOT, PLAIN, 200, COMPOSITE);
    EXPECT(NOT, PLAIN, 200, COMPOSITE, TYPE, "COMPOSITE");
    EXPECT(NOT, PLAIN, 200, COMPOSITE, TYPE, "FULL_OBJECT");
    EXPECT(NOT, PLAIN, 200, CRC32, TYPE, "COMPOSITE"); /* without its number of parts */
    EXPECT(NOT, PLAIN, 200, CRC32, TYPE, "OTHER");
    EXPECT(NOT, PLAIN, 304, CRC32);
    EXPECT(NOT, PLAIN, 206, CRC32);
    EXPECT(NOT, PLAIN, 404, CRC32);
    EXPECT(NOT, PLAIN, 200, "x-amz-checksum-crc16", "AAA=");
    EXPECT(NOT, PLAIN, 200, "etag", "\"x\"");
}

/* botocore#3346: "bytes=0-" brings a composite value without its "-N"; ceph#61901: that of the
 * whole object beside a part of it. */
Test(response_checksum, ranges_are_never_verified) {
    EXPECT(NOT, RANGE, 206, CRC32);
    EXPECT(NOT, RANGE, 206, CRC32, TYPE, "FULL_OBJECT");
    EXPECT(NOT, RANGE, 206, CRC32, TYPE, "COMPOSITE");
    EXPECT(NOT, RANGE, 200, CRC32);
    EXPECT(NOT, RANGE, 206, "x-amz-checksum-crc32", "broken");
}

Test(response_checksum, a_part_by_its_number) {
    EXPECT(VERIFY, PART, 206, CRC32, TYPE, "COMPOSITE");
    EXPECT(NOT, PART, 206, CRC32);
    EXPECT(NOT, PART, 206, CRC32, TYPE, "FULL_OBJECT");
    EXPECT(NOT, PART, 206, COMPOSITE, TYPE, "COMPOSITE");
    EXPECT(VERIFY, PART, 200, CRC32, TYPE, "FULL_OBJECT");
}

Test(response_checksum, values_that_are_none) {
    EXPECT(MALFORMED, PLAIN, 200, "x-amz-checksum-crc32", "");
    EXPECT(MALFORMED, PLAIN, 200, "x-amz-checksum-crc32", "NhCmhg");
    EXPECT(MALFORMED, PLAIN, 200, "x-amz-checksum-crc32", "NhCm");
    EXPECT(MALFORMED, PLAIN, 200, "x-amz-checksum-crc32", "NhCmhg==,NhCmhg==");
    EXPECT(NOT, PLAIN, 200, TYPE, "FULL_OBJECT");
}

Test(response_checksum, the_fastest_of_several) {
    static const char *const texts[] = {"x-amz-checksum-sha1",
                                        "qvTGHdzF6KLavt4PO0gs2a6pQ00=", "x-amz-checksum-crc64nvme",
                                        "M3eFcAZSQlc=", NULL};
    struct hr_s3_checksum value;
    cr_assert_eq(classify(PLAIN, 200, texts, &value), VERIFY);
    cr_assert_eq(value.algorithm, HR_S3_CHECKSUM_CRC64NVME);
}

Test(response_checksum, errors_name_both_values_and_the_field) {
    struct hr_s3_checksum expected, computed;
    struct hr_error error = {0};
    hr_s3_checksum_parse(HR_S3_CHECKSUM_CRC32, hr_slice_of("NhCmhg=="), &expected);
    hr_s3_checksum_compute(HR_S3_CHECKSUM_CRC32, "other", 5, &computed);
    cr_assert_eq(hr__checksum_compare(&expected, &expected, &error), 0);
    cr_assert_eq(error.code, 0);
    cr_assert_eq(hr__checksum_compare(&expected, &computed, &error), HR_ERR_S3_CHECKSUM);
    cr_assert_not_null(strstr(error.message, "CRC32 of the body: "));
    cr_assert_not_null(strstr(error.message, "NhCmhg=="));
    cr_assert_eq(hr__checksum_malformed(&expected, &error), HR_ERR_S3_RESPONSE);
    cr_assert_not_null(strstr(error.message, "x-amz-checksum-crc32"));
}
