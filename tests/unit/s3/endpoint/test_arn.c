#include <criterion/criterion.h>
#include <errno.h>

#include "arn.h"

static bool is(struct hr_slice text, const char *expected) {
    return hr_slice_equal(text, hr_slice_of(expected));
}

Test(arn, has_six_fields_and_a_resource_in_parts) {
    struct hr__arn arn;
    cr_assert_eq(hr__arn_parse(hr_slice_of("arn:aws:s3:us-west-2:123:accesspoint/a:b/c"), &arn), 0);
    cr_assert(is(arn.partition, "aws") && is(arn.service, "s3"));
    cr_assert(is(arn.region, "us-west-2") && is(arn.account, "123"));
    cr_assert_eq(arn.resource_count, 4);
    cr_assert(is(arn.resource[0], "accesspoint") && is(arn.resource[1], "a"));
    cr_assert(is(arn.resource[2], "b"));
}

Test(arn, region_and_account_may_be_empty_and_so_may_parts) {
    struct hr__arn arn;
    cr_assert_eq(hr__arn_parse(hr_slice_of("arn:aws:s3:::bucket"), &arn), 0);
    cr_assert(arn.region.size == 0 && arn.account.size == 0);
    cr_assert_eq(arn.resource_count, 1);
    cr_assert_eq(hr__arn_parse(hr_slice_of("arn:aws:s3:::accesspoint:"), &arn), 0);
    cr_assert_eq(arn.resource_count, 2);
    cr_assert_eq(arn.resource[1].size, 0);
    cr_assert_eq(hr__arn_parse(hr_slice_of("arn:aws:s3:::/x"), &arn), 0);
    cr_assert_eq(arn.resource[0].size, 0);
    cr_assert(is(arn.resource[1], "x"));
}

Test(arn, refuses_what_is_none) {
    static const char *const bad[] = {"",
                                      "arn",
                                      "arn:",
                                      "arn:aws",
                                      "ARN:a:b:c:d:e",
                                      "arn:aws:s3:r:a",
                                      "arn:aws:s3:r:a:",
                                      "arn::s3:r:a:x",
                                      "arn:aws::r:a:x",
                                      "bucket"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hr__arn arn = {.resource_count = 77};
        cr_assert_eq(hr__arn_parse(hr_slice_of(bad[i]), &arn), -EINVAL, "%s", bad[i]);
        cr_assert_eq(arn.resource_count, 77);
    }
    struct hr__arn arn;
    cr_assert_eq(hr__arn_parse(hr_slice_bytes("arn:aws:s3:r:a:x\0y", 18), &arn), -EINVAL);
}
