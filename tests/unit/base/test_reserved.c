#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>

#include <base/reserved.h>

Test(reserved, zero_is_asked_for_of_each) {
    uint64_t first[2] = {0}, second[3] = {0};
    const struct hr_reserved structs[] = {{"hr_first", first, sizeof first},
                                          {"hr_second", second, sizeof second}};
    struct hr_error error = {0};
    cr_assert_eq(hr__reserved_check(structs, 2, &error), 0);
    cr_assert_eq(error.code, 0);
    for (int i = 0; i < 3; i++) {
        second[i] = UINT64_C(1) << (8 * i + 7);
        cr_assert_eq(hr__reserved_check(structs, 2, &error), -EINVAL, "word %d", i);
        cr_assert_str_eq(error.message,
                         "reserved of struct hr_second is not zero: it is for later versions");
        second[i] = 0;
    }
    second[0] = first[1] = 1;
    cr_assert_eq(hr__reserved_check(structs, 2, &error), -EINVAL);
    cr_assert(strstr(error.message, "hr_first"), "%s", error.message);
    cr_assert_eq(hr__reserved_check(structs, 2, NULL), -EINVAL);
    cr_assert_eq(hr__reserved_check(NULL, 0, NULL), 0);
}
