/* How a body is cut into parts: S3's limits are 10,000 parts of 5 MiB to 5 GiB. */
#include <criterion/criterion.h>

#include <headrace/s3_transfer.h>

#include "part_plan.h"

#define MEBIBYTE UINT64_C(1048576)

Test(part_plan, eight_mebibytes_as_long_as_they_do) {
    cr_expect_eq(hr__part_size(0, 0), 8 * MEBIBYTE);
    cr_expect_eq(hr__part_size(80000 * MEBIBYTE, 0), 8 * MEBIBYTE);
    cr_expect_eq(hr__part_size(HR_SIZE_UNKNOWN, 0), 8 * MEBIBYTE);
}

Test(part_plan, larger_objects_never_have_more_than_ten_thousand_parts) {
    cr_expect_eq(hr__part_size(80000 * MEBIBYTE + 1, 0), 9 * MEBIBYTE);
    for (uint64_t size = MEBIBYTE; size < UINT64_C(10000) * HR_S3_PART_SIZE_MAX;
         size = size * 3 + 1) {
        uint64_t part = hr__part_size(size, 0);
        cr_assert_leq((size + part - 1) / part, 10000);
        cr_assert_leq(part, HR_S3_PART_SIZE_MAX);
    }
    cr_expect_eq(hr__part_size(UINT64_C(10000) * HR_S3_PART_SIZE_MAX, 0), HR_S3_PART_SIZE_MAX);
    cr_expect_eq(hr__part_size(UINT64_C(10000) * HR_S3_PART_SIZE_MAX + 1, 0), 0);
}

Test(part_plan, a_wanted_size_is_kept_or_refused) {
    cr_expect_eq(hr__part_size(MEBIBYTE, 5 * MEBIBYTE), 5 * MEBIBYTE);
    cr_expect_eq(hr__part_size(50000 * MEBIBYTE, 5 * MEBIBYTE), 5 * MEBIBYTE);
    cr_expect_eq(hr__part_size(50000 * MEBIBYTE + 1, 5 * MEBIBYTE), 0);
}

Test(part_plan, parts_of_an_unknown_size_grow) {
    uint64_t size = 0, before = 0;
    for (uint32_t i = 1; i <= 10000; i++) {
        uint64_t part = hr__part_size_growing(8 * MEBIBYTE, i);
        cr_assert_geq(part, before);
        cr_assert_leq(part, HR_S3_PART_SIZE_MAX);
        before = part;
        size += part;
    }
    cr_expect_eq(hr__part_size_growing(8 * MEBIBYTE, 5000), 8 * MEBIBYTE);
    cr_expect_eq(hr__part_size_growing(8 * MEBIBYTE, 5001), 16 * MEBIBYTE);
    cr_expect_gt(size, 500 * 1024 * MEBIBYTE);
}
