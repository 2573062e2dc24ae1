/* The table of algorithms. */
#include <criterion/criterion.h>

#include <headrace/s3_checksum.h>

Test(checksum_algorithms, names_lead_to_their_row_in_any_case) {
    for (unsigned i = 1; i < HR_S3_CHECKSUM_ALGORITHMS; i++) {
        const struct hr_s3_checksum_traits *traits = hr_s3_checksum_traits_of(i);
        cr_assert_eq(hr_s3_checksum_by_name(hr_slice_of(traits->name)), i);
        cr_assert_eq(hr_s3_checksum_by_header(hr_slice_of(traits->header)), i);
        cr_assert_eq(hr_s3_checksum_by_element(hr_slice_of(traits->element)), i);
        cr_assert_eq(strncmp(traits->header, "x-amz-checksum-", 15), 0);
        cr_assert_eq(strncmp(traits->element, "Checksum", 8), 0);
        cr_assert_str_eq(traits->element + 8, traits->name);
        cr_assert(traits->size > 0 && traits->size <= HR_S3_CHECKSUM_BYTES_MAX);
        cr_assert(hr_s3_checksum_allows(i, traits->type));
    }
    cr_assert_eq(hr_s3_checksum_by_name(hr_slice_of("crc64nvme")), HR_S3_CHECKSUM_CRC64NVME);
    cr_assert_eq(hr_s3_checksum_by_header(hr_slice_of("X-Amz-Checksum-SHA256")),
                 HR_S3_CHECKSUM_SHA256);
}

Test(checksum_algorithms, unknown_ones_are_none) {
    cr_assert_eq(hr_s3_checksum_by_name(hr_slice_of("")), HR_S3_CHECKSUM_NONE);
    cr_assert_eq(hr_s3_checksum_by_name(hr_slice_of("CRC16")), HR_S3_CHECKSUM_NONE);
    cr_assert_eq(hr_s3_checksum_by_header(hr_slice_of("x-amz-checksum-mode")), HR_S3_CHECKSUM_NONE);
    cr_assert_eq(hr_s3_checksum_by_element(hr_slice_of("ChecksumType")), HR_S3_CHECKSUM_NONE);
    cr_assert_str_empty(hr_s3_checksum_traits_of(HR_S3_CHECKSUM_NONE)->name);
    cr_assert_str_empty(hr_s3_checksum_traits_of((enum hr_s3_checksum_algorithm)11)->header);
    cr_assert_str_empty(hr_s3_checksum_traits_of((enum hr_s3_checksum_algorithm) - 1)->header);
}

/* S3 API Reference, "Checking object integrity": full object for CRCs only, CRC64NVME nothing else.
 */
Test(checksum_algorithms, types_that_are_allowed) {
    for (unsigned i = 0; i < HR_S3_CHECKSUM_ALGORITHMS; i++) {
        bool is_crc = i >= HR_S3_CHECKSUM_CRC32 && i <= HR_S3_CHECKSUM_CRC64NVME;
        bool composite = i != HR_S3_CHECKSUM_NONE && i != HR_S3_CHECKSUM_CRC64NVME;
        cr_assert_eq(hr_s3_checksum_allows(i, HR_S3_CHECKSUM_FULL_OBJECT), is_crc);
        cr_assert_eq(hr_s3_checksum_allows(i, HR_S3_CHECKSUM_COMPOSITE), composite);
        cr_assert_not(hr_s3_checksum_allows(i, HR_S3_CHECKSUM_TYPE_NONE));
    }
    cr_assert_eq(hr_s3_checksum_traits_of(HR_S3_CHECKSUM_CRC32)->type, HR_S3_CHECKSUM_COMPOSITE);
    cr_assert_eq(hr_s3_checksum_traits_of(HR_S3_CHECKSUM_CRC64NVME)->type,
                 HR_S3_CHECKSUM_FULL_OBJECT);
}

Test(checksum_algorithms, type_names) {
    cr_assert_str_eq(hr_s3_checksum_type_name(HR_S3_CHECKSUM_COMPOSITE), "COMPOSITE");
    cr_assert_str_eq(hr_s3_checksum_type_name(HR_S3_CHECKSUM_FULL_OBJECT), "FULL_OBJECT");
    cr_assert_str_empty(hr_s3_checksum_type_name(HR_S3_CHECKSUM_TYPE_NONE));
    cr_assert_str_empty(hr_s3_checksum_type_name((enum hr_s3_checksum_type)3));
    cr_assert_eq(hr_s3_checksum_type_by_name(hr_slice_of("FULL_OBJECT")),
                 HR_S3_CHECKSUM_FULL_OBJECT);
    cr_assert_eq(hr_s3_checksum_type_by_name(hr_slice_of("full_object")), HR_S3_CHECKSUM_TYPE_NONE);
    cr_assert_eq(hr_s3_checksum_type_by_name(hr_slice_of("")), HR_S3_CHECKSUM_TYPE_NONE);
}
